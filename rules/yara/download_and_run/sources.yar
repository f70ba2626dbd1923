rule download_from_address_and_start
{
    meta:
        description = "Script that downloads a program from a bare address, makes it executable and starts it detached"
        severity = "high"
        technique = "T1105, T1059.004"
        reference = "https://attack.mitre.org/techniques/T1105/"

    strings:
        $fetch = /(curl|wget|tftp|lwp-download)\s[^\n|]{0,200}(https?|ftp):\/\/[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}[:\/]/
        $private = /[ps](:\/\/127\.|:\/\/10\.|:\/\/192\.168\.|:\/\/172\.(1[6-9]|2[0-9]|3[01])\.|:\/\/169\.254\.|:\/\/0\.0\.0\.0)/
        $executable = /chmod\s{1,4}(\+x|u\+x|a\+x|[0-7]?7[0-7][0-7])\s/
        $start_1 = /(nohup|setsid)\s{1,4}(\.\/|\/(tmp|var\/tmp|dev\/shm)\/)/
        $start_2 = /(\n\.\/| \.\/|\t\.\/|\(\.\/|\n\/tmp\/| \/tmp\/|\t\/tmp\/|\(\/tmp\/|\/var\/tmp\/|\/dev\/shm\/)[\w.-]{1,60}[^\n]{0,200}&\s{0,4}\)?\n/

    condition:
        uint16(0) == 0x2123 and filesize < 1MB
        and #fetch > #private and $executable and any of ($start_*)
}

rule download_from_paste_and_run
{
    meta:
        description = "Script that pipes a text from a paste or throw-away file service into a shell or interpreter"
        severity = "high"
        technique = "T1105, T1102"
        reference = "https://attack.mitre.org/techniques/T1102/"

    strings:
        $pipe = /\b(curl|wget)\s[^\n|]{1,400}\|\s{0,4}(sudo\s{1,4})?(\/bin\/|\/usr\/bin\/)?((ba|da)?sh|python[0-9.]{0,4}|perl)\b/
        // Not part of $pipe, whose rarest bytes would then be "com/"
        $site_1 = "://pastebin.com/raw"
        $site_2 = "://paste.ee/r"
        $site_3 = /:\/\/rentry\.(co|org)\/[\w-]{1,60}\/raw/
        $site_4 = "://transfer.sh/"
        $site_5 = "://0x0.st/"
        $site_6 = "://ix.io/"
        $site_7 = "://termbin.com/"
        $site_8 = /:\/[\/]ghostb[i]n\./
        $site_9 = "://hastebin.com/raw"
        $site_10 = "://controlc.com/"
        $site_11 = "://cdn.discordapp.com/attachments/"
        $site_12 = "://anonfiles.com/"
        $site_13 = "://file.io/"
        $site_14 = "://bashupload.com/"
        $site_15 = "://oshi.at/"

    condition:
        uint16(0) == 0x2123 and filesize < 1MB
        and for any i in (1..#pipe) : ( any of ($site_*) in (@pipe[i]..@pipe[i] + !pipe[i]) )
}

rule download_from_hidden_service
{
    meta:
        description = "Script that fetches a program from a Tor hidden service and runs it"
        severity = "high"
        technique = "T1105, T1090.003"
        reference = "https://attack.mitre.org/techniques/T1090/003/"

    strings:
        $fetch = /(curl|wget|socks5h?)[^\n]{1,200}[a-z2-7]{16,56}\.(onion|tor2web|onion\.(ws|ly|to|pet|sh|casa|foundation))\b/
        $run_1 = /(\|sh|\|\s{0,3}( sh|\tsh|\nsh)|\|\s{0,4}(bash|dash|\/bin\/(ba|da)?sh))\b/
        $run_2 = /chmod\s{1,4}(\+x|u\+x|a\+x|[0-7]?7[0-7][0-7])\s/

    condition:
        uint16(0) == 0x2123 and filesize < 1MB and $fetch and any of ($run_*)
}

rule download_python_and_run
{
    meta:
        description = "Python that executes what it downloads from a bare address or paste service, without looking at it"
        severity = "high"
        technique = "T1105, T1059.006"
        reference = "https://attack.mitre.org/techniques/T1059/006/"

    strings:
        $run = /\bexec\(\s{0,4}(compile\(\s{0,4})?[^\n]{0,80}(urlopen|requests\.get|urlretrieve)\(\s{0,4}[rbuf]{0,2}["']https?:\/\/([0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}[:\/]|pastebin\.com\/raw|paste\.ee\/|rentry\.)/
        $own_host = /(urlopen|requests\.get|urlretrieve)\(\s{0,4}[rbuf]{0,2}["']https?:\/\/(127\.|10\.|192\.168\.|172\.(1[6-9]|2[0-9]|3[01])\.)/

    condition:
        filesize < 1MB and $run and not $own_host
}

rule encoded_python
{
    meta:
        description = "Python that decodes and decompresses a long text and executes it"
        severity = "medium"
        technique = "T1027, T1059.006"
        reference = "https://attack.mitre.org/techniques/T1027/"

    strings:
        $nested_1 = /\bexec\(\s{0,4}(zlib|bz2|lzma|gzip)\.decompress\(\s{0,4}base64\.b(64|85|32)decode\(\s{0,4}[rbu]{0,2}["'][A-Za-z0-9+\/=_-]{200}/
        $nested_2 = /\bexec\(\s{0,4}marshal\.loads\(\s{0,4}(zlib|bz2|lzma|gzip)\.decompress\(/
        $nested_3 = /\bexec\(\s{0,4}(base64\.)?b64decode\(\s{0,4}[rbu]{0,2}["'][A-Za-z0-9+\/=]{200}/
        $reversed = /\(\s{0,4}lambda __\s{0,4}:\s{0,4}__import__\(\s{0,4}['"]zlib['"]\s{0,4}\)\.decompress\(\s{0,4}__import__\(\s{0,4}['"]base64['"]/

    condition:
        filesize < 4MB and any of them
}

rule encoded_shell_variable
{
    meta:
        description = "Script that keeps a long encoded text in a variable and evaluates what it decodes to"
        severity = "high"
        technique = "T1027, T1059.004"
        reference = "https://attack.mitre.org/techniques/T1027/"

    strings:
        // What such texts begin with: gzip, a shebang, ELF, "curl", "wget", "export", "PATH", "set"
        $text = /=["']?(H4sI|IyEv|f0VM|Y3Vy|d2dl|ZXhw|UEFU|c2V0)[A-Za-z0-9+\/]{120}/
        $run_1 = /eval\s{1,4}["']?(\$\(|`)\s{0,4}(echo|printf)\s[^\n]{1,80}\|\s{0,4}base64\s{1,4}(-d|-D|--decode)/
        $run_2 = /(ba|da)?sh\s{1,4}<\(\s{0,4}(echo|printf)\s[^\n]{1,80}\|\s{0,4}base64\s{1,4}(-d|-D|--decode)/
        $run_3 = /(echo|printf)\s[^\n|]{0,60}\$\{?\w{1,40}\}?["']?\s{0,4}\|\s{0,4}base64\s{1,4}(-d|-D|--decode)\s{0,4}\|\s{0,4}((gunzip|gzip -d|xz -d)\s{0,4}\|\s{0,4})?(\/bin\/)?(ba|da)?sh\b/

    condition:
        uint16(0) == 0x2123 and filesize < 1MB and $text and any of ($run_*)
}

rule encoded_perl
{
    meta:
        description = "Perl that decodes a long text and evaluates it"
        severity = "medium"
        technique = "T1027, T1059"
        reference = "https://attack.mitre.org/techniques/T1027/"

    strings:
        $run_1 = /\beval\s{0,4}\(?\s{0,4}(MIME::Base64::)?decode_base64\(\s{0,4}["'][A-Za-z0-9+\/=]{100}/
        $run_2 = /\beval\s{0,4}\(?\s{0,4}unpack\s{0,4}\(?\s{0,4}["']?u["']?\s{0,4}(,|=>)\s{0,4}q?[\{"'(]/

    condition:
        filesize < 1MB and any of them
}
