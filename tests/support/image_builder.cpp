// SPDX-License-Identifier: Apache-2.0
#include "support/image_builder.hpp"

#include <stdexcept>

#include "support/http_get.hpp"
#include "support/process.hpp"
#include "support/tar_builder.hpp"
#include "support/temp_dir.hpp"

namespace portcullis::test {
namespace {

std::string in_quotes(std::string_view text) {
  std::string result(1, '"');
  return result.append(text).append(1, '"');
}

std::string joined(const std::vector<std::string>& items) {
  std::string text;
  for (const auto& item : items) text += (text.empty() ? "" : ",") + item;
  return text;
}

std::string layer_type(Dialect dialect, oci::Compression how) {
  const std::string plain(dialect == Dialect::oci ? oci::kOciLayer : oci::kDockerLayer);
  const std::string joint = dialect == Dialect::oci ? "+" : ".";
  switch (how) {
    case oci::Compression::gzip:
      return plain + joint + "gzip";
    case oci::Compression::zstd:
      return plain + joint + "zstd";
    case oci::Compression::none:
      break;
  }
  return plain;
}

void write_blob(const std::filesystem::path& directory, const BlobData& blob) {
  const auto blobs = directory / "blobs" / "sha256";
  std::filesystem::create_directories(blobs);
  write_file(blobs / std::string(blob.digest().hex()), blob.bytes);
}

void write_image_blobs(const std::filesystem::path& directory, const Image& image) {
  write_blob(directory, image.manifest);
  write_blob(directory, image.config);
  for (const auto& layer : image.layers) write_blob(directory, layer);
}

void write_layout_head(const std::filesystem::path& directory, const std::string& tag, const BlobData& top) {
  auto entry = top.descriptor();
  entry.pop_back();
  entry += R"(,"annotations":{"org.opencontainers.image.ref.name":)" + in_quotes(tag) + "}}";
  write_file(directory / "oci-layout", R"({"imageLayoutVersion":"1.0.0"})");
  write_file(directory / "index.json", R"({"schemaVersion":2,"mediaType":)" + in_quotes(oci::kOciIndex) +
                                           R"(,"manifests":[)" + entry + "]}");
}

void expect_created(const HttpResponse& response, const std::string& what) {
  if (response.status == 201) return;
  throw std::runtime_error("pushing " + what + ": registry said " + std::to_string(response.status) + " " +
                           response.body);
}

void upload(std::uint16_t port, const std::string& repository, const oci::Digest& digest,
            HttpRequest request) {
  const auto begun =
      http_request(port, {.method = "POST", .target = "/v2/" + repository + "/blobs/uploads/"});
  auto location = begun.header("Location");  // absolute or not; only path and query are wanted
  if (const auto scheme = location.find("://"); scheme != std::string::npos) {
    location.erase(0, location.find('/', scheme + 3));
  }
  request.method = "PUT";
  request.target =
      location + (location.find('?') == std::string::npos ? "?" : "&") + "digest=" + digest.text();
  request.headers = {{"Content-Type", "application/octet-stream"}};
  expect_created(http_request(port, request), "blob " + digest.text());
}

}  // namespace

std::string make_tar(const std::vector<FileSpec>& files) {
  TarBuilder tar;
  for (const auto& file : files) {
    const bool directory = file.path.ends_with('/');
    tar.entry({.name = file.path, .type = directory ? '5' : '0', .mode = directory ? 0755 : file.mode},
              file.content);
  }
  return tar.closed();
}

std::string compress(const std::string& bytes, oci::Compression compression) {
  switch (compression) {
    case oci::Compression::gzip:
      return run_ok({.argv = {"gzip", "-nc", "-6"}, .input = bytes}).out;
    case oci::Compression::zstd:
      return run_ok({.argv = {"zstd", "-qc", "-3"}, .input = bytes}).out;
    case oci::Compression::none:
      break;
  }
  return bytes;
}

std::string BlobData::descriptor() const {
  return R"({"mediaType":)" + in_quotes(media_type) + R"(,"digest":)" + in_quotes(digest().text()) +
         R"(,"size":)" + std::to_string(bytes.size()) + "}";
}

ImageBuilder& ImageBuilder::layer(const std::vector<FileSpec>& files, oci::Compression how) {
  const auto tar = make_tar(files);
  return raw_layer({layer_type(dialect_, how), compress(tar, how)}, oci::Digest::of(tar));
}

ImageBuilder& ImageBuilder::raw_layer(BlobData layer, const oci::Digest& diff_id) {
  layers_.push_back(std::move(layer));
  diff_ids_.push_back(in_quotes(diff_id.text()));
  return *this;
}

ImageBuilder& ImageBuilder::architecture(std::string name) {
  architecture_ = std::move(name);
  return *this;
}

ImageBuilder& ImageBuilder::cmd(std::string program) {
  cmd_ = std::move(program);
  return *this;
}

Image ImageBuilder::build() const {
  const bool is_oci = dialect_ == Dialect::oci;
  Image image;
  image.architecture = architecture_;
  image.layers = layers_;
  std::vector<std::string> history(layers_.size(), R"({"created_by":"portcullis test"})");
  image.config = {std::string(is_oci ? oci::kOciConfig : oci::kDockerConfig),
                  R"({"architecture":)" + in_quotes(architecture_) + R"(,"os":"linux","config":{"Cmd":[)" +
                      in_quotes(cmd_) + R"(]},"created":"2026-01-02T03:04:05Z","history":[)" +
                      joined(history) + R"(],"rootfs":{"type":"layers","diff_ids":[)" + joined(diff_ids_) +
                      "]}}"};
  std::vector<std::string> descriptors;
  for (const auto& layer : layers_) descriptors.push_back(layer.descriptor());
  const std::string type(is_oci ? oci::kOciManifest : oci::kDockerManifest);
  image.manifest = {type, R"({"schemaVersion":2,"mediaType":)" + in_quotes(type) + R"(,"config":)" +
                              image.config.descriptor() + R"(,"layers":[)" + joined(descriptors) + "]}"};
  return image;
}

IndexImage make_index(std::vector<Image> images, Dialect dialect) {
  std::vector<std::string> entries;
  for (const auto& image : images) {
    auto entry = image.manifest.descriptor();
    entry.pop_back();
    entries.push_back(entry + R"(,"platform":{"os":)" + in_quotes(image.os) + R"(,"architecture":)" +
                      in_quotes(image.architecture) + "}}");
  }
  const std::string type(dialect == Dialect::oci ? oci::kOciIndex : oci::kDockerList);
  return {{type, R"({"schemaVersion":2,"mediaType":)" + in_quotes(type) + R"(,"manifests":[)" +
                     joined(entries) + "]}"},
          std::move(images)};
}

void push_blob(std::uint16_t port, const std::string& repository, const BlobData& blob) {
  upload(port, repository, blob.digest(), {.body = blob.bytes});
}

void push_blob_file(std::uint16_t port, const std::string& repository, const std::filesystem::path& file,
                    const oci::Digest& digest) {
  upload(port, repository, digest, {.body_file = file});
}

void push_manifest(std::uint16_t port, const std::string& repository, const std::string& reference,
                   const BlobData& manifest) {
  const auto name = reference.empty() ? manifest.digest().text() : reference;
  expect_created(http_request(port, {.method = "PUT",
                                     .target = "/v2/" + repository + "/manifests/" + name,
                                     .headers = {{"Content-Type", manifest.media_type}},
                                     .body = manifest.bytes}),
                 repository + ":" + name);
}

void push(std::uint16_t port, const std::string& repository, const std::string& tag, const Image& image) {
  push_blob(port, repository, image.config);
  for (const auto& layer : image.layers) push_blob(port, repository, layer);
  push_manifest(port, repository, tag, image.manifest);
}

void push(std::uint16_t port, const std::string& repository, const std::string& tag,
          const IndexImage& index) {
  for (const auto& image : index.images) push(port, repository, "", image);
  push_manifest(port, repository, tag, index.index);
}

void write_oci_layout(const std::filesystem::path& directory, const std::string& tag, const Image& image) {
  write_image_blobs(directory, image);
  write_layout_head(directory, tag, image.manifest);
}

void write_oci_layout(const std::filesystem::path& directory, const std::string& tag,
                      const IndexImage& index) {
  for (const auto& image : index.images) write_image_blobs(directory, image);
  write_blob(directory, index.index);
  write_layout_head(directory, tag, index.index);
}

}  // namespace portcullis::test
