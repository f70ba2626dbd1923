// SPDX-License-Identifier: Apache-2.0
#include <set>
#include <system_error>

#include "portcullis/engine/rule_set.hpp"
#include "portcullis/util/files.hpp"

namespace portcullis::engine {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxRuleFile = 64u << 20;

class Collector {
 public:
  void add(const fs::path& path, const std::string& name) {
    auto text = util::read_file(path, kMaxRuleFile);
    if (!text) {
      result.set_aside.push_back({name, text.error().message});
      return;
    }
    std::string unique = name;
    for (int n = 2; !names_.insert(unique).second; ++n) unique = name + '#' + std::to_string(n);
    result.files.push_back({std::move(unique), std::move(*text)});
  }

  RuleFiles result;

 private:
  std::set<std::string> names_;
};

}  // namespace

util::Result<RuleFiles> read_rule_files(const std::vector<fs::path>& paths) {
  Collector collector;
  for (const auto& path : paths) {
    std::error_code error;
    const auto status = fs::status(path, error);
    if (!fs::exists(status)) {
      return util::fail(util::ErrorKind::absent, "there are no rules at " + path.string() +
                                                     "; give a rule file or a directory of *.yar files");
    }
    if (!fs::is_directory(status)) {
      collector.add(path, path.filename().string());
      continue;
    }
    auto files = util::files_below(path, {".yar", ".yara"});
    if (!files) return util::fail("rules", files.error());
    for (const auto& file : *files) collector.add(file, file.lexically_relative(path).generic_string());
  }
  return std::move(collector.result);
}

}  // namespace portcullis::engine
