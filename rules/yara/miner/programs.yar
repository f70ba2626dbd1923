rule miner_cpuminer
{
    meta:
        description = "CPU miner binary of the cpuminer family: stratum commands, share results and algorithm option together"
        severity = "critical"
        technique = "T1496"
        reference = "https://attack.mitre.org/techniques/T1496/"

    strings:
        $stratum_subscribe = "mining.subscribe"
        $stratum_authorize = "mining.authorize"
        $stratum_notify = "mining.notify"
        $share = "accepted: %lu/%lu"
        $share_yay = "(yay!!!)"
        $share_boo = "(booooo)"
        $option_pool = "--url=URL"
        $option_user = "--userpass=U:P"
        $option_coinbase = "--coinbase-addr"

    condition:
        uint32(0) == 0x464c457f and filesize < 64MB
        and 2 of ($stratum_*) and any of ($share*) and any of ($option_*)
}

rule miner_gpu
{
    meta:
        description = "GPU miner binary: mining protocol, a proof-of-work for graphics cards and hash-rate output together"
        severity = "critical"
        technique = "T1496"
        reference = "https://attack.mitre.org/techniques/T1496/"

    strings:
        $protocol_1 = "stratum+tcp://" nocase
        $protocol_2 = "stratum1+tcp" nocase
        $protocol_3 = "stratum2+tcp" nocase
        $protocol_4 = "mining.subscribe"
        $work_1 = "kawpow" nocase
        $work_2 = "ethash" nocase
        $work_3 = "etchash" nocase
        $work_4 = /pr[o]gpow/ nocase
        $work_5 = /au[t]olykos/ nocase
        $card_1 = "nvrtcCompileProgram"
        $card_2 = "clEnqueueNDRangeKernel"
        $card_3 = "cuModuleLoadDataEx"
        $card_4 = "nvmlDeviceGetPowerUsage"
        $rate_1 = "GH/s"
        $rate_2 = "MH/s"
        $rate_3 = "Mh/s"

    condition:
        uint32(0) == 0x464c457f and filesize < 128MB
        and any of ($protocol_*) and any of ($work_*) and any of ($card_*) and any of ($rate_*)
}

rule miner_built_in_pool
{
    meta:
        description = "Program with the address of a mining pool built in that logs in to it for work"
        severity = "critical"
        technique = "T1496"
        reference = "https://attack.mitre.org/techniques/T1496/"

    strings:
        $pool_1 = "supportxmr.com"
        $pool_2 = "nanopool.org"
        $pool_3 = "moneroocean.stream"
        $pool_4 = "hashvault.pro"
        $pool_5 = "c3pool.com"
        $pool_6 = "minexmr.com"
        $pool_7 = "xmrpool.eu"
        $pool_8 = "2miners.com"
        $pool_9 = "herominers.com"
        $login_1 = "\"login\""
        $login_2 = "keepalived"
        $login_3 = "mining.subscribe"
        $work_1 = "job_id"
        $work_2 = "rigid"
        $work_3 = "nonce"

    condition:
        uint32(0) == 0x464c457f and filesize < 64MB
        and any of ($pool_*) and any of ($login_*) and 2 of ($work_*)
}
