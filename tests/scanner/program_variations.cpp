// SPDX-License-Identifier: Apache-2.0
#include "variations.hpp"

namespace portcullis::test {
namespace {

const std::vector<std::string> kLibrary = {"-shared", "-fPIC", "-O2"};
const std::vector<std::string> kStripped = {"-shared", "-fPIC", "-O0", "-s"};
const std::vector<std::string> kProgram = {"-O2"};
const std::vector<std::string> kStrippedProgram = {"-O1", "-s", "-no-pie"};
const std::vector<std::string> kStaticProgram = {"-O1", "-s", "-static"};
const std::vector<std::string> kModule = {"-c", "-O2", "-fno-pic"};

/// A program that prints one of its texts, chosen by the number of its arguments.
std::string that_knows(const std::vector<std::string>& texts) {
  std::string source = "#include <stdio.h>\nstatic const char *const texts[] = {";
  for (const auto& text : texts) {
    source += '"';
    for (const char c : text) source += c == '"' ? std::string("\\\"") : std::string(1, c);
    source += "\",";
  }
  return source + "};\nint main(int n, char **v) { (void)v; return puts(texts[n % " +
         std::to_string(texts.size()) + "]) < 0; }\n";
}

/// A library whose function hands on to the next one and only names what a hider looks at.
std::string that_replaces_readdir(const std::string& name, const std::string& entry) {
  return "#define _GNU_SOURCE\n#include <dirent.h>\n#include <dlfcn.h>\n#include <stdio.h>\n"
         "const char *kept[4];\n"
         "struct " +
         entry + " *" + name +
         "(DIR *d) {\n"
         "  struct " +
         entry + " *(*next)(DIR *) = dlsym(RTLD_NEXT, \"" + name +
         "\");\n"
         "  kept[0] = \"/proc/self/" +
         "fd/%d\"; kept[1] = \"/proc/%s" +
         "/stat\";\n"
         "  return next(d);\n}\n";
}

std::string that_replaces_fopen(const std::string& name) {
  return "#define _GNU_SOURCE\n#include <dlfcn.h>\n#include <stdio.h>\nconst char *kept[4];\n"
         "FILE *" +
         name +
         "(const char *path, const char *mode) {\n"
         "  FILE *(*next)(const char *, const char *) = dlsym(RTLD_NEXT, \"" +
         name +
         "\");\n"
         "  kept[0] = \"/proc/net/" +
         "tcp\";\n"
         "  kept[1] = \"%d: %64[0-9A-Fa-f]:%X" +
         " %64[0-9A-Fa-f]:%X %X\";\n"
         "  if (!path) return tmpfile();\n"
         "  return next(path, mode);\n}\n";
}

/// An object with the mark and the symbols of a kernel module.
std::string module_with(const std::vector<std::string>& functions, const std::vector<std::string>& texts) {
  std::string source =
      "__attribute__((section(\".modinfo\"), used)) static const char v[] = \"vermagic=6.8.0-31-generic "
      "SMP preempt mod_unload modversions \";\n";
  for (const auto& name : functions) source += "int " + name + "(int x) { return x + 1; }\n";
  source += "const char *const texts[] = {";
  for (const auto& text : texts) source += '"' + text + "\",";
  return source + "0};\n";
}

}  // namespace

std::vector<Variation> program_variations() {
  const std::string scheme = std::string("stra") + "tum+tcp://";
  const std::vector<std::string> xmrig = {scheme + "%s:%d",
                                          "      --donate"
                                          "-level=N   level",
                                          "rx/0 randomx (%d threads)",
                                          "      --no-huge"
                                          "-pages",
                                          "speed 10s/60s"
                                          "/15m %s"};
  const std::vector<std::string> cpuminer = {
      "{\"id\": 1, \"method\": \"mining.sub"
      "scribe\", \"params\": []}",
      "{\"method\": \"mining.auth"
      "orize\"}",
      "accepted: %lu"
      "/%lu (%.2f%%), %s khash/s (yay"
      "!!!)",
      "  -o, --url"
      "=URL  address of the server"};
  const std::vector<std::string> pool = {
      "pool.support"
      "xmr.com:3333",
      "{\"method\":\"login"
      "\",\"params\":{\"login\":\"%s\"}}",
      "job"
      "_id",
      "nonce"};
  const std::vector<std::string> chat = {
      "PRIV"
      "MSG %s :%s\\n",
      "NOTICE"
      " %s :TSUNAMI <target> "
      "<secs>\\n",
      "NOTICE %s :UNKNOWN <target> "
      "<secs>\\n",
      "NOTICE %s :GET"
      "SPOOFS\\n",
      "NOTICE %s :KILL"
      "ALL\\n"};
  const std::vector<std::string> flood = {
      "GETLOCAL"
      "IP",
      "KILL"
      "ATTK",
      "LOL"
      "NOGTFO",
      "SCANNER"
      " ON",
      "My IP:"
      " %s"};
  const std::vector<std::string> device = {
      "/dev/misc/"
      "watchdog",
      "/bin/busy"
      "box ECCHI",
      "ECCHI: applet"
      " not found"};
  const std::vector<std::string> engine = {
      "POST /v1.24/containers"
      "/create HTTP/1.1",
      "{\"Image\":\"alpine\",\"Cmd\":[\"sh\"],\"HostConfig\":{\"Binds\": [\"/:/"
      "mnt\"],\"Privileged\""
      ": true}}"};
  const std::string login =
      "#include <stdio.h>\nint pam_get"
      "_authtok(void *, int, const char **, const char *);\n"
      "const char *kept[2];\n"
      "int pam_sm"
      "_authenticate(void *h, int f, int n, const char **v) {\n"
      "  const char *p = 0; (void)f; (void)n; (void)v; pam_get"
      "_authtok(h, 6, &p, 0);\n"
      "  kept[0] = \"/var/log/"
      ".cache\"; kept[1] = \"%s"
      ":%s\"; return 0; }\n";
  return {
      {"hider_optimized", "preload_process_hider", that_replaces_readdir("readdir", "dirent"),
       "usr/lib/libc-cache.so.6", kLibrary},
      {"hider_stripped", "preload_process_hider", that_replaces_readdir("readdir64", "dirent64"),
       "lib/x86_64-linux-gnu/a", kStripped},
      {"connections", "rootkit_preload_connections", that_replaces_fopen("fopen"), "usr/lib/libselinux.so.8",
       kLibrary},
      {"connections_stripped", "rootkit_preload_connections", that_replaces_fopen("fopen64"), "opt/.x/y",
       kStripped},
      {"xmrig", "miner_xmrig", that_knows(xmrig), "usr/sbin/sshd2", kProgram},
      {"xmrig_stripped", "miner_xmrig", that_knows(xmrig), "opt/app/data.bin", kStrippedProgram},
      {"xmrig_static", "miner_xmrig", that_knows(xmrig), "usr/bin/X", kStaticProgram},
      {"cpuminer", "miner_cpuminer", that_knows(cpuminer), "usr/bin/php-fpm", kStrippedProgram},
      {"pool", "miner_built_in_pool", that_knows(pool), "usr/bin/java", kStaticProgram},
      {"chat_bot", "backdoor_irc_bot", that_knows(chat), "usr/bin/bioset2", kStaticProgram},
      {"flood_bot", "backdoor_flood_bot", that_knows(flood), "tmp/mips", kStrippedProgram},
      {"device_bot", "backdoor_device_bot", that_knows(device), "tmp/dvr", kStaticProgram},
      {"engine_client", "escape_docker_program", that_knows(engine), "usr/bin/tool", kProgram},
      {"login_module", "backdoor_login_module", login, "lib/security/pam_unix2.so", kLibrary},
      {"module_gives_root", "rootkit_module_gives_root",
       module_with({"give"
                    "_root",
                    "module"
                    "_hide",
                    "module"
                    "_show",
                    "hacked"
                    "_kill"},
                   {}),
       "lib/modules/a.ko", kModule},
      {"module_calls", "rootkit_module_system_calls",
       module_with({"hook"
                    "_getdents64",
                    "hide"
                    "_name"},
                   {"kallsyms_lookup"
                    "_name",
                    "__x64_sys_get"
                    "dents64"}),
       "opt/driver/net.o", kModule},
      {"module_connections", "rootkit_module_connections",
       module_with({"hook_tcp4_seq"
                    "_show"},
                   {"tcp4_seq"
                    "_show",
                    "ftrace_set_filter"
                    "_ip"}),
       "root/a.bin", kModule},
      {"kernel_thread", "masquerade_kernel_thread", that_knows({"nothing"}),
       std::string("usr/local/bin/kwor") + "ker-u8", kStrippedProgram},
      {"picture", "masquerade_media_name", that_knows({"nothing"}), "var/www/html/logo.PNG", kStaticProgram},
  };
}

}  // namespace portcullis::test
