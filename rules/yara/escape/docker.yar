rule escape_docker_socket
{
    meta:
        description = "Script that asks the host's container engine, over its socket, for a container with the whole host inside"
        severity = "high"
        technique = "T1610, T1611"
        reference = "https://attack.mitre.org/techniques/T1610/"

    strings:
        $socket = /--unix-socket\s{1,4}["']?[^\s"']{0,40}docker\.sock/
        $create = "/containers/create"
        $host_bind = /Binds\\?["']\s{0,4}:\s{0,4}\[\s{0,4}\\?["']\/:\//
        $host_mount = /S(ource"|ource'|ource\\["'])\s{0,4}:\s{0,4}\\?["']\/\\?["']/

    condition:
        uint16(0) == 0x2123 and filesize < 1MB
        and $socket and $create and any of ($host_*)
}

rule escape_docker_api
{
    meta:
        description = "Script that starts containers with the whole host inside on container engines of other machines"
        severity = "high"
        technique = "T1610, T1611"
        reference = "https://www.aquasec.com/blog/threat-alert-teamtnt-container-attack/"

    strings:
        $run_command = /docker\s{1,4}(-H|--host)[ =]{1,2}["']?(tcp:\/\/)?[^\s"']{1,60}:?2375[^\n]{0,40}\srun\s[^\n]{0,200}(-v|--volume)[ =]["']?\/:\/\w[^\n]{0,300}(chroot|--privileged|sh\b)/
        $run_variable = /docker\s{1,4}(-H|--host)[ =]{1,2}["']?(tcp:\/\/)?\$[^\s"']{1,60}\s[^\n]{0,40}run\s[^\n]{0,200}(-v|--volume)[ =]["']?\/:\/\w[^\n]{0,300}chroot/
        $api_address = /http:\/\/[^\s"'\/]{1,60}:2375\/(v1\.[0-9]{2}\/)?containers\/create/
        $api_bind = /Binds\\?["']\s{0,4}:\s{0,4}\[\s{0,4}\\?["']\/:\//

    condition:
        uint16(0) == 0x2123 and filesize < 1MB
        and (any of ($run_*) or ($api_address and $api_bind))
}

rule escape_docker_root
{
    meta:
        description = "Script that starts a container with the whole host inside and changes its root to it"
        severity = "medium"
        technique = "T1611"
        reference = "https://attack.mitre.org/techniques/T1611/"

    strings:
        $run = /docker\s{1,4}run\s[^\n]{0,200}(-v|--volume)[ =]["']?\/:\/(mnt|host|hostfs|rootfs|tmp)\b[^\n]{0,200}chroot\s/

    condition:
        uint16(0) == 0x2123 and filesize < 1MB and $run
}

rule escape_docker_program
{
    meta:
        description = "Program with a ready request for a privileged container that has the whole host inside"
        severity = "high"
        technique = "T1610, T1611"
        reference = "https://attack.mitre.org/techniques/T1610/"

    strings:
        $create = "containers/create"
        $bind = /"Binds"\s{0,4}:\s{0,4}\[\s{0,4}"\/:\/\w{1,20}/
        $privileged = /"Privileged"\s{0,4}:\s{0,4}true/
        $command = /"(Cmd|Entrypoint)"\s{0,4}:\s{0,4}\[/

    condition:
        uint32(0) == 0x464c457f and filesize < 64MB
        and $create and $bind and $privileged and $command
}

rule escape_kubelet_command
{
    meta:
        description = "Script that has the agents of other Kubernetes nodes run a download"
        severity = "high"
        technique = "T1609, T1610"
        reference = "https://attack.mitre.org/techniques/T1609/"

    strings:
        $run = /:10250\/(run|exec)\/[^\n]{1,300}(cmd|command)=[^\n]{0,300}(curl|wget|base64|\/tmp\/|\/dev\/shm\/)/

    condition:
        uint16(0) == 0x2123 and filesize < 1MB and $run
}
