// Programs that carry the traffic of others. Each has honest uses: reported, not blocked.

rule proxy_tor
{
    meta:
        description = "Node or client of the Tor network"
        severity = "low"
        technique = "T1090.003"
        reference = "https://attack.mitre.org/techniques/T1090/003/"

    strings:
        $option_1 = "HiddenServiceDir" fullword
        $option_2 = "ExitPolicy" fullword
        $option_3 = "DirAuthority" fullword
        $option_4 = "EntryNodes" fullword
        $network = "router-signature"

    condition:
        uint32(0) == 0x464c457f and filesize < 32MB and all of them
}

rule proxy_chains
{
    meta:
        description = "Library that sends the connections of other programs through a chain of proxies"
        severity = "low"
        technique = "T1090.003"
        reference = "https://attack.mitre.org/techniques/T1090/003/"

    strings:
        $name = "[proxychains]"
        $option_1 = "dynamic_chain"
        $option_2 = "strict_chain"
        $hook = "getaddrinfo" fullword

    condition:
        uint32(0) == 0x464c457f and uint16(16) == 3 and filesize < 1MB
        and $hook and all of ($option_*) and $name
}

rule proxy_bandwidth_seller
{
    meta:
        description = "Program that sells the Internet connection of its machine to strangers"
        severity = "medium"
        technique = "T1496.002"
        reference = "https://attack.mitre.org/techniques/T1496/002/"

    strings:
        $service_1 = "api.honeygain.com"
        $service_2 = "api.packetstream.io"
        $service_3 = "peer2profit.com"
        $service_4 = "client.earnapp.com"
        $service_5 = "api.pawns.app"
        $service_6 = "traffmonetizer.com"
        $service_7 = "api.repocket.co"
        $service_8 = "api.packetshare.io"
        $service_9 = "proxyrack.net"
        $account_1 = "tou-accept"
        $account_2 = "accept-tos"
        $account_3 = "email" nocase
        $account_4 = "device-name"
        $account_5 = "token" nocase
        $transfer_1 = "bandwidth" nocase
        $transfer_2 = "socks5" nocase
        $transfer_3 = "traffic" nocase

    condition:
        uint32(0) == 0x464c457f and filesize < 64MB
        and any of ($service_*) and any of ($account_*) and any of ($transfer_*)
}

rule proxy_tunnel
{
    meta:
        description = "Client that opens a way into the network from outside (tunnelling tool)"
        severity = "low"
        technique = "T1572"
        reference = "https://attack.mitre.org/techniques/T1572/"

    strings:
        $module_1 = "/fatedier/frp/client"
        $module_2 = "/jpillora/chisel/client"
        $module_3 = "go.ngrok.com/cmd/ngrok"
        $module_4 = "ehang.io/nps/client"
        $module_5 = "github.com/go-gost/gost"
        $module_6 = "github.com/nicocha30/ligolo-ng"

    condition:
        uint32(0) == 0x464c457f and filesize < 128MB and any of them
}
