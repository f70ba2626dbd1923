rule reconnaissance_scan_and_deploy
{
    meta:
        description = "Script that scans networks for open container engines or databases and breaks into what it finds"
        severity = "high"
        technique = "T1046, T1610"
        reference = "https://www.aquasec.com/blog/threat-alert-teamtnt-container-attack/"

    strings:
        $scan = /\b(masscan|zgrab2?|pnscan|zmap)\s[^\n]{0,200}\b(2375|2376|2377|4243|4244|6379|10250|6443)\b/
        $deploy_docker = /docker\s{1,4}(-H|--host)[ =]{1,2}[^\n]{1,120}\s(run|exec)\s/
        $deploy_api = "/containers/create"
        $deploy_redis = /(con[f]ig set|con[f]ig  set|con[f]ig\tset)\s{1,4}(dir|dbfilename)\s/ nocase
        $deploy_kubelet = /:10250\/(run|exec)\//

    condition:
        uint16(0) == 0x2123 and filesize < 1MB and $scan and any of ($deploy_*)
}

rule reconnaissance_scan_script
{
    meta:
        description = "Script that scans networks for open container engines or databases"
        severity = "medium"
        technique = "T1046"
        reference = "https://attack.mitre.org/techniques/T1046/"

    strings:
        $scan = /(^|\n)[^\n#]{0,80}\b(masscan|zgrab2?|pnscan|zmap)\s[^\n]{0,200}\b(2375|2376|2377|4243|4244|6379|10250|6443)\b/
        $deploy_docker = /docker\s{1,4}(-H|--host)[ =]{1,2}[^\n]{1,120}\s(run|exec)\s/
        $deploy_api = "/containers/create"
        $deploy_redis = /(con[f]ig set|con[f]ig  set|con[f]ig\tset)\s{1,4}(dir|dbfilename)\s/ nocase
        $deploy_kubelet = /:10250\/(run|exec)\//

    condition:
        uint16(0) == 0x2123 and filesize < 1MB and $scan and not any of ($deploy_*)
}

rule reconnaissance_privilege_search
{
    meta:
        description = "Script that searches a machine for ways to become root"
        severity = "medium"
        technique = "T1082, T1083"
        reference = "https://github.com/peass-ng/PEASS-ng"

    strings:
        $name_1 = "linpeas" nocase
        $name_2 = "LinEnum"
        $name_3 = /lin[u]x-exploit-suggester/
        $search_1 = "-perm -4000"
        $search_2 = "/etc/sudoers"
        $search_3 = /doc[k]er\.sock/
        $search_4 = "pkexec"
        $search_5 = "/etc/shadow"
        $search_6 = "getcap"

    condition:
        uint16(0) == 0x2123 and filesize > 16KB and filesize < 4MB
        and any of ($name_*) and 3 of ($search_*)
}
