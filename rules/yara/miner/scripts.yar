rule miner_wallet_script
{
    meta:
        description = "Script that carries the address of a mining pool together with a Monero wallet"
        severity = "high"
        technique = "T1496"
        reference = "https://attack.mitre.org/techniques/T1496/"

    strings:
        $pool_1 = "supportxmr.com" nocase
        $pool_2 = "nanopool.org" nocase
        $pool_3 = "moneroocean.stream" nocase
        $pool_4 = "hashvault.pro" nocase
        $pool_5 = "c3pool.com" nocase
        $pool_6 = "minexmr.com" nocase
        $pool_7 = "xmrpool.eu" nocase
        $pool_8 = "2miners.com" nocase
        $pool_9 = "herominers.com" nocase
        $wallet_option = /( -u |--user[= ])["']?[48][0-9AB][1-9A-HJ-NP-Za-km-z]{93}\b/
        $wallet_name = /(wallet|xmr_|monero)\w{0,12}["']?\s{0,4}[:=]\s{0,4}["']?[48][0-9AB][1-9A-HJ-NP-Za-km-z]{93}\b/ nocase
        // Written out, since "user" and "addr" stand everywhere
        $wallet_user = /(user":|u[s]er" :|user':|user=|u[s]er =|user:|addr":|addr':|addr=|a[d]dr =|addr:|address":|ad[d]r[e]ss" :|address=|ad[d]r[e]ss =|address:)\s{0,4}["']?[48][0-9AB][1-9A-HJ-NP-Za-km-z]{93}\b/ nocase

    condition:
        uint16(0) == 0x2123 and filesize < 1MB
        and any of ($pool_*) and any of ($wallet_*)
}

rule miner_rival_killer
{
    meta:
        description = "Script that ends the programs of many known miners, as miners do with their rivals"
        severity = "high"
        technique = "T1496, T1489"
        reference = "https://www.trendmicro.com/en_us/research/20/i/war-of-linux-cryptocurrency-miners-a-battle-for-resources.html"

    strings:
        $kill = /(pkill|killall|kill -9|kill -KILL)\b/
        $rival_1 = "kdevtmpfsi"
        $rival_2 = "kinsing"
        $rival_3 = "xmrig"
        $rival_4 = "sysrv"
        $rival_5 = "kthreaddi"
        $rival_6 = "solrd"
        $rival_7 = "dbused"
        $rival_8 = "watchbog"
        $rival_9 = "ddgs"
        $rival_10 = "qW3xT"
        $rival_11 = /cr[y]ptonight/
        $rival_12 = "minerd"
        $rival_13 = /ne[t]wo[r]kservice/
        $rival_14 = "sysupdate"

    condition:
        uint16(0) == 0x2123 and filesize < 1MB
        and #kill >= 4 and 4 of ($rival_*)
}

rule miner_service_unit
{
    meta:
        description = "Service definition that starts a miner"
        severity = "high"
        technique = "T1496, T1543.002"
        reference = "https://attack.mitre.org/techniques/T1543/002/"

    strings:
        $section = "[Service]"
        $start_pool = /\nExecStart\s{0,4}=[^\n]{1,400}stratum\+(tcp|ssl|tls):\/\//
        $start_donation = /\nExecStart\s{0,4}=[^\n]{1,400}--donate-level/
        $start_name = /\nExecStart\s{0,4}=[^\n]{0,200}\/(xmrig|xmr-stak|minerd|cpuminer|kdevtmpfsi|kinsing)(\s|\n)/

    condition:
        filesize < 32KB and $section and any of ($start_*)
}

rule miner_web_page
{
    meta:
        description = "Web page or script that mines in the browsers of its visitors"
        severity = "medium"
        technique = "T1496"
        reference = "https://attack.mitre.org/techniques/T1496/"

    strings:
        $make_1 = /new\s{1,4}CoinHive\.(Anonymous|User|Token)\(\s{0,4}['"][A-Za-z0-9]{32}['"]/
        $make_2 = /new\s{1,4}Client\.Anonymous\(\s{0,4}['"][0-9a-f]{64}['"]/
        $make_3 = /new\s{1,4}(deepMiner|CryptoLoot|CRLT)\.(Anonymous|User)\(\s{0,4}['"]/
        $start = /\.start\(\s{0,4}(\)|CoinHive\.)/

    condition:
        filesize < 1MB and any of ($make_*) and $start
}

rule miner_processor_tuning
{
    meta:
        description = "Script that sets processor registers and huge pages the way a RandomX miner wants them"
        severity = "medium"
        technique = "T1496"
        reference = "https://xmrig.com/docs/miner/randomx-optimization-guide/msr"

    strings:
        $registers = /wrmsr\s{1,4}-a\s{1,4}0x(1a4|c0011020|c0011021|c0011022|c001102b)/
        $module = "modprobe msr"
        $pages_1 = "vm.nr_hugepages"
        $pages_2 = "nr_hugepages"
        $model = /RA[N]DOMX/ nocase

    condition:
        uint16(0) == 0x2123 and filesize < 256KB
        and #registers >= 2 and $module and (any of ($pages_*) or $model)
}
