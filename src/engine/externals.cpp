// SPDX-License-Identifier: Apache-2.0
#include "externals.hpp"

#include <string_view>

namespace portcullis::engine {
namespace {

using namespace std::string_view_literals;

struct Magic {
  std::string_view bytes;
  std::string_view type;
};
constexpr Magic kMagics[] = {{"\177ELF"sv, "ELF"sv},
                             {"MZ"sv, "EXE"sv},
                             {"PK\003\004"sv, "ZIP"sv},
                             {"\037\213"sv, "GZIP"sv},
                             {"%PDF"sv, "PDF"sv},
                             {"\xca\xfe\xba\xbe"sv, "JAVA"sv},
                             {"Rar!"sv, "RAR"sv},
                             {"7z\xbc\xaf\x27\x1c"sv, "7ZIP"sv},
                             {"\x89PNG"sv, "PNG"sv},
                             {"\xff\xd8\xff"sv, "JPEG"sv},
                             {"\xd0\xcf\x11\xe0"sv, "OLE"sv},
                             {"#!"sv, "SCRIPT"sv}};

std::string_view type_of(std::span<const std::byte> content) {
  for (const auto& magic : kMagics) {
    if (content.size() < magic.bytes.size()) continue;
    bool same = true;
    for (std::size_t i = 0; i < magic.bytes.size(); ++i) {
      same = same && content[i] == static_cast<std::byte>(magic.bytes[i]);
    }
    if (same) return magic.type;
  }
  return {};
}

}  // namespace

Externals externals_of(std::span<const std::byte> content, const FileContext& context) {
  std::string_view path = context.path;
  while (path.starts_with("./") || path.starts_with('/')) path.remove_prefix(path.starts_with('/') ? 1 : 2);
  Externals result;
  result.filepath.push_back('/');
  result.filepath.append(path);
  const auto slash = path.find_last_of("/!");
  const std::string_view name = slash == path.npos ? path : path.substr(slash + 1);
  result.filename = name;
  const auto dot = name.rfind('.');
  if (dot != name.npos && dot != 0) result.extension = name.substr(dot);
  result.filetype = type_of(content);
  result.owner = context.uid == 0 ? std::string("root") : std::to_string(context.uid);
  return result;
}

}  // namespace portcullis::engine
