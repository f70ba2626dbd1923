// SPDX-License-Identifier: Apache-2.0
#include "tls_context.hpp"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <sys/stat.h>

#include <string_view>

#include "portcullis/util/clock.hpp"
#include "portcullis/util/files.hpp"

namespace portcullis::http {
namespace {

using std::chrono::sys_seconds;

constexpr std::size_t kMaxPemBytes = 1u << 20;
constexpr std::chrono::days kSoon{14};
constexpr unsigned char kProtocol[] = {8, 'h', 't', 't', 'p', '/', '1', '.', '1'};

template <auto Free>
struct Deleter {
  template <class T>
  void operator()(T* object) const {
    Free(object);
  }
};
using BioPtr = std::unique_ptr<BIO, Deleter<BIO_free>>;
using CertificatePtr = std::unique_ptr<X509, Deleter<X509_free>>;
using KeyPtr = std::unique_ptr<EVP_PKEY, Deleter<EVP_PKEY_free>>;

/// The first reason OpenSSL noted, which is the innermost one.
std::string openssl_reason() {
  const auto code = ERR_get_error();
  ERR_clear_error();
  const char* reason = code == 0 ? nullptr : ERR_reason_error_string(code);
  return reason == nullptr ? "OpenSSL does not say why" : reason;
}

util::Error problem(std::string_view key, const std::filesystem::path& file, const std::string& text) {
  return {util::ErrorKind::invalid, std::string(key) + " " + file.string() + ": " + text};
}

util::Result<BioPtr> read_pem(std::string_view key, const std::filesystem::path& file, std::string& content) {
  auto read = util::read_file(file, kMaxPemBytes);
  if (!read) {
    return tl::unexpected(problem(
        key, file, read.error().message + "; name a PEM file that the user of this process may read"));
  }
  content = *std::move(read);
  return BioPtr(BIO_new_mem_buf(content.data(), static_cast<int>(content.size())));
}

/// Never asks on the terminal: a server that starts at boot has nobody to ask.
int no_passphrase(char*, int, int, void*) { return -1; }

sys_seconds to_time(const ASN1_TIME* time) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return {};
  return sys_seconds(std::chrono::seconds(::timegm(&parts)));
}

std::string show(sys_seconds time) { return util::to_rfc3339(util::TimePoint(time)); }

int choose_protocol(SSL*, const unsigned char** chosen, unsigned char* length, const unsigned char* offered,
                    unsigned int size, void*) {
  unsigned char* found = nullptr;
  const int outcome = SSL_select_next_proto(&found, length, kProtocol, sizeof(kProtocol), offered, size);
  *chosen = found;
  return outcome == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

bool set_up(SSL_CTX* context) {
  SSL_CTX_set_options(context, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION |
                                   SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA |
                                   SSL_OP_ENABLE_KTLS);
  // Ten thousand idle connections keep no read and write buffers.
  SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                SSL_MODE_RELEASE_BUFFERS);
  // Resumption by tickets needs no memory of ours.
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_alpn_select_cb(context, choose_protocol, nullptr);
  SSL_CTX_set_default_passwd_cb(context, no_passphrase);
  return SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) == 1 &&
         SSL_CTX_set_cipher_list(context, "ECDHE+AESGCM:ECDHE+CHACHA20") == 1;
}

}  // namespace

util::Result<std::shared_ptr<const TlsContext>> TlsContext::load(const TlsOptions& options) {
  ERR_clear_error();
  auto* context = SSL_CTX_new(TLS_server_method());
  if (context == nullptr) return util::fail(util::ErrorKind::internal, "TLS: " + openssl_reason());
  std::shared_ptr<TlsContext> tls(new TlsContext(context));
  if (!set_up(context)) return util::fail(util::ErrorKind::internal, "TLS: " + openssl_reason());
  if (auto done = tls->use_certificate(options.cert); !done) return tl::unexpected(done.error());
  if (auto done = tls->use_key(options); !done) return tl::unexpected(done.error());
  if (!options.client_ca.empty()) {
    if (auto done = tls->require_clients_of(options.client_ca); !done) return tl::unexpected(done.error());
  }
  return tls;
}

TlsContext::~TlsContext() { SSL_CTX_free(context_); }

util::Result<void> TlsContext::use_certificate(const std::filesystem::path& file) {
  std::string content;
  auto pem = read_pem("tls_cert", file, content);
  if (!pem) return tl::unexpected(pem.error());
  const CertificatePtr own(PEM_read_bio_X509(pem->get(), nullptr, no_passphrase, nullptr));
  if (!own) {
    return tl::unexpected(problem(
        "tls_cert", file,
        "holds no certificate (" + openssl_reason() + "); expected PEM, the server's certificate first"));
  }
  if (SSL_CTX_use_certificate(context_, own.get()) != 1) {
    return tl::unexpected(problem("tls_cert", file, "cannot be used: " + openssl_reason()));
  }
  while (const CertificatePtr next{PEM_read_bio_X509(pem->get(), nullptr, no_passphrase, nullptr)}) {
    if (SSL_CTX_add1_chain_cert(context_, next.get()) != 1) {
      return tl::unexpected(problem("tls_cert", file, "its chain cannot be used: " + openssl_reason()));
    }
  }
  ERR_clear_error();  // where the chain ended
  cert_file_ = file.string();
  begins_ = to_time(X509_get0_notBefore(own.get()));
  expires_ = to_time(X509_get0_notAfter(own.get()));
  const auto now = std::chrono::system_clock::now();
  if (expires_ > now && expires_ - now < kSoon) {
    doubts_.push_back("tls_cert " + cert_file_ + ": expires soon, at " + show(expires_) +
                      "; renew it and send SIGHUP");
  }
  return {};
}

util::Result<void> TlsContext::use_key(const TlsOptions& options) {
  std::string content;
  auto pem = read_pem("tls_key", options.key, content);
  if (!pem) return tl::unexpected(pem.error());
  const KeyPtr key(PEM_read_bio_PrivateKey(pem->get(), nullptr, no_passphrase, nullptr));
  OPENSSL_cleanse(content.data(), content.size());
  if (!key) {
    return tl::unexpected(problem("tls_key", options.key,
                                  "holds no private key that can be read (" + openssl_reason() +
                                      "); expected PEM without a passphrase"));
  }
  if (SSL_CTX_use_PrivateKey(context_, key.get()) != 1) {
    return tl::unexpected(problem("tls_key", options.key,
                                  "is not the key of the certificate in " + cert_file_ + " (" +
                                      openssl_reason() + "); name the pair that was made together"));
  }
  struct stat entry {};
  if (::stat(options.key.c_str(), &entry) == 0 && (entry.st_mode & S_IROTH) != 0) {
    doubts_.push_back("tls_key " + options.key.string() +
                      ": every user of this machine can read it; chmod 600 it");
  }
  return {};
}

util::Result<void> TlsContext::require_clients_of(const std::filesystem::path& ca_file) {
  std::string content;
  auto pem = read_pem("ca_file", ca_file, content);
  if (!pem) return tl::unexpected(pem.error());
  int found = 0;
  while (const CertificatePtr ca{PEM_read_bio_X509(pem->get(), nullptr, no_passphrase, nullptr)}) {
    if (X509_STORE_add_cert(SSL_CTX_get_cert_store(context_), ca.get()) != 1 ||
        SSL_CTX_add_client_CA(context_, ca.get()) != 1) {
      return tl::unexpected(problem("ca_file", ca_file, "cannot be used: " + openssl_reason()));
    }
    ++found;
  }
  if (found == 0) {
    return tl::unexpected(problem(
        "ca_file", ca_file,
        "holds no certificate (" + openssl_reason() + "); expected PEM, those that sign the clients'"));
  }
  ERR_clear_error();
  SSL_CTX_set_verify(context_, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  // A resumed session would carry on past the end of the client's certificate.
  SSL_CTX_set_options(context_, SSL_OP_NO_TICKET);
  SSL_CTX_set_num_tickets(context_, 0);
  return {};
}

util::Result<void> TlsContext::check_validity() const {
  const auto now = std::chrono::system_clock::now();
  const std::string what = "tls_cert " + cert_file_ + ": ";
  if (now >= expires_) {
    return util::fail(util::ErrorKind::invalid,
                      what + "expired at " + show(expires_) + ", clients will refuse it; renew it");
  }
  if (now < begins_) {
    return util::fail(util::ErrorKind::invalid,
                      what + "is valid from " + show(begins_) + " on only; is this machine's clock right?");
  }
  return {};
}

}  // namespace portcullis::http
