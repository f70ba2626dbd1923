// SPDX-License-Identifier: Apache-2.0
#include "file_type.hpp"

#include <gtest/gtest.h>

#include <string>

#include "support/temp_dir.hpp"

namespace portcullis::scanner {
namespace {

using findings::FileType;
using namespace std::string_literals;

std::string little(std::uint64_t value, int width) {
  std::string bytes;
  for (int i = 0; i < width; ++i) bytes.push_back(static_cast<char>((value >> (8 * i)) & 0xff));
  return bytes;
}

constexpr std::uint64_t kRelocatable = 1;
constexpr std::uint64_t kProgram = 2;
constexpr std::uint64_t kShared = 3;

/// A 64-bit header and, when it has an interpreter, the program header that says so.
std::string elf(std::uint64_t type, std::uint64_t entry = 0, bool interpreter = false) {
  std::string bytes = "\177ELF\2\1\1" + std::string(9, '\0');
  bytes += little(type, 2) + little(62, 2) + little(1, 4) + little(entry, 8) + little(64, 8) + little(0, 8);
  bytes += little(0, 4) + little(64, 2) + little(56, 2) + little(interpreter ? 2 : 0, 2) + little(0, 6);
  if (interpreter) bytes += little(6, 4) + std::string(52, '\0') + little(3, 4) + std::string(52, '\0');
  return bytes;
}

std::string big_endian_32(bool interpreter) {
  std::string bytes = "\177ELF\1\2\1" + std::string(9, '\0') + "\0\3"s + std::string(10, '\0');
  bytes += "\0\0\0\x34"s + std::string(10, '\0') + "\0\x20\0\1"s + std::string(6, '\0');
  return bytes + (interpreter ? "\0\0\0\3"s : "\0\0\0\1"s) + std::string(28, '\0');
}

std::string pe(std::uint32_t header) {
  std::string bytes = "MZ" + std::string(58, '\0') + little(header, 4);
  bytes.resize(200);
  return bytes.replace(128, 4, "PE\0\0"s);
}

struct Row {
  const char* name;
  std::string path;
  std::string content;
  std::optional<FileType> type;
};

TEST(FileTypeOf, Table) {
  const Row rows[] = {
      {"program", "usr/bin/x", elf(kProgram, 0x1000), FileType::elf},
      {"position independent program", "usr/bin/x", elf(kShared, 0x1000, true), FileType::elf},
      {"static and position independent", "usr/bin/x", elf(kShared, 0x1000), FileType::elf},
      {"loader that is a library too", "lib/libc.so.6", elf(kShared, 0x1000, true), FileType::elf},
      {"shared object", "lib/x", elf(kShared), FileType::shared_object},
      {"shared object with an entry", "lib/x.so.1", elf(kShared, 0x1000), FileType::shared_object},
      {"kernel module", "lib/modules/x.ko", elf(kRelocatable), FileType::kernel_module},
      {"module in an archive", "lib/modules/x.ko.xz!/x.ko", elf(kRelocatable), FileType::kernel_module},
      {"object file", "x.o", elf(kRelocatable), FileType::elf},
      {"32 bit, big endian, with interpreter", "x", big_endian_32(true), FileType::elf},
      {"32 bit, big endian, without", "x", big_endian_32(false), FileType::shared_object},
      {"magic of an ELF and no more", "x", "\177ELF", FileType::elf},
      {"ELF whose table is beyond its end", "x", elf(kShared, 1, true).substr(0, 64), FileType::elf},
      {"ELF named as a script", "x.sh", elf(kProgram), FileType::elf},
      {"PE", "x.exe", pe(128), FileType::pe},
      {"MZ without PE", "x.exe", pe(64), std::nullopt},
      {"PE header beyond the end", "x.exe", pe(0xffffffff), std::nullopt},
      {"MZ and no more", "x.exe", "MZ", std::nullopt},
      {"Mach-O", "x", "\xcf\xfa\xed\xfe rest", FileType::macho},
      {"fat Mach-O", "x", "\xca\xfe\xba\xbe\0\0\0\2"s, FileType::macho},
      {"Java class", "X.class", "\xca\xfe\xba\xbe\0\0\0\x34"s, std::nullopt},
      {"wasm", "x", "\0asm\1\0\0\0"s, FileType::wasm},
      {"dex", "classes.dex", "dex\n035\0"s, FileType::dex},
      {"jar by name", "opt/x.jar", "PK\3\4"s, FileType::jar},
      {"jar by its first member", "opt/x", "PK\3\4"s + std::string(26, '\0') + "META-INF/MANIFEST.MF",
       FileType::jar},
      {"zip", "opt/x.zip", "PK\3\4"s, std::nullopt},
      {"jar that is none", "opt/x.jar", "text", std::nullopt},
      {"shebang", "usr/bin/x", "#!/bin/sh\n", FileType::script},
      {"shebang of an executable jar", "app.jar", "#!/bin/sh\nexec java -jar $0\nPK\3\4", FileType::script},
      {"extension", "opt/x.py", "print(1)\n", FileType::script},
      {"extension in upper case", "opt/X.PS1", "Write-Host\n", FileType::script},
      {"member of an archive", "opt/x.jar!/x.sh", "echo\n", FileType::script},
      {"extension of a directory", "x.sh/readme", "text", std::nullopt},
      {"nothing but an extension", "opt/.sh", "text", std::nullopt},
      {"script without a byte", "opt/x.sh", "", std::nullopt},
      {"text", "etc/passwd", "root:x:0:0", std::nullopt},
      {"no name, as of an artifact", "", "\0asm"s, FileType::wasm},
      {"nothing at all", "", "", std::nullopt},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.name);
    const auto type = file_type(row.path, std::as_bytes(std::span(row.content)));
    EXPECT_EQ(type.has_value() ? findings::to_string(*type) : "none",
              row.type.has_value() ? findings::to_string(*row.type) : "none");
  }
}

TEST(FileTypeOf, ProgramsOfThisMachine) {
  const auto self = test::slurp("/proc/self/exe");
  EXPECT_EQ(file_type("x", std::as_bytes(std::span(self))), FileType::elf);
}

}  // namespace
}  // namespace portcullis::scanner
