rule download_and_run_from_address
{
    meta:
        description = "Script that pipes a download from a bare address into a shell"
        severity = "high"
        technique = "T1105, T1059.004"
        reference = "https://attack.mitre.org/techniques/T1105/"

    strings:
        $pipe = /(curl|wget)\s[^\n|]{0,200}[\s"'\/@][0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}[:\/][^\n|]{0,200}(\\\r?\n\s{0,16})?\|\s{0,4}(sudo\s{1,4}(-\w{1,3}\s{1,4}){0,3})?((\/usr)?\/bin\/)?(env\s{1,4})?((ba|da|a|k|z)?sh|python[0-9.]{0,4}|perl)\b/
        $substitution = /(eval\s{1,4}["']?|sh\s{1,4}-c\s{1,4}["']?|sh\s{1,4}<|source\s{1,4}<|\.\s{1,4}<)\s{0,2}(\$?\(|`)\s{0,4}((\/usr)?\/bin\/)?(curl|wget)\s[^\n|)`]{0,200}[\s"'\/@][0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}[:\/]/
        $own_host = /(curl|wget)\s[^\n|]{0,200}[\s"'\/@](127\.0\.0\.1|169\.254\.169\.254)[:\/]/

    condition:
        uint16(0) == 0x2123 and filesize < 1MB
        and #pipe + #substitution > #own_host
}

rule download_hide_and_run
{
    meta:
        description = "Script that downloads into a temporary directory, makes it executable, runs it detached and removes its traces"
        severity = "high"
        technique = "T1105, T1070.004"
        reference = "https://attack.mitre.org/techniques/T1105/"

    strings:
        $fetch = /(curl|wget)\s[^\n]{0,200}https?:\/\/[^\n]{0,200}\/(tmp|var\/tmp|dev\/shm)\/\.?\w/
        $executable = /chmod\s{1,4}(\+x|u\+x|a\+x|[0-7]?7[0-7][0-7])\s{1,4}\/(tmp|var\/tmp|dev\/shm)\//
        $detached = /(nohup|setsid)\s{1,4}\/(tmp|var\/tmp|dev\/shm)\//
        $traces_history = "history -c"
        $traces_histfile = "unset HISTFILE"
        $traces_log = "/var/log/wtmp"
        $traces_kill = /pkill -(9|f|9f) [^\n]{0,40}(xmrig|kinsing|kdevtmpfsi|masscan)/

    condition:
        uint16(0) == 0x2123 and filesize < 1MB
        and $fetch and $executable and $detached
        and any of ($traces_*)
}

rule encoded_and_run
{
    meta:
        description = "Script that decodes an embedded text straight into a shell"
        severity = "high"
        technique = "T1027, T1059.004"
        reference = "https://attack.mitre.org/techniques/T1027/"

    strings:
        $pipe = /(echo|printf)\s{1,4}(-n\s{1,4}|["\']?%s["\']?\s{1,4})?["']?[A-Za-z0-9+\/]{60,4000}={0,2}["']?\s{0,4}\|\s{0,4}(openssl\s{1,4}(enc\s{1,4}-)?)?base64\s{1,4}(-\w{0,2}[dD]\w{0,2}|--decode)(\s{1,4}-A)?\s{0,4}(\|\s{0,4}(gunzip|zcat|bunzip2|(gzip|xz|bzip2)\s-\w{0,2}d\w{0,2})\s{0,4})?\|\s{0,4}(sudo\s{1,4}(-\w{1,3}\s{1,4}){0,3})?((\/usr)?\/bin\/)?(env\s{1,4})?((ba|da|a|k|z)?sh|python[0-9.]{0,4}|perl)\b/
        $here = /base64\s{1,4}(-\w{0,2}[dD]\w{0,2}|--decode)(\s{1,4}-A)?\s{0,4}<<<\s{0,4}["']?[A-Za-z0-9+\/]{60,4000}={0,2}["']?\s{0,4}\|\s{0,4}(sudo\s{1,4}(-\w{1,3}\s{1,4}){0,3})?((\/usr)?\/bin\/)?(env\s{1,4})?((ba|da|a|k|z)?sh|python[0-9.]{0,4}|perl)\b/
        $substitution = /(eval\s{1,4}["']?|sh\s{1,4}-c\s{1,4}["']?|sh\s{1,4}<|source\s{1,4}<|\.\s{1,4}<)\s{0,2}(\$?\(|`)\s{0,4}(echo|printf)\s{1,4}(-n\s{1,4}|["\']?%s["\']?\s{1,4})?["']?[A-Za-z0-9+\/]{60,4000}={0,2}["']?\s{0,4}\|\s{0,4}(openssl\s{1,4}(enc\s{1,4}-)?)?base64\s{1,4}(-\w{0,2}[dD]\w{0,2}|--decode)(\s{1,4}-A)?/

    condition:
        uint16(0) == 0x2123 and filesize < 1MB
        and any of them
}
