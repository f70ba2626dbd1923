rule persistence_profile_download
{
    meta:
        description = "Start-up file of a shell, or message of the day, that pipes a download into a shell"
        severity = "high"
        technique = "T1546.004, T1105"
        reference = "https://attack.mitre.org/techniques/T1546/004/"

    strings:
        $pipe = /(^|\n)[^\n#]{0,80}(curl|wget)\s[^\n|]{0,200}https?:\/\/[^\n|]{1,300}\|\s{0,4}(sudo\s{1,4})?(\/bin\/)?(ba|da)?sh\b/

    condition:
        filesize < 256KB and $pipe
        and filepath matches /\/(\.bashrc|\.bash_profile|\.bash_login|\.profile|\.zshrc|\.zprofile|etc\/profile|etc\/bash\.bashrc|etc\/profile\.d\/[^\/]{1,80}|etc\/update-motd\.d\/[^\/]{1,80}|etc\/rc\.local|etc\/init\.d\/[^\/]{1,80})$/
}

rule persistence_profile_hidden_program
{
    meta:
        description = "Start-up file of a shell or of the system that starts a hidden file in a temporary directory"
        severity = "high"
        technique = "T1546.004, T1037.004"
        reference = "https://attack.mitre.org/techniques/T1546/004/"

    strings:
        $start = /(^|\n)[ \t]{0,8}((nohup|setsid|exec|sh|bash|\.|source)[ \t]{1,4})?\/(tmp|var\/tmp|dev\/shm)\/(\.[\w.-]{0,60}\/){0,4}\.[\w-][^\n\/]{0,80}/

    condition:
        filesize < 256KB and $start
        and filepath matches /\/(\.bashrc|\.bash_profile|\.bash_login|\.profile|\.zshrc|\.zprofile|etc\/profile|etc\/bash\.bashrc|etc\/profile\.d\/[^\/]{1,80}|etc\/update-motd\.d\/[^\/]{1,80}|etc\/rc\.local|etc\/init\.d\/[^\/]{1,80})$/
}

rule persistence_key_locked
{
    meta:
        description = "Script that adds a key of its own to those that may log in, and makes the file unchangeable"
        severity = "high"
        technique = "T1098.004, T1222.002"
        reference = "https://attack.mitre.org/techniques/T1098/004/"

    strings:
        $key = /(ssh-(rsa|ed25519|dss)|ecdsa-sha2-nistp[0-9]{3}) AAAA[A-Za-z0-9+\/]{40}/
        $add = /(>>?|tee)\s{0,4}(-a\s{1,4})?["']?[^\n"']{0,80}authorized_keys/
        $lock = /chattr\s{1,4}(-R\s{1,4})?\+[aiu]{1,3}\s[^\n]{0,120}(authorized_keys|\.ssh)/

    condition:
        uint16(0) == 0x2123 and filesize < 1MB and $key and $add and $lock
}

rule persistence_key_script
{
    meta:
        description = "Script that adds a key that stands in it to those that may log in"
        severity = "low"
        technique = "T1098.004"
        reference = "https://attack.mitre.org/techniques/T1098/004/"

    strings:
        $key = /echo\s{1,4}(-n\s{1,4})?["']?(ssh-(rsa|ed25519|dss)|ecdsa-sha2-nistp[0-9]{3}) AAAA[A-Za-z0-9+\/]{40}[^\n]{0,800}>>?\s{0,4}["']?[^\n"']{0,80}authorized_keys/

    condition:
        uint16(0) == 0x2123 and filesize < 1MB and $key
}

rule persistence_login_program
{
    meta:
        description = "Login configuration that runs a program in a temporary or hidden place with every login"
        severity = "high"
        technique = "T1556.003"
        reference = "https://attack.mitre.org/techniques/T1556/003/"

    strings:
        $line = /(^|\n)[ \t]{0,4}(auth|account|session|password)[ \t]{1,8}[^\n#]{1,80}pam_exec\.so[^\n#]{0,120}[ \t]\/((tmp|var\/tmp|dev\/shm)\/|[\w\/-]{0,80}\/\.)[\w.-]{1,80}/

    condition:
        filesize < 64KB and $line and filepath matches /\/etc\/pam\.d\/[^\/]{1,80}$/
}

rule persistence_login_without_password
{
    meta:
        description = "Remote login that is content without a password"
        severity = "medium"
        technique = "T1556.003"
        reference = "https://attack.mitre.org/techniques/T1556/003/"

    strings:
        $line = /(^|\n)[ \t]{0,4}auth[ \t]{1,8}(sufficient|\[success=[^\n\]]{1,40}\])[ \t]{1,8}pam_permit\.so/

    condition:
        filesize < 64KB and $line and filepath matches /\/etc\/pam\.d\/(sshd|remote|login)$/
}
