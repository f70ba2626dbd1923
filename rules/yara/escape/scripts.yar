rule escape_release_agent
{
    meta:
        description = "Script that makes the kernel of the host run a program out of the container when a control group empties"
        severity = "high"
        technique = "T1611"
        reference = "https://attack.mitre.org/techniques/T1611/"

    strings:
        $agent = />\s{0,4}["']?[^\s"'\n]{0,80}\/r[e]lease_agent/
        $notify = /echo\s{1,4}["']?1["']?\s{0,4}>\s{0,4}["']?[^\n]{0,80}notify_on_release/
        $host_path = /[u\\*]?p?perdir[=\\]/

    condition:
        uint16(0) == 0x2123 and filesize < 1MB
        and $agent and $notify and $host_path
}

rule escape_core_pattern
{
    meta:
        description = "Script that makes the host start a program out of the container when a process crashes"
        severity = "high"
        technique = "T1611"
        reference = "https://attack.mitre.org/techniques/T1611/"

    strings:
        $write = />\s{0,4}["']?[\w\/$.{}-]{0,80}\/sys\/kernel\/core_pattern/
        $pipe = /echo\s{1,4}(-[ne]{1,2}\s{1,4})?["']?\|/
        $from_process = "|/proc/%P/root/"
        $from_layer = /[u\\*]?p?perdir[=\\]/

    condition:
        uint16(0) == 0x2123 and filesize < 1MB
        and $write and $pipe and any of ($from_*)
}

rule escape_host_namespaces_payload
{
    meta:
        description = "Script that enters the namespaces of the host and leaves a download, a cron line or a login key there"
        severity = "high"
        technique = "T1611, T1053.003"
        reference = "https://attack.mitre.org/techniques/T1611/"

    strings:
        $download = /nsenter\s[^\n]{0,80}(-t|--target)[ =]{0,2}1\s[^\n]{0,300}(curl|wget)\s[^\n|]{0,200}htt[p][:]\/\/[^\n|]{1,200}\|\s{0,4}(\/bin\/)?(ba|da)?sh\b/
        $schedule = /nsenter\s[^\n]{0,80}(-t|--target)[ =]{0,2}1\s[^\n]{0,300}echo\s[^\n]{1,600}(\|\s{0,4}crontab\s|>>?\s{0,4}\/(etc\/cron|var\/spool\/cron|root\/\.ssh\/authorized_keys))/

    condition:
        uint16(0) == 0x2123 and filesize < 1MB and any of them
}

rule escape_host_root_write
{
    meta:
        description = "Script that writes into the host's start-up files or login keys through /proc/1/root"
        severity = "high"
        technique = "T1611, T1053.003"
        reference = "https://attack.mitre.org/techniques/T1611/"

    strings:
        $write = /(>>?|tee(\s{1,4}-a)?|cp\s[^\n;|&]{1,120})\s{0,4}["']?\/proc\/1\/root\/(etc\/(cron|ld\.so\.preload|passwd|shadow|sudoers|systemd)|root\/\.ssh|var\/spool\/cron)/

    condition:
        uint16(0) == 0x2123 and filesize < 1MB and $write
}

rule escape_host_disk
{
    meta:
        description = "Script that looks for a disk of the host, mounts it and writes cron lines or login keys to it"
        severity = "high"
        technique = "T1611, T1053.003"
        reference = "https://attack.mitre.org/techniques/T1611/"

    strings:
        $look_fdisk = /fdisk\s{1,4}-l[^\n]{0,40}\|/
        $look_blkid = /(blkid|lsblk)[^\n]{0,40}\|\s{0,4}(grep|awk|head)/
        $look_mounts = /\/(proc|etc)\/(1\/|self\/)?(mounts|mtab|mountinfo)[^\n]{0,40}\|\s{0,4}(grep|awk|head)/
        $mount = /mount\s{1,4}["']?(\/dev\/(sd|vd|xvd|nvme|dm-)|\$\{?\w)[^\n]{0,60}\s\/(tmp|mnt|host|hostfs|var\/tmp)/
        $cron = /(\*[^\n]{0,8}\s\*|@(reboot|hourly))[^\n]{1,300}>>?\s{0,4}["']?\/(tmp|mnt|host|hostfs|var\/tmp)\/[^\n]{0,60}(etc\/cron|spool\/cron)/

    condition:
        uint16(0) == 0x2123 and filesize < 1MB
        and $mount and $cron and any of ($look_*)
}

rule escape_runtime_overwrite
{
    meta:
        description = "Program that lies in wait to replace the host's container runtime (in the manner of CVE-2019-5736)"
        severity = "high"
        technique = "T1611"
        reference = "https://nvd.nist.gov/vuln/detail/CVE-2019-5736"

    strings:
        $bait = "#!/proc/self/exe"
        $victim = "runc"
        $wait_1 = "/proc/%d/exe"
        $wait_2 = "/proc/self/fd/"
        $wait_3 = "/cmdline"
        $bait_script = /echo\s{1,4}(-[ne]{1,2}\s{1,4})?["']#!\/proc\/self\/exe["'\\n]{0,4}\s{0,4}>\s{0,4}\/(usr\/)?bin\/\w/

    condition:
        (uint32(0) == 0x464c457f and filesize < 16MB and $bait and $victim and any of ($wait_*))
        or (uint16(0) == 0x2123 and filesize < 1MB and $bait_script)
}
