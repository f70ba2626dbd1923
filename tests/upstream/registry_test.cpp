// SPDX-License-Identifier: Apache-2.0
//
// Against a real registry.
#include "support/docker_registry.hpp"
#include "support/http_get.hpp"
#include "support/image_builder.hpp"
#include "support/ports.hpp"
#include "support/process.hpp"
#include "support/require.hpp"
#include "support/temp_dir.hpp"
#include "support/wait.hpp"
#include "upstream_fixture.hpp"

namespace portcullis::upstream {
namespace {

using util::ErrorKind;

test::Image sample_image() {
  return test::ImageBuilder()
      .layer({{"etc/motd", "hello\n"}})
      .layer({{"usr/bin/x", std::string(100'000, 'x')}})
      .build();
}

TEST_F(UpstreamTest, PullsAnImageFromARealRegistry) {
  PORTCULLIS_REQUIRE_TOOL("docker-registry");
  const test::TempDir dir;
  test::DockerRegistry real(dir.path());
  const auto image = sample_image();
  test::push(real.port(), "library/app", "v1", image);
  connect_to(options_for(real.url() + "/"));

  const auto resolved = registry_->resolve(repository(), tag());
  ASSERT_TRUE(resolved) << resolved.error().message;
  EXPECT_EQ(resolved->digest, image.digest());
  EXPECT_EQ(resolved->media_type, image.manifest.media_type);
  EXPECT_EQ(resolved->size, image.manifest.bytes.size());

  for (const auto& reference : {tag(), oci::TagOrDigest(image.digest())}) {
    const auto document = registry_->manifest(repository(), reference);
    ASSERT_TRUE(document) << document.error().message;
    EXPECT_EQ(document->bytes, image.manifest.bytes);
    EXPECT_EQ(document->media_type, image.manifest.media_type);
    EXPECT_EQ(document->digest, image.digest());
  }
  for (const auto& layer : image.layers) {
    StringSink sink;
    const auto done = registry_->blob(repository(), layer.digest(), layer.bytes.size(), sink);
    ASSERT_TRUE(done) << done.error().message;
    EXPECT_EQ(sink.text, layer.bytes);
  }
  const auto tags = registry_->tags(repository(), "");
  ASSERT_TRUE(tags) << tags.error().message;
  EXPECT_NE(tags->body.find("\"v1\""), std::string::npos) << tags->body;

  StringSink sink;
  const auto no_tag = registry_->manifest(repository(), tag("other"));
  const auto no_repository = registry_->resolve(repository("library/none"), tag());
  const auto no_blob = registry_->blob(repository(), oci::Digest::of("none"), 4, sink);
  ASSERT_FALSE(no_tag || no_repository || no_blob);
  EXPECT_EQ(no_tag.error().kind, ErrorKind::absent);
  EXPECT_EQ(no_repository.error().kind, ErrorKind::absent);
  EXPECT_EQ(no_blob.error().kind, ErrorKind::absent);

  real.stop();
  const auto down = registry_->manifest(repository(), tag());
  ASSERT_FALSE(down);
  EXPECT_EQ(down.error().kind, ErrorKind::unreachable);
}

TEST_F(UpstreamTest, TlsAndPasswordOfARealRegistry) {
  PORTCULLIS_REQUIRE_TOOL("docker-registry");
  PORTCULLIS_REQUIRE_TOOL("openssl");
  const test::TempDir dir;
  const auto certificate = (dir / "cert.pem").string();
  const auto key = (dir / "key.pem").string();
  test::run_ok(
      {.argv = {"openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
                "-nodes", "-days", "2", "-subj", "/CN=localhost", "-addext",
                "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", key, "-out", certificate}});
  // bcrypt of "s3cret-for-test"
  dir.write("htpasswd", "tester:$2b$04$o2DxLS4ymsDvnjRyJ3VIJOBYOaMBuwXHiOwO5NYpM6tm5hboaL/i2\n");
  const auto address = "127.0.0.1:" + std::to_string(test::free_port());
  dir.write("config.yml",
            "version: 0.1\nstorage: {filesystem: {rootdirectory: " + (dir / "storage").string() +
                "}}\nauth: {htpasswd: {realm: test, path: " + (dir / "htpasswd").string() +
                "}}\nhttp: {addr: '" + address + "', tls: {certificate: " + certificate + ", key: " + key +
                "}}\n");
  test::Process real({.argv = {"docker-registry", "serve", (dir / "config.yml").string()},
                      .env = {{"OTEL_TRACES_EXPORTER", "none"}},
                      .out_file = dir / "log",
                      .err_file = dir / "log"});
  ASSERT_TRUE(test::wait_until([&] {
    return test::slurp(dir / "log").find("listening on") != std::string::npos;
  })) << test::slurp(dir / "log");

  struct Row {
    const char* name;
    std::string ca_file;
    std::optional<Credentials> credentials;
    ErrorKind kind;
    const char* message;
  };
  const Credentials right{"tester", "s3cret-for-test"};
  const Row rows[] = {
      {"unknown certificate", "", right, ErrorKind::unreachable, "certificate"},
      {"no credentials", certificate, std::nullopt, ErrorKind::denied, "configure credentials"},
      {"wrong password", certificate, Credentials{"tester", "guess"}, ErrorKind::denied, "were refused"},
      {"right, but nothing there", certificate, right, ErrorKind::absent, "not found"},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.name);
    auto options = options_for("https://" + address);
    options.ca_file = row.ca_file;
    options.credentials = row.credentials;
    connect_to(options);
    const auto document = registry_->manifest(repository(), tag());
    ASSERT_FALSE(document);
    EXPECT_EQ(document.error().kind, row.kind) << document.error().message;
    EXPECT_NE(document.error().message.find(row.message), std::string::npos) << document.error().message;
  }
}

}  // namespace
}  // namespace portcullis::upstream
