// SPDX-License-Identifier: Apache-2.0
#include "portcullis/config/config.hpp"

namespace portcullis::config {
namespace {

namespace fs = std::filesystem;

util::Result<fs::path> first_that_exists(std::string_view what, const fs::path& beside,
                                         const fs::path& installed) {
  std::error_code ignored;
  if (fs::exists(beside, ignored)) return beside;
  if (fs::exists(installed, ignored)) return installed;
  return util::fail(util::ErrorKind::absent, std::string(what) + " not found: looked for " + beside.string() +
                                                 " and " + installed.string() +
                                                 "; is the installation complete?");
}

}  // namespace

util::Result<Installation> find_installation(const fs::path& executable_dir) {
  const fs::path prefix = executable_dir.parent_path();
  auto scanner = first_that_exists("portcullis-scanner", executable_dir / "portcullis-scanner",
                                   prefix / "libexec/portcullis/portcullis-scanner");
  if (!scanner) return tl::unexpected(scanner.error());
  // Only rules/yara is for the scanner; rules/ holds other things too.
  auto rules = first_that_exists("the built-in rules", executable_dir / "rules/yara",
                                 prefix / "share/portcullis/rules/yara");
  if (!rules) return tl::unexpected(rules.error());
  auto names = rules->parent_path() / "names";
  return Installation{*std::move(scanner), *std::move(rules), std::move(names)};
}

}  // namespace portcullis::config
