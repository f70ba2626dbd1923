// SPDX-License-Identifier: Apache-2.0
//
// Small images for tests, made of named files, and ways to hand them out: pushed into a registry or
// written as an OCI layout. The same description always gives the same bytes and digests.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "portcullis/oci/digest.hpp"
#include "portcullis/oci/media_type.hpp"

namespace portcullis::test {

struct FileSpec {
  std::string path;  ///< ends in '/' for a directory
  std::string content = {};
  unsigned mode = 0644;
};

/// A plain ustar archive of these files, in this order, with the two empty blocks at its end. Names
/// have at most 100 bytes; TarBuilder writes what is less plain.
std::string make_tar(const std::vector<FileSpec>& files);
/// With the gzip or zstd program; `none` gives the bytes back.
std::string compress(const std::string& bytes, oci::Compression compression);

/// Bytes with the name that manifests call them by.
struct BlobData {
  std::string media_type;
  std::string bytes;

  oci::Digest digest() const { return oci::Digest::of(bytes); }
  /// `{"mediaType":...,"digest":...,"size":...}`
  std::string descriptor() const;
};

struct Image {
  BlobData manifest;
  BlobData config;
  std::vector<BlobData> layers;
  std::string os = "linux";
  std::string architecture = "amd64";

  oci::Digest digest() const { return manifest.digest(); }
  /// What docker calls the image id.
  oci::Digest id() const { return config.digest(); }
};

enum class Dialect { oci, docker };

class ImageBuilder {
 public:
  explicit ImageBuilder(Dialect dialect = Dialect::oci) : dialect_(dialect) {}

  ImageBuilder& layer(const std::vector<FileSpec>& files, oci::Compression how = oci::Compression::gzip);
  /// Exactly these bytes under this type; for what no tool would write.
  ImageBuilder& raw_layer(BlobData layer, const oci::Digest& diff_id);
  ImageBuilder& architecture(std::string name);
  ImageBuilder& cmd(std::string program);
  Image build() const;

 private:
  Dialect dialect_;
  std::string architecture_ = "amd64";
  std::string cmd_ = "/bin/sh";
  std::vector<BlobData> layers_;
  std::vector<std::string> diff_ids_;
};

struct IndexImage {
  BlobData index;
  std::vector<Image> images;

  oci::Digest digest() const { return index.digest(); }
};
IndexImage make_index(std::vector<Image> images, Dialect dialect = Dialect::oci);

/// Bytes into a registry on loopback, by the distribution API; throws on a refusal.
void push_blob(std::uint16_t port, const std::string& repository, const BlobData& blob);
void push_blob_file(std::uint16_t port, const std::string& repository, const std::filesystem::path& file,
                    const oci::Digest& digest);
/// `reference` is a tag, or empty to push by digest.
void push_manifest(std::uint16_t port, const std::string& repository, const std::string& reference,
                   const BlobData& manifest);
void push(std::uint16_t port, const std::string& repository, const std::string& tag, const Image& image);
void push(std::uint16_t port, const std::string& repository, const std::string& tag, const IndexImage& index);

/// An OCI image layout directory with one tagged image or index in it.
void write_oci_layout(const std::filesystem::path& directory, const std::string& tag, const Image& image);
void write_oci_layout(const std::filesystem::path& directory, const std::string& tag,
                      const IndexImage& index);

}  // namespace portcullis::test
