// SPDX-License-Identifier: Apache-2.0
#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <memory>

#include "doctor_host.hpp"
#include "portcullis/util/fd.hpp"

namespace portcullis::cli {
namespace {

constexpr auto kSection = "Egress of this machine";
constexpr int kPatience = 3000;  // ms; a firewall that drops is as good as one that refuses

struct Place {
  std::string host;
  std::string port;
};

Place place_of(const std::string& url) {
  const bool https = url.starts_with("https://");
  auto authority = url.substr(url.find("://") + 3);
  authority.resize(std::min(authority.find('/'), authority.size()));
  const auto colon = authority.rfind(':');
  Place place{authority, https ? "443" : "80"};
  if (colon != std::string::npos && authority.find(']', colon) == std::string::npos) {
    place = {authority.substr(0, colon), authority.substr(colon + 1)};
  }
  if (place.host.starts_with('[')) place.host = place.host.substr(1, place.host.size() - 2);
  return place;
}

bool connects(const addrinfo& address) {
  const util::UniqueFd fd(
      socket(address.ai_family, address.ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, address.ai_protocol));
  if (!fd) return false;
  if (connect(fd.get(), address.ai_addr, address.ai_addrlen) == 0) return true;
  if (errno != EINPROGRESS) return false;
  pollfd waiting{fd.get(), POLLOUT, 0};
  if (poll(&waiting, 1, kPatience) != 1) return false;
  int error = 0;
  socklen_t size = sizeof error;
  return getsockopt(fd.get(), SOL_SOCKET, SO_ERROR, &error, &size) == 0 && error == 0;
}

/// Empty when a connection was made; else why not.
std::string unreachable(const Place& place) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* raw = nullptr;
  if (const int code = getaddrinfo(place.host.c_str(), place.port.c_str(), &hints, &raw); code != 0) {
    return gai_strerror(code);
  }
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> all(raw, freeaddrinfo);
  for (const addrinfo* address = raw; address != nullptr; address = address->ai_next) {
    if (connects(*address)) return {};
  }
  return "no connection to it can be made";
}

}  // namespace

void check_egress(const std::vector<upstream::Options>& upstreams, Diagnosis& out) {
  for (const auto& upstream : upstreams) {
    const auto place = place_of(upstream.url);
    const auto why_not = unreachable(place);
    const auto where = place.host + ":" + place.port;
    if (!why_not.empty()) {
      out.checks.push_back({kSection, upstream.name + " cannot be reached past Portcullis", Finding::ok,
                            where + ": " + why_not, ""});
      continue;
    }
    out.checks.push_back({kSection, upstream.name + " can be reached past Portcullis", Finding::bad, where,
                          "let nothing but Portcullis connect there; where Portcullis itself runs this is as "
                          "it must be"});
  }
  for (const char* name : {"HTTPS_PROXY", "https_proxy"}) {
    if (const char* proxy = std::getenv(name); proxy != nullptr && *proxy != '\0') {
      out.checks.push_back({kSection, std::string(name) + " is set here", Finding::note,
                            "clients may leave through that proxy; it was not tried", ""});
    }
  }
}

}  // namespace portcullis::cli
