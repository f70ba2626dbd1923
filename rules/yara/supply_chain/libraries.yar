rule supply_chain_xz
{
    meta:
        description = "Compression library with the backdoor of xz 5.6.0 and 5.6.1, which opens the SSH server to its author"
        severity = "critical"
        technique = "T1195.002"
        reference = "https://www.openwall.com/lists/oss-security/2024/03/29/4"

    strings:
        $hook = {
            F3 0F 1E FA 55 48 89 F5 4C 89 CE 53 89 FB 81 E7 00 00 00 80
            48 83 EC 28 48 89 54 24 18 48 89 4C 24 10
        }

    condition:
        uint32(0) == 0x464c457f and filesize < 16MB and $hook
}
