// SPDX-License-Identifier: Apache-2.0
#include "portcullis/http/probe.hpp"

#include <httplib.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <ctime>
#include <exception>
#include <memory>

#include "portcullis/util/text.hpp"

namespace portcullis::http {
namespace {

util::Error bad_base(const std::string& base) {
  return {util::ErrorKind::invalid, "expected a URL such as http://127.0.0.1:5000, saw \"" + base + "\""};
}

/// The library's words are the names of its enumerators.
std::string words_of(httplib::Error error) {
  switch (error) {
    case httplib::Error::Connection:
      return "nobody answers there";
    case httplib::Error::Read:
      return "the connection broke, or no answer came in time";
    case httplib::Error::SSLConnection:
      return "no TLS connection can be made; does it speak TLS?";
    case httplib::Error::SSLServerVerification:
      return "its certificate is not trusted";
    case httplib::Error::SSLLoadingCerts:
      return "the certificates to trust cannot be read";
    default:
      return httplib::to_string(error);
  }
}

struct Free {
  void operator()(BIO* bio) const { BIO_free_all(bio); }
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  void operator()(X509* certificate) const { X509_free(certificate); }
};

}  // namespace

std::string ProbeAnswer::header(std::string_view name) const {
  const auto wanted = util::to_lower_ascii(name);
  const auto found = std::ranges::find_if(
      headers, [&](const auto& entry) { return util::to_lower_ascii(entry.first) == wanted; });
  return found == headers.end() ? "" : found->second;
}

util::Result<ProbeAnswer> probe(const ProbeRequest& request) {
  try {
    httplib::Client client(request.base);
    if (!client.is_valid()) return tl::unexpected(bad_base(request.base));
    client.set_connection_timeout(request.timeout);
    client.set_read_timeout(request.timeout);
    client.set_follow_location(false);
    if (!request.ca_file.empty()) client.set_ca_cert_path(request.ca_file);

    httplib::Headers headers;
    for (const auto& [name, value] : request.headers) headers.emplace(name, value);
    ProbeAnswer seen;
    const auto take = [&](const char* data, std::size_t size) {
      seen.body.append(data, std::min(size, request.max_body - seen.body.size()));
      return seen.body.size() < request.max_body;
    };
    const auto note = [&seen](const httplib::Response& response) {
      seen.status = response.status;
      seen.reason = response.reason;
      seen.headers.assign(response.headers.begin(), response.headers.end());
      return true;
    };
    const auto result = request.method == ProbeMethod::head ? client.Head(request.target, headers)
                                                            : client.Get(request.target, headers, note, take);
    if (request.method == ProbeMethod::head && result) note(*result);
    // A body that is longer than what is kept ends the transfer, not the answer.
    if (!result && seen.body.size() < request.max_body) {
      return util::fail(util::ErrorKind::unreachable, request.base + ": " + words_of(result.error()));
    }
    return seen;
  } catch (const std::exception& error) {
    return util::fail(util::ErrorKind::unreachable, request.base + ": " + error.what());
  }
}

util::Result<util::TimePoint> probe_certificate(const std::string& base, std::chrono::seconds timeout) {
  constexpr std::string_view kScheme = "https://";
  if (!base.starts_with(kScheme)) return tl::unexpected(bad_base(base));
  auto authority = base.substr(kScheme.size(), base.find('/', kScheme.size()) - kScheme.size());
  const auto colon = authority.rfind(':');
  const bool has_port = colon != std::string::npos && authority.find(']', colon) == std::string::npos;
  const auto host = authority.substr(0, has_port ? colon : std::string::npos);
  const auto failed = [&](const char* what) {
    return util::fail(util::ErrorKind::unreachable, base + ": " + what);
  };

  const std::unique_ptr<SSL_CTX, Free> context(SSL_CTX_new(TLS_client_method()));
  const std::unique_ptr<BIO, Free> connection(context ? BIO_new_ssl_connect(context.get()) : nullptr);
  SSL* ssl = nullptr;
  if (connection) BIO_get_ssl(connection.get(), &ssl);
  if (ssl == nullptr) return failed("no TLS client could be made");
  BIO_set_conn_hostname(connection.get(), (has_port ? authority : authority + ":443").c_str());
  std::string name = host;  // what SSL_set_tlsext_host_name() does, without its cast
  SSL_ctrl(ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, name.data());
  BIO_set_nbio(connection.get(), 1);
  const auto deadline = std::time(nullptr) + timeout.count();
  while (BIO_do_handshake(connection.get()) <= 0) {
    if (!BIO_should_retry(connection.get())) return failed("the TLS handshake failed");
    if (BIO_wait(connection.get(), deadline, 50) <= 0) return failed("the TLS handshake took too long");
  }
  const std::unique_ptr<X509, Free> certificate(SSL_get1_peer_certificate(ssl));
  std::tm end{};
  if (!certificate || ASN1_TIME_to_tm(X509_get0_notAfter(certificate.get()), &end) != 1) {
    return failed("its certificate cannot be read");
  }
  return util::TimePoint(std::chrono::seconds(timegm(&end)));
}

}  // namespace portcullis::http
