rule backdoor_irc_bot
{
    meta:
        description = "Program that takes orders to flood other hosts from a chat network (in the manner of Kaiten, Tsunami)"
        severity = "critical"
        technique = "T1071, T1498"
        reference = "https://attack.mitre.org/techniques/T1498/"

    strings:
        $chat = "PRIVMSG"
        $chat_answer = "NOTICE %s :"
        $order_1 = "TSUNAMI <target> <secs>"
        $order_2 = "PAN <target> <port> <secs>"
        $order_3 = "UDP <target> <port> <secs>"
        $order_4 = "UNKNOWN <target> <secs>"
        $order_5 = "NICK <nick>"
        $order_6 = "GETSPOOFS"
        $order_7 = "SPOOFS <subnet>"
        $order_8 = "KILLALL"
        $order_9 = "GET <http address> <save as>"
        $order_10 = "IRC <command>"
        $order_11 = "SH <command>"
        $order_12 = "DISABLE <pass>"
        $order_13 = "ENABLE <pass>"

    condition:
        uint32(0) == 0x464c457f and filesize < 16MB
        and any of ($chat*) and 3 of ($order_*)
}

rule backdoor_flood_bot
{
    meta:
        description = "Program that searches for devices with known passwords and floods other hosts on order (in the manner of Gafgyt)"
        severity = "critical"
        technique = "T1498, T1110.001"
        reference = "https://attack.mitre.org/techniques/T1498/"

    strings:
        $order_1 = "GETLOCALIP"
        $order_2 = "KILLATTK"
        $order_3 = "LOLNOGTFO"
        $order_4 = "SCANNER ON"
        $order_5 = "SCANNER OFF"
        $order_6 = "BOTKILL"
        $order_7 = "My IP: %s"
        $order_8 = "REPORT %s:%s:%s"
        $order_9 = "Device Connected:"
        $order_10 = "TELNET LOGIN CRACKED"
        $order_11 = "JUNK Flooding"
        $order_12 = "STDFLOOD"
        $order_13 = "gayfgt"

    condition:
        uint32(0) == 0x464c457f and filesize < 8MB and 4 of ($order_*)
}

rule backdoor_device_bot
{
    meta:
        description = "Program that takes over devices and hides its texts by the scheme of Mirai"
        severity = "high"
        technique = "T1498, T1027"
        reference = "https://attack.mitre.org/techniques/T1110/001/"

    strings:
        // The scheme: each byte xor 0x22, the key known from the published source.
        $hidden_1 = "/proc/net/tcp" xor(0x22)
        $hidden_2 = "/bin/busybox" xor(0x22)
        $hidden_3 = "applet not found" xor(0x22)
        $hidden_4 = "listening tun0" xor(0x22)
        $hidden_5 = "/dev/watchdog" xor(0x22)
        $plain_watchdog = "/dev/misc/watchdog"
        $plain_1 = /\/bin\/busybox [A-Z]{4,12}\b/
        $plain_2 = /[A-Z]{4,12}: applet not found/
        $plain_3 = "listening tun0"

    condition:
        uint32(0) == 0x464c457f and filesize < 2MB
        and (2 of ($hidden_*) or ($plain_watchdog and 2 of ($plain_1, $plain_2, $plain_3)))
}

rule backdoor_command_agent
{
    meta:
        description = "Agent of a remote-control framework of attackers"
        severity = "high"
        technique = "T1071.001, T1219"
        reference = "https://attack.mitre.org/software/S0633/"

    strings:
        $sliver_1 = "/bishopfox/sliver/implant/"
        $sliver_2 = "sliverpb"
        $merlin_1 = "github.com/Ne0nd0g/merlin-agent"
        $merlin_2 = "/agent"
        $poseidon_1 = "/MythicAgents/poseidon"
        $poseidon_2 = "/Payload_Type/poseidon/"
        $meterpreter_1 = "core_negotiate_tlv_encryption"
        $meterpreter_2 = "stdapi_fs_file_expand_path"
        $meterpreter_3 = "stdapi_net_config_get_interfaces"
        $meterpreter_4 = "stdapi_sys_process_execute"
        $meterpreter_5 = "core_channel_open"

    condition:
        uint32(0) == 0x464c457f and filesize < 64MB
        and (all of ($sliver_*) or all of ($merlin_*) or all of ($poseidon_*) or 3 of ($meterpreter_*))
}

rule backdoor_stager
{
    meta:
        description = "Tiny program made of one writable and executable piece that opens a connection: the first step of a backdoor"
        severity = "high"
        technique = "T1105, T1620"
        reference = "https://attack.mitre.org/software/S0154/"

    strings:
        $socket_64 = { 6A 29 58 99 6A 02 5F }
        $socket_64_order = { 6A 02 5F 6A 01 5E }
        $socket_32 = { B0 66 89 E1 CD 80 }
        $socket_32_order = { 6A 66 58 89 E1 CD 80 }

    condition:
        uint32(0) == 0x464c457f and filesize < 4KB
        // One program header, no sections; PT_LOAD with read, write, execute.
        and ((uint8(4) == 2 and uint16(56) == 1 and uint16(60) == 0 and uint32(64) == 1 and uint32(68) == 7)
            or (uint8(4) == 1 and uint16(44) == 1 and uint16(48) == 0 and uint32(52) == 1 and uint32(76) == 7))
        and any of ($socket_*)
}

rule backdoor_login_module
{
    meta:
        description = "Login module that writes the passwords it sees to a hidden file"
        severity = "high"
        technique = "T1556.003"
        reference = "https://attack.mitre.org/techniques/T1556/003/"

    strings:
        $module = "pam_sm_authenticate" fullword
        $password_1 = "pam_get_authtok" fullword
        $password_2 = "pam_get_item" fullword
        $file = /(\/tmp|\/dev\/shm|\/u[s]r\/share|\/u[s]r\/lib|\/u[s]r\/include|\/u[s]r\/bin|\/var\/(tmp|log|lib|opt))\/([\w-]{1,40}\/){0,3}\.[a-zA-Z][\w.-]{1,40}\x00/
        // Written out: there is a "%s" in every program
        $format_1 = /%s:%s/
        $format_2 = /[%]s: %s/
        $format_3 = /(%s:\t%|%s:\n%|%s\|%|%s\| %|%s\|\t%|%s\|\n%)s/
        $format_4 = /(%s :|%s\t:|%s \||%s\t\|)\s?%s/

    condition:
        uint32(0) == 0x464c457f and uint16(16) == 3 and filesize < 512KB
        and $module and any of ($password_*) and any of ($format_*) and $file
}
