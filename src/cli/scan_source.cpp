// SPDX-License-Identifier: Apache-2.0
#include "scan_source.hpp"

#include <filesystem>

namespace portcullis::cli {
namespace {

constexpr const char* kGrammar =
    "expected an image such as nginx:1.27, docker-archive:FILE[:REF], oci:DIR[:TAG], oci-archive:FILE[:TAG], "
    "docker-daemon:REF, dir:DIR, layer:FILE, or - for an archive on the standard input, saw \"";

struct Scheme {
  std::string_view prefix;
  SourceKind kind;
};
constexpr Scheme kSchemes[] = {{"docker-archive:", SourceKind::docker_archive},
                               {"oci:", SourceKind::oci_layout},
                               {"oci-archive:", SourceKind::oci_archive},
                               {"docker-daemon:", SourceKind::docker_daemon},
                               {"layer:", SourceKind::layer},
                               {"dir:", SourceKind::directory}};

/// `PLACE:NAME`, unless something of that whole name is there. Names have colons in them, the place
/// had better not.
void split_name(Source& source) {
  std::error_code ignored;
  if (std::filesystem::exists(source.place, ignored)) return;
  const std::size_t colon = source.place.find(':');
  if (colon == std::string::npos) return;
  source.name = source.place.substr(colon + 1);
  source.place.resize(colon);
}

}  // namespace

util::Result<Source> Source::parse(const std::string& text) {
  Source source;
  source.original = text;
  source.place = text;
  if (text == "-") {
    source.kind = SourceKind::standard_input;
    source.original = "standard input";  // "-: clean" says nothing to whoever reads the report
    source.place.clear();
    return source;
  }
  for (const Scheme& scheme : kSchemes) {
    if (!text.starts_with(scheme.prefix)) continue;
    source.kind = scheme.kind;
    source.place = text.substr(scheme.prefix.size());
  }
  // Other tools' transports are valid image names; a registry must not be asked for them by mistake.
  for (const std::string_view other : {"docker://", "containers-storage:", "ostree:", "sif:", "tarball:"}) {
    if (text.starts_with(other)) return util::fail(util::ErrorKind::invalid, kGrammar + text + "\"");
  }
  const bool named = source.kind == SourceKind::docker_archive || source.kind == SourceKind::oci_archive ||
                     source.kind == SourceKind::oci_layout;
  if (named) split_name(source);
  if (source.place.empty()) return util::fail(util::ErrorKind::invalid, kGrammar + text + "\"");
  return source;
}

}  // namespace portcullis::cli
