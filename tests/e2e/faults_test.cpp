// SPDX-License-Identifier: Apache-2.0
//
// An upstream that answers wrongly: nothing of it becomes visible in the store, the client gets a
// clear error, and the next pull works once the upstream is well again.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <ostream>

#include "support/raw_server.hpp"
#include "support/wait.hpp"
#include "world.hpp"

namespace portcullis::test {
namespace {

enum class Fault {
  none,
  layer_cut,
  layer_short,
  layer_too_long,
  layer_other_bytes,
  layer_server_error,
  config_other_bytes,
  manifest_other_bytes,
  manifest_cut,
  manifest_too_large,
  login_page,
};

const std::string kLoginPage = "<html><body>Please log in to the wireless network</body></html>";

/// Serves one image as `team/app:1`, with one thing wrong.
class FaultyRegistry {
 public:
  explicit FaultyRegistry(Image image)
      : image_(std::move(image)),
        server_([this](const std::string&, const std::string& target) { return answer(target); }) {}

  std::string url() const { return server_.url(); }
  void set(Fault fault) { fault_ = fault; }

 private:
  RawAnswer answer(const std::string& target) const {
    const Fault fault = fault_;
    if (fault == Fault::login_page)
      return {http_message("200 OK", "Content-Type: text/html\r\n", kLoginPage)};
    if (target == "/v2/") return {http_message("200 OK", "", "{}")};
    if (target.find("/manifests/") != std::string::npos) return manifest(fault);
    for (const auto& layer : image_.layers) {
      if (target.ends_with(layer.digest().text())) return broken_layer(fault, layer.bytes);
    }
    if (target.ends_with(image_.config.digest().text())) {
      return {http_message(
          "200 OK", "",
          fault == Fault::config_other_bytes ? other(image_.config.bytes) : image_.config.bytes)};
    }
    return {http_message("404 Not Found", "", "{}")};
  }

  RawAnswer manifest(Fault fault) const {
    const std::string headers = "Content-Type: " + image_.manifest.media_type +
                                "\r\nDocker-Content-Digest: " + image_.digest().text() + "\r\n";
    const auto& bytes = image_.manifest.bytes;
    switch (fault) {
      case Fault::manifest_other_bytes:
        return {http_message("200 OK", headers, other(bytes))};
      case Fault::manifest_cut:
        return cut(http_message("200 OK", headers, bytes), bytes.size() / 2);
      case Fault::manifest_too_large:
        return {http_message("200 OK", headers, bytes + std::string(5 << 20, ' '))};
      default:
        return {http_message("200 OK", headers, bytes)};
    }
  }

  static RawAnswer broken_layer(Fault fault, const std::string& bytes) {
    switch (fault) {
      case Fault::layer_cut:
        return cut(http_message("200 OK", "", bytes), bytes.size() / 2);
      case Fault::layer_short:
        return {http_message("200 OK", "", bytes.substr(0, bytes.size() / 2))};
      case Fault::layer_too_long:
        return {http_message("200 OK", "", bytes + "and more")};
      case Fault::layer_other_bytes:
        return {http_message("200 OK", "", other(bytes))};
      case Fault::layer_server_error:
        return {http_message("500 Internal Server Error", "", "out of order")};
      default:
        return {http_message("200 OK", "", bytes)};
    }
  }

  static RawAnswer cut(std::string message, std::size_t by) {
    message.resize(message.size() - by);
    return {std::move(message)};
  }
  static std::string other(std::string bytes) {
    bytes.back() = bytes.back() == 'x' ? 'y' : 'x';
    return bytes;
  }

  const Image image_;
  std::atomic<Fault> fault_ = Fault::none;
  RawServer server_;  // last: its threads use the others
};

/// Every visible blob is what its name says.
void expect_sound_store(const PortcullisServer& server) {
  const auto directory = server.data() / "blobs" / "sha256";
  for (const auto& entry : std::filesystem::recursive_directory_iterator(directory)) {
    if (!entry.is_regular_file()) continue;
    EXPECT_EQ(oci::Digest::of(slurp(entry.path())).hex(), entry.path().filename().string());
  }
}

struct Row {
  const char* name;
  Fault fault;

  friend void PrintTo(const Row& row, std::ostream* out) { *out << row.name; }
};

class FaultyUpstream : public ::testing::TestWithParam<Row> {};

TEST_P(FaultyUpstream, LeavesNothingBehindAndTheNextPullWorks) {
  const auto image = ImageBuilder().layer({{"etc/motd", "hello"}}).layer({{"etc/issue", "two"}}).build();
  FaultyRegistry registry(image);
  const TempDir dir;
  PortcullisServer server(
      {.directory = dir / "portcullis",
       .config = "[[upstream]]\nname = \"docker.io\"\nurl = \"" + registry.url() + "\"\nattempts = 1\n"});
  registry.set(GetParam().fault);
  const auto refused = get_manifest(server.port(), "team/app", "1");
  EXPECT_GE(refused.status, 400) << refused.body;
  EXPECT_NE(refused.status, 404) << "a broken upstream did not say that the image is absent";
  const auto json = nlohmann::json::parse(refused.body, nullptr, false);
  ASSERT_TRUE(json.is_object() && json.contains("errors")) << refused.body;
  EXPECT_NE(json["errors"].at(0).value("message", ""), "");

  expect_sound_store(server);
  EXPECT_FALSE(server.has_blob(oci::Digest::of(kLoginPage).hex()));
  const auto layer_fault =
      GetParam().fault >= Fault::layer_cut && GetParam().fault <= Fault::layer_server_error;
  if (layer_fault) {
    for (const auto& layer : image.layers) EXPECT_FALSE(server.has_blob(layer.digest().hex()));
  }
  for (const auto& layer : image.layers) {
    EXPECT_NE(http_get(server.port(), "/v2/team/app/blobs/" + layer.digest().text()).status, 200);
  }

  registry.set(Fault::none);
  // A tag that could not be resolved is not asked for again at once, so "the next pull" may be one
  // that comes some seconds later.
  auto result = ::testing::AssertionFailure();
  wait_until([&] { return bool(result = pulls(server.port(), "team/app", "1", image)); });
  EXPECT_TRUE(result);
  expect_sound_store(server);
}

INSTANTIATE_TEST_SUITE_P(Rows, FaultyUpstream,
                         ::testing::Values(Row{"LayerCut", Fault::layer_cut},
                                           Row{"LayerShort", Fault::layer_short},
                                           Row{"LayerTooLong", Fault::layer_too_long},
                                           Row{"LayerOtherBytes", Fault::layer_other_bytes},
                                           Row{"LayerServerError", Fault::layer_server_error},
                                           Row{"ConfigOtherBytes", Fault::config_other_bytes},
                                           Row{"ManifestOtherBytes", Fault::manifest_other_bytes},
                                           Row{"ManifestCut", Fault::manifest_cut},
                                           Row{"ManifestTooLarge", Fault::manifest_too_large},
                                           Row{"LoginPage", Fault::login_page}),
                         [](const auto& row) { return std::string(row.param.name); });

}  // namespace
}  // namespace portcullis::test
