rule webshell_jsp
{
    meta:
        description = "Java page that runs what a visitor sends as command or code"
        severity = "high"
        technique = "T1505.003"
        reference = "https://attack.mitre.org/techniques/T1505/003/"

    strings:
        $command = /getRuntime\s{0,2}\(\s{0,2}\)\s{0,2}\.\s{0,2}exec\s{0,2}\(\s{0,2}(new\s{1,2}String\[\]\s{0,2}\{[^}\n]{0,80})?request\s{0,2}\.\s{0,2}getParameter\s{0,2}\(/
        $builder = /new\s{1,2}ProcessBuilder\s{0,2}\([^\n;]{0,80}request\.getParameter\(/
        $variable_in = /String\s{1,2}(cmd|command|exec|c)\s{0,2}=\s{0,2}request\.getParameter\(/
        $variable_out = /(getRuntime\s{0,2}\(\s{0,2}\)\.exec|ProcessBuilder)\s{0,2}\([^\n;]{0,80}\b(cmd|command|exec|c)\b/
        $class_1 = /ex[t]e[n]ds\s{1,2}Cl[a]ssLoader/
        $class_2 = /(super\.)?defineClass\s{0,2}\(/
        $class_3 = /Cipher\.getInstance\(\s{0,2}"AES/
        $class_4 = /request\.(getReader|getParameter|getInputStream)\(/

    condition:
        filesize < 64KB and uint16(0) == 0x253c
        and ($command or $builder or all of ($variable_*) or all of ($class_*))
}

rule webshell_aspx
{
    meta:
        description = "ASP.NET page that runs what a visitor sends as command or code"
        severity = "high"
        technique = "T1505.003"
        reference = "https://attack.mitre.org/techniques/T1505/003/"

    strings:
        $code = /eval\s{0,2}\(\s{0,2}Request(\.(Item|Form|QueryString))?\s{0,2}[\[\(][^\n]{1,60}["']unsafe["']/ nocase
        $process = /(ProcessStartInfo|Process\.Start)/
        $shell_1 = "cmd.exe" nocase
        $shell_2 = "/bin/sh"
        $shell_3 = "/bin/bash"
        $input = /Request(\.(Item|Form|QueryString|Params))?\s{0,2}[\[\(]\s{0,2}["']\w{1,20}["']/
        $answer = /(StandardOutput|ReadToEnd)/

    condition:
        filesize < 64KB and uint16(0) == 0x253c
        and ($code or ($process and any of ($shell_*) and $input and $answer))
}

rule webshell_script
{
    meta:
        description = "Web script that runs what a visitor sends as command"
        severity = "high"
        technique = "T1505.003"
        reference = "https://attack.mitre.org/techniques/T1505/003/"

    strings:
        $page = /conte[n]t-type:\s?text\/(html|plain)/ nocase
        $perl = /(^|[;{}\n=])\s{0,8}(print\s{1,2})?(system|exec|qx|eval)\s{0,2}[\({]?\s{0,2}(\$?(q|cgi|query)\s?->\s?)?param\(\s{0,2}["']/ nocase
        $perl_query = /(`|system\s?\(?|exec\s?\(?)\$ENV\{["']?QUERY_STRING["']?\}/
        $shell = /(^|[;\n])\s{0,8}(eval|sh -c|bash -c)\s{1,2}["']?\$\{?(QUERY_STRING|HTTP_[A-Z_]{2,30})\}?/
        $python = /(os\.popen|os\.system|subprocess\.\w{1,14})\(\s{0,2}\w{1,20}\.(getvalue|getfirst)\(/

    condition:
        uint16(0) == 0x2123 and filesize < 64KB and $page
        and ($perl or $perl_query or $shell or $python)
}
