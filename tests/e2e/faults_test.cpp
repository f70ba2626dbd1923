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
  layer_absent,
  layer_encoded,
  layer_stalls_at_once,
  layer_stalls_in_the_middle,
  layer_stalls_at_the_end,
  layer_endless,
  layer_redirects_in_a_circle,
  layer_redirects_to_loopback,
  layer_redirects_to_loopback_v6,
  layer_redirects_to_link_local,
  layer_counted,
  config_other_bytes,
  manifest_other_bytes,
  manifest_cut,
  manifest_too_large,
  manifest_deep,
  manifest_of_another_type,
  foreign_realm,
  plain_realm,
  counted,
  header_bomb,
  no_http,
  login_page,
};

const std::string kLoginPage = "<html><body>Please log in to the wireless network</body></html>";

/// Serves one image as `team/app:1`, with one thing wrong.
class FaultyRegistry {
 public:
  explicit FaultyRegistry(Image image)
      : image_(std::move(image)),
        server_([this](const std::string&, const std::string& target) { return answer(target); }) {}

  /// By a name: nothing of it is on a private address, as far as rules for redirects go.
  std::string url() const { return "http://registry.localhost:" + std::to_string(server_.port()); }
  void set(Fault fault) { fault_ = fault; }

 private:
  RawAnswer answer(const std::string& target) const {
    const Fault fault = fault_;
    if (fault == Fault::login_page)
      return {http_message("200 OK", "Content-Type: text/html\r\n", kLoginPage)};
    if (fault == Fault::foreign_realm) return challenge("https://tokens.example/token");
    if (fault == Fault::plain_realm) return challenge(url() + "/token");
    if (fault == Fault::counted) return {http_message("429 Too Many Requests", "", "{}")};
    if (fault == Fault::header_bomb) {
      return {"HTTP/1.1 200 OK\r\nX-Bomb: " + std::string(1 << 20, 'x') + "\r\n\r\n"};
    }
    if (fault == Fault::no_http) return {"\x15\x03\x01 what?\r\n\r\n"};
    if (target == "/circle") return redirect("/circle");
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

  static RawAnswer redirect(const std::string& place) {
    return {http_message("307 Temporary Redirect", "Location: " + place + "\r\n", "")};
  }
  static RawAnswer challenge(const std::string& realm) {
    return {http_message("401 Unauthorized", "WWW-Authenticate: Bearer realm=\"" + realm + "\"\r\n", "{}")};
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
      case Fault::manifest_deep: {
        const std::string deep =
            R"({"schemaVersion":2,"layers":)" + std::string(100'000, '[') + std::string(100'000, ']') + "}";
        return {http_message("200 OK",
                             "Content-Type: " + image_.manifest.media_type +
                                 "\r\nDocker-Content-Digest: " + oci::Digest::of(deep).text() + "\r\n",
                             deep)};
      }
      case Fault::manifest_of_another_type:
        return {http_message("200 OK",
                             "Content-Type: " + std::string(oci::kOciIndex) +
                                 "\r\nDocker-Content-Digest: " + image_.digest().text() + "\r\n",
                             bytes)};
      case Fault::manifest_too_large:
        return {http_message("200 OK", headers, bytes + std::string(5 << 20, ' '))};
      default:
        return {http_message("200 OK", headers, bytes)};
    }
  }

  RawAnswer broken_layer(Fault fault, const std::string& bytes) const {
    const auto stall_after = [&](std::size_t count) {
      auto message = http_message("200 OK", "", bytes);
      message.resize(message.size() - bytes.size() + count);
      return RawAnswer{std::move(message), Afterwards::hang};
    };
    const auto port = std::to_string(server_.port());
    switch (fault) {
      case Fault::layer_absent:
        return {http_message("404 Not Found", "", "{}")};
      case Fault::layer_encoded:
        return {http_message("200 OK", "Content-Encoding: gzip\r\n", "\x1f\x8b and so on")};
      case Fault::layer_stalls_at_once:
        return stall_after(0);
      case Fault::layer_stalls_in_the_middle:
        return stall_after(bytes.size() / 2);
      case Fault::layer_stalls_at_the_end:
        return stall_after(bytes.size() - 1);
      case Fault::layer_endless: {
        std::string endless = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
        for (int i = 0; i < 64; ++i) endless += "10000\r\n" + std::string(65536, 'e') + "\r\n";
        return {std::move(endless), Afterwards::hang};
      }
      case Fault::layer_redirects_in_a_circle:
        return redirect("/circle");
      case Fault::layer_redirects_to_loopback:
        return redirect("http://127.0.0.1:" + port + "/x");
      case Fault::layer_redirects_to_loopback_v6:
        return redirect("http://[::1]:" + port + "/x");
      case Fault::layer_redirects_to_link_local:
        return redirect("http://169.254.169.254/latest/meta-data");
      case Fault::layer_counted:
        return {http_message("429 Too Many Requests", "", "{}")};
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
  int status;        ///< of what the client gets
  const char* word;  ///< in its message

  friend void PrintTo(const Row& row, std::ostream* out) { *out << row.name; }
};

class FaultyUpstream : public ::testing::TestWithParam<Row> {};

TEST_P(FaultyUpstream, LeavesNothingBehindAndTheNextPullWorks) {
  const auto image = ImageBuilder().layer({{"etc/motd", "hello"}}).layer({{"etc/issue", "two"}}).build();
  FaultyRegistry registry(image);
  const TempDir dir;
  PortcullisServer server({.directory = dir / "portcullis",
                           .config = "[[upstream]]\nname = \"docker.io\"\nurl = \"" + registry.url() +
                                     "\"\nattempts = 1\nallow_plain_http = true\nstall_timeout = "
                                     "\"700ms\"\n[gate]\ntag_ttl = \"0s\"\n"});
  registry.set(GetParam().fault);
  const auto refused = get_manifest(server.port(), "team/app", "1");
  // Never 404: a broken upstream did not say that the image is absent.
  EXPECT_EQ(refused.status, GetParam().status) << refused.body;
  EXPECT_THAT(refused.body, ::testing::HasSubstr(GetParam().word));
  const auto json = nlohmann::json::parse(refused.body, nullptr, false);
  ASSERT_TRUE(json.is_object() && json.contains("errors")) << refused.body;
  EXPECT_NE(json["errors"].at(0).value("message", ""), "");

  expect_sound_store(server);
  EXPECT_FALSE(server.has_blob(oci::Digest::of(kLoginPage).hex()));
  const auto layer_fault = GetParam().fault >= Fault::layer_cut && GetParam().fault <= Fault::layer_counted;
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

INSTANTIATE_TEST_SUITE_P(
    Rows, FaultyUpstream,
    ::testing::Values(
        Row{"LayerCut", Fault::layer_cut, 503, "partial file"},
        Row{"LayerShort", Fault::layer_short, 503, "the descriptor says"},
        Row{"LayerTooLong", Fault::layer_too_long, 503, "the descriptor says"},
        Row{"LayerOtherBytes", Fault::layer_other_bytes, 503, "digest"},
        Row{"LayerServerError", Fault::layer_server_error, 503, "HTTP 500"},
        Row{"LayerAbsent", Fault::layer_absent, 503, "HTTP 404"},
        Row{"LayerEncoded", Fault::layer_encoded, 503, "Content-Encoding"},
        Row{"LayerStallsAtOnce", Fault::layer_stalls_at_once, 503, "sent nothing, or too little"},
        Row{"LayerStallsInTheMiddle", Fault::layer_stalls_in_the_middle, 503, "sent nothing, or too little"},
        Row{"LayerStallsAtTheEnd", Fault::layer_stalls_at_the_end, 503, "sent nothing, or too little"},
        Row{"LayerEndless", Fault::layer_endless, 503, "more bytes than"},
        Row{"LayerRedirectsInACircle", Fault::layer_redirects_in_a_circle, 503, "more than 5 times"},
        Row{"LayerRedirectsToLoopback", Fault::layer_redirects_to_loopback, 503, "private address"},
        Row{"LayerRedirectsToLoopbackV6", Fault::layer_redirects_to_loopback_v6, 503, "private address"},
        Row{"LayerRedirectsToLinkLocal", Fault::layer_redirects_to_link_local, 503, "private address"},
        Row{"LayerCounted", Fault::layer_counted, 503, "rate limit"},
        Row{"ConfigOtherBytes", Fault::config_other_bytes, 503, "digest"},
        Row{"ManifestOtherBytes", Fault::manifest_other_bytes, 503, "have the digest"},
        Row{"ManifestCut", Fault::manifest_cut, 503, "partial file"},
        Row{"ManifestTooLarge", Fault::manifest_too_large, 503, "4 MiB"},
        Row{"ManifestDeep", Fault::manifest_deep, 403, "BLOCKED"},
        Row{"ManifestOfAnotherType", Fault::manifest_of_another_type, 503, "Content-Type"},
        Row{"ForeignRealm", Fault::foreign_realm, 403, "foreign host"},
        Row{"PlainRealm", Fault::plain_realm, 403, "over plain http"},
        Row{"Counted", Fault::counted, 503, "rate limit"},
        Row{"HeaderBomb", Fault::header_bomb, 503, "far too long"},
        Row{"NoHttp", Fault::no_http, 503, "registry.localhost"},
        Row{"LoginPage", Fault::login_page, 503, "no JSON document"}),
    [](const auto& row) { return std::string(row.param.name); });

}  // namespace
}  // namespace portcullis::test
