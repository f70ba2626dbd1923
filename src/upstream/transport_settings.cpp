// SPDX-License-Identifier: Apache-2.0
#include "transport_settings.hpp"

#include <curl/curl.h>

#include <cstdlib>
#include <memory>

#include "portcullis/util/files.hpp"

namespace portcullis::upstream {
namespace {

using util::ErrorKind;

constexpr std::size_t kMaxPemBytes = 8u << 20;
constexpr std::string_view kDirect = "direct";
constexpr std::string_view kCertificate = "-----BEGIN CERTIFICATE-----";
constexpr std::string_view kPrivateKey = "PRIVATE KEY-----";

/// What curl would use as a proxy: the option, else any of the variables it reads.
std::vector<Url> possible_proxies(const std::string& option) {
  std::vector<std::string> texts{option};
  if (option == kDirect) return {};
  if (option.empty()) {
    for (const char* name : {"http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"}) {
      if (const char* value = std::getenv(name)) texts.emplace_back(value);
    }
  }
  std::vector<Url> proxies;
  for (std::string& text : texts) {
    if (text.empty()) continue;
    if (text.find("://") == std::string::npos) text.insert(0, "http://");
    if (const auto at = text.rfind('@'); at != std::string::npos) {
      text.erase(text.find("://") + 3, at + 1 - (text.find("://") + 3));
    }
    // A socks scheme means a host and a port all the same.
    if (auto url = parse_url("http" + text.substr(text.find("://")))) {
      const auto authority = text.substr(text.find("://") + 3);
      const bool has_port = authority.find(':', authority.rfind(']') + 1) != std::string::npos;
      if (!has_port) url->port = 1080;  // curl's default for proxies
      proxies.push_back(std::move(*url));
    }
  }
  return proxies;
}

/// `what` is the key of the configuration, `mark` what a PEM file of that sort holds.
util::Result<std::string> read_pem(const std::string& file, const std::string& what, std::string_view mark) {
  auto text = util::read_file(file, kMaxPemBytes);
  if (!text) return util::fail(what, std::move(text.error()));
  if (text->find(mark) != std::string::npos) return text;
  return util::fail(ErrorKind::invalid,
                    what + " holds no PEM " + (mark == kCertificate ? "certificate" : "private key") +
                        " (a line with '" + std::string(mark) + "' is expected), saw: " + file);
}

/// curl knows one bundle only: ours is the system's and the extra one.
util::Result<std::string> ca_bundle(const std::string& file) {
  auto extra = read_pem(file, "ca_file", kCertificate);
  if (!extra) return extra;
  const std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> easy(curl_easy_init(), &curl_easy_cleanup);
  const char* system = nullptr;
  if (easy && curl_easy_getinfo(easy.get(), CURLINFO_CAINFO, &system) == CURLE_OK && system != nullptr) {
    if (auto text = util::read_file(system, kMaxPemBytes)) *extra += "\n" + *text;
  }
  return extra;
}

}  // namespace

util::Result<TransportSettings> read_transport_settings(const Options& options, const Url& own) {
  TransportSettings settings{};
  settings.own = own.authority();
  settings.connect_timeout = options.connect_timeout;
  settings.stall_timeout = options.stall_timeout;
  settings.floor_rate = options.floor_rate;
  settings.proxies = possible_proxies(options.proxy);
  if (options.proxy == kDirect) {
    settings.proxy = "";
  } else if (!options.proxy.empty()) {
    settings.proxy = options.proxy;
  }
  for (const auto& host : options.no_proxy) {
    settings.no_proxy.append(settings.no_proxy.empty() ? "" : ",").append(host);
  }
  if (!options.ca_file.empty()) {
    auto bundle = ca_bundle(options.ca_file);
    if (!bundle) return tl::unexpected(bundle.error());
    settings.ca_bundle = std::move(*bundle);
  }
  if (options.client_cert_file.empty() != options.client_key_file.empty()) {
    return util::fail(ErrorKind::invalid, "client_cert_file and client_key_file need each other");
  }
  if (!options.client_cert_file.empty()) {
    auto certificate = read_pem(options.client_cert_file, "client_cert_file", kCertificate);
    if (!certificate) return tl::unexpected(certificate.error());
    auto key = read_pem(options.client_key_file, "client_key_file", kPrivateKey);
    if (!key) return tl::unexpected(key.error());
    settings.client_certificate = std::move(*certificate);
    settings.client_key = std::move(*key);
  }
  return settings;
}

}  // namespace portcullis::upstream
