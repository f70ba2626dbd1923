// SPDX-License-Identifier: Apache-2.0
#include "file_type.hpp"

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <string>

#include "portcullis/util/text.hpp"

namespace portcullis::scanner {
namespace {

using findings::FileType;
using namespace std::string_view_literals;

/// What an interpreter runs without asking for a `#!`.
constexpr std::string_view kScriptExtensions[] = {
    ".ash", ".awk", ".bash", ".bat", ".cjs", ".cmd", ".csh",   ".dash", ".expect", ".fish", ".hta",
    ".js",  ".jse", ".ksh",  ".lua", ".mjs", ".php", ".phtml", ".pl",   ".pm",     ".ps1",  ".psm1",
    ".py",  ".pyw", ".rb",   ".sh",  ".tcl", ".vbe", ".vbs",   ".wsf",  ".zsh"};
constexpr std::string_view kJavaExtensions[] = {".aar", ".ear", ".jar", ".jmod", ".war"};

class Bytes {
 public:
  explicit Bytes(std::span<const std::byte> content)
      : text_(reinterpret_cast<const char*>(content.data()), content.size()) {}

  bool at(std::size_t offset, std::string_view value) const {
    return offset <= text_.size() && text_.substr(offset).starts_with(value);
  }
  bool starts_with(std::string_view value) const { return text_.starts_with(value); }
  std::size_t size() const { return text_.size(); }
  /// 0 beyond the end.
  std::uint64_t number(std::size_t offset, std::size_t width, bool big_endian = false) const {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < width; ++i) {
      const std::size_t place = offset + (big_endian ? i : width - 1 - i);
      const auto byte = place < text_.size() ? static_cast<unsigned char>(text_[place]) : 0U;
      value = value << 8 | byte;
    }
    return value;
  }

 private:
  std::string_view text_;
};

std::string_view name_of(std::string_view path) { return path.substr(path.find_last_of("/!") + 1); }

bool has_extension(std::string_view name, std::span<const std::string_view> extensions) {
  const auto dot = name.rfind('.');
  if (dot == name.npos || dot == 0) return false;
  const std::string extension = util::to_lower_ascii(name.substr(dot));
  return std::ranges::find(extensions, extension) != extensions.end();
}

bool has_interpreter(const Bytes& bytes, bool wide, bool big_endian) {
  constexpr std::uint64_t kInterpreter = 3;  // PT_INTERP
  constexpr std::uint64_t kMostHeaders = 64;
  const auto table = bytes.number(wide ? 32 : 28, wide ? 8 : 4, big_endian);
  const auto size = bytes.number(wide ? 54 : 42, 2, big_endian);
  const auto count = std::min(bytes.number(wide ? 56 : 44, 2, big_endian), kMostHeaders);
  for (std::uint64_t i = 0; i < count; ++i) {
    if (table >= bytes.size()) return false;
    if (bytes.number(table + i * size, 4, big_endian) == kInterpreter) return true;
  }
  return false;
}

/// A program that is position independent has the type of a shared object, but names an interpreter or
/// has an entry.
FileType elf_type(std::string_view name, const Bytes& bytes) {
  constexpr std::uint64_t kRelocatable = 1;
  constexpr std::uint64_t kShared = 3;
  const bool wide = bytes.number(4, 1) == 2;
  const bool big_endian = bytes.number(5, 1) == 2;
  const auto type = bytes.number(16, 2, big_endian);
  if (type == kRelocatable && name.ends_with(".ko")) return FileType::kernel_module;
  if (type != kShared || has_interpreter(bytes, wide, big_endian)) return FileType::elf;
  const bool named_so = name.ends_with(".so") || name.find(".so.") != name.npos;
  const bool has_entry = bytes.number(24, wide ? 8 : 4, big_endian) != 0;
  return named_so || !has_entry ? FileType::shared_object : FileType::elf;
}

bool is_pe(const Bytes& bytes) {
  constexpr std::size_t kOffsetOfHeader = 0x3c;
  return bytes.starts_with("MZ") && bytes.at(bytes.number(kOffsetOfHeader, 4), "PE\0\0"sv);
}

bool is_macho(const Bytes& bytes) {
  for (const auto magic :
       {"\xfe\xed\xfa\xce"sv, "\xfe\xed\xfa\xcf"sv, "\xce\xfa\xed\xfe"sv, "\xcf\xfa\xed\xfe"sv}) {
    if (bytes.starts_with(magic)) return true;
  }
  // Java classes begin alike; their version is a larger number than any file has architectures.
  constexpr std::uint64_t kFirstJavaVersion = 45;
  return bytes.starts_with("\xca\xfe\xba\xbe"sv) && bytes.number(4, 4, true) < kFirstJavaVersion;
}

bool is_jar(std::string_view name, const Bytes& bytes) {
  constexpr std::size_t kFirstMemberName = 30;
  return bytes.starts_with("PK\3\4"sv) &&
         (bytes.at(kFirstMemberName, "META-INF/") || has_extension(name, kJavaExtensions));
}

}  // namespace

std::optional<FileType> file_type(std::string_view path, std::span<const std::byte> content) {
  const Bytes bytes(content);
  const std::string_view name = name_of(path);
  if (bytes.starts_with("\177ELF")) return elf_type(name, bytes);
  if (bytes.starts_with("#!")) return FileType::script;
  if (is_pe(bytes)) return FileType::pe;
  if (is_macho(bytes)) return FileType::macho;
  if (bytes.starts_with("\0asm"sv)) return FileType::wasm;
  if (bytes.starts_with("dex\n")) return FileType::dex;
  if (is_jar(name, bytes)) return FileType::jar;
  if (bytes.size() > 0 && has_extension(name, kScriptExtensions)) return FileType::script;
  return std::nullopt;
}

}  // namespace portcullis::scanner
