rule image_starts_bandwidth_seller
{
    meta:
        description = "The image sells the Internet connection of its machine, for an account that stands in it"
        severity = "high"
        technique = "T1496.002, T1610"
        reference = "https://attack.mitre.org/techniques/T1496/002/"

    strings:
        $honeygain = /\n(ENTRYPOINT|CMD) [^\n]{0,200}-tou-accept\s[^\n]{0,80}-email\s{1,4}[\w.+-]{1,64}@/
        $pawns = /\n(ENTRYPOINT|CMD) [^\n]{0,200}-email=[\w.+-]{1,64}@[^\n]{0,120}-accept-tos/
        $traffmonetizer = /\n(ENTRYPOINT|CMD) [^\n]{0,200}start accept --token\s{1,4}[A-Za-z0-9+\/]{20}/
        $packetstream = /\n(ENTRYPOINT|CMD) [^\n]{0,200}\bpsclient\b/
        $packetstream_id = /\nENV [^\n]{0,2000}\bCID=[A-Za-z0-9]{3,12}\b/
        $peer2profit = /\n(ENTRYPOINT|CMD|ENV) [^\n]{0,2000}(p2pclient\s[^\n]{0,40}(-l|--login)[ =]|P2P_EMAIL=)["']?[\w.+-]{1,64}@/
        $earnapp = /\nENV [^\n]{0,2000}EARNAPP_UUID=["']?sdk-node-[0-9a-f]{32}/
        $repocket = /\nENV [^\n]{0,2000}RP_EMAIL=["']?[\w.+-]{1,64}@/

    condition:
        filepath == "/config!/rendered" and filesize < 4MB
        and ($honeygain or $pawns or $traffmonetizer or $peer2profit or $earnapp or $repocket or all of ($packetstream*))
}
