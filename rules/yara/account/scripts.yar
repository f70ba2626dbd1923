rule account_second_root
{
    meta:
        description = "Script that creates a second account with the rights of root and a password that stands in it"
        severity = "high"
        technique = "T1136.001"
        reference = "https://attack.mitre.org/techniques/T1136/001/"

    strings:
        $line = /echo\s{1,4}(-[ne]{1,2}\s{1,4})?["']?[a-z_][\w-]{0,31}:(\$[156y]\$[^\s:]{8,120}|\\\$[156y]\\\$[^\s:]{8,120}|[A-Za-z0-9.\/]{13}):0:0:[^\n]{0,120}>>\s{0,4}["']?\/etc\/passwd/
        $command = /\b(us[e]radd|adduser)\s[^\n]{0,120}(-o -u\s{0,2}0|-o  \s{0,2}-u\s{0,2}0|-o\t\s{0,3}-u\s{0,2}0|-ou 0|-ou  0|-ou0|-u 0\s{1,4}-o|-u  0\s{1,4}-o|-u0 \s{0,3}-o)\b[^\n]{0,120}/
        $password_1 = /(^|\n|;|&|\|)\s{0,8}echo\s[^\n|]{1,80}:[^\n|]{1,80}\|\s{0,4}chpasswd/
        $password_2 = /\b(us[e]radd|adduser)\s[^\n]{0,120}(-p|--password)[ =]{1,2}["']?[\w$.\/\\(]{4}/
        $hide_1 = /chattr\s{1,4}(-R\s{1,4})?\+[aiu]{1,3}\s[^\n]{0,80}\/etc\/(passwd|shadow|sudoers)/
        $hide_2 = "history -c"
        $hide_3 = "unset HISTFILE"
        $hide_4 = "/root/.ssh/authorized_keys"

    condition:
        uint16(0) == 0x2123 and filesize < 1MB
        and ($line or ($command and any of ($password_*) and any of ($hide_*)))
}

rule account_locked_user
{
    meta:
        description = "Script that adds an account with all rights and makes the account files unchangeable"
        severity = "high"
        technique = "T1136.001, T1548.003, T1222.002"
        reference = "https://www.trendmicro.com/en_us/research/21/c/teamtnt-continues-attack-on-the-cloud--targets-aws-credentials.html"

    strings:
        $create = /\b(us[e]radd|adduser)\s{1,4}[^\n]{1,120}/
        $rights_sudo = /ALL\s{0,4}=\s{0,4}\(ALL(\s?:\s?ALL)?\)\s{0,4}(NOPASSWD\s{0,4}:\s{0,4})?ALL/
        $rights_uid = /(-o -u\s{0,2}0|-o  \s{0,2}-u\s{0,2}0|-o\t\s{0,3}-u\s{0,2}0|-ou 0|-ou  0|-ou0|-u 0\s{1,4}-o|-u  0\s{1,4}-o|-u0 \s{0,3}-o)\b/
        $lock = /chattr\s{1,4}(-R\s{1,4})?\+[aiu]{1,3}\s[^\n]{0,80}\/etc\/(passwd|shadow|sudoers)/

    condition:
        uint16(0) == 0x2123 and filesize < 1MB
        and $create and $lock and any of ($rights_*)
}

rule account_shell_with_root_rights
{
    meta:
        description = "Script that makes a shell, or a copy of one, run with the rights of root for everybody"
        severity = "high"
        technique = "T1548.001"
        reference = "https://attack.mitre.org/techniques/T1548/001/"

    strings:
        $shell = /(^|\n|;|&)[ \t]{0,8}(sudo\s{1,4})?chmod\s{1,4}(0?[46][0-7]{3}|[ua]?\+[rwx]{0,3}s)\s{1,4}["']?(\/usr)?\/bin\/(ba|da|z|k)?sh\b/
        $copy = /\bcp\s{1,4}(-\w{1,4}\s{1,4})?["']?(\/usr)?\/bin\/(ba|da|z|k)?sh["']?\s{1,4}["']?\/(tmp|var\/tmp|dev\/shm|mnt|host)\//
        $copy_rights = /chmod\s{1,4}(0?[46][0-7]{3}|[ua]?\+[rwx]{0,3}s)\s{1,4}["']?\/(tmp|var\/tmp|dev\/shm|mnt|host)\//

    condition:
        uint16(0) == 0x2123 and filesize < 1MB
        and ($shell or ($copy and $copy_rights))
}

rule account_empty_root_password
{
    meta:
        description = "Script that takes the password of root away"
        severity = "low"
        technique = "T1098"
        reference = "https://attack.mitre.org/techniques/T1098/"

    strings:
        $delete = /(^|\n|;|&)[ \t]{0,8}(sudo\s{1,4})?passwd\s{1,4}(-d|--delete)\s{1,4}root\b/
        $edit = /sed\s[^\n]{0,40}root:[^\n\/,|]{1,20}[\/,|]root::[^\n]{0,60}\/etc\/(shadow|passwd)/

    condition:
        uint16(0) == 0x2123 and filesize < 1MB and any of them
}

rule account_root_login
{
    meta:
        description = "Script that gives root a password and lets root log in over the network with it"
        severity = "low"
        technique = "T1098, T1021.004"
        reference = "https://attack.mitre.org/techniques/T1021/004/"

    strings:
        $permit = /(sed|echo|printf)\s[^\n]{0,120}PermitRootLogin\s{1,4}yes[^\n]{0,120}/
        $file = "/etc/ssh/sshd_config"
        $password = /root:[^\n"'|]{1,60}["']?\s{0,4}\|\s{0,4}chpasswd/

    condition:
        uint16(0) == 0x2123 and filesize < 1MB and $permit and $file and $password
}

rule account_login_without_password
{
    meta:
        description = "Script that makes logins succeed without a password"
        severity = "medium"
        technique = "T1556.003"
        reference = "https://attack.mitre.org/techniques/T1556/003/"

    strings:
        $edit = /(^|\n)[^\n#]{0,80}(sed|echo|printf)\s[^\n]{0,120}auth\s{1,8}sufficient\s{1,8}pam_permit\.so[^\n]{0,120}\/etc\/pam\.d\/(sshd|common-auth|login|system-auth|password-auth)/

    condition:
        uint16(0) == 0x2123 and filesize < 1MB and $edit
}
