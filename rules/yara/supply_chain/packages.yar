rule supply_chain_npm_download
{
    meta:
        description = "JavaScript package that downloads and runs a program from a bare address when it is installed"
        severity = "high"
        technique = "T1195.002, T1105"
        reference = "https://attack.mitre.org/techniques/T1195/002/"

    strings:
        $script = /("install"|"preinstall"|"postinstall")\s{0,4}:\s{0,4}"[^"\n]{0,200}(curl|wget)\s[^"\n]{0,200}https?:\/\/[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}[:\/][^"\n]{0,200}(\||&&|;)[^"\n]{0,60}(sh\b|node\b|chmod|\.\/|\/tmp\/)/

    condition:
        filename == "package.json" and filesize < 1MB and $script
}

rule supply_chain_npm_pipe
{
    meta:
        description = "JavaScript package that pipes a download into a shell when it is installed"
        severity = "medium"
        technique = "T1195.002, T1105"
        reference = "https://attack.mitre.org/techniques/T1195/002/"

    strings:
        $script = /("install"|"preinstall"|"postinstall")\s{0,4}:\s{0,4}"[^"\n]{0,200}(curl|wget)\s[^"\n]{0,200}https?:\/\/[a-zA-Z][^"\n|]{0,200}\|\s{0,4}(sudo\s{1,4})?(\/bin\/)?(ba|da)?sh\b/

    condition:
        filename == "package.json" and filesize < 1MB and $script
}

rule supply_chain_npm_inline
{
    meta:
        description = "JavaScript package that sends the environment away, or runs what it fetches, when it is installed"
        severity = "high"
        technique = "T1195.002, T1552.001"
        reference = "https://attack.mitre.org/techniques/T1195/002/"

    strings:
        $environment = /("install"|"preinstall"|"postinstall")\s{0,4}:\s{0,4}"[^\n]{0,200}node\s{1,2}(-e|--eval)[^\n]{0,400}JSON\.stringify\(\s{0,2}process\.env/
        $run = /("install"|"preinstall"|"postinstall")\s{0,4}:\s{0,4}"[^\n]{0,200}node\s{1,2}(-e|--eval)[^\n]{0,200}child_process[^\n]{0,200}https?:\/\//
        $upload = /("install"|"preinstall"|"postinstall")\s{0,4}:\s{0,4}"[^"\n]{0,100}(env|printenv|\/etc\/passwd|\.npmrc|\.ssh\/)[^"\n]{0,60}\|?[^"\n]{0,60}(curl|wget|nc)\s[^"\n]{0,200}(https?:\/\/|\.oast|burpcollaborator)/

    condition:
        filename == "package.json" and filesize < 1MB and any of them
}

rule supply_chain_environment_upload
{
    meta:
        description = "JavaScript that sends all environment variables to a drop box or chat"
        severity = "high"
        technique = "T1195.002, T1552.001"
        reference = "https://attack.mitre.org/techniques/T1195/002/"

    strings:
        $environment = /JSON\.stringify\(\s{0,2}(process\.env\s{0,2}[,)]|\{[^}]{0,200}(:\s{0,2}|\.\.\.)process\.env\s{0,2}[,}])/
        $send_chat = /["'`](https:\/\/)?(discord\.com\/api\/webhooks\/[0-9]{17,20}\/|discordapp\.com\/api\/webhooks\/[0-9]{17,20}\/|api\.telegram\.org\/bot[0-9]{8,10}:|webhook\.site\/[0-9a-f]{8}-)/
        $send_box = /["'`.\/][a-z0-9]{8,60}\.(oastify\.com|oast\.(fun|pro|live|site|online|me)|interact\.sh|burpcollaborator\.net|m\.pipedream\.net)/

    condition:
        filesize < 256KB and extension matches /^\.(js|cjs|mjs)$/
        and $environment and any of ($send_*)
}

rule supply_chain_python_setup
{
    meta:
        description = "Python package that runs a download or an encoded text when it is installed"
        severity = "high"
        technique = "T1195.002, T1059.006"
        reference = "https://attack.mitre.org/techniques/T1195/002/"

    strings:
        $setup = /\bsetup\s{0,2}\(/
        $encoded = /(^|[;\n:])\s{0,16}exec\s{0,2}\(\s{0,2}((__import__\(["']\w{1,10}["']\)|base64|zlib|marshal|c[o]decs)\.\w{1,16}\s{0,2}\(\s{0,2}){1,4}b?["'][^"'\n]{40}/
        $fetched = /(^|[;\n:])\s{0,16}exec\s{0,2}\(\s{0,2}(compile\()?(requests\.get|urlopen|urllib\.request\.urlopen|urlli[b]2\.urlopen)\s{0,2}\(/
        $command = /(os\.system|subprocess\.(call|run|Popen|check_call|check_output)|os\.popen)\s{0,2}\(\s{0,4}\[?["'][^\n]{0,80}(curl|wget)\s[^\n]{1,200}(\|\s{0,4}(ba|da)?sh\b|\|\s{0,4}python)/

    condition:
        filename == "setup.py" and filesize < 512KB
        and $setup and any of ($encoded, $fetched, $command)
}

rule supply_chain_python_start
{
    meta:
        description = "Path file of Python that runs an encoded text, a download or a command at each start of Python"
        severity = "high"
        technique = "T1546.018, T1195.002"
        reference = "https://attack.mitre.org/techniques/T1546/018/"

    strings:
        $import = /(^|\n)import[ \t]/
        $run_encoded = "b64decode"
        $run_fetch = /(urlopen|requests\.get|urlretrieve)\(/
        $run_command = /(os\.system|os\.popen|subprocess\.\w{1,14}|pty\.spawn)\(/
        $run_socket = /socket\.socket\(/

    condition:
        extension == ".pth" and filesize < 64KB and $import and any of ($run_*)
}
