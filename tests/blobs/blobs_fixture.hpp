// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <string>

#include "portcullis/blobs/store.hpp"
#include "portcullis/util/fd.hpp"
#include "support/temp_dir.hpp"

namespace portcullis::blobs {

inline constexpr std::uint64_t kPlenty = 1u << 30;

/// A fetch that writes `content` in pieces of `piece` bytes.
inline Store::Fetch deliver(std::string content, std::size_t piece = 1000) {
  return [content = std::move(content), piece](util::ByteSink& sink) -> util::Result<void> {
    for (std::size_t at = 0; at < content.size(); at += piece) {
      if (auto written = sink.write(util::as_bytes(std::string_view(content).substr(at, piece))); !written) {
        return written;
      }
    }
    return {};
  };
}

inline std::string read_blob(const Blob& blob) {
  std::string text(blob.size, '\0');
  const auto got = util::read_full_at(blob.file->get(), std::as_writable_bytes(std::span<char>(text)), 0);
  return got ? text.substr(0, *got) : "";
}

/// All of it, or the error.
inline util::Result<std::string> drain(util::ByteSource& source) {
  std::string text;
  std::byte buffer[777];
  for (;;) {
    const auto got = source.read(buffer);
    if (!got) return tl::unexpected(got.error());
    if (*got == 0) return text;
    text.append(reinterpret_cast<const char*>(buffer), *got);
  }
}

inline std::size_t files_below(const std::filesystem::path& directory) {
  std::size_t count = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(directory)) {
    count += entry.is_regular_file() ? 1 : 0;
  }
  return count;
}

class BlobStoreTest : public testing::Test {
 protected:
  void open(std::uint64_t max_bytes = kPlenty, std::size_t max_transfers = 8) {
    store_.reset();
    Options options;
    options.directory = directory();
    options.max_bytes = max_bytes;
    options.max_transfers = max_transfers;
    auto store = open_store(options, metrics_);
    ASSERT_TRUE(store) << store.error().message;
    store_ = std::move(*store);
  }
  std::filesystem::path directory() const { return dir_ / "blobs"; }
  std::filesystem::path path_of(const oci::Digest& digest) const {
    return directory() / "sha256" / std::string(digest.hex().substr(0, 2)) / std::string(digest.hex());
  }
  void expect_nothing_visible() const {
    EXPECT_EQ(files_below(directory() / "sha256"), 0u);
    EXPECT_EQ(files_below(directory() / "incoming"), 0u);
    EXPECT_EQ(store_->used_bytes(), 0u);
  }

  test::TempDir dir_;
  util::MemoryMetrics metrics_;
  std::unique_ptr<Store> store_;
};

}  // namespace portcullis::blobs
