rule backdoor_php_shell
{
    meta:
        description = "PHP that connects a shell to a remote host"
        severity = "high"
        technique = "T1059"
        reference = "https://attack.mitre.org/techniques/T1059/"

    strings:
        $connect = /(fsockopen|stream_socket_client)\s{0,2}\(/
        $shell_1 = /(exec|shell_exec|system|passthru|popen|proc_open)\s{0,2}\(\s{0,2}["'](\/bin\/)?(ba|da)?sh -i\s{0,2}<&[0-9] >&[0-9] 2>&[0-9]/
        $shell_2 = /\$\w{1,20}\s{0,2}=\s{0,2}["'][^"'\n]{0,60}\/bin\/(ba|da)?sh -i["']/
        $streams = /proc_open\s{0,2}\(\s{0,2}\$\w{1,20}\s{0,2},/
        $descriptors = /stream_select\s{0,2}\(/

    condition:
        uint32(0) == 0x68703f3c and filesize < 256KB and $connect
        and ($shell_1 or ($shell_2 and $streams and $descriptors))
}

rule backdoor_node_shell
{
    meta:
        description = "JavaScript that connects a shell to a remote host"
        severity = "high"
        technique = "T1059.007"
        reference = "https://attack.mitre.org/techniques/T1059/007/"

    strings:
        $spawn = /\.(spawn|exec)\(\s{0,2}["'](\/bin\/)?(ba|da)?sh["']/
        $connect = /\.(connect|createConnection)\(\s{0,2}(\{\s{0,4}(port|host)|[0-9]{1,5}\s{0,2},\s{0,2}["'])/
        $pipe_in = /\.pipe\(\s{0,2}\w{1,20}\.stdin\s{0,2}\)/
        $pipe_out = /\.stdout\.pipe\(\s{0,2}(client|socket|sock|conn|connection|this|c|s|net)\s{0,2}\)/
        $module = /require\(\s{0,2}["'](node:)?net["']\s{0,2}\)/

    condition:
        filesize < 64KB and (uint16(0) == 0x2123 or extension matches /^\.(js|cjs|mjs)$/)
        and $module and $spawn and $connect and $pipe_in and $pipe_out
}

rule backdoor_lua_shell
{
    meta:
        description = "Lua that connects a shell to a remote host"
        severity = "high"
        technique = "T1059.011"
        reference = "https://attack.mitre.org/techniques/T1059/011/"

    strings:
        $socket = /require\s{0,2}\(?\s{0,2}["']socket["']/
        $connect = /:connect\(\s{0,2}["']?[^"'\n]{1,60}["']?\s{0,2},\s{0,2}["']?[0-9]{1,5}["']?\s{0,2}\)/
        $receive = /(local\s{1,2})?\w{1,20}\s{0,2}(,\s{0,2}\w{1,20}\s{0,2}){0,2}=\s{0,2}\w{1,20}:receive\(/
        $run = /io\.popen\(\s{0,2}\w{1,20}\s{0,2},\s{0,2}["']r["']\s{0,2}\)/
        $answer = /:send\(\s{0,2}\w{1,20}\s{0,2}\)/
        $direct = /os\.execute\(\s{0,2}["']\/bin\/(ba|da)?sh -i <&[0-9] >&[0-9] 2>&[0-9]/

    condition:
        filesize < 64KB and (uint16(0) == 0x2123 or extension == ".lua")
        and (($socket and $connect and $receive and $run and $answer) or ($direct and $connect))
}

rule backdoor_python_commands
{
    meta:
        description = "Python that takes commands from a host whose address stands in it and answers with their output"
        severity = "high"
        technique = "T1059.006, T1071"
        reference = "https://attack.mitre.org/techniques/T1059/006/"

    strings:
        $connect = /\.connect\(\(\s{0,4}["'][0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}["']\s{0,4},\s{0,4}[0-9]{1,5}\s{0,4}\)\)/
        $own = /\.connect\(\(\s{0,4}["'](127\.|0\.0\.0\.0|10\.|192\.168\.|172\.(1[6-9]|2[0-9]|3[01])\.|8\.8\.8\.8|1\.1\.1\.1)/
        $receive = /=\s{0,2}\w{1,20}\.recv\(\s{0,2}[0-9]{3,5}\s{0,2}\)/
        $run = /(subprocess\.(Popen|check_output|getoutput|run)|os\.popen)\(\s{0,4}(cmd|command|data|order|buf|msg|recv|c|d)\b/
        $answer = /\.send(all)?\(/

    condition:
        filesize < 64KB and (uint16(0) == 0x2123 or extension == ".py")
        and #connect > #own and $receive and $run and $answer
}

rule backdoor_python_shell
{
    meta:
        description = "Python that connects an interactive shell to a host it is given by a variable or argument"
        severity = "high"
        technique = "T1059.006, T1059.004"
        reference = "https://attack.mitre.org/techniques/T1059/006/"

    strings:
        $connect = /(\.connect|\bcreate_connection)\(\s{0,4}\(\s{0,4}[A-Za-z_][\w.\[\]"'()]{0,60}\s{0,4},\s{0,4}\w[\w.\[\]"'()]{0,60}\s{0,4}\)/
        // By name a socket: daemons put their log files there in the same way.
        $dup_in = /os\.dup2\(\s{0,4}(self\.)?_?(s|c|S|sk|so?ck\w{0,6}|conn\w{0,8}|cli(ent)?\w{0,6})\.fileno\(\)\s{0,4},\s{0,4}0\s{0,4}\)/
        $dup_out = /os\.dup2\(\s{0,4}(self\.)?_?(s|c|S|sk|so?ck\w{0,6}|conn\w{0,8}|cli(ent)?\w{0,6})\.fileno\(\)\s{0,4},\s{0,4}1\s{0,4}\)/
        $dup_each = /os\.dup2\(\s{0,4}(self\.)?_?(s|c|S|sk|so?ck\w{0,6}|conn\w{0,8}|cli(ent)?\w{0,6})\.fileno\(\)\s{0,4},\s{0,4}[a-z_]\w{0,10}\s{0,4}\)/
        $shell_spawn = /pty\.spawn\(\s{0,4}\[?\s{0,4}["'](\/usr)?(\/bin\/)?(ba|da|z)?sh["']/
        $shell_call = /(subprocess\.(call|run|Popen)|os\.exec\w{1,4})\(\s{0,4}\[?\s{0,4}["'](\/usr)?\/bin\/(ba|da|z)?sh["']\s{0,4}(,\s{0,4}\[?\s{0,4}["'](-i|(\/bin\/)?(ba|da|z)?sh)["']\s{0,4}(,\s{0,4}["']-i["']\s{0,4})?)?[\])]/

    condition:
        filesize < 64KB and (uint16(0) == 0x2123 or extension == ".py")
        and $connect and (($dup_in and $dup_out) or $dup_each) and any of ($shell_*)
}
