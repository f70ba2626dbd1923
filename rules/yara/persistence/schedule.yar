rule persistence_cron_download
{
    meta:
        description = "Cron table that downloads a program and starts it again and again"
        severity = "high"
        technique = "T1053.003, T1105"
        reference = "https://attack.mitre.org/techniques/T1053/003/"

    strings:
        $line = /(^|\n)[ \t]{0,4}([*0-9\/,-]{1,20}[ \t]{1,4}[*0-9\/,-]{1,20}[ \t]{1,4}|@(reboot|hourly|daily)[ \t]{1,4})[^\n#]{0,300}(curl|wget)\s[^\n]{1,300}\|\s{0,4}(sudo\s{1,4})?(\/bin\/)?(ba|da)?sh\b/

    condition:
        filesize < 256KB and $line
        and filepath matches /^\/(etc\/cron[^!]{0,80}|var\/spool\/cron\/[^!]{1,80})$/
}

rule persistence_cron_hidden_program
{
    meta:
        description = "Cron table that starts a hidden file or one in a temporary directory"
        severity = "high"
        technique = "T1053.003, T1564.001"
        reference = "https://attack.mitre.org/techniques/T1053/003/"

    strings:
        $line = /(^|\n)[ \t]{0,4}([*0-9\/,-]{1,20}[ \t]{1,4}[*0-9\/,-]{1,20}|@(reboot|hourly|daily))[^\n#]{0,80}[ \t](\/(tmp|var\/tmp|dev\/shm)\/|\/[\w\/-]{0,60}\/\.)[\w.-]{1,60}/

    condition:
        filesize < 256KB and $line
        and filepath matches /^\/(etc\/cron[^!]{0,80}|var\/spool\/cron\/[^!]{1,80})$/
}

rule persistence_cron_script
{
    meta:
        description = "Script that enters a download-and-run line into a cron table"
        severity = "high"
        technique = "T1053.003, T1105"
        reference = "https://attack.mitre.org/techniques/T1053/003/"

    strings:
        $line = /\*[ \t]{1,4}\*[ \t]{1,4}\*[^\n]{0,80}(curl|wget)\s[^\n|]{1,300}\|\s{0,4}(\/bin\/)?(ba|da)?sh\b/
        $table_1 = /\|\s{0,4}crontab\s{1,4}-/
        $table_2 = /crontab\s{1,4}(\/tmp|\/var\/tmp|\/dev\/shm)\//
        $table_3 = />>?\s{0,4}["']?\/(etc\/cron|var\/spool\/cron)/

    condition:
        uint16(0) == 0x2123 and filesize < 1MB and $line and any of ($table_*)
}

rule persistence_unit_hidden_program
{
    meta:
        description = "Service definition that starts a hidden file or one in a shared-memory directory"
        severity = "high"
        technique = "T1543.002, T1564.001"
        reference = "https://attack.mitre.org/techniques/T1543/002/"

    strings:
        $section = "[Service]"
        $start = /\nExecStart(Pre|Post)?\s{0,4}=[-@+!:]{0,3}(\/(bin\/|usr\/bin\/)?(ba|da)?sh\s{1,4}(-c\s{1,4})?["']?)?\/((tmp|var\/tmp|dev\/shm)\/\.|dev\/shm\/)[^\n]{1,80}/

    condition:
        filesize < 32KB and $section and $start
        and filepath matches /\/systemd\/(system|user)\/[^\/]{1,200}\.(service|timer)$/
}

rule persistence_unit_download
{
    meta:
        description = "Service definition that pipes a download into a shell at each start"
        severity = "high"
        technique = "T1543.002, T1105"
        reference = "https://attack.mitre.org/techniques/T1543/002/"

    strings:
        $section = "[Service]"
        $start = /\nExecStart(Pre|Post)?\s{0,4}=[^\n]{0,200}(curl|wget)\s[^\n|]{1,300}\|\s{0,4}(\/bin\/)?(ba|da)?sh\b/

    condition:
        filesize < 32KB and $section and $start
        and filepath matches /\/systemd\/(system|user)\/[^\/]{1,200}\.(service|timer)$/
}
