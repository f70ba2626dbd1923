rule masquerade_kernel_thread
{
    meta:
        description = "Program with the name of a kernel thread, so that it hides in a list of processes"
        severity = "high"
        technique = "T1036.004, T1036.005"
        reference = "https://attack.mitre.org/techniques/T1036/004/"

    condition:
        uint32(0) == 0x464c457f and (uint16(16) == 2 or uint16(16) == 3)
        and filename matches /^\[?(kthreadd|kthreaddi|kdevtmpfs|kdevtmpfsi|ksoftirqd(\/[0-9]{1,4})?|kworker([\/:-][\w:+-]{0,20})?|kswapd[0-9]{0,2}|khugepaged|khungtaskd|kintegrityd|kblockd|kauditd|kcompactd[0-9]{0,2}|ksmd|rcu_sched|rcu_bh|rcu_gp|rcu_par_gp|rcu_preempt|migration\/[0-9]{1,4}|cpuhp\/[0-9]{1,4}|mm_percpu_wq|oom_reaper|netns|writeback|watchdogd|kthrotld|bioset|jbd2|scsi_eh_[0-9]{1,3})\]?$/
        and not filename == "netns" and not filename == "writeback" and not filename == "bioset"
}

rule masquerade_dotted_directory
{
    meta:
        description = "Program in a directory whose name is made of dots and spaces"
        severity = "high"
        technique = "T1564.001, T1036.005"
        reference = "https://attack.mitre.org/techniques/T1564/001/"

    condition:
        (uint32(0) == 0x464c457f or uint16(0) == 0x2123)
        and filepath matches /\/(\.{3,8}|\.{1,3} {1,8}\.{0,3}| {1,8}\.{0,3})\/[^\/]{1,255}$/
}

rule masquerade_hidden_temporary_program
{
    meta:
        description = "Hidden program in a temporary directory of the image"
        severity = "medium"
        technique = "T1564.001"
        reference = "https://attack.mitre.org/techniques/T1564/001/"

    condition:
        uint32(0) == 0x464c457f
        and filepath matches /^\/(tmp|var\/tmp|dev\/shm|run\/shm)\/([^\/]{1,255}\/){0,8}\.[^\/]{1,255}$/
}

rule masquerade_media_name
{
    meta:
        description = "Program with the name of a picture, sound or document"
        severity = "high"
        technique = "T1036.008"
        reference = "https://attack.mitre.org/techniques/T1036/008/"

    condition:
        uint32(0) == 0x464c457f and (uint16(16) == 2 or uint16(16) == 3) and uint16(56) > 0 and filesize > 256
        and extension matches /^\.(jpg|jpeg|png|gif|bmp|ico|svg|webp|mp3|mp4|avi|pdf|doc|docx|xls|xlsx|css)$/i
}

rule masquerade_text_name
{
    meta:
        description = "Program with the name of a text or data file"
        severity = "low"
        technique = "T1036.008"
        reference = "https://attack.mitre.org/techniques/T1036/008/"

    condition:
        uint32(0) == 0x464c457f and uint16(16) == 2 and uint16(56) > 0 and filesize > 256
        and extension matches /^\.(txt|log|conf|cfg|ini|json|xml|html|htm|md)$/i
}

rule masquerade_tool_wrapper
{
    meta:
        description = "Script in the place of a system tool that runs the real one and leaves lines out of its answer"
        severity = "high"
        technique = "T1036.005, T1564"
        reference = "https://www.trendmicro.com/en_us/research/20/l/teamtnt-now-deploying-ddos-capable-irc-bot-tntbotinger.html"

    strings:
        $real = /\b(ps|top|htop|pstree|ss|lsof|netstat|ls|crontab)\.(original|orig|lanigiro|real|bak|old|save)\b[^\n]{0,80}\|\s{0,4}grep\s{1,4}-[a-zA-Z]{0,3}v/

    condition:
        uint16(0) == 0x2123 and filesize < 16KB and $real
        and filepath matches /\/s?bin\/(ps|top|htop|pstree|ss|lsof|netstat|ls|crontab)$/
}
