// Tools of administrators and attackers alike: reported, not blocked.

rule reconnaissance_masscan
{
    meta:
        description = "Scanner of whole networks (masscan)"
        severity = "medium"
        technique = "T1046"
        reference = "https://attack.mitre.org/techniques/T1046/"

    strings:
        $name = "masscan" nocase
        $option_1 = "source-ip"
        $option_2 = "excludefile"
        $option_3 = "router-mac"
        $option_4 = "max-rate"
        $banner = "open-only"
        $shard = /s[h]ards/

    condition:
        uint32(0) == 0x464c457f and filesize < 8MB
        and #name >= 3 and all of ($option_*) and ($banner or $shard)
}

rule reconnaissance_zgrab
{
    meta:
        description = "Collector of service banners of whole networks (zgrab)"
        severity = "medium"
        technique = "T1046"
        reference = "https://github.com/zmap/zgrab2"

    strings:
        $module = "/zmap/zgrab"
        $scanner = "/modules"

    condition:
        uint32(0) == 0x464c457f and filesize < 64MB and #module >= 10 and $scanner
}

rule reconnaissance_zmap
{
    meta:
        description = "Scanner of the whole Internet (zmap)"
        severity = "low"
        technique = "T1046"
        reference = "https://zmap.io/"

    strings:
        $name = "zmap" fullword
        $option_1 = "blocklist-file"
        $option_2 = "blacklist-file"
        $option_3 = "probe-module"
        $option_4 = "cooldown-time"
        $option_5 = "output-module"
        $option_6 = "max-results"

    condition:
        uint32(0) == 0x464c457f and filesize < 8MB and $name and 4 of ($option_*)
}

rule reconnaissance_pnscan
{
    meta:
        description = "Parallel scanner of networks (pnscan)"
        severity = "medium"
        technique = "T1046"
        reference = "https://attack.mitre.org/techniques/T1046/"

    strings:
        $name = "pnscan" nocase
        $usage_1 = "<CIDR|host-range"
        $usage_2 = "Request string"
        $usage_3 = "Response string"
        $usage_4 = /w[o]rkers/
        $usage_5 = "{<CIDR>|<host-range>"

    condition:
        uint32(0) == 0x464c457f and filesize < 1MB and $name and 2 of ($usage_*)
}

rule reconnaissance_hydra
{
    meta:
        description = "Guesser of passwords of network services (Hydra)"
        severity = "medium"
        technique = "T1110.001"
        reference = "https://attack.mitre.org/techniques/T1110/001/"

    strings:
        $restore = "hydra.restore"
        $proxy = "HYDRA_PROXY"
        $services = "Supported services: %s"
        $usage = "Syntax: hydra "

    condition:
        uint32(0) == 0x464c457f and filesize < 8MB
        and $restore and any of ($proxy, $usage) and $services
}
