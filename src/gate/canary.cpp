// SPDX-License-Identifier: Apache-2.0
#include "canary.hpp"

#include <array>
#include <cstdio>
#include <cstring>
#include <map>

#include "portcullis/util/fd.hpp"

namespace portcullis::gate {
namespace {

/// Put together at run time so that neither this file nor the binary is what a virus scanner looks
/// for (https://www.eicar.org/download-anti-malware-testfile/).
std::string eicar() {
  std::string reversed = "*H+H$!ELIF-TSET-SURIVITNA-DRADNATS-RACIE$}7)CC7)^P(45XZP\\4[PA@%P!O5X";
  return {reversed.rbegin(), reversed.rend()};
}

/// One regular file as a ustar archive (POSIX.1-1988), the plainest layer there is.
std::string tar_of_one(std::string_view name, std::string_view content) {
  std::array<char, 512> header{};
  auto put = [&](std::size_t offset, std::string_view text) {
    std::memcpy(header.data() + offset, text.data(), text.size());
  };
  char size[13];
  std::snprintf(size, sizeof size, "%011zo", content.size());
  put(0, name);
  put(100, "0000644");
  put(108, "0000000");
  put(116, "0000000");
  put(124, size);
  put(136, "00000000000");
  put(148, "        ");
  put(156, "0");
  put(257, std::string_view("ustar\00000", 8));
  unsigned sum = 0;
  for (const char byte : header) sum += static_cast<unsigned char>(byte);
  char checksum[8];
  std::snprintf(checksum, sizeof checksum, "%06o", sum);
  put(148, std::string_view(checksum, 7));

  std::string tar(header.data(), header.size());
  tar.append(content);
  tar.append((512 - content.size() % 512) % 512 + 1024, '\0');
  return tar;
}

std::string descriptor(std::string_view media_type, const oci::Digest& digest, std::size_t size) {
  return "{\"mediaType\":\"" + std::string(media_type) + "\",\"digest\":\"" + digest.text() +
         "\",\"size\":" + std::to_string(size) + "}";
}

class Canary final : public upstream::Registry {
 public:
  Canary() {
    options_.name = "portcullis-canary";
    const auto layer = add(tar_of_one("eicar.com", eicar()));
    const auto config = add(
        R"({"architecture":"amd64","os":"linux","config":{"Cmd":["/eicar.com"]},"rootfs":{"type":"layers","diff_ids":[")" +
        layer.text() + R"("]}})");
    const auto manifest =
        add("{\"schemaVersion\":2,\"mediaType\":\"" + std::string(oci::kOciManifest) +
            "\",\"config\":" + descriptor(oci::kOciConfig, config, blobs_.at(config).size()) +
            ",\"layers\":[" + descriptor(oci::kOciLayer, layer, blobs_.at(layer).size()) + "]}");
    manifest_ = manifest;
  }

  const upstream::Options& options() const override { return options_; }

  upstream::Answer<upstream::Resolved> resolve(const oci::Repository& repository,
                                               const oci::TagOrDigest& reference) override {
    return manifest(repository, reference).map([](const upstream::RawDocument& document) {
      return upstream::Resolved{document.digest, document.media_type, document.bytes.size()};
    });
  }

  upstream::Answer<upstream::RawDocument> manifest(const oci::Repository&,
                                                   const oci::TagOrDigest& reference) override {
    const auto* digest = std::get_if<oci::Digest>(&reference);
    if (digest != nullptr && *digest != *manifest_) return absent(digest->text());
    return upstream::RawDocument{*manifest_, std::string(oci::kOciManifest), blobs_.at(*manifest_)};
  }

  upstream::Answer<void> blob(const oci::Repository&, const oci::Digest& digest, std::uint64_t,
                              util::ByteSink& sink) override {
    const auto found = blobs_.find(digest);
    if (found == blobs_.end()) return absent(digest.text());
    if (auto written = sink.write(util::as_bytes(found->second)); !written) {
      return tl::unexpected(upstream::Failure{written.error().kind, 0, false, {}, written.error().message});
    }
    return {};
  }

  upstream::Answer<Passthrough> tags(const oci::Repository& repository, const std::string&) override {
    return Passthrough{200, "application/json", "",
                       "{\"name\":\"" + repository.text() + "\",\"tags\":[\"latest\"]}"};
  }
  upstream::Answer<Passthrough> referrers(const oci::Repository&, const oci::Digest& digest,
                                          const std::string&) override {
    return absent(digest.text());
  }
  void stop() override {}

 private:
  oci::Digest add(std::string content) {
    auto digest = oci::Digest::of(content);
    blobs_.emplace(digest, std::move(content));
    return digest;
  }
  static tl::unexpected<upstream::Failure> absent(const std::string& what) {
    return tl::unexpected(
        upstream::Failure{util::ErrorKind::absent, 404, false, {}, "the canary image has no " + what});
  }

  upstream::Options options_;
  std::map<oci::Digest, std::string> blobs_;
  std::optional<oci::Digest> manifest_;
};

}  // namespace

std::unique_ptr<upstream::Registry> make_canary() { return std::make_unique<Canary>(); }

}  // namespace portcullis::gate
