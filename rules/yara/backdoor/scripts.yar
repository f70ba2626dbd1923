rule backdoor_perl_shell
{
    meta:
        description = "Perl script that puts a socket under the standard streams of a shell"
        severity = "high"
        technique = "T1059.006, T1071"
        reference = "https://attack.mitre.org/techniques/T1059/"

    strings:
        $socket_1 = "use Socket"
        $socket_2 = "IO::Socket"
        $connect = /(connect\s{0,2}\(|PeerAddr|PeerHost)/
        $stream_in = /(op[e]n\s{0,2}\(?\s{0,2}STDIN\s{0,2},\s{0,2}["']?[<>+]{1,2}&|STDIN->fdopen\()/
        $stream_out = /(op[e]n\s{0,2}\(?\s{0,2}STDOUT\s{0,2},\s{0,2}["']?>&|STDOUT->fdopen\(|\$~->fdopen\()/
        $shell = /(exec|system)\s{0,2}[\({]{0,2}\s{0,2}["']\/bin\/(ba|da)?sh(\s-i)?/

    condition:
        uint16(0) == 0x2123 and filesize < 256KB
        and any of ($socket_*) and $connect and $stream_in and $stream_out and $shell
}

rule backdoor_tool_shell
{
    meta:
        description = "Script that connects a shell to a remote host with socat, openssl, telnet or awk"
        severity = "high"
        technique = "T1059.004"
        reference = "https://attack.mitre.org/techniques/T1059/004/"

    strings:
        $socat_1 = /(^|\n|;|&)[^\n#]{0,40}socat\s[^\n]{0,80}exec:["']?(\/bin\/)?(ba|da)?sh\b[^\n]{0,80}\s(tcp4?|tcp-connect|tcp4-connect|openssl|openssl-connect):[^\s:]{1,80}:[0-9$]/ nocase
        $socat_2 = /(^|\n|;|&)[^\n#]{0,40}socat\s[^\n]{0,40}(tcp4?|tcp-connect|tcp4-connect|openssl|openssl-connect):[^\s:]{1,80}:[0-9$][^\s]{0,60}\s[^\n]{0,20}exec:["']?(\/bin\/)?(ba|da)?sh\b/ nocase
        $openssl = /\/bin\/(ba|da)?sh\s-i\s{0,4}<\s{0,4}[^\s|]{1,80}\s{0,4}2>&1\s{0,4}\|\s{0,4}openssl\s{1,4}s_client\s/
        $telnet = /\btelnet\s{1,4}[^\s|]{1,80}\s{1,4}[^\s|]{1,20}\s{0,4}\|\s{0,4}\/bin\/(ba|da)?sh[^\n|]{0,20}\|\s{0,4}telnet\s/
        $awk_1 = /["']\/inet\/tcp\/0\/[^\s"'\/]{1,80}\/[0-9]{1,5}["']/
        $awk_2 = /while\s{0,2}\(\(?\s{0,2}\w{1,20}\s{0,2}\|&\s{0,2}getline/

    condition:
        uint16(0) == 0x2123 and filesize < 1MB
        and (any of ($socat_*) or $openssl or $telnet or all of ($awk_*))
}

rule backdoor_listening_shell
{
    meta:
        description = "Script that gives a shell to whoever connects to a port"
        severity = "high"
        technique = "T1059.004"
        reference = "https://attack.mitre.org/techniques/T1059/004/"

    strings:
        $netcat = /(\nnc|;nc|&nc|(\n|;|&)([ \t]{0,7}|[ \t]{0,8}((nohup|setsid|exec|while\s(true|:);?\s{0,4}do)\s{0,3})?(busybox\s{0,3})?)( nc|\tnc)|(\n|;|&)[ \t]{0,8}((nohup|setsid|exec|while\s(true|:);?\s{0,4}do)\s{1,4})?(busybox\s{1,4})?(ncat|netcat))(\.traditional)?\s[^\n#|;]{0,40}-[a-zA-Z]{0,5}l[^\n#|;]{0,40}\s-?(e|c|-exec|-sh-exec|lvpe|lpe)\s{1,4}["']?(\/bin\/)?(ba|da)?sh\b/
        $socat = /(^|\n|;|&)[ \t]{0,8}((nohup|setsid|exec)\s{1,4})?socat\s[^\n#]{0,40}tcp[46]?-l(isten)?:[0-9]{1,5}[^\n#]{0,80}\sexec:["']?(\/bin\/)?(ba|da)?sh\b/ nocase

    condition:
        uint16(0) == 0x2123 and filesize < 1MB and any of them
}

rule backdoor_ruby_shell
{
    meta:
        description = "Ruby script that connects a shell to a remote host"
        severity = "high"
        technique = "T1059"
        reference = "https://attack.mitre.org/techniques/T1059/"

    strings:
        $connect = /TCPSocket\.(open|new)\(\s{0,4}["'][^"'\n]{1,80}["']\s{0,4},\s{0,4}["']?[0-9]{1,5}/
        $shell_1 = /exec\(?\s{0,2}sprintf\(?\s{0,2}["']\/bin\/(ba|da)?sh -i\s?<&%d/
        $shell_2 = /spawn\(\s{0,2}["']\/bin\/(ba|da)?sh["']\s{0,2},\s{0,2}\[?:in/
        $shell_3 = /IO\.popen\(\s{0,2}\w{1,20}\s{0,2},\s{0,2}["']r["']/

    condition:
        uint16(0) == 0x2123 and filesize < 256KB and $connect and any of ($shell_*)
}

rule backdoor_irc_script
{
    meta:
        description = "Script that takes orders to flood or scan other hosts from a chat network"
        severity = "high"
        technique = "T1071, T1498"
        reference = "https://attack.mitre.org/techniques/T1071/"

    strings:
        $chat_1 = "PRIVMSG"
        $chat_2 = /\bJOIN\b/
        $chat_3 = /\bNICK\b/
        $order_1 = /[@!\\ ]{1,2}(udp|tcp|http|syn|slow)flood/ nocase
        $order_2 = /\b(udp|tcp|http)flooder\b/ nocase
        $order_3 = /[@!\\ ]{1,2}po[r]tscan/ nocase
        $order_4 = /\bgoogle\s?hack/ nocase
        $order_5 = /(@back|@cback|@connback)\b/
        $run_1 = /`\$\w{1,20}[^`\n]{0,20}`/
        $run_2 = /(system\(|sys[t]em \(|sys[t]em  \(|exec\s{0,2}\(|popen\(|po[p]en \(|po[p]en  \()/
        $run_3 = "/bin/sh"

    condition:
        uint16(0) == 0x2123 and filesize < 512KB
        and all of ($chat_*) and 2 of ($order_*) and any of ($run_*)
}
