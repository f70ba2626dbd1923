// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "portcullis/findings/severity.hpp"

namespace portcullis::findings {

/// Who found it.
enum class Source { yara, layer_check, config_check, manifest_check, name_check };

std::string_view to_string(Source source) noexcept;

/// One matched string of a rule: the first bytes of the match and what stands around them, raw and hostile.
struct MatchedString {
  std::string identifier = {};  ///< `$a`
  std::uint64_t offset = 0;     ///< of `data` in the file
  std::string data = {};
  std::string before = {};  ///< the bytes in front of `data`, few at the start of the file
  std::string after = {};   ///< the bytes behind it; of a long match they are still part of it
};

/// One thing found in one place. All text that comes from an image or a rule is raw here; whoever
/// shows it uses util::safe_text().
struct Finding {
  Source source = Source::yara;
  std::string rule;            ///< rule or check id, such as `miner_xmrig`
  std::string rule_namespace;  ///< the rule file it came from; empty for checks
  Severity severity = Severity::medium;
  std::vector<std::string> techniques;  ///< ATT&CK ids, `T1496`
  std::string description;
  std::string author;
  std::string license;
  std::string reference;
  std::string path;       ///< in the layer; nested archives as `opt/app.jar!/META-INF/x.sh`
  std::string file_hash;  ///< sha256 of the file, lower-case hex; empty when there is no file
  std::vector<MatchedString> strings;
};

}  // namespace portcullis::findings
