// Secrets that stand in the image. Report only: most such hits in images are test keys and examples.

rule secret_private_key
{
    meta:
        description = "Private key in the image: whoever can pull the image has it"
        severity = "info"
        technique = "T1552.004"
        reference = "https://attack.mitre.org/techniques/T1552/004/"

    strings:
        $key = /-----BEGIN ((RSA|EC|DSA|OPENSSH|ENCRYPTED) )?PRIVATE KEY-----\r?\n[A-Za-z0-9+\/=:, \r\n-]{64}/

    condition:
        filesize < 16KB and for any start in (0..3) : ($key at start)
}

rule secret_cloud_key
{
    meta:
        description = "Key of a cloud account in a file of the image"
        severity = "low"
        technique = "T1552.001"
        reference = "https://attack.mitre.org/techniques/T1552/001/"

    strings:
        $aws_id = /\bA(KIA|SIA)[0-9A-Z]{16}\b/
        $aws_secret = /aws_secret_access_key\s{0,4}[=:]\s{0,4}["']?[A-Za-z0-9\/+]{40}\b/ nocase
        $example = "EXAMPLE"
        $google_type = /"type"\s{0,4}:\s{0,4}"service_account"/
        $google_key = /"private_key"\s{0,4}:\s{0,4}"-----BEGIN PRIVATE KEY-----\\n[A-Za-z0-9+\/]{64}/

    condition:
        filesize < 256KB
        and (($aws_id and $aws_secret and not $example) or ($google_type and $google_key))
}

rule secret_service_token
{
    meta:
        description = "Access token of a code host, package registry or chat in a file of the image"
        severity = "low"
        technique = "T1552.001"
        reference = "https://attack.mitre.org/techniques/T1552/001/"

    strings:
        $github = /\b(ghp|gho|ghs|ghu)_[A-Za-z0-9]{36}\b/
        $github_fine = /\bgithub_pat_[A-Za-z0-9]{22}_[A-Za-z0-9]{59}\b/
        $gitlab = /\bglpat-[A-Za-z0-9_-]{20}\b/
        $npm = /\bnpm_[A-Za-z0-9]{36}\b/
        $slack = /\bxox[bp]-[0-9]{10,13}-[0-9]{10,13}-[A-Za-z0-9-]{24,80}/
        $pypi = /\bpypi-AgEIcHlwaS5vcmc[A-Za-z0-9_-]{50}/

    condition:
        filesize < 256KB and any of them
}

rule secret_registry_login
{
    meta:
        description = "Login for an image registry in a file of the image"
        severity = "low"
        technique = "T1552.001"
        reference = "https://attack.mitre.org/techniques/T1552/001/"

    strings:
        $section = /"auths"\s{0,4}:\s{0,4}\{\s{0,80}"/
        $login = /"auth"\s{0,4}:\s{0,4}"[A-Za-z0-9+\/]{16,400}={0,2}"/

    condition:
        filesize < 64KB and for any start in (0..8) : (uint8(start) == 0x7b) and $section and $login
}
