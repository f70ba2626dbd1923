// SPDX-License-Identifier: Apache-2.0
//
// TLS with the clients' own tools: curl and `openssl s_client`.
#include <gmock/gmock.h>
#include <sys/stat.h>

#include <atomic>
#include <filesystem>
#include <mutex>
#include <ostream>
#include <string>
#include <vector>

#include "http/registry_fixture.hpp"
#include "support/certificates.hpp"
#include "support/process.hpp"
#include "support/require.hpp"
#include "support/temp_dir.hpp"

namespace portcullis::http::test {
namespace {

using portcullis::test::KeyPair;
using portcullis::test::run;
using portcullis::test::RunResult;
using portcullis::test::slurp;
using portcullis::test::TempDir;
using portcullis::test::TestCa;
using testing::HasSubstr;
using testing::Not;

#define NEEDS_OPENSSL_AND_CURL()      \
  PORTCULLIS_REQUIRE_TOOL("openssl"); \
  PORTCULLIS_REQUIRE_TOOL("curl")

class TlsTest : public RegistryFixture {
 protected:
  void SetUp() override {
    NEEDS_OPENSSL_AND_CURL();
    ca_.emplace(dir_.path());
    use(ca_->server("server"));
  }

  void use(const KeyPair& pair) {
    options_.listen.tls.emplace();
    options_.listen.tls->cert = pair.cert;
    options_.listen.tls->key = pair.key;
  }
  void require_clients() { options_.listen.tls->client_ca = ca_->cert(); }

  RunResult curl(const std::string& target, const std::vector<std::string>& more = {}) const {
    std::vector<std::string> argv = {
        "curl", "--silent", "--show-error",       "--max-time",
        "60",   "--cacert", ca_->cert().string(), "https://127.0.0.1:" + std::to_string(port()) + target};
    argv.insert(argv.end(), more.begin(), more.end());
    return run(argv);
  }
  RunResult s_client(const std::vector<std::string>& more) const {
    std::vector<std::string> argv = {"openssl", "s_client", "-connect",
                                     "127.0.0.1:" + std::to_string(port())};
    argv.insert(argv.end(), more.begin(), more.end());
    return run(argv);
  }
  std::string reload_error(const TlsOptions& tls) {
    const auto done = server_->reload({.tls = tls, .access = options_.access});
    return done ? "" : done.error().message;
  }
  std::string start_error() {
    const auto server = listen_registry(options_, gate_, metrics_);
    return server ? "" : server.error().message;
  }
  static std::string status_of(const RunResult& result) { return result.out; }
  std::vector<std::string> as(const KeyPair& pair) const {
    return {"--cert", pair.cert.string(), "--key", pair.key.string()};
  }

  TempDir dir_;
  std::optional<TestCa> ca_;
};

TEST_F(TlsTest, AnswersAndKeepsTheConnection) {
  start();
  const auto both =
      curl(kTarget, {"--next", "--silent", "--cacert", ca_->cert().string(), "--write-out", "%{num_connects}",
                     "https://127.0.0.1:" + std::to_string(port()) + kTarget});
  EXPECT_EQ(both.out, kManifest + kManifest + "0") << both.err;
  EXPECT_EQ(gate_.last_manifest()->client.address, "127.0.0.1");
  EXPECT_GT(metric("portcullis_tls_certificate_expiry_timestamp_seconds{listener=registry}"), 1'700'000'000);
}

TEST_F(TlsTest, BlobsArriveWholeAndInRanges) {
  std::string content;
  for (int i = 0; i < 1'500'000; ++i) content += static_cast<char>(i * 7 + i / 251);
  const auto file = dir_.write("blob", content);
  gate_.on_blob = [&](const gate::BlobRequest& request) { return served_blob(file, request.digest); };
  start();
  const auto target = "/v2/a/b/blobs/" + oci::Digest::of(content).text();
  const auto got = dir_ / "got";
  for (const char* version : {"--tlsv1.3", "--tls-max"}) {
    std::vector<std::string> more = {"--output", got.string(), version};
    if (std::string(version) == "--tls-max") more.push_back("1.2");
    EXPECT_EQ(curl(target, more).exit_code, 0);
    EXPECT_TRUE(slurp(got) == content) << version;
  }
  EXPECT_EQ(curl(target, {"--range", "1000000-", "--output", got.string()}).exit_code, 0);
  EXPECT_TRUE(slurp(got) == content.substr(1'000'000));
  EXPECT_EQ(curl(target, {"--limit-rate", "3M", "--output", got.string()}).exit_code, 0);
  EXPECT_TRUE(slurp(got) == content) << "through a client that is slower than we are";
}

TEST_F(TlsTest, TheRedirectToItselfIsRelative) {
  gate_.on_manifest = [](const gate::ManifestRequest&) { return manifest_status(gate::Status::pending, ""); };
  start();
  const auto answer = curl(kTarget, {"--head"});
  EXPECT_THAT(answer.out, HasSubstr("/v2/team/app/manifests/1.0?portcullis-hop=1\r\n")) << answer.err;
}

struct Offer {
  const char* name;
  std::vector<std::string> flags;
  bool accepted;
  const char* text;
};

void PrintTo(const Offer& offer, std::ostream* out) { *out << offer.name; }

class OfferTable : public TlsTest, public testing::WithParamInterface<Offer> {};

TEST_P(OfferTable, IsAcceptedOrNot) {
  start();
  const auto result = s_client(GetParam().flags);
  EXPECT_EQ(result.exit_code == 0, GetParam().accepted) << result.out << result.err;
  EXPECT_THAT(result.out + result.err, HasSubstr(GetParam().text));
}

INSTANTIATE_TEST_SUITE_P(
    Rows, OfferTable,
    testing::Values(Offer{"tls_1_3", {"-tls1_3"}, true, "TLSv1.3"},
                    Offer{"tls_1_2", {"-tls1_2"}, true, "TLSv1.2"},
                    Offer{"tls_1_1", {"-tls1_1", "-cipher", "DEFAULT:@SECLEVEL=0"}, false, "alert"},
                    Offer{"tls_1_0", {"-tls1", "-cipher", "DEFAULT:@SECLEVEL=0"}, false, "alert"},
                    Offer{"no_forward_secrecy", {"-tls1_2", "-cipher", "AES128-GCM-SHA256"}, false, "alert"},
                    Offer{"alpn_both", {"-alpn", "h2,http/1.1"}, true, "ALPN protocol: http/1.1"},
                    Offer{"alpn_http_2_only", {"-alpn", "h2"}, false, "no application protocol"},
                    Offer{"no_alpn", {}, true, "No ALPN negotiated"}),
    [](const auto& row) { return std::string(row.param.name); });

TEST_F(TlsTest, PlainHttpIsToldWhatToSpeak) {
  start();
  const auto answer = get_once(port(), "/v2/");
  EXPECT_EQ(answer.status, 400);
  EXPECT_THAT(answer.body, HasSubstr("this port speaks TLS, use https"));
  EXPECT_TRUE(answer.complete);
}

TEST_F(TlsTest, ClientCertificatesAreRequiredAndNameTheUser) {
  require_clients();
  start();
  const auto known = curl(kTarget, as(ca_->client("c", "/O=Example/CN=runner 7")));
  EXPECT_EQ(known.out, kManifest) << known.err;
  EXPECT_EQ(gate_.last_manifest()->client.user, "CN=runner 7,O=Example");

  EXPECT_NE(curl(kTarget).exit_code, 0) << "without one";
  const TestCa other(dir_.path(), "other");
  EXPECT_NE(curl(kTarget, as(other.client("c", "/CN=runner 7"))).exit_code, 0) << "of somebody else";
  EXPECT_EQ(gate_.asked(), 1);
}

TEST_F(TlsTest, ACertificateDoesNotReplaceTheAddress) {
  require_clients();
  options_.access.allow = {*Network::parse("10.0.0.0/8")};
  start();
  EXPECT_THAT(curl(kTarget, as(ca_->client("c", "/CN=c"))).out, HasSubstr("127.0.0.1 may not pull"));
}

/// What a handler leaves for the test to read.
class Note {
 public:
  void set(std::string text) {
    const std::lock_guard lock(mutex_);
    text_ = std::move(text);
  }
  std::string get() const {
    const std::lock_guard lock(mutex_);
    return text_;
  }

 private:
  mutable std::mutex mutex_;
  std::string text_ = "not called";
};

TEST_F(TlsTest, AfterAReloadOldConnectionsAreAskedForCertificatesToo) {
  // One connection, two requests, and the reload in between: made by the handler of the first.
  std::atomic<bool> reloads = false;
  Note error;
  gate_.on_manifest = [&](const gate::ManifestRequest&) {
    if (reloads) {
      auto tls = *options_.listen.tls;
      tls.client_ca = ca_->cert();
      error.set(reload_error(tls));
    }
    return served_manifest(kManifest);
  };
  start();
  EXPECT_THAT(curl(kTarget, {"--write-out", " before %{http_code}"}).out, HasSubstr("before 200"));
  reloads = true;
  const auto both = curl(
      kTarget, {"--next", "--silent", "--cacert", ca_->cert().string(), "--write-out",
                " %{num_connects} %{http_code}", "https://127.0.0.1:" + std::to_string(port()) + kTarget});
  EXPECT_EQ(error.get(), "");
  EXPECT_THAT(both.out, HasSubstr("this connection is older than the demand for client certificates"));
  EXPECT_THAT(both.out, HasSubstr(" 0 403"));
}

TEST_F(TlsTest, ReloadExchangesTheCertificateAndCutsNobody) {
  const auto fresh = ca_->server("fresh");
  const TlsOptions next{fresh.cert, fresh.key, {}};
  Note error;
  gate_.on_manifest = [&](const gate::ManifestRequest&) {
    error.set(reload_error(next));
    return served_manifest(kManifest);
  };
  start();
  const auto serial_of = [](const std::filesystem::path& cert) {
    return run({"openssl", "x509", "-noout", "-serial", "-in", cert.string()}).out;
  };
  const auto served = [&] {
    const auto seen = s_client({"-showcerts"});
    return serial_of(dir_.write("seen", seen.out));
  };
  const auto old = options_.listen.tls->cert;
  EXPECT_EQ(served(), serial_of(old));

  const auto both =
      curl(kTarget, {"--next", "--silent", "--cacert", ca_->cert().string(), "--write-out",
                     " %{num_connects}", "https://127.0.0.1:" + std::to_string(port()) + "/v2/"});
  EXPECT_EQ(error.get(), "");
  EXPECT_EQ(both.out, kManifest + "{} 0") << "the connection went on";
  EXPECT_EQ(served(), serial_of(fresh.cert));

  const auto stays = [&](const TlsOptions& bad, const std::string& message) {
    EXPECT_THAT(reload_error(bad), HasSubstr(message));
    EXPECT_EQ(served(), serial_of(fresh.cert)) << message;
  };
  stays({fresh.cert, options_.listen.tls->key, {}}, "is not the key of the certificate");
  stays({dir_ / "none.pem", fresh.key, {}}, "none.pem");
  const auto expired = ca_->server("expired", "20200101000000Z");
  stays({expired.cert, expired.key, {}}, "expired at 2020-01-01T00:00:00");
  EXPECT_THAT(server_->reload({}).error().message, HasSubstr("switched on and off by a restart only"));
  EXPECT_EQ(served(), serial_of(fresh.cert));
}

TEST_F(TlsTest, WhatIsWrongWithTheFilesStopsTheStart) {
  const auto good = *options_.listen.tls;
  const auto expect = [&](const TlsOptions& tls, const std::string& file, const std::string& text) {
    options_.listen.tls = tls;
    const auto error = start_error();
    EXPECT_THAT(error, HasSubstr(file));
    EXPECT_THAT(error, HasSubstr(text));
  };
  const auto text = dir_.write("text", "no certificate\n");
  expect({text, good.key, {}}, "tls_cert " + text.string(), "holds no certificate");
  expect({good.cert, text, {}}, "tls_key " + text.string(), "holds no private key");
  expect({dir_ / "none", good.key, {}}, "tls_cert " + (dir_ / "none").string(), "name a PEM file");
  expect({good.cert, dir_ / "none", {}}, "tls_key " + (dir_ / "none").string(), "name a PEM file");
  expect({good.cert, good.key, text}, "ca_file " + text.string(), "holds no certificate");
  expect({good.cert, ca_->server("two").key, {}}, "tls_key",
         "is not the key of the certificate in " + good.cert.string());
  const auto locked = dir_ / "locked.key";
  run({"openssl", "pkey", "-in", good.key.string(), "-aes256", "-passout", "pass:hunter2", "-out",
       locked.string()});
  expect({good.cert, locked, {}}, "tls_key " + locked.string(), "without a passphrase");
}

TEST_F(TlsTest, AnExpiredCertificateIsServedWithAWarning) {
  use(ca_->server("expired", "20200101000000Z"));
  testing::internal::CaptureStderr();
  start();
  const auto log = testing::internal::GetCapturedStderr();
  EXPECT_THAT(log, HasSubstr("expired at 2020-01-01T00:00:00"));
  EXPECT_THAT(curl(kTarget).err, HasSubstr("expired"));
  EXPECT_EQ(curl(kTarget, {"--insecure"}).out, kManifest);
}

TEST_F(TlsTest, AKeyThatEverybodyCanReadIsDoubted) {
  ::chmod(options_.listen.tls->key.c_str(), 0644);
  testing::internal::CaptureStderr();
  start();
  EXPECT_THAT(testing::internal::GetCapturedStderr(), HasSubstr("chmod 600"));
}

}  // namespace
}  // namespace portcullis::http::test
