// SPDX-License-Identifier: Apache-2.0
#include "portcullis/http/probe.hpp"

#include <httplib.h>

#include <algorithm>
#include <exception>

namespace portcullis::http {
namespace {

constexpr std::size_t kMaxBody = 64 * 1024;

}  // namespace

util::Result<ProbeAnswer> probe(const std::string& base, ProbeMethod method, const std::string& target,
                                std::chrono::seconds timeout) {
  try {
    httplib::Client client(base);
    if (!client.is_valid()) {
      return util::fail(util::ErrorKind::invalid,
                        "expected a URL such as http://127.0.0.1:5000, saw \"" + base + "\"");
    }
    client.set_connection_timeout(timeout);
    client.set_read_timeout(timeout);
    client.set_follow_location(false);

    std::string body;
    const auto take = [&body](const char* data, std::size_t size) {
      body.append(data, std::min(size, kMaxBody - body.size()));
      return body.size() < kMaxBody;
    };
    const httplib::Headers headers{{"User-Agent", "portcullis-doctor"},
                                   {"Accept",
                                    "application/vnd.oci.image.index.v1+json, "
                                    "application/vnd.oci.image.manifest.v1+json"}};
    httplib::Response seen;
    const auto note = [&seen](const httplib::Response& response) {
      seen.status = response.status;
      seen.reason = response.reason;
      seen.headers = response.headers;
      return true;
    };
    const auto result =
        method == ProbeMethod::head ? client.Head(target, headers) : client.Get(target, headers, note, take);
    if (method == ProbeMethod::head && result) note(*result);
    // A body that is longer than what is kept ends the transfer, not the answer.
    if (!result && body.size() < kMaxBody) {
      return util::fail(util::ErrorKind::unreachable, base + ": " + httplib::to_string(result.error()));
    }
    return ProbeAnswer{seen.status, seen.reason, seen.get_header_value("Location"), std::move(body)};
  } catch (const std::exception& error) {
    return util::fail(util::ErrorKind::unreachable, base + ": " + error.what());
  }
}

}  // namespace portcullis::http
