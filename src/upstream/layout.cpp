// SPDX-License-Identifier: Apache-2.0
#include "portcullis/upstream/layout.hpp"

#include <algorithm>
#include <atomic>
#include <exception>
#include <nlohmann/json.hpp>
#include <variant>

#include "layout_directory.hpp"
#include "portcullis/oci/manifest.hpp"
#include "portcullis/util/fd.hpp"
#include "portcullis/util/hash.hpp"

namespace portcullis::upstream {
namespace {

using util::ErrorKind;

std::string blob_path(const oci::Digest& digest) {
  const auto colon = digest.text().find(':');
  return "blobs/" + digest.text().substr(0, colon) + "/" + std::string(digest.hex());
}

const std::string* name_of(const oci::Descriptor& entry) {
  const auto it = entry.annotations.find(kLayoutNameAnnotation);
  return it == entry.annotations.end() ? nullptr : &it->second;
}

/// What goes to a sink, as long as nobody says stop.
class Stoppable final : public util::ByteSink {
 public:
  Stoppable(util::ByteSink& to, const std::atomic<bool>& stopping) : to_(to), stopping_(stopping) {}
  util::Result<void> write(std::span<const std::byte> bytes) override {
    if (stopping_) return util::fail(ErrorKind::cancelled, "shutting down");
    passed_ += bytes.size();
    return to_.write(bytes);
  }
  std::uint64_t passed() const { return passed_; }

 private:
  util::ByteSink& to_;
  const std::atomic<bool>& stopping_;
  std::uint64_t passed_ = 0;
};

class LayoutRegistry final : public Layout {
 public:
  LayoutRegistry(std::unique_ptr<LayoutFiles> files, oci::Index index, const std::string& name)
      : files_(std::move(files)), index_(std::move(index)) {
    options_.name = name;
    options_.url = files_->place();
  }

  const Options& options() const override { return options_; }
  const std::vector<oci::Descriptor>& images() const override { return index_.manifests; }

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

  const std::unique_ptr<LayoutFiles> files_;
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
  auto bytes = files_->document(blob_path(*digest));
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
  const auto path = blob_path(digest);
  const auto size = files_->size(path);
  if (!size) return failed(size.error().kind, size.error().message);
  if (*size != expected_size) {
    return failed(ErrorKind::corrupt, "blob " + digest.text() + " has " + std::to_string(*size) +
                                          " bytes, its descriptor says " + std::to_string(expected_size));
  }
  Stoppable stoppable(sink, stopping_);
  if (auto done = files_->read(path, stoppable); !done)
    return failed(done.error().kind, done.error().message);
  if (stoppable.passed() != expected_size) {
    return failed(ErrorKind::corrupt, "blob " + digest.text() + " changed while it was read");
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

util::Result<std::unique_ptr<Layout>> open_layout(std::unique_ptr<LayoutFiles> files,
                                                  const std::string& name) {
  const std::string where = "image layout " + files->place();
  try {
    const auto marker = files->document("oci-layout");
    if (!marker) return util::fail(where, marker.error());
    if (auto known = check_version(*marker); !known) return util::fail(where, known.error());
    const auto text = files->document("index.json");
    if (!text) return util::fail(where, text.error());
    auto document = oci::parse_document(*text, "");
    if (!document) return util::fail(where + "/index.json", document.error());
    auto* index = std::get_if<oci::Index>(&*document);
    if (!index)
      return util::fail(ErrorKind::invalid, where + ": index.json is an image manifest, not an index");
    return std::make_unique<LayoutRegistry>(std::move(files), std::move(*index), name);
  } catch (const std::exception& e) {
    return util::fail(ErrorKind::internal, where + ": " + e.what());
  }
}

util::Result<std::unique_ptr<Layout>> open_layout(const std::filesystem::path& directory,
                                                  const std::string& name) {
  auto files = LayoutDirectory::open(directory);
  if (!files) return tl::unexpected(files.error());
  return open_layout(*std::move(files), name);
}

}  // namespace portcullis::upstream
