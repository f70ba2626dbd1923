// SPDX-License-Identifier: Apache-2.0
//
// What only TLS shows, against `openssl s_server`: the way from https to http, and client certificates.
#include <filesystem>

#include "fake_upstream.hpp"
#include "support/ports.hpp"
#include "support/process.hpp"
#include "support/require.hpp"
#include "support/temp_dir.hpp"
#include "support/wait.hpp"
#include "upstream_fixture.hpp"

namespace portcullis::upstream {
namespace {

using util::ErrorKind;

/// Answers `GET /v2/library/app/manifests/TAG` with the bytes said(TAG, ...) was given, over TLS.
class TlsServer {
 public:
  explicit TlsServer(std::vector<std::string> flags = {}) {
    test::run_ok(
        {.argv = {"openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
                  "-nodes", "-days", "2", "-subj", "/CN=localhost", "-addext",
                  "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", key(), "-out", certificate()}});
    std::vector<std::string> argv{"openssl", "s_server",    "-HTTP", "-accept", address(),
                                  "-cert",   certificate(), "-key",  key()};
    for (auto& flag : flags) argv.push_back(flag == "CERTIFICATE" ? certificate() : std::move(flag));
    process_.emplace(
        test::Command{.argv = argv, .cwd = dir_.path(), .out_file = dir_ / "log", .err_file = dir_ / "log"});
    up_ = test::wait_until([&] { return test::slurp(dir_ / "log").find("ACCEPT") != std::string::npos; });
  }

  bool up() const { return up_; }
  void say(const std::string& tag, const std::string& head, const std::string& body) {
    dir_.write("v2/library/app/manifests/" + tag,
               head + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
  }
  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }
  std::string url() const { return "https://" + address(); }
  std::string certificate() const { return (dir_ / "cert.pem").string(); }
  std::string key() const { return (dir_ / "key.pem").string(); }

 private:
  const test::TempDir dir_;
  const std::uint16_t port_ = test::free_port();
  std::optional<test::Process> process_;
  bool up_ = false;
};

const std::string kManifest = R"({"schemaVersion":2,"layers":[]})";

TEST_F(UpstreamTest, NothingLeadsFromHttpsToPlainHttp) {
  PORTCULLIS_REQUIRE_TOOL("openssl");
  FakeUpstream plain([](const FakeRequest&, FakeConnection& client) { client.answer(200, {}, kManifest); });
  TlsServer server;
  ASSERT_TRUE(server.up());
  server.say("fine", "HTTP/1.1 200 OK\r\n", kManifest);
  server.say("plain",
             "HTTP/1.1 307 Temporary Redirect\r\nLocation: " + plain.url() + "/x?signature=s3cr3t\r\n", "");
  server.say("token",
             "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Bearer realm=\"" + plain.url() + "/token\"\r\n",
             "");
  auto options = options_for(server.url());
  options.ca_file = server.certificate();
  options.credentials = Credentials{"me", "hunter2"};
  options.attempts = 1;
  connect_to(options);

  const auto fine = registry_->manifest(repository(), tag("fine"));
  EXPECT_TRUE(fine) << fine.error().message;
  const auto redirected = registry_->manifest(repository(), tag("plain"));
  ASSERT_FALSE(redirected);
  EXPECT_EQ(redirected.error().kind, ErrorKind::corrupt);
  EXPECT_NE(redirected.error().message.find("from https to plain http"), std::string::npos)
      << redirected.error().message;
  EXPECT_EQ(redirected.error().message.find("s3cr3t"), std::string::npos);
  const auto token = registry_->manifest(repository(), tag("token"));
  ASSERT_FALSE(token);
  EXPECT_EQ(token.error().kind, ErrorKind::denied);
  EXPECT_NE(token.error().message.find("over plain http"), std::string::npos) << token.error().message;
  EXPECT_EQ(plain.requests().size(), 0u);
}

TEST_F(UpstreamTest, AClientCertificateIsShownToWhoWantsIt) {
  PORTCULLIS_REQUIRE_TOOL("openssl");
  TlsServer server({"-Verify", "1", "-verify_return_error", "-CAfile", "CERTIFICATE"});
  ASSERT_TRUE(server.up());
  server.say("v1", "HTTP/1.1 200 OK\r\n", kManifest);
  auto options = options_for(server.url());
  options.ca_file = server.certificate();
  options.attempts = 1;
  connect_to(options);
  const auto without = registry_->manifest(repository(), tag());
  ASSERT_FALSE(without);
  EXPECT_EQ(without.error().kind, ErrorKind::unreachable) << without.error().message;
  options.client_cert_file = server.certificate();
  options.client_key_file = server.key();
  connect_to(options);
  const auto with = registry_->manifest(repository(), tag());
  EXPECT_TRUE(with) << with.error().message;
}

}  // namespace
}  // namespace portcullis::upstream
