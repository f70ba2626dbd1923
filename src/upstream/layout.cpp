// SPDX-License-Identifier: Apache-2.0
#include "portcullis/upstream/layout.hpp"

#include <algorithm>
#include <atomic>
#include <exception>
#include <nlohmann/json.hpp>
#include <variant>

#include "layout_files.hpp"
#include "portcullis/oci/manifest.hpp"
#include "portcullis/util/fd.hpp"
#include "portcullis/util/hash.hpp"

namespace portcullis::upstream {
namespace {

using util::ErrorKind;

constexpr const char* kNameAnnotation = "org.opencontainers.image.ref.name";
constexpr std::size_t kPiece = 256 * 1024;

const std::string* name_of(const oci::Descriptor& entry) {
  const auto it = entry.annotations.find(kNameAnnotation);
  return it == entry.annotations.end() ? nullptr : &it->second;
}

class LayoutRegistry final : public Registry {
 public:
  LayoutRegistry(LayoutFiles files, oci::Index index) : files_(std::move(files)), index_(std::move(index)) {
    options_.name = "oci-layout";
    options_.url = files_.directory().string();
  }

  const Options& options() const override { return options_; }

  Answer<Resolved> resolve(const oci::Repository&, const oci::TagOrDigest& reference) override {
    auto document = read(reference);
    if (!document) return tl::unexpected(document.error());
    return Resolved{document->digest, document->media_type, document->bytes.size()};
  }
  Answer<RawDocument> manifest(const oci::Repository&, const oci::TagOrDigest& reference) override {
    return read(reference);
  }
  Answer<void> blob(const oci::Repository&, const oci::Digest& digest, std::uint64_t expected_size,
                    util::ByteSink& sink) override;
  Answer<Passthrough> tags(const oci::Repository& repository, const std::string&) override;
  Answer<Passthrough> referrers(const oci::Repository&, const oci::Digest& digest,
                                const std::string&) override {
    return failed(ErrorKind::absent,
                  "an image layout keeps no list of referrers, asked for " + digest.text());
  }
  void stop() override { stopping_ = true; }

 private:
  tl::unexpected<Failure> failed(ErrorKind kind, const std::string& message) const {
    Failure failure;
    failure.kind = kind;
    failure.message = options_.name + " " + options_.url + ": " + message;
    return tl::unexpected<Failure>(std::move(failure));
  }
  Answer<oci::Digest> lookup(const oci::Tag& tag) const;
  Answer<RawDocument> read(const oci::TagOrDigest& reference) const;

  const LayoutFiles files_;
  const oci::Index index_;
  Options options_;
  std::atomic<bool> stopping_{false};
};

Answer<oci::Digest> LayoutRegistry::lookup(const oci::Tag& tag) const {
  const oci::Descriptor* found = nullptr;
  std::string names;
  for (const auto& entry : index_.manifests) {
    const std::string* name = name_of(entry);
    if (!name) continue;
    names += (names.empty() ? "" : ", ") + *name;
    if (*name != tag.text()) continue;
    if (found && found->digest != entry.digest) {
      return failed(ErrorKind::corrupt, "index.json gives the name " + tag.text() + " to two images");
    }
    found = &entry;
  }
  if (!found && index_.manifests.size() == 1) {
    const auto& lone = index_.manifests.front();
    if (!name_of(lone) || tag.text() == "latest") found = &lone;
  }
  if (found) return found->digest;
  return failed(ErrorKind::absent, "there is no image named " + tag.text() +
                                       (names.empty() ? "; none has a name" : "; there is: " + names));
}

Answer<RawDocument> LayoutRegistry::read(const oci::TagOrDigest& reference) const {
  std::optional<oci::Digest> digest;
  if (const auto* tag = std::get_if<oci::Tag>(&reference)) {
    auto found = lookup(*tag);
    if (!found) return tl::unexpected(found.error());
    digest = std::move(*found);
  } else {
    digest = std::get<oci::Digest>(reference);
  }
  auto bytes = files_.read_document(LayoutFiles::blob_path(*digest));
  if (!bytes) return failed(bytes.error().kind, bytes.error().message);
  util::Hasher hasher(digest->algorithm());
  hasher.update(*bytes);
  if (hasher.finish_hex() != digest->hex()) {
    return failed(ErrorKind::corrupt, "the content of " + digest->text() + " has another digest");
  }
  const auto entry = std::find_if(index_.manifests.begin(), index_.manifests.end(),
                                  [&](const oci::Descriptor& e) { return e.digest == *digest; });
  std::string media_type;
  if (entry != index_.manifests.end()) {
    if (entry->size != bytes->size()) {
      return failed(ErrorKind::corrupt, "index.json gives another size for " + digest->text());
    }
    media_type = entry->media_type;
  } else if (const auto document = oci::parse_document(*bytes, "")) {
    // A child of an index: its own word is all there is.
    media_type = std::visit([](const auto& d) { return d.media_type; }, *document);
  }
  return RawDocument{std::move(*digest), std::move(media_type), std::move(*bytes)};
}

Answer<void> LayoutRegistry::blob(const oci::Repository&, const oci::Digest& digest,
                                  std::uint64_t expected_size, util::ByteSink& sink) {
  auto file = files_.open_blob(digest);
  if (!file) return failed(file.error().kind, file.error().message);
  if (file->size != expected_size) {
    return failed(ErrorKind::corrupt, "blob " + digest.text() + " has " + std::to_string(file->size) +
                                          " bytes, its descriptor says " + std::to_string(expected_size));
  }
  std::vector<std::byte> piece(kPiece);
  for (std::uint64_t left = expected_size; left > 0;) {
    if (stopping_) return failed(ErrorKind::cancelled, "shutting down");
    const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(left, piece.size()));
    const auto got = util::read_full(file->fd.get(), std::span(piece).first(wanted));
    if (!got) return failed(got.error().kind, got.error().message);
    if (*got != wanted)
      return failed(ErrorKind::corrupt, "blob " + digest.text() + " shrank while it was read");
    if (auto written = sink.write(std::span(piece).first(*got)); !written) {
      return failed(written.error().kind, written.error().message);
    }
    left -= *got;
  }
  return {};
}

Answer<Registry::Passthrough> LayoutRegistry::tags(const oci::Repository& repository, const std::string&) {
  auto names = nlohmann::json::array();
  for (const auto& entry : index_.manifests) {
    if (const std::string* name = name_of(entry)) names.push_back(*name);
  }
  const nlohmann::json body{{"name", repository.text()}, {"tags", std::move(names)}};
  return Passthrough{200, "application/json", "",
                     body.dump(-1, ' ', true, nlohmann::json::error_handler_t::replace)};
}

util::Result<void> check_version(const std::string& text) {
  const auto marker = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
  const std::string version =
      marker.is_object() && marker.contains("imageLayoutVersion") && marker["imageLayoutVersion"].is_string()
          ? marker["imageLayoutVersion"].get<std::string>()
          : "";
  if (version.rfind("1.", 0) == 0) return {};
  return util::fail(ErrorKind::invalid,
                    "oci-layout must say imageLayoutVersion 1.x (e.g. {\"imageLayoutVersion\":\"1.0.0\"})");
}

}  // namespace

util::Result<std::unique_ptr<Registry>> open_layout(const std::filesystem::path& directory) {
  const std::string where = "image layout " + directory.string();
  try {
    auto files = LayoutFiles::open(directory);
    if (!files) return tl::unexpected(files.error());
    const auto marker = files->read_document("oci-layout");
    if (!marker) return util::fail(where, marker.error());
    if (auto known = check_version(*marker); !known) return util::fail(where, known.error());
    const auto text = files->read_document("index.json");
    if (!text) return util::fail(where, text.error());
    auto document = oci::parse_document(*text, "");
    if (!document) return util::fail(where + "/index.json", document.error());
    auto* index = std::get_if<oci::Index>(&*document);
    if (!index)
      return util::fail(ErrorKind::invalid, where + ": index.json is an image manifest, not an index");
    return std::make_unique<LayoutRegistry>(std::move(*files), std::move(*index));
  } catch (const std::exception& e) {
    return util::fail(ErrorKind::internal, where + ": " + e.what());
  }
}

}  // namespace portcullis::upstream
