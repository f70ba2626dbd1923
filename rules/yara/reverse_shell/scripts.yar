rule reverse_shell_script
{
    meta:
        description = "Script that connects a shell to a remote host"
        severity = "high"
        technique = "T1059.004"
        reference = "https://attack.mitre.org/techniques/T1059/004/"

    strings:
        $bash_device = /sh -i\s{0,4}[>&0-9]{0,4}>&?\s{0,4}\/dev\/(tcp|udp)\/[^\s\/]{1,255}\/[^\s]{1,40}\s{0,4}0>&1/
        $netcat = /(nc|ncat|netcat)(\.traditional)?( -[a-z]{1,6}){0,4} -[a-z]{0,4}e \/bin\/(ba|da)?sh /
        $fifo_make = /mkfifo [^\s;]{1,80}/
        $fifo_loop = /\/bin\/(ba|da)?sh -i 2>&1\s{0,4}\|\s{0,4}(nc|ncat|netcat|telnet) /

    condition:
        uint16(0) == 0x2123 and filesize < 1MB
        and ($bash_device or $netcat or ($fifo_make and $fifo_loop))
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
        $shell_spawn = /pty\.spawn\(\s{0,4}["'](\/bin\/)?(ba|da)?sh["']/
        $shell_call = /(subprocess\.(call|run|Popen)|os\.exec\w{1,4})\(\[?\s{0,4}["']\/bin\/(ba|da)?sh["']/

    condition:
        filesize < 256KB
        and $connect and $dup_in and $dup_out
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
