// What an image itself starts has a rule of its own.

rule escape_host_namespaces
{
    meta:
        description = "Script that enters the namespaces of the host's first process"
        severity = "low"
        technique = "T1611"
        reference = "https://attack.mitre.org/techniques/T1611/"

    strings:
        $enter = /(^|\n)[^\n#]{0,80}nsenter\s[^\n]{0,80}(-t|--target)[ =]{0,2}1\s/

    condition:
        uint16(0) == 0x2123 and filesize < 1MB and $enter
        and not filepath == "/config!/rendered"
}
