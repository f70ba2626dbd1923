// SPDX-License-Identifier: Apache-2.0
//
// Writes tar streams byte by byte, right ones and every kind of wrong one. It shares no code with
// the reader under test.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace portcullis::test {

enum class TarFlavour { posix, gnu };

/// One 512-byte header. What is not set gets the value a usual writer gives it.
struct TarHeaderSpec {
  std::string name = "file";
  char type = '0';
  std::string link = {};
  std::uint64_t size = 0;
  unsigned mode = 0644;
  std::uint64_t uid = 0;
  std::uint64_t gid = 0;
  std::string prefix = {};
  TarFlavour flavour = TarFlavour::posix;
  /// Changes the finished block; the checksum is computed afterwards, unless it is to stay wrong.
  std::function<void(std::string& block)> tamper = {};
  bool right_checksum = true;
};

/// The header block of `spec`.
std::string tar_header(const TarHeaderSpec& spec);

/// Overwrites `block` at `offset`.
void put(std::string& block, std::size_t offset, std::string_view bytes);

using PaxRecords = std::vector<std::pair<std::string, std::string>>;
/// "LENGTH KEY=VALUE\n" of each.
std::string pax_body(const PaxRecords& records);

class TarBuilder {
 public:
  /// Header with the size of `content`, content, padding.
  TarBuilder& entry(TarHeaderSpec spec, std::string_view content = {});
  TarBuilder& file(std::string name, std::string_view content);
  TarBuilder& directory(std::string name);
  TarBuilder& symlink(std::string name, std::string target);
  TarBuilder& hardlink(std::string name, std::string target);
  /// A header as it is, with nothing behind it.
  TarBuilder& header(const TarHeaderSpec& spec);
  TarBuilder& pax(const PaxRecords& records, char type = 'x');
  TarBuilder& gnu_long(char type, std::string_view value);
  /// Anything, not padded.
  TarBuilder& raw(std::string_view bytes);
  TarBuilder& zero_blocks(std::size_t count);

  /// What was built so far, with or without the two zero blocks of the end.
  const std::string& open() const { return bytes_; }
  std::string closed() const;

 private:
  std::string bytes_;
};

}  // namespace portcullis::test
