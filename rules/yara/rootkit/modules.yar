rule rootkit_module_system_calls
{
    meta:
        description = "Kernel module that replaces the system calls which list files"
        severity = "critical"
        technique = "T1014, T1547.006"
        reference = "https://attack.mitre.org/techniques/T1014/"

    strings:
        $module = "vermagic="
        $lookup_1 = "kallsyms_lookup_name"
        $lookup_2 = "sys_call_table"
        $lookup_3 = "register_kprobe"
        $call_1 = "getdents64"
        $call_2 = "sys_getdents"
        $hide_1 = "list_del"
        $hide_2 = "kobject_del"
        $hide_3 = "filldir"
        $hide_4 = "hide"

    condition:
        uint32(0) == 0x464c457f and uint16(16) == 1 and filesize < 4MB
        and $module and any of ($lookup_*) and any of ($call_*) and any of ($hide_*)
}

rule rootkit_module_gives_root
{
    meta:
        description = "Kernel module that hides itself and gives root to whoever sends it a signal"
        severity = "critical"
        technique = "T1014, T1547.006, T1548"
        reference = "https://attack.mitre.org/techniques/T1014/"

    strings:
        $module = "vermagic="
        $root_1 = "give_root"
        $root_2 = "get_root"
        $root_3 = "commit_creds"
        $hide_1 = "module_hide"
        $hide_2 = "module_show"
        $hide_3 = "hide_module"
        $hide_4 = "is_invisible"
        $hide_5 = "hide_proc"
        $kill_1 = "hacked_kill"
        $kill_2 = "orig_kill"
        $kill_3 = "hook_kill"
        $kill_4 = "sys_kill"

    condition:
        uint32(0) == 0x464c457f and uint16(16) == 1 and filesize < 4MB
        and $module and any of ($root_*) and any of ($hide_*) and any of ($kill_*)
}

rule rootkit_module_connections
{
    meta:
        description = "Kernel module that hooks a kernel function to hide network connections"
        severity = "critical"
        technique = "T1014, T1547.006"
        reference = "https://attack.mitre.org/techniques/T1014/"

    strings:
        $module = "vermagic="
        $hook_1 = "ftrace_set_filter_ip"
        $hook_2 = "register_kprobe"
        $hook_3 = "kallsyms_lookup_name"
        $table_1 = "tcp4_seq_show"
        $table_2 = "tcp6_seq_show"
        $table_3 = "udp4_seq_show"
        $table_4 = "inet_sk_diag_fill"

    condition:
        uint32(0) == 0x464c457f and uint16(16) == 1 and filesize < 4MB
        and $module and any of ($hook_*) and any of ($table_*)
}

rule rootkit_module_loader
{
    meta:
        description = "Script that builds a hiding kernel module on the host, or downloads one, and loads it"
        severity = "high"
        technique = "T1547.006, T1014"
        reference = "https://attack.mitre.org/techniques/T1547/006/"

    strings:
        $load = /insmod\s{1,4}[^\n]{0,80}\.ko\b/
        $traces_1 = "history -c"
        $traces_2 = /dmesg\s{1,4}(-C|-c|--clear)/
        $traces_3 = "unset HISTFILE"
        $origin_1 = /(curl|wget)\s[^\n]{0,200}\.ko\b/
        $origin_2 = /make\s{1,4}-C\s{1,4}\/li[b]\/modules\//
        $origin_3 = "diamorphine" nocase
        $origin_4 = "reptile" nocase
        $remove = /(rm -|rm  -|rm\t-)[rf]{1,2}\s[^\n]{0,80}(\.ko|\.c|Makefile)\b/

    condition:
        uint16(0) == 0x2123 and filesize < 1MB
        and $load and any of ($origin_*) and any of ($traces_*) and $remove
}

rule rootkit_ebpf_listing
{
    meta:
        description = "eBPF program on both ends of the system call that lists files, as programs that hide files have it"
        severity = "medium"
        technique = "T1014"
        reference = "https://attack.mitre.org/techniques/T1014/"

    strings:
        $enter_1 = "tp/syscalls/sys_enter_getdents64"
        $enter_2 = "tracepoint/syscalls/sys_enter_getdents64"
        $exit_1 = "tp/syscalls/sys_exit_getdents64"
        $exit_2 = "tracepoint/syscalls/sys_exit_getdents64"

    condition:
        uint32(0) == 0x464c457f and uint16(16) == 1 and uint16(18) == 247 and filesize < 4MB
        and any of ($enter_*) and any of ($exit_*)
}
