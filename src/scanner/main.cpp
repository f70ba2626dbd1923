// SPDX-License-Identifier: Apache-2.0
#include <sys/socket.h>

#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include "portcullis/scan/protocol.hpp"
#include "start.hpp"

namespace {

bool started_by_server() {
  int type = 0;
  socklen_t size = sizeof type;
  return getsockopt(portcullis::scan::kControlFd, SOL_SOCKET, SO_TYPE, &type, &size) == 0 &&
         type == SOCK_SEQPACKET;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 2 && std::string_view(argv[1]) == "--version") {
    std::puts("portcullis-scanner " PORTCULLIS_VERSION);
    return 0;
  }
  if (!started_by_server()) {
    std::fputs("portcullis-scanner is started by portcullis; run `portcullis serve` or `portcullis scan`\n",
               stderr);
    return 64;
  }
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  const auto rules = portcullis::scan::parse_arguments(arguments);
  if (!rules) {
    std::fputs("portcullis-scanner: arguments of another version of portcullis\n", stderr);
    return 64;
  }
  return portcullis::scanner::run(*rules, PORTCULLIS_VERSION);
}
