// SPDX-License-Identifier: Apache-2.0
#include "portcullis/engine/rule_set.hpp"

#include <algorithm>
#include <cstring>
#include <functional>
#include <iterator>
#include <limits>
#include <optional>

#include "compiler.hpp"
#include "externals.hpp"
#include "metas.hpp"

namespace portcullis::engine {
namespace {

using findings::Outcome;

constexpr std::size_t kMaxStringsKept = 8;
constexpr std::size_t kMaxDataKept = 64;
constexpr std::size_t kMaxContextKept = 32;  ///< on either side

/// libyara packs its matches without regard to alignment, so each is copied before it is looked at.
std::optional<YR_MATCH> first_visible_match(const YR_SCAN_CONTEXT& context, const YR_STRING& string) {
  for (const void* at = context.matches[string.idx].head; at != nullptr;) {
    YR_MATCH match;
    std::memcpy(&match, at, sizeof match);
    if (!match.is_private) return match;
    at = match.next;
  }
  return std::nullopt;
}

std::string text_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// `content` is the whole file, in one block: offsets of matches are places in it.
findings::MatchedString matched(const YR_STRING& string, const YR_MATCH& match,
                                std::span<const std::byte> content) {
  const auto offset = std::min(static_cast<std::size_t>(match.base + match.offset), content.size());
  const auto behind = content.subspan(offset);
  const auto wanted = static_cast<std::size_t>(std::max(match.data_length, 0));
  const auto size = std::min({wanted, kMaxDataKept, behind.size()});
  const auto before = std::min(offset, kMaxContextKept);
  const auto after = std::min(behind.size() - size, kMaxContextKept);
  return {.identifier = string.identifier,
          .offset = offset,
          .data = text_of(behind.first(size)),
          .before = text_of(content.subspan(offset - before, before)),
          .after = text_of(behind.subspan(size, after))};
}

/// The first match of each of a rule's strings, as many as are kept.
void keep_strings(YR_SCAN_CONTEXT* context, YR_RULE* rule, std::span<const std::byte> content,
                  findings::Finding& finding) {
  YR_STRING* string = nullptr;
  yr_rule_strings_foreach(rule, string) {
    if (finding.strings.size() == kMaxStringsKept) return;
    if (STRING_IS_PRIVATE(string)) continue;
    const auto match = first_visible_match(*context, *string);
    if (!match) continue;
    finding.strings.push_back(matched(*string, *match, content));
  }
}

/// What the rule says about itself, and what was made of that.
findings::RuleInfo adjusted_info(const YR_RULE& rule, const SeverityByRule& severities) {
  findings::RuleInfo info = rule_info(rule);
  info.own_severity = info.severity;
  info.disabled = RULE_IS_DISABLED(&rule) != 0;
  if (const auto found = severities.find(&rule); found != severities.end()) {
    info.severity = found->second;
    info.adjusted = true;
  }
  return info;
}

std::size_t count_active(YR_RULES* rules) {
  std::size_t count = 0;
  const YR_RULE* rule = nullptr;
  yr_rules_foreach(rules, rule) count += RULE_IS_DISABLED(rule) ? 0 : 1;
  return count;
}

/// One run of one set.
struct RunningScan {
  std::span<const std::byte> content;
  const SeverityByRule& severities;
  const YR_RULE* first_path_rule;  ///< of that set; those of RuleGroup::path are behind the others
  FileVerdicts verdicts = {};

  FileVerdict& verdict_of(const YR_RULE* rule) {
    return std::less{}(rule, first_path_rule) ? verdicts.content : verdicts.path;
  }
  void end(Outcome outcome, const std::string& reason) {
    for (auto* verdict : {&verdicts.content, &verdicts.path}) {
      verdict->outcome = outcome;
      verdict->reason = reason;
    }
  }
};

/// Called from C: noexcept, so that an exception ends the worker and not libyara's invariants.
int on_scan_message(YR_SCAN_CONTEXT* context, int message, void* data, void* user) noexcept {
  auto& running = *static_cast<RunningScan*>(user);
  if (message == CALLBACK_MSG_RULE_MATCHING) {
    auto* rule = static_cast<YR_RULE*>(data);
    auto& findings = running.verdict_of(rule).findings;
    findings.push_back(finding_of(adjusted_info(*rule, running.severities)));
    keep_strings(context, rule, running.content, findings.back());
  } else if (message == CALLBACK_MSG_TOO_MANY_MATCHES) {
    // libyara goes on without that string and reports success: what it says now is not the truth.
    const auto* string = static_cast<YR_STRING*>(data);
    running.end(Outcome::limit, std::string("too many matches of the rule string ") + string->identifier);
  }
  return CALLBACK_CONTINUE;
}

void put(std::string& text, std::string_view value) {
  text.append(std::to_string(value.size())).append(":").append(value);
}

class YaraScanner final : public Scanner {
 public:
  YaraScanner(ScannerHandle all, ScannerHandle path, const Compiled& compiled)
      : all_(std::move(all)), path_(std::move(path)), compiled_(compiled) {}

  FileVerdicts scan_all(std::span<const std::byte> content, const FileContext& context,
                        std::chrono::seconds timeout) override {
    const YR_RULES& rules = *compiled_.all_rules;
    return run(all_.get(), rules.rules_table + rules.num_rules - compiled_.path_rules->num_rules, content,
               context, timeout);
  }

  FileVerdict scan_path(std::span<const std::byte> content, const FileContext& context,
                        std::chrono::seconds timeout) override {
    return run(path_.get(), compiled_.path_rules->rules_table, content, context, timeout).path;
  }

 private:
  FileVerdicts run(YR_SCANNER* scanner, const YR_RULE* first_path_rule, std::span<const std::byte> content,
                   const FileContext& context, std::chrono::seconds timeout) {
    int code = define_externals(scanner, externals_of(content, context));
    const auto seconds = std::clamp<std::int64_t>(timeout.count(), 1, std::numeric_limits<int>::max());
    yr_scanner_set_timeout(scanner, static_cast<int>(seconds));
    RunningScan running{content, compiled_.severities, first_path_rule};
    if (code == ERROR_SUCCESS) {
      yr_scanner_set_callback(scanner, on_scan_message, &running);
      static constexpr std::uint8_t kNothing = 0;
      const auto* bytes = content.empty() ? &kNothing : reinterpret_cast<const std::uint8_t*>(content.data());
      code = yr_scanner_scan_mem(scanner, bytes, content.size());
    }
    if (code == ERROR_SCAN_TIMEOUT) {
      running.end(Outcome::timed_out, "the rules took more than " + std::to_string(seconds) + " seconds");
    } else if (code != ERROR_SUCCESS) {
      running.end(Outcome::limit, "the rules could not be run to the end: " + describe_error(code));
    }
    return std::move(running.verdicts);
  }

  static int define_externals(YR_SCANNER* scanner, const Externals& values) {
    const std::pair<const char*, const std::string&> externals[] = {{kFilename, values.filename},
                                                                    {kFilepath, values.filepath},
                                                                    {kExtension, values.extension},
                                                                    {kFiletype, values.filetype},
                                                                    {kOwner, values.owner}};
    for (const auto& [name, value] : externals) {
      const int code = yr_scanner_define_string_variable(scanner, name, value.c_str());
      if (code != ERROR_SUCCESS) return code;
    }
    return ERROR_SUCCESS;
  }

  ScannerHandle all_;
  ScannerHandle path_;
  const Compiled& compiled_;
};

util::Result<ScannerHandle> make_scanner(YR_RULES* rules) {
  YR_SCANNER* raw = nullptr;
  if (const int code = yr_scanner_create(rules, &raw); code != ERROR_SUCCESS) {
    return util::fail(util::ErrorKind::internal, "making a rule scanner: " + describe_error(code));
  }
  ScannerHandle scanner(raw);
  // With libyara's own SIGSEGV handler a crash in one thread spins for ever in the others.
  yr_scanner_set_flags(raw, SCAN_FLAGS_NO_TRYCATCH | SCAN_FLAGS_REPORT_RULES_MATCHING);
  return scanner;
}

class YaraRuleSet final : public RuleSet {
 public:
  explicit YaraRuleSet(Compiled compiled)
      : compiled_(std::move(compiled)),
        path_count_(count_active(compiled_.path_rules.get())),
        content_count_(count_active(compiled_.all_rules.get()) - path_count_) {}

  std::size_t rule_count(RuleGroup group) const override {
    return group == RuleGroup::content ? content_count_ : path_count_;
  }
  std::size_t file_count() const override { return compiled_.files; }
  const std::string& hash() const override { return compiled_.hash; }
  const std::vector<SetAside>& set_aside() const override { return compiled_.set_aside; }
  const std::vector<CompileWarning>& warnings() const override { return compiled_.warnings; }

  const std::vector<std::string>& idle_patterns() const override { return compiled_.idle_patterns; }

  std::vector<findings::RuleInfo> describe() const override {
    std::vector<findings::RuleInfo> all;
    const YR_RULE* rule = nullptr;
    yr_rules_foreach(compiled_.all_rules.get(), rule) {
      all.push_back(adjusted_info(*rule, compiled_.severities));
    }
    std::ranges::stable_sort(all, {}, &findings::RuleInfo::file);
    return all;
  }

  util::Result<std::unique_ptr<Scanner>> scanner() const override {
    auto all = make_scanner(compiled_.all_rules.get());
    if (!all) return tl::unexpected(all.error());
    auto path = make_scanner(compiled_.path_rules.get());
    if (!path) return tl::unexpected(path.error());
    return std::make_unique<YaraScanner>(std::move(*all), std::move(*path), compiled_);
  }

 private:
  Compiled compiled_;
  std::size_t path_count_;
  std::size_t content_count_;
};

}  // namespace

std::string external_values(std::span<const std::byte> content, const FileContext& context) {
  const Externals values = externals_of(content, context);
  std::string text;
  for (const auto* value :
       {&values.filename, &values.filepath, &values.extension, &values.filetype, &values.owner}) {
    put(text, *value);
  }
  return text;
}

FileVerdict together(FileVerdicts verdicts) {
  FileVerdict both = std::move(verdicts.content);
  std::ranges::move(verdicts.path.findings, std::back_inserter(both.findings));
  return both;
}

util::Result<std::unique_ptr<RuleSet>> compile(const std::vector<RuleFile>& files,
                                               const findings::RuleAdjustments& adjustments) {
  auto compiled = compile_files(files, adjustments);
  if (!compiled) return tl::unexpected(compiled.error());
  return std::make_unique<YaraRuleSet>(std::move(*compiled));
}

}  // namespace portcullis::engine
