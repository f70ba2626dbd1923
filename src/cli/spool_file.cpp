// SPDX-License-Identifier: Apache-2.0
#include "spool_file.hpp"

#include "portcullis/util/files.hpp"
#include "portcullis/util/text.hpp"

namespace portcullis::cli {

util::Result<void> SpoolFile::make() {
  if (file_) return {};
  auto file = util::unnamed_file(directory_);
  if (!file) return tl::unexpected(file.error());
  file_ = *std::move(file);
  return {};
}

util::Result<void> SpoolFile::write(std::span<const std::byte> bytes) {
  if (bytes.size() > limit_ - taken_) {
    return util::fail(util::ErrorKind::limit, "the archive is larger than " + util::format_size(limit_) +
                                                  ", the bound of [scan] unpacked_size");
  }
  if (auto made = make(); !made) return made;
  taken_ += bytes.size();
  if (auto written = util::write_full(file_.get(), bytes); !written) {
    return util::fail("keeping the archive on disk", written.error());
  }
  return {};
}

util::Result<util::UniqueFd> SpoolFile::take() {
  if (auto made = make(); !made) return tl::unexpected(made.error());
  return std::move(file_);
}

}  // namespace portcullis::cli
