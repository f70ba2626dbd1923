rule destroy_root
{
    meta:
        description = "Script that deletes every file of the machine"
        severity = "medium"
        technique = "T1485"
        reference = "https://attack.mitre.org/techniques/T1485/"

    strings:
        $remove = /(^|\n)[^\n#"'`]{0,80}\brm\s{1,4}(-[rRfv]{1,4}\s{1,4}){1,3}--no-preserve-root\s{1,4}\/(\*|\s|$|;|&)/

    condition:
        uint16(0) == 0x2123 and filesize < 1MB and $remove
}

rule destroy_disks
{
    meta:
        description = "Script that overwrites whole disks and deletes every file of the machine"
        severity = "high"
        technique = "T1561.001, T1485"
        reference = "https://attack.mitre.org/techniques/T1561/001/"

    strings:
        $remove = /(^|\n)[^\n#"'`]{0,80}\b(rm -|rm  -|rm\t-)[rRfv]{1,4}\s{1,4}(-[rRfv]{1,4}\s{1,4}){0,2}(--no-preserve-root\s{1,4})?\/(\*|\s|;|&)/
        $overwrite_dd = /(^|\n)[^\n#]{0,80}\bdd\s[^\n]{0,40}if=\/dev\/(zero|u?random)\s[^\n]{0,40}of=["']?(\/dev\/(sd|vd|xvd|nvme|hd|mmcblk)|\$)/
        $overwrite_shred = /(^|\n)[^\n#]{0,80}\bshred\s[^\n]{0,60}\/dev\/(sd|vd|xvd|nvme|hd|mmcblk)/

    condition:
        uint16(0) == 0x2123 and filesize < 1MB and $remove and any of ($overwrite_*)
}

rule destroy_fork_bomb
{
    meta:
        description = "Script that starts copies of itself until the machine stands still"
        severity = "medium"
        technique = "T1499.001"
        reference = "https://attack.mitre.org/techniques/T1499/"

    strings:
        $bomb = /(^|\n)[ \t]{0,8}(:\(\)|: \(\)|bomb\(\)|bomb \(\))\s{0,4}\{\s{0,4}(:|bomb)\s{0,4}\|\s{0,4}(:|bomb)\s{0,4}&\s{0,4}\}\s{0,4};\s{0,4}(:|bomb)/

    condition:
        uint16(0) == 0x2123 and filesize < 1MB and $bomb
}

rule destroy_ransom
{
    meta:
        description = "Script that encrypts all files it finds, removes the originals and asks for money"
        severity = "high"
        technique = "T1486"
        reference = "https://attack.mitre.org/techniques/T1486/"

    strings:
        $find = /\bfind\s{1,4}["']?(\/|\$\w)[^\n]{0,200}(-exec|-print0|-type f|\|)/
        $encrypt_openssl = /op[e]nssl\s{1,4}(enc\s{1,4})?-?aes-?(128|256)-?\w{0,4}\s/
        $encrypt_gpg = /gpg\s[^\n]{0,80}--(passphrase|symmetric|encrypt)/
        $remove = /\b(shred -|rm -|rm  -|rm\t-)[\w-]{1,10}\s{1,4}["']?(\$|\{\})/
        $demand_1 = "bitcoin" nocase
        $demand_2 = ".onion" nocase
        $demand_3 = "BTC" fullword
        $note = /(README|DECRYPT|RESTORE|RECOVER|HOW_TO)[\w -]{0,30}\.(txt|html|TXT)/
        $locked = "have been encrypted" nocase

    condition:
        uint16(0) == 0x2123 and filesize < 1MB
        and $find and any of ($encrypt_*) and $remove and any of ($demand_*) and any of ($note, $locked)
}
