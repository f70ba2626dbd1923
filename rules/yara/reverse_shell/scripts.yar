rule reverse_shell_script
{
    meta:
        description = "Script that connects a shell to a remote host"
        severity = "high"
        technique = "T1059.004"
        reference = "https://attack.mitre.org/techniques/T1059/004/"

    strings:
        $bash_device = /sh -i\s{0,4}[>&0-9]{0,4}>&?\s{0,4}\/dev\/(tcp|udp)\/[^\s\/]{1,255}\/[^\s]{1,40}\s{0,4}0?[<>]&1/
        $netcat = /(nc|ncat|netcat)(\.traditional)?( -[a-z]{1,6}){0,4} -[a-z]{0,4}e \/bin\/(ba|da)?sh /
        $netcat_to = /\b(nc|ncat|netcat)(\.traditional)?(\s{1,4}-[\w-]{1,12}){0,4}\s{1,4}["']?[\w$\{][\w.${}:-]{2,80}["']?\s{1,4}["']?[0-9$][\w{}$]{0,20}["']?(\s{1,4}-[a-z]{1,6}){0,3}\s{1,4}(-[a-z]{0,4}e|-c|--exec|--sh-exec)\s{1,4}["']?(\/usr)?\/bin\/(ba|da)?sh\b/
        $netcat_of_busybox = /busybox\s{1,4}nc(\s{1,4}-[\w-]{1,12}){0,4}\s{1,4}["']?[\w$\{][\w.${}:-]{2,80}["']?\s{1,4}["']?[0-9$][\w{}$]{0,20}["']?\s{1,4}-e\s{1,4}["']?(\/bin\/)?(a|ba)?sh\b/
        $fifo_make = /(mkfifo|mknod) [^\s;]{1,80}/
        $fifo_loop = /\bsh -i 2>&1\s{0,4}\|\s{0,4}(nc|ncat|netcat|telnet) /
        $fifo_feed = /\/bin\/(ba|da)?sh\s{1,4}0?<\s?[^\s|<>]{1,60}\s{0,4}\|\s{0,4}(nc|ncat|netcat|telnet)\s[^\n|>]{1,80}1?>\s?[^\s&]/
        $device_open = /exec\s{1,4}[0-9]{1,3}<>\s{0,2}\/dev\/tcp\/[^\s\/]{1,255}\/[0-9$]/
        $device_shell = /\bsh\s{1,4}(-i\s{1,4})?0?<&\s?[0-9]{1,3}\s{1,4}1?>&\s?[0-9]{1,3}/
        $device_read = /cat\s{0,2}<&\s?[0-9]{1,3}\s{0,4}\|\s{0,4}while\s{1,4}read/
        $device_answer = /\$\w{1,20}\s{1,4}2>&\s?[0-9]{1,3}\s{1,4}1?>&\s?[0-9]/

    condition:
        uint16(0) == 0x2123 and filesize < 1MB
        and ($bash_device or any of ($netcat*) or ($fifo_make and any of ($fifo_loop, $fifo_feed))
            or ($device_open and ($device_shell or ($device_read and $device_answer))))
}

rule reverse_shell_python
{
    meta:
        description = "Python that puts a socket under the standard streams of a shell"
        severity = "high"
        technique = "T1059.006"
        reference = "https://attack.mitre.org/techniques/T1059/006/"

    strings:
        $connect = /\.connect\(\(\s{0,4}["'][^"'\n]{1,255}["']\s{0,4},\s{0,4}[0-9]{1,5}\s{0,4}\)\)/
        $dup_in = /os\.dup2\(\s{0,4}\w{1,40}\.fileno\(\)\s{0,4},\s{0,4}0\s{0,4}\)/
        $dup_out = /os\.dup2\(\s{0,4}\w{1,40}\.fileno\(\)\s{0,4},\s{0,4}1\s{0,4}\)/
        $dup_each = /os\.dup2\(\s{0,4}\w{1,40}\.fileno\(\)\s{0,4},\s{0,4}[a-z_]\w{0,10}\s{0,4}\)/
        $shell_spawn = /pty\.spawn\(\s{0,4}["'](\/bin\/)?(ba|da)?sh["']/
        $shell_call = /(subprocess\.(call|run|Popen)|os\.exec\w{1,4})\(\[?\s{0,4}["']\/bin\/(ba|da)?sh["']/

    condition:
        filesize < 256KB
        and $connect and (($dup_in and $dup_out) or $dup_each)
        and any of ($shell_*)
}

rule reverse_shell_crontab
{
    meta:
        description = "Cron line that connects a shell to a remote host"
        severity = "critical"
        technique = "T1053.003, T1059.004"
        reference = "https://attack.mitre.org/techniques/T1053/003/"

    strings:
        $line = /\*[\/0-9]{0,4}[ \t]{1,4}\*[^\n]{1,160}sh -i\s{0,4}>&\s{0,4}\/dev\/tcp\/[^\s\/]{1,255}\/[0-9]{1,5}/

    condition:
        filesize < 1MB and $line
}
