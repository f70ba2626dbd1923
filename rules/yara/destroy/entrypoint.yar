rule image_starts_destruction
{
    meta:
        description = "What the image runs deletes every file, overwrites disks or exhausts the machine"
        severity = "high"
        technique = "T1485, T1499.001"
        reference = "https://attack.mitre.org/techniques/T1485/"

    strings:
        $remove = /\n(ENTRYPOINT|CMD) [^\n]{0,200}\brm\s{1,4}(-[rRfv]{1,4}\s{1,4}){1,3}--no-preserve-root\s{1,4}\/(\*|\s|"|;|&)/
        $overwrite = /\n(ENTRYPOINT|CMD) [^\n]{0,200}\bdd\s[^\n]{0,40}if=\/dev\/(zero|u?random)\s[^\n]{0,40}of=\/dev\/(sd|vd|xvd|nvme|hd|mmcblk)/
        $bomb = /\n(ENTRYPOINT|CMD) [^\n]{0,200}(:|bomb)\s?\(\)\s{0,4}\{\s{0,4}(:|bomb)\s{0,4}\|\s{0,4}(:|bomb)\s{0,4}&\s{0,4}\}\s{0,4};/

    condition:
        filepath == "/config!/rendered" and filesize < 4MB and any of them
}
