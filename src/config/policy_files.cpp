// SPDX-License-Identifier: Apache-2.0
#include "portcullis/config/policy_files.hpp"

#include <algorithm>

#include "portcullis/config/config.hpp"
#include "portcullis/util/safe_text.hpp"
#include "sections.hpp"
#include "toml_file.hpp"

namespace portcullis::config {
namespace {

constexpr std::size_t kMaxWaivers = 10'000;
constexpr std::size_t kMaxId = 64;

bool is_about_policy(std::string_view key) {
  for (const std::string_view section : {"policy", "names", "waivers"}) {
    if (key == section) return true;
    if (key.starts_with(section) && key.substr(section.size()).starts_with('.')) return true;
  }
  return false;
}

/// Names of sections count too: a policy under a misspelt one would be the default policy.
bool counts_for_policy(std::string_view key) { return is_about_policy(key) || key.find('.') == key.npos; }

std::optional<std::string> parse_id(std::string_view text) {
  constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
  if (text.empty() || text.size() > kMaxId || text.find_first_not_of(kLetters) != text.npos) return {};
  return std::string(text);
}

/// Under the rules for new ones as they were when it was written.
void check(Reader& r, const findings::Waiver& waiver, const policy::WaiverLimits& limits,
           util::TimePoint now) {
  if (waiver.created > now) {
    return r.problem("created", "expected a time that has passed, saw " + util::to_rfc3339(waiver.created));
  }
  if (waiver.expires <= waiver.created) {
    return r.problem("expires", "expected a time after created, saw " + util::to_rfc3339(waiver.expires));
  }
  const auto checked = policy::check_waiver(waiver, findings::Severity::info, limits, waiver.created);
  if (!checked) r.problem("", checked.error().message);
}

void read_waiver(Reader& r, std::vector<findings::Waiver>& waivers, const policy::WaiverLimits& limits,
                 util::TimePoint now) {
  findings::Waiver waiver;
  r.parsed("id", waiver.id, "a name of letters, digits, '.', '_' and '-', at most 64 of them", parse_id);
  r.text("rule", waiver.rule);
  r.text("repository", waiver.repository);
  r.text("digest", waiver.digest);
  r.text("file_hash", waiver.file_hash);
  r.text("reason", waiver.reason);
  r.text("author", waiver.author);
  r.time("created", waiver.created);
  r.time("expires", waiver.expires);
  bool whole = true;
  for (const auto* key : {"id", "reason", "author", "created", "expires"}) {
    if (r.has(key)) continue;
    r.problem(key,
              "is missing; a waiver has id, reason, author, created, expires and two of rule, "
              "repository, digest and file_hash");
    whole = false;
  }
  if (std::ranges::any_of(waivers, [&](const auto& other) { return other.id == waiver.id; })) {
    r.problem("id", "expected each id once, saw \"" + util::safe_text(waiver.id) + "\" again");
  }
  if (whole) check(r, waiver, limits, now);
  waivers.push_back(std::move(waiver));
}

}  // namespace

util::Result<PolicyFile> load_policy(const std::filesystem::path& file) {
  Config whole;
  Problems problems(file.string(), counts_for_policy);
  const auto read = [&](const toml::table& root) {
    Reader reader(root, "", problems);
    read_file(reader, whole);
    reader.finish();
  };
  if (auto done = read_toml_file(file, "policy", problems, read, is_about_policy); !done) {
    return tl::unexpected(done.error());
  }
  trust_upstreams(whole);
  return PolicyFile{std::move(whole.policy), whole.waivers, std::move(whole.names),
                    std::move(whole.name_files)};
}

util::Result<std::vector<findings::Waiver>> read_waivers(const std::filesystem::path& file,
                                                         const policy::WaiverLimits& limits,
                                                         util::TimePoint now) {
  std::vector<findings::Waiver> waivers;
  Problems problems(file.string());
  const auto read = [&](const toml::table& root) {
    Reader reader(root, "", problems);
    reader.tables("waiver", [&](Reader& t) {
      if (waivers.size() < kMaxWaivers) return read_waiver(t, waivers, limits, now);
      t.problem("", "expected at most " + std::to_string(kMaxWaivers) + " waivers");
    });
    reader.finish();
  };
  const auto everything = [](std::string_view) { return true; };
  if (auto done = read_toml_file(file, "waivers", problems, read, everything); !done) {
    return tl::unexpected(done.error());
  }
  return waivers;
}

}  // namespace portcullis::config
