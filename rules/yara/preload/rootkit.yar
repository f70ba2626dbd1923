rule preload_process_hider
{
    meta:
        description = "Shared library that replaces readdir to hide processes"
        severity = "critical"
        technique = "T1574.006, T1014"
        reference = "https://attack.mitre.org/techniques/T1574/006/"

    strings:
        $hook_64 = "readdir64" fullword
        $hook_32 = /re[a]ddir/ fullword
        $next = "dlsym" fullword
        $own_descriptor = "/proc/self/fd/%d"
        $process_stat = "/proc/%s/stat"
        $process_status = "/proc/%s/cmdline"

    condition:
        uint32(0) == 0x464c457f and uint16(16) == 3 and filesize < 512KB
        and any of ($hook_*) and $next and $own_descriptor
        and any of ($process_*)
}

rule preload_installer
{
    meta:
        description = "Script that builds or fetches a library, preloads it into every process and locks it in place"
        severity = "high"
        technique = "T1574.006"
        reference = "https://attack.mitre.org/techniques/T1574/006/"

    strings:
        $preload = /(>>?|tee(\s{1,4}-a)?)\s{0,4}["']?\/etc\/ld\.so\.preload/
        $origin_build = /(gcc|cc|clang) [^\n]{0,200}-shared/
        $origin_fetch = /(curl|wget) [^\n]{0,200}\.so\b/
        $lock = /chattr \+[aiu]{1,3} [^\n]{0,200}(ld\.so\.preload|\.so\b)/

    condition:
        uint16(0) == 0x2123 and filesize < 1MB
        and $preload and $lock and any of ($origin_*)
}
