rule miner_xmrig
{
    meta:
        description = "XMRig-like miner binary: mining protocol, algorithms, donation and hash-rate output together"
        severity = "critical"
        technique = "T1496"
        reference = "https://attack.mitre.org/techniques/T1496/"

    strings:
        $protocol_tcp = "stratum+tcp://"
        $protocol_ssl = "stratum+ssl://"
        $algorithm_randomx = /ra[n]domx/ nocase
        $algorithm_cryptonight = /cr[y]ptonight/ nocase
        $donation = /donat[e]-l[e]vel/
        $rate_output = "10s/60s/15m"
        $rate_pages = "huge-pages"
        $rate_affinity = "cpu-affinity"

    condition:
        uint32(0) == 0x464c457f and filesize < 64MB
        and $donation
        and any of ($protocol_*)
        and any of ($algorithm_*)
        and any of ($rate_*)
}

rule miner_configuration
{
    meta:
        description = "Configuration file of an XMRig-like miner with its pool"
        severity = "high"
        technique = "T1496"
        reference = "https://xmrig.com/docs/miner/config"

    strings:
        $pools = "\"pools\""
        $donation = "\"donate-level\""
        $user = "\"user\""
        $url = "\"url\""
        $engine_randomx = "\"randomx\""
        $engine_cpu = "\"cpu\""
        $engine_algorithm = "\"algo\""

    condition:
        filesize < 256KB
        and for any start in (0..16) : (uint8(start) == 0x7b)
        and $pools and $donation and $user and $url
        and any of ($engine_*)
}

rule miner_launch_script
{
    meta:
        description = "Script that starts a miner against a pool"
        severity = "high"
        technique = "T1496"
        reference = "https://attack.mitre.org/techniques/T1496/"

    strings:
        $pool = /(-o|--url)[ =]{1,3}["']?stratum\+(tcp|ssl|tls):\/\//
        $option_donation = "--donate-level"
        $option_algorithm = /(-a|--algo)[ =]{1,3}["']?(rx\/|cn\/|ra[n]domx|cr[y]ptonight)/
        $option_background = /(nohup|setsid) [^\n]{1,200}stratum\+/
        $option_keepalive = "--keepalive"

    condition:
        uint16(0) == 0x2123 and filesize < 1MB
        and $pool and any of ($option_*)
}
