// SPDX-License-Identifier: Apache-2.0
//
// The file inventory of a layer: what in it could be executed, so that a hash that turns out to be bad
// later leads to the images that hold it. No verdict, and nothing that a decision leans on.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace portcullis::findings {

/// What a file says it is, by its first bytes; of a script and an archive also by its name.
enum class FileType : std::uint8_t {
  elf,  ///< a program, or an object that is none of the next two
  shared_object,
  kernel_module,
  pe,
  macho,
  wasm,
  dex,  ///< Android byte code
  jar,  ///< an archive of Java classes; the classes in it are not listed
  script,
};

std::string_view to_string(FileType type) noexcept;
std::optional<FileType> parse_file_type(std::string_view text) noexcept;

/// An executable or script in a layer.
struct LayerFile {
  std::string path = {};  ///< as findings name it, raw: `usr/bin/x`, `opt/app.jar!/run.sh`
  std::string hash = {};  ///< sha256, lower-case hex
  std::uint64_t size = 0;
  std::string type = {};  ///< the name of a FileType; a newer version may have stored another
  bool setuid = false;    ///< runs as its owner whoever starts it; not of members of archives
};

inline constexpr std::size_t kMaxLayerFiles = 100'000;
inline constexpr std::size_t kMaxLayerPathBytes = 16u << 20;  ///< of all paths of a layer

struct LayerFiles {
  std::vector<LayerFile> files = {};
  bool truncated = false;  ///< the layer has more of them
};

}  // namespace portcullis::findings
