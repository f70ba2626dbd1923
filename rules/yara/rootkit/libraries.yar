rule rootkit_preload_connections
{
    meta:
        description = "Shared library that replaces file functions to take lines out of the table of network connections"
        severity = "critical"
        technique = "T1574.006, T1014"
        reference = "https://attack.mitre.org/techniques/T1014/"

    strings:
        $next = "dlsym" fullword
        $hook_1 = "fopen" fullword
        $hook_2 = "fopen64" fullword
        $table_1 = "/proc/net/tcp"
        $table_2 = "/proc/net/tcp6"
        $line = /%d: %64\[0-9A-Fa-f\]:%X %64\[0-9A-Fa-f\]:%X/
        $copy = "tmpfile" fullword

    condition:
        uint32(0) == 0x464c457f and uint16(16) == 3 and filesize < 4MB
        and $next and any of ($hook_*) and any of ($table_*) and $line and $copy
}

rule rootkit_preload_hooks
{
    meta:
        description = "Shared library that replaces many system functions and looks after the preload file itself"
        severity = "critical"
        technique = "T1574.006, T1014"
        reference = "https://attack.mitre.org/techniques/T1574/006/"

    strings:
        $preload = "/etc/ld.so.preload"
        $next = "dlsym" fullword
        $hook_1 = "readdir64" fullword
        $hook_2 = "__lxstat64" fullword
        $hook_3 = "__xstat64" fullword
        $hook_4 = "unlinkat" fullword
        $hook_5 = "accept" fullword
        $hook_6 = "pam_authenticate" fullword
        $hook_7 = "getpwnam_r" fullword
        $hook_8 = "execve" fullword
        $hook_9 = "pcap_loop" fullword
        $hidden_1 = "/proc/net/tcp"
        $hidden_2 = "HISTFILE"
        $hidden_3 = "/proc/self/maps"
        $hidden_4 = "/proc/%s/environ"

    condition:
        uint32(0) == 0x464c457f and uint16(16) == 3 and filesize < 4MB
        and $preload and $next and 5 of ($hook_*) and 2 of ($hidden_*)
}
