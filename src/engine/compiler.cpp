// SPDX-License-Identifier: Apache-2.0
#include "compiler.hpp"

#include <algorithm>
#include <iterator>
#include <optional>
#include <string_view>

#include "portcullis/util/hash.hpp"

namespace portcullis::engine {
namespace {

using util::ErrorKind;

/// Modules whose answers do not come from the scanned bytes: `magic` opens its database while
/// scanning, `cuckoo` wants a sandbox report.
constexpr std::string_view kRefusedModules[] = {"magic", "cuckoo"};
/// All that libyara has had. It cannot be asked for its list, but it can be made to try each.
constexpr const char* kKnownModules[] = {"console", "dex", "dotnet", "elf",  "hash",  "macho",
                                         "math",    "pe",  "string", "time", "magic", "cuckoo"};

/// So long that a machine under load does not make a slow rule of a good one.
constexpr int kTrialSeconds = 3;

struct Messages {
  std::string error;  ///< the first one
  std::vector<CompileWarning> warnings;
};

/// Called from C: nothing may be thrown out of here (out of memory ends the process by itself).
void on_message(int level, const char*, int line, const YR_RULE*, const char* message, void* user) noexcept {
  auto& messages = *static_cast<Messages*>(user);
  if (level == YARA_ERROR_LEVEL_WARNING) {
    messages.warnings.push_back({{}, line, message});
  } else if (messages.error.empty()) {
    messages.error = "line " + std::to_string(line) + ": " + message;
  }
}

CompilerHandle make_compiler(RuleGroup group, Messages& messages) {
  YR_COMPILER* raw = nullptr;
  if (yr_compiler_create(&raw) != ERROR_SUCCESS) return nullptr;
  CompilerHandle compiler(raw);
  yr_compiler_set_callback(raw, on_message, &messages);
  yr_compiler_set_include_callback(raw, nullptr, nullptr, nullptr);  // a rule file is one file
  if (group == RuleGroup::content) return compiler;
  for (const char* name : kPathExternals) {
    if (yr_compiler_define_string_variable(raw, name, "") != ERROR_SUCCESS) return nullptr;
  }
  return compiler;
}

void take_warnings(Messages& messages, const RuleFile& file, std::vector<CompileWarning>& warnings) {
  for (auto& warning : messages.warnings) {
    warning.file = file.name;
    warnings.push_back(std::move(warning));
  }
  messages.warnings.clear();
}

bool add(YR_COMPILER* compiler, const RuleFile& file) {
  return yr_compiler_add_string(compiler, file.text.c_str(), file.name.c_str()) == 0;
}

int on_import(YR_SCAN_CONTEXT*, int message, void* data, void* user) noexcept {
  if (message != CALLBACK_MSG_IMPORT_MODULE) return CALLBACK_CONTINUE;
  const std::string_view module = static_cast<YR_MODULE_IMPORT*>(data)->module_name;
  if (std::ranges::find(kRefusedModules, module) == std::end(kRefusedModules)) return CALLBACK_CONTINUE;
  *static_cast<std::string*>(user) = module;
  return CALLBACK_ERROR;
}

/// What a scan of nothing shows.
struct Trial {
  std::string refused_module;
  bool slow = false;  ///< the conditions were not through after kTrialSeconds
};

/// Modules are loaded when a scan begins, so a scan of nothing names them all. Looking for `import`
/// in the text would be fooled by comments. The conditions run after that, and a loop in one of them may take
/// for ever: nobody who starts a server waits for it.
Trial try_on_nothing(YR_RULES* rules) {
  Trial trial;
  YR_SCANNER* raw = nullptr;
  if (yr_scanner_create(rules, &raw) != ERROR_SUCCESS) return trial;
  const ScannerHandle scanner(raw);
  yr_scanner_set_callback(raw, on_import, &trial.refused_module);
  yr_scanner_set_flags(raw, SCAN_FLAGS_NO_TRYCATCH);
  yr_scanner_set_timeout(raw, kTrialSeconds);
  const std::uint8_t nothing = 0;
  trial.slow = yr_scanner_scan_mem(raw, &nothing, 0) == ERROR_SCAN_TIMEOUT;
  return trial;
}

bool is_fine(const Trial& trial) { return trial.refused_module.empty() && !trial.slow; }

/// What is wrong with the file on its own; nullopt when it is good.
std::optional<std::string> try_alone(const RuleFile& file, RuleGroup group,
                                     std::vector<CompileWarning>& warnings) {
  if (file.text.find('\0') != std::string::npos) return "contains a NUL byte; expected YARA source text";
  Messages messages;
  const auto compiler = make_compiler(group, messages);
  if (!compiler) return "libyara could not make a compiler";
  if (!add(compiler.get(), file)) {
    return messages.error.empty() ? std::string("does not compile") : messages.error;
  }
  YR_RULES* raw = nullptr;
  if (const int code = yr_compiler_get_rules(compiler.get(), &raw); code != ERROR_SUCCESS) {
    return describe_error(code);
  }
  const RulesHandle rules(raw);
  const Trial trial = try_on_nothing(raw);
  if (const auto& module = trial.refused_module; !module.empty()) {
    return "imports the module \"" + module + "\", which reads more than the scanned file; remove the import";
  }
  take_warnings(messages, file, warnings);
  if (trial.slow) {
    warnings.push_back({file.name, 0,
                        "a condition takes more than " + std::to_string(kTrialSeconds) +
                            " seconds for an empty file: every scan will time out; give its loops an end"});
  }
  return std::nullopt;
}

/// Files in one set.
struct Together {
  RulesHandle rules;                  ///< none: it did not work
  std::optional<std::size_t> failed;  ///< the file that did not go in
  std::string error;
  std::vector<CompileWarning> warnings;
};

Together compile_together(const std::vector<const RuleFile*>& files) {
  Together result;
  Messages messages;
  const auto compiler = make_compiler(RuleGroup::path, messages);
  if (!compiler) {
    result.error = "libyara could not make a compiler";
    return result;
  }
  for (std::size_t i = 0; i < files.size(); ++i) {
    if (!add(compiler.get(), *files[i])) {
      result.failed = i;
      result.error = messages.error;
      return result;
    }
    take_warnings(messages, *files[i], result.warnings);
  }
  YR_RULES* raw = nullptr;
  if (const int code = yr_compiler_get_rules(compiler.get(), &raw); code != ERROR_SUCCESS) {
    result.error = describe_error(code);
    return result;
  }
  result.rules.reset(raw);
  return result;
}

struct Sorted {
  std::vector<const RuleFile*> content;
  std::vector<const RuleFile*> path;

  std::vector<const RuleFile*> all() const {
    auto files = content;
    files.insert(files.end(), path.begin(), path.end());
    return files;
  }
  void erase(const RuleFile* file) {
    std::erase(content, file);
    std::erase(path, file);
  }
};

util::Error not_compiled(const std::string& why) {
  return {ErrorKind::internal, "compiling the rule set: " + why};
}

/// Of files that are good each on its own. Should one fail only in company (a table overflows), it is set
/// aside and the others are tried again.
util::Result<RulesHandle> compile_sorted(Sorted& sorted, std::vector<SetAside>& set_aside) {
  while (true) {
    const auto files = sorted.all();
    Together together = compile_together(files);
    if (together.rules) return std::move(together.rules);
    if (!together.failed) return tl::unexpected(not_compiled(together.error));
    const RuleFile* const failed = files[*together.failed];
    set_aside.push_back({failed->name, "does not compile beside the others: " + together.error});
    sorted.erase(failed);
  }
}

/// The word may stand in a string or a comment only.
bool uses_a_path_external(const RuleFile& file) {
  const auto named = [&](const char* name) { return file.text.find(name) != std::string::npos; };
  std::vector<CompileWarning> warnings;
  return std::ranges::any_of(kPathExternals, named) && try_alone(file, RuleGroup::content, warnings);
}

/// The usual case, in which nothing is wrong with any file: each is compiled once. False, with `result`
/// as it was, when anything is in the way; which file and why is then to be found out one by one.
bool compile_all_at_once(const std::vector<RuleFile>& files, Compiled& result, Sorted& sorted) {
  Sorted groups;
  for (const auto& file : files) {
    if (file.text.find('\0') != std::string::npos) return false;
    (uses_a_path_external(file) ? groups.path : groups.content).push_back(&file);
  }
  Together all = compile_together(groups.all());
  if (!all.rules || !is_fine(try_on_nothing(all.rules.get()))) return false;
  Together path = compile_together(groups.path);
  if (!path.rules) return false;
  std::ranges::move(all.warnings, std::back_inserter(result.warnings));
  result.all_rules = std::move(all.rules);
  result.path_rules = std::move(path.rules);
  sorted = std::move(groups);
  return true;
}

util::Result<Sorted> compile_one_by_one(const std::vector<RuleFile>& files, Compiled& result) {
  Sorted sorted;
  for (const auto& file : files) {
    if (auto problem = try_alone(file, RuleGroup::path, result.warnings)) {
      result.set_aside.push_back({file.name, std::move(*problem)});
    } else {
      (uses_a_path_external(file) ? sorted.path : sorted.content).push_back(&file);
    }
  }
  auto all_rules = compile_sorted(sorted, result.set_aside);
  if (!all_rules) return tl::unexpected(all_rules.error());
  Together path = compile_together(sorted.path);
  if (!path.rules) return tl::unexpected(not_compiled(path.error));
  result.all_rules = std::move(*all_rules);
  result.path_rules = std::move(path.rules);
  return sorted;
}

void add_to_hash(util::Hasher& hasher, const std::vector<const RuleFile*>& files) {
  for (const auto* file : files) {
    hasher.update(util::sha256_hex(file->name) + ' ' + util::sha256_hex(file->text) + '\n');
  }
}

}  // namespace

std::vector<std::string> modules() {
  std::vector<std::string> found;
  if (initialize_library() != ERROR_SUCCESS) return found;
  for (const char* name : kKnownModules) {
    if (std::ranges::find(kRefusedModules, std::string_view(name)) != std::end(kRefusedModules)) continue;
    Messages messages;
    const auto compiler = make_compiler(RuleGroup::content, messages);
    if (!compiler) continue;
    if (add(compiler.get(), {name, std::string("import \"") + name + '"'})) found.emplace_back(name);
  }
  return found;
}

util::Result<Compiled> compile_files(const std::vector<RuleFile>& files,
                                     const findings::RuleAdjustments& adjustments) {
  if (const int code = initialize_library(); code != ERROR_SUCCESS) {
    return util::fail(ErrorKind::internal, "libyara does not initialize: " + describe_error(code));
  }
  Compiled result;
  Sorted sorted;
  if (!compile_all_at_once(files, result, sorted)) {
    auto good = compile_one_by_one(files, result);
    if (!good) return tl::unexpected(good.error());
    sorted = std::move(*good);
  }
  result.files = sorted.content.size() + sorted.path.size();
  Adjusted adjusted = adjust({result.all_rules.get(), result.path_rules.get()}, adjustments);
  result.severities = std::move(adjusted.severities);
  result.idle_patterns = std::move(adjusted.idle);
  util::Hasher hasher;
  hasher.update(std::string_view("yara " YR_VERSION "\n"));
  add_to_hash(hasher, sorted.content);
  add_to_hash(hasher, sorted.path);
  hasher.update(adjusted.summary);
  result.hash = hasher.finish_hex();
  return result;
}

}  // namespace portcullis::engine
