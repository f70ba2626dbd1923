// SPDX-License-Identifier: Apache-2.0
#include "archive_layout.hpp"

#include <nlohmann/json.hpp>

#include "portcullis/oci/docker_archive.hpp"
#include "portcullis/util/hash.hpp"
#include "portcullis/util/safe_text.hpp"

namespace portcullis::cli {
namespace {

using util::ErrorKind;
using Links = ArchiveFile::Links;

constexpr const char* kDockerManifest = "manifest.json";
constexpr const char* kLayoutMarker = R"({"imageLayoutVersion":"1.0.0"})";
constexpr std::size_t kMostLayers = 4096;

oci::Descriptor described(const std::string& media_type, const oci::Digest& digest, std::uint64_t size) {
  return {media_type, digest, size, {}, {}, {}, {}, {}};
}

class OciArchive final : public upstream::LayoutFiles {
 public:
  explicit OciArchive(ArchivePtr archive) : archive_(std::move(archive)) {}

  std::string place() const override { return archive_->name(); }
  util::Result<std::string> document(const std::string& path) const override {
    const auto member = archive_->find(path, Links::refuse);
    if (!member) return tl::unexpected(member.error());
    return archive_->document(*member);
  }
  util::Result<std::uint64_t> size(const std::string& path) const override {
    const auto member = archive_->find(path, Links::refuse);
    if (!member) return tl::unexpected(member.error());
    return member->size;
  }
  util::Result<void> read(const std::string& path, util::ByteSink& sink) const override {
    const auto member = archive_->find(path, Links::refuse);
    if (!member) return tl::unexpected(member.error());
    return archive_->read(*member, sink);
  }

 private:
  const ArchivePtr archive_;
};

/// Hashes what goes by, and keeps its first bytes.
class HashingSink final : public util::ByteSink {
 public:
  util::Result<void> write(std::span<const std::byte> bytes) override {
    constexpr std::size_t kHead = 4;
    for (std::size_t i = 0; i < bytes.size() && head_.size() < kHead; ++i) {
      head_ += static_cast<char>(bytes[i]);
    }
    hasher_.update(bytes);
    return {};
  }
  oci::Digest digest() { return *oci::Digest::parse("sha256:" + hasher_.finish_hex()); }
  /// docker loads compressed layers too, as jib and ko write them; it tells them by their first bytes.
  std::string_view media_type() const {
    if (head_.starts_with("\x1f\x8b")) return oci::kDockerLayerGzip;
    if (head_ == "\x28\xb5\x2f\xfd") return oci::kOciLayerZstd;
    return oci::kDockerLayer;
  }

 private:
  util::Hasher hasher_;
  std::string head_;
};

/// Documents that are made here, and members of the archive under the names of their digests.
class DockerArchive final : public upstream::LayoutFiles {
 public:
  DockerArchive(ArchivePtr archive, Activity& activity) : archive_(std::move(archive)), activity_(activity) {
    documents_.emplace("oci-layout", kLayoutMarker);
  }

  util::Result<void> take();

  std::string place() const override { return archive_->name(); }
  util::Result<std::string> document(const std::string& path) const override {
    if (const auto made = documents_.find(path); made != documents_.end()) return made->second;
    const auto member = members_.find(path);
    if (member == members_.end()) return missing(path);
    return archive_->document(member->second);
  }
  util::Result<std::uint64_t> size(const std::string& path) const override {
    if (const auto made = documents_.find(path); made != documents_.end()) return made->second.size();
    const auto member = members_.find(path);
    if (member == members_.end()) return missing(path);
    return member->second.size;
  }
  util::Result<void> read(const std::string& path, util::ByteSink& sink) const override {
    if (const auto made = documents_.find(path); made != documents_.end()) {
      return sink.write(util::as_bytes(made->second));
    }
    const auto member = members_.find(path);
    if (member == members_.end()) return missing(path);
    return archive_->read(member->second, sink);
  }

 private:
  struct Hashed {
    oci::Digest digest;
    std::string media_type;
  };

  tl::unexpected<util::Error> missing(const std::string& path) const {
    return util::fail(ErrorKind::absent, archive_->name() + ": there is no " + path);
  }
  tl::unexpected<util::Error> broken(const std::string& what) const {
    return util::fail(ErrorKind::corrupt, archive_->name() + ": " + what);
  }
  static std::string path_of(const oci::Digest& digest) {
    return "blobs/sha256/" + std::string(digest.hex());
  }

  util::Result<void> take_image(const oci::SavedImage& image, nlohmann::json& index);
  util::Result<oci::Descriptor> take_layer(const std::string& name, const std::string& place,
                                           const oci::Digest& diff_id);

  const ArchivePtr archive_;
  Activity& activity_;
  std::map<std::string, std::string> documents_;
  std::map<std::string, ArchiveFile::Member> members_;
  std::map<std::string, Hashed> hashed_;  ///< by member; images share layers
};

util::Result<void> DockerArchive::take() {
  const auto manifest = archive_->find(kDockerManifest, Links::refuse);
  if (!manifest) {
    return util::fail(manifest.error().kind,
                      manifest.error().message + ": it is not what docker save writes");
  }
  const auto text = archive_->document(*manifest);
  if (!text) return tl::unexpected(text.error());
  const auto images = oci::parse_docker_archive(*text);
  if (!images) return util::fail(archive_->name(), images.error());
  nlohmann::json index{{"schemaVersion", 2}, {"manifests", nlohmann::json::array()}};
  for (const oci::SavedImage& image : *images) {
    if (auto taken = take_image(image, index["manifests"]); !taken) return taken;
  }
  documents_["index.json"] = index.dump(-1, ' ', true, nlohmann::json::error_handler_t::replace);
  return {};
}

util::Result<void> DockerArchive::take_image(const oci::SavedImage& image, nlohmann::json& index) {
  const auto member = archive_->find(image.config, Links::follow);
  if (!member) return util::fail("the image config", member.error());
  const auto text = archive_->document(*member);
  if (!text) return util::fail("the image config", text.error());
  const auto config = oci::parse_image_config(*text);
  if (!config) return broken("\"" + util::safe_text(image.config) + "\": " + config.error().message);
  if (image.layers.size() != config->diff_ids.size()) {
    return broken("its manifest.json lists " + std::to_string(image.layers.size()) +
                  " layers, the image config " + std::to_string(config->diff_ids.size()));
  }
  if (image.layers.size() > kMostLayers) {
    return broken("an image of " + std::to_string(image.layers.size()) + " layers");
  }
  std::vector<oci::Descriptor> layers;
  for (std::size_t i = 0; i < image.layers.size(); ++i) {
    const std::string place = "layer " + std::to_string(i + 1) + " of " + std::to_string(image.layers.size());
    auto layer = take_layer(image.layers[i], place, config->diff_ids[i]);
    if (!layer) return tl::unexpected(layer.error());
    layers.push_back(*std::move(layer));
  }
  const auto id = oci::Digest::of(*text);
  members_.insert_or_assign(path_of(id), *member);
  const auto manifest =
      oci::render_docker_manifest(described(std::string(oci::kDockerConfig), id, text->size()), layers);
  const auto digest = oci::Digest::of(manifest);
  documents_.insert_or_assign(path_of(digest), manifest);
  nlohmann::json entry{
      {"mediaType", oci::kDockerManifest}, {"digest", digest.text()}, {"size", manifest.size()}};
  std::vector<std::string> names = image.repo_tags;
  if (names.empty()) names.emplace_back();
  for (const std::string& name : names) {
    if (!name.empty()) entry["annotations"] = {{upstream::kLayoutNameAnnotation, name}};
    index.push_back(entry);
  }
  return {};
}

util::Result<oci::Descriptor> DockerArchive::take_layer(const std::string& name, const std::string& place,
                                                        const oci::Digest& diff_id) {
  const auto member = archive_->find(name, Links::follow);
  if (!member) return util::fail(place, member.error());
  auto known = hashed_.find(member->name);
  if (known == hashed_.end()) {
    activity_.begin("checking " + place, member->size);
    HashingSink sink;
    CountedSink counted(sink, activity_);
    if (auto done = archive_->read(*member, counted); !done) return util::fail(place, done.error());
    known = hashed_.emplace(member->name, Hashed{sink.digest(), std::string(sink.media_type())}).first;
  }
  const auto& [digest, media_type] = known->second;
  // What is compressed has its diff ID inside; whoever unpacks it checks that, and it is scanned as it is.
  if (media_type == oci::kDockerLayer && digest != diff_id) {
    return broken(place + ", \"" + util::safe_text(name) + "\", has the digest " + digest.text() +
                  ", the image config says " + diff_id.text());
  }
  members_.insert_or_assign(path_of(digest), *member);
  return described(media_type, digest, member->size);
}

}  // namespace

bool has_docker_images(const ArchiveFile& archive) { return archive.has(kDockerManifest); }

bool has_oci_images(const ArchiveFile& archive) {
  return archive.has("oci-layout") || archive.has("index.json");
}

std::unique_ptr<upstream::LayoutFiles> oci_layout_of(ArchivePtr archive) {
  return std::make_unique<OciArchive>(std::move(archive));
}

util::Result<std::unique_ptr<upstream::LayoutFiles>> docker_layout_of(ArchivePtr archive,
                                                                      Activity& activity) {
  auto layout = std::make_unique<DockerArchive>(std::move(archive), activity);
  if (auto taken = layout->take(); !taken) return tl::unexpected(taken.error());
  return layout;
}

}  // namespace portcullis::cli
