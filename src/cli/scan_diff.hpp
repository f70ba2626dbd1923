// SPDX-License-Identifier: Apache-2.0
//
// portcullis scan --diff OLD NEW: what the new image adds, for whoever reviews the update of a base image.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "report.hpp"

namespace portcullis::cli {

/// An executable or script, and the layer that it is in.
struct PlacedFile {
  const findings::LayerFile* file;
  std::string place;  ///< "layer 3 of 7"
};
struct PlacedFinding {
  const findings::Finding* finding;
  std::string place;
};
/// One setting of the config. Of environment variables the names only.
struct SettingChange {
  enum class Kind { added, removed, changed } kind;
  std::string setting;  ///< entrypoint, cmd, user, ports, environment, labels
  std::string before;   ///< raw
  std::string after;    ///< raw
};

/// Refers to the reports it was made of, which stay where they are.
struct ScanDiff {
  const Report& before;
  const Report& after;
  bool comparable = false;  ///< false: of one of the two nothing was read, and all lists are empty
  std::vector<std::string> notes = {};  ///< what could not be compared; safe text
  std::size_t layers_before = 0;
  std::size_t layers_after = 0;
  std::size_t layers_shared = 0;  ///< of the new image, those that the old one has too
  std::size_t base_shared = 0;    ///< of these, in a row from the base
  std::vector<SettingChange> settings = {};
  std::vector<PlacedFile> files_added = {};
  std::vector<PlacedFile> files_changed = {};  ///< as they are in the new image
  std::vector<PlacedFile> files_removed = {};
  std::vector<std::string> setuid_added =
      {};  ///< raw paths; where files are not all known, those that checks flag
  std::vector<std::string> setuid_removed = {};
  std::vector<PlacedFinding> findings_new = {};  ///< worst first
  std::vector<PlacedFinding> findings_gone = {};
};

/// Pure. Where a path stands in several layers, the last one counts.
ScanDiff compare(const Report& before, const Report& after);

std::string render_text(const ScanDiff& diff, const Style& style);
/// Schema `portcullis.scan-diff/1`.
std::string render_json(const ScanDiff& diff);

}  // namespace portcullis::cli
