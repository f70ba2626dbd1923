// What the image would run: the scanner renders an image config as ENTRYPOINT, CMD, ENV and HISTORY lines
// behind a shebang. History is left out here: what ran while the image was built is another matter.

rule image_starts_miner
{
    meta:
        description = "The image starts a miner: its entrypoint, command or environment names a mining pool"
        severity = "high"
        technique = "T1496, T1610"
        reference = "https://attack.mitre.org/techniques/T1496/"

    strings:
        $start = /\n(ENTRYPOINT|CMD|ENV) [^\n]{0,600}stratum\+(tcp|ssl|tls|tcps):\/\//
        $option = /\n(ENTRYPOINT|CMD) [^\n]{0,600}--donate-level/
        $wallet = /\n(ENTRYPOINT|CMD) [^\n]{0,600}-u\s{1,4}[48][0-9AB][1-9A-HJ-NP-Za-km-z]{93}\b/

    condition:
        filepath == "/config!/rendered" and filesize < 4MB and any of them
}

rule image_starts_download_from_address
{
    meta:
        description = "What the image runs downloads a program from a bare address and starts it"
        severity = "high"
        technique = "T1105, T1059.004, T1610"
        reference = "https://attack.mitre.org/techniques/T1105/"

    strings:
        $pipe = /\n(ENTRYPOINT|CMD) [^\n]{0,400}(curl|wget)\s[^\n|]{0,200}https?:\/\/[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}[:\/][^\n|]{0,200}\|\s{0,4}(sudo\s{1,4})?(\/bin\/)?(ba|da)?sh\b/
        $own_host = /\n(ENTRYPOINT|CMD) [^\n]{0,400}(curl|wget)\s[^\n|]{0,200}https?:\/\/(127\.|10\.|192\.168\.|172\.(1[6-9]|2[0-9]|3[01])\.|169\.254\.)/

    condition:
        filepath == "/config!/rendered" and filesize < 4MB and $pipe and not $own_host
}

rule image_starts_download
{
    meta:
        description = "What the image runs pipes a download into a shell: what it does is decided elsewhere, each time it starts"
        severity = "medium"
        technique = "T1105, T1059.004"
        reference = "https://attack.mitre.org/techniques/T1105/"

    strings:
        $pipe = /\n(ENTRYPOINT|CMD) [^\n]{0,400}(curl|wget)\s[^\n|]{0,200}https?:\/\/[^\n|]{1,300}\|\s{0,4}(sudo\s{1,4})?(\/bin\/)?(ba|da)?sh\b/

    condition:
        filepath == "/config!/rendered" and filesize < 4MB and $pipe
}

rule image_starts_encoded_command
{
    meta:
        description = "What the image runs is an encoded text that is decoded into a shell or interpreter"
        severity = "high"
        technique = "T1027, T1059.004"
        reference = "https://attack.mitre.org/techniques/T1027/"

    strings:
        $shell = /\n(ENTRYPOINT|CMD) [^\n]{0,200}[A-Za-z0-9+\/]{40,4000}={0,2}["']?\s{0,4}\|\s{0,4}base64\s{1,4}(-d|-D|--decode)\s{0,4}\|\s{0,4}(\/bin\/)?(ba|da)?sh\b/
        $python = /\n(ENTRYPOINT|CMD) [^\n]{0,200}python[0-9.]{0,5} -c [^\n]{0,200}exec\([^\n]{0,100}b64decode\(/
        $perl = /\n(ENTRYPOINT|CMD) [^\n]{0,200}perl [^\n]{0,80}eval[^\n]{0,40}decode_base64\(/

    condition:
        filepath == "/config!/rendered" and filesize < 4MB and any of them
}

rule image_starts_escape
{
    meta:
        description = "What the image runs enters the namespaces of the host"
        severity = "high"
        technique = "T1611"
        reference = "https://attack.mitre.org/techniques/T1611/"

    strings:
        $nsenter = /\n(ENTRYPOINT|CMD) [^\n]{0,200}nsenter\s[^\n]{0,80}(-t|--target)[ =]{0,2}1\s[^\n]{0,200}(sh|bash|chroot)\b/
        $chroot = /\n(ENTRYPOINT|CMD) [^\n]{0,200}chroot\s{1,4}\/(host|hostfs|mnt|mnt\/host|rootfs)\/?\s[^\n]{0,200}(crontab|authorized_keys|systemctl|\/tmp\/)/

    condition:
        filepath == "/config!/rendered" and filesize < 4MB and any of them
}

rule image_starts_hidden_program
{
    meta:
        description = "What the image runs is a hidden file in a temporary directory"
        severity = "high"
        technique = "T1564.001, T1036.005"
        reference = "https://attack.mitre.org/techniques/T1564/001/"

    strings:
        $start = /\n(ENTRYPOINT|CMD) ([^\n]{0,200}[\s;&"'])?\/(tmp|var\/tmp|dev\/shm)\/(\.[\w.-]{0,60}\/){0,4}\.[\w-][^\n\/]{0,60}/

    condition:
        filepath == "/config!/rendered" and filesize < 4MB and $start
}
