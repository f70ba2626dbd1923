rule credentials_metadata_upload
{
    meta:
        description = "Script that fetches the cloud credentials of its machine and uploads them to an unnamed host or a chat"
        severity = "high"
        technique = "T1552.005, T1567"
        reference = "https://attack.mitre.org/techniques/T1552/005/"

    strings:
        $service_aws = "169.254.169.254/latest/meta-data/iam/security-credentials"
        $service_ecs = "169.254.170.2$AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"
        $service_gcp = "/computeMetadata/v1/instance/service-accounts/default/token"
        $service_azure = "169.254.169.254/metadata/identity/oauth2/token"
        $upload_address = /curl\s[^\n|;&]{0,200}(-F|-T|--form|--upload-file|--data-binary|-d|--data)[ =]{0,1}[^\n|;&]{1,200}https?:\/\/[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}[:\/]/
        $upload_address_first = /curl\s[^\n|;&]{0,80}https?:\/\/[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}[:\/][^\n|;&]{0,80}\s(-F|-T|--form|--upload-file|--data-binary)[ =]/
        $upload_chat = /(api\.telegram\.org\/bot[0-9$]|discord\.com\/api\/webhooks\/[0-9$]|discordapp\.com\/api\/webhooks\/[0-9$]|webhook\.site\/|transfer\.sh\/|\.oastify\.com|\.interact\.sh)/
        $own = /curl\s[^\n|;&]{0,200}(-F|-T|--form|--upload-file|--data-binary|-d|--data)[ =]{0,1}[^\n|;&]{1,200}https?:\/\/(127\.|169\.254\.|10\.|192\.168\.|172\.(1[6-9]|2[0-9]|3[01])\.)/

    condition:
        uint16(0) == 0x2123 and filesize < 1MB
        and any of ($service_*)
        and ($upload_chat or $upload_address_first or #upload_address > #own)
}

rule credentials_file_collector
{
    meta:
        description = "Script that collects login files of several tools and uploads them to an unnamed host or a chat"
        severity = "high"
        technique = "T1552.001, T1567"
        reference = "https://www.trendmicro.com/en_us/research/21/c/teamtnt-continues-attack-on-the-cloud--targets-aws-credentials.html"

    strings:
        $file_aws = ".aws/credentials"
        $file_docker = ".docker/config.json"
        $file_kube = ".kube/config"
        $file_ssh = ".ssh/id_rsa"
        $file_git = ".git-credentials"
        $file_gcloud = "gcloud/credentials.db"
        $file_azure = ".azure/accessTokens.json"
        $file_shadow = "/etc/shadow"
        $file_token = "/var/run/secrets/kubernetes.io/serviceaccount/token"
        $file_s3 = ".s3cfg"
        $file_passwd = ".passwd-s3fs"
        $upload_address = /curl\s[^\n|;&]{0,200}(-F|-T|--form|--upload-file|--data-binary|-d|--data)[ =]{0,1}[^\n|;&]{1,200}https?:\/\/[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}[:\/]/
        $upload_address_first = /curl\s[^\n|;&]{0,80}https?:\/\/[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}[:\/][^\n|;&]{0,80}\s(-F|-T|--form|--upload-file|--data-binary)[ =]/
        $upload_chat = /(api\.telegram\.org\/bot[0-9$]|discord\.com\/api\/webhooks\/[0-9$]|discordapp\.com\/api\/webhooks\/[0-9$]|webhook\.site\/|transfer\.sh\/|\.oastify\.com|\.interact\.sh)/
        $own = /curl\s[^\n|;&]{0,200}(-F|-T|--form|--upload-file|--data-binary|-d|--data)[ =]{0,1}[^\n|;&]{1,200}https?:\/\/(127\.|169\.254\.|10\.|192\.168\.|172\.(1[6-9]|2[0-9]|3[01])\.)/

    condition:
        uint16(0) == 0x2123 and filesize < 1MB
        and 3 of ($file_*)
        and ($upload_chat or $upload_address_first or #upload_address > #own)
}

rule credentials_python_collector
{
    meta:
        description = "Python that reads login files of several tools and sends them to an address or chat that stands in it"
        severity = "high"
        technique = "T1552.001, T1567"
        reference = "https://attack.mitre.org/techniques/T1552/001/"

    strings:
        $python = /(^|\n)(import|from) (os|requests|urllib|socket|json|subprocess)\b/
        $file_aws = ".aws/credentials"
        $file_docker = ".docker/config.json"
        $file_kube = ".kube/config"
        $file_ssh = ".ssh/id_rsa"
        $file_git = ".git-credentials"
        $file_shadow = "/etc/shadow"
        $send_address = /(requests\.(post|put)|urlopen|Request)\(\s{0,4}f?["']https?:\/\/[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}[:\/]/
        $send_chat = /["']https?:\/\/(discord\.com\/api\/webhooks\/[0-9]{17,20}\/|discordapp\.com\/api\/webhooks\/[0-9]{17,20}\/|api\.telegram\.org\/bot[0-9]{8,10}:)/
        $own = /(requests\.(post|put)|urlopen|Request)\(\s{0,4}f?["']https?:\/\/(127\.|169\.254\.)/

    condition:
        filesize < 256KB and $python and 2 of ($file_*)
        and ($send_chat or #send_address > #own)
}

rule credentials_shadow_upload
{
    meta:
        description = "Script that sends the password hashes of its machine away"
        severity = "high"
        technique = "T1003.008, T1048"
        reference = "https://attack.mitre.org/techniques/T1003/008/"

    strings:
        $curl = /(^|\n)[^\n#]{0,200}curl\s[^\n|;]{0,200}[@<]\s{0,2}["']?\/etc\/shadow\b/
        $upload = /(^|\n)[^\n#]{0,200}curl\s[^\n|;]{0,200}(-T|--upload-file)\s{0,2}["']?\/etc\/shadow\b/
        $wget = /(^|\n)[^\n#]{0,200}wget\s[^\n|;]{0,200}--post-file[ =]["']?\/etc\/shadow\b/
        $pipe = /(^|\n)[^\n#]{0,200}(cat|base64)\s{1,4}(-w\s?0\s{1,2})?\/etc\/shadow\s{0,4}\|[^\n]{0,100}(curl\s|nc\s|ncat\s|\/dev\/tcp\/)/
        $netcat = /(^|\n)[^\n#]{0,200}\b(nc|ncat|netcat)\s[^\n|;]{1,80}<\s{0,2}\/etc\/shadow\b/

    condition:
        uint16(0) == 0x2123 and filesize < 1MB and any of them
}

rule credentials_memory_reader
{
    meta:
        description = "Script that takes passwords out of the memory of login programs"
        severity = "high"
        technique = "T1003.007"
        reference = "https://attack.mitre.org/software/S0179/"

    strings:
        $program_1 = "gnome-keyring-daemon"
        $program_2 = "lightdm"
        $program_3 = "gdm-password"
        $program_4 = "vsftpd"
        $needle_1 = "_pammodutil_getpwnam_root_1"
        $needle_2 = "_pammodutil_getspnam_"
        $needle_3 = "libgck-1.so.0"
        $memory_1 = "gcore"
        $memory_2 = /\/proc\/[^\s\/]{1,20}\/(mem|maps)\b/

    condition:
        uint16(0) == 0x2123 and filesize < 256KB
        and 2 of ($program_*) and any of ($needle_*) and any of ($memory_*)
}

rule credentials_password_recovery
{
    meta:
        description = "Collector of the passwords that browsers, mail programs and other tools have stored (LaZagne)"
        severity = "medium"
        technique = "T1555, T1555.003"
        reference = "https://attack.mitre.org/software/S0349/"

    strings:
        $python = /(^|\n)from lazagne\.config\.(module_info|run|manage_modules|constant|write_output) import /
        $frozen_1 = "lazagne.config"
        $frozen_2 = "lazagne.softwares"

    condition:
        (filesize < 256KB and $python)
        or (uint32(0) == 0x464c457f and filesize < 64MB and all of ($frozen_*))
}
