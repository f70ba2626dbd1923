// SPDX-License-Identifier: Apache-2.0
#include <filesystem>

#include "scan_job.hpp"

namespace portcullis::cli {
namespace {

constexpr const char* kGrammar =
    "expected an image such as nginx:1.27, oci:DIR[:TAG], layer:FILE or dir:DIR, saw \"";

/// `DIR:TAG`, unless a directory of that whole name is there.
void split_tag(Source& source) {
  std::error_code ignored;
  const std::size_t colon = source.place.rfind(':');
  if (colon == std::string::npos || std::filesystem::is_directory(source.place, ignored)) return;
  if (source.place.find('/', colon) != std::string::npos) return;
  source.tag = source.place.substr(colon + 1);
  source.place.resize(colon);
}

}  // namespace

util::Result<Source> Source::parse(const std::string& text) {
  Source source;
  source.original = text;
  source.place = text;
  struct Scheme {
    std::string_view prefix;
    SourceKind kind;
  };
  constexpr Scheme kSchemes[] = {
      {"oci:", SourceKind::layout}, {"layer:", SourceKind::layer}, {"dir:", SourceKind::directory}};
  for (const Scheme& scheme : kSchemes) {
    if (!text.starts_with(scheme.prefix)) continue;
    source.kind = scheme.kind;
    source.place = text.substr(scheme.prefix.size());
  }
  // Other tools' transports are valid image names; a registry must not be asked for them by mistake.
  for (const std::string_view other : {"docker-archive:", "oci-archive:", "docker-daemon:", "docker://"}) {
    if (text.starts_with(other)) return util::fail(util::ErrorKind::invalid, kGrammar + text + "\"");
  }
  if (source.place.empty()) return util::fail(util::ErrorKind::invalid, kGrammar + text + "\"");
  if (source.kind == SourceKind::layout) split_tag(source);
  return source;
}

}  // namespace portcullis::cli
