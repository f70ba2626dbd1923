rule webshell_php_request
{
    meta:
        description = "PHP page that runs what a visitor sends as code or command"
        severity = "high"
        technique = "T1505.003"
        reference = "https://attack.mitre.org/techniques/T1505/003/"

    strings:
        $code = /(^|[;{}\n]|<\?php|<\?)\s{0,8}@?(eval|assert)\s{0,4}\(\s{0,4}@?((base64_decode|gzinflate|gzuncompress|str_rot13|stripslashes|urldecode|trim)\s{0,2}\(\s{0,2}){0,3}@?(\$_POST|\$_GET|\$_REQUEST|\$_COOKIE)\s{0,2}[\[{]/ nocase
        $command = /(^|[;{}\n=]|<\?php|<\?|echo|print)[\s\(]{0,8}@?(system|passthru|shell_exec|exec|popen)\s{0,4}\(\s{0,4}@?((base64_decode|stripslashes|urldecode|trim)\s{0,2}\(\s{0,2}){0,3}@?(\$_POST|\$_GET|\$_REQUEST|\$_COOKIE)\s{0,2}[\[{]/ nocase
        $replace = /preg_replace\s{0,4}\(\s{0,4}["'][\/#~][^"'\n]{0,40}[\/#~][imsxu]{0,3}e[imsxu]{0,3}["']\s{0,4},\s{0,4}@?((base64_decode|stripslashes)\s{0,2}\(\s{0,2}){0,2}(\$_POST|\$_GET|\$_REQUEST|\$_COOKIE)\s{0,2}[\[{]/ nocase
        $function = /create_function\s{0,4}\(\s{0,4}["'][^"'\n]{0,40}["']\s{0,4},\s{0,4}@?((base64_decode|stripslashes)\s{0,2}\(\s{0,2}){0,2}(\$_POST|\$_GET|\$_REQUEST|\$_COOKIE)\s{0,2}[\[{]/ nocase
        // As code: comments set names of variables in the same ticks. So: not on a line that begins like one,
        // nor behind // or #, and where a statement or a value can stand
        $tick_1 = /(^|\n)[ \t]{0,40}(([^ \t*\/#\n`]([^\n`\/#]|\/[^\/\n`]|:\/\/){0,120})?([;{}]|<\?|<\?php)\s{0,8})?`\s{0,4}(\$_POST|\$_GET|\$_REQUEST|\$_COOKIE)\s{0,2}[\[{][^`\n]{1,40}`\s{0,4}(;|\?>)/ nocase
        $tick_2 = /(^|\n)[ \t]{0,40}(\/\*[^\n`]{0,80}\*\/\s{0,4}|<\?php\s{1,4}\/\*[^\n`]{0,80}\*\/\s{0,4})?([^ \t*\/#\n`]([^\n`\/#]|\/[^\/\n`]|:\/\/){0,120})?(=|\(|\.|,|@|:|\?|echo|print|return|die|exit)\s{0,4}`\s{0,4}(\$_POST|\$_GET|\$_REQUEST|\$_COOKIE)\s{0,2}[\[{][^`\n]{1,40}`/ nocase
        $variable = /(\$_POST|\$_GET|\$_REQUEST|\$_COOKIE)\s{0,2}\[[^\]\n]{1,40}\]\s{0,4}\(\s{0,4}@?(\$_POST|\$_GET|\$_REQUEST|\$_COOKIE)\s{0,2}\[/ nocase

    condition:
        filesize < 100KB
        and (uint16(0) == 0x3f3c or extension matches /^\.(php[3-8]?|phtml|pht|phar|inc)$/i)
        and any of them
}

rule webshell_php_small
{
    meta:
        description = "Small PHP page that takes a command from the visitor and runs it"
        severity = "high"
        technique = "T1505.003"
        reference = "https://attack.mitre.org/techniques/T1505/003/"

    strings:
        $input = /\$(c|cmd|command|e|exec|x|q|p|code)\s{0,2}=\s{0,2}@?(\$_POST|\$_GET|\$_REQUEST|\$_COOKIE)\s{0,2}\[/
        $run = /(^|[;{}\n=]|<\?php|<\?|echo|print)[\s\(]{0,8}@?((passthru|shell_exec|exec|eval)\s{0,4}\(|system\(|sy[s]tem \s{0,3}\(|sy[s]tem\t\s{0,3}\(|sy[s]tem\n\s{0,3}\(|sy[s]tem\r\s{0,3}\(|popen\(|p[o]pen \s{0,3}\(|p[o]pen\t\s{0,3}\(|p[o]pen\n\s{0,3}\(|p[o]pen\r\s{0,3}\()\s{0,4}["']?\$(c|cmd|command|e|exec|x|q|p|code)\s{0,2}[").;]/ nocase

    condition:
        filesize < 2KB
        and (uint16(0) == 0x3f3c or extension matches /^\.(php[3-8]?|phtml|pht|phar|inc)$/i)
        and $input and $run
}

rule webshell_php_behind_picture
{
    meta:
        description = "Picture with PHP inside that runs what a visitor sends"
        severity = "high"
        technique = "T1505.003, T1027.009"
        reference = "https://attack.mitre.org/techniques/T1505/003/"

    strings:
        $php = "<?php"
        $run = /(eval|assert|system|passthru|shell_exec)\s{0,4}\(\s{0,4}@?((base64_decode|stripslashes|urldecode)\s{0,2}\(\s{0,2}){0,2}@?(\$_POST|\$_GET|\$_REQUEST|\$_COOKIE)\s{0,2}[\[{]/ nocase

    condition:
        (uint32(0) == 0x38464947 or uint32(0) == 0x474e5089 or uint16(0) == 0xd8ff) and filesize < 8MB
        and $php and $run
}

rule webshell_php_key
{
    meta:
        description = "PHP page that decrypts what a visitor sends and runs it as code"
        severity = "high"
        technique = "T1505.003, T1573.001"
        reference = "https://attack.mitre.org/techniques/T1505/003/"

    strings:
        $input = "php://input"
        $key_1 = "openssl_decrypt" nocase
        $key_2 = /\^\s{0,2}\$key\[/
        $run_1 = /(^|[;{}\n])\s{0,8}@?eval\s{0,2}\(\s{0,2}\$\w{1,20}/
        $run_2 = /__invoke\(\$\w{1,20}\)\s{0,4}\{\s{0,4}@?eval\(/
        $session = "session_start"

    condition:
        filesize < 16KB and uint16(0) == 0x3f3c
        and $input and $session and any of ($key_*) and any of ($run_*)
}

rule webshell_php_packed
{
    meta:
        description = "PHP page that unpacks a long text and runs it as code"
        severity = "medium"
        technique = "T1027, T1505.003"
        reference = "https://attack.mitre.org/techniques/T1027/"

    strings:
        $run = /(^|[;{}\n]|<\?php|<\?)\s{0,8}@?(eval|assert)\s{0,4}\(\s{0,4}(gzinflate|gzuncompress|str_rot13|strrev|base64_decode)\s{0,2}\(\s{0,2}((gzinflate|gzuncompress|str_rot13|strrev|base64_decode)\s{0,2}\(\s{0,2}){0,4}["'][A-Za-z0-9+\/=]{200}/ nocase

    condition:
        filesize < 2MB and uint16(0) == 0x3f3c and $run
}

rule webshell_php_console
{
    meta:
        description = "PHP page with the control panel of a known webshell"
        severity = "high"
        technique = "T1505.003"
        reference = "https://attack.mitre.org/techniques/T1505/003/"

    strings:
        $name_1 = /Fil[e]sMan/
        $name_2 = "b374k"
        $name_3 = "c99shell" nocase
        $name_4 = "r57shell" nocase
        $name_5 = "IndoXploit" nocase
        $name_6 = "WSOsetcookie"
        $name_7 = /Mi[n]i Sh[e]ll/ nocase
        $panel_1 = "safe_mode" nocase
        $panel_2 = "posix_getpwuid"
        $panel_3 = "disable_functions"
        $panel_4 = "php_uname"
        $panel_5 = "chmod("
        $run_1 = /((shell_exec|passthru|proc_open)\s{0,2}\(|popen\(|p[o]pen \s{0,1}\(|p[o]pen\t\s{0,1}\(|p[o]pen\n\s{0,1}\(|p[o]pen\r\s{0,1}\()\s{0,2}\$/
        $run_2 = /@?eval\s{0,2}\(\s{0,2}\$/
        $input = /(\$_POST|\$_GET|\$_REQUEST|\$_COOKIE)\[/
        $scanner_1 = "signature" nocase
        $scanner_2 = "malware" nocase

    condition:
        filesize < 1MB and uint16(0) == 0x3f3c
        and any of ($name_*) and 3 of ($panel_*) and any of ($run_*) and $input
        and not any of ($scanner_*)
}
