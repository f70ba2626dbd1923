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

/// Modules are loaded when a scan begins, so a scan of nothing names them all. Looking for `import`
/// in the text would be fooled by comments.
std::string refused_module(YR_RULES* rules) {
  std::string module;
  YR_SCANNER* raw = nullptr;
  if (yr_scanner_create(rules, &raw) != ERROR_SUCCESS) return module;
  const ScannerHandle scanner(raw);
  yr_scanner_set_callback(raw, on_import, &module);
  yr_scanner_set_flags(raw, SCAN_FLAGS_NO_TRYCATCH);
  const std::uint8_t nothing = 0;
  yr_scanner_scan_mem(raw, &nothing, 0);
  return module;
}

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
  if (const auto module = refused_module(raw); !module.empty()) {
    return "imports the module \"" + module + "\", which reads more than the scanned file; remove the import";
  }
  take_warnings(messages, file, warnings);
  return std::nullopt;
}

/// Files of a group in one set.
struct Together {
  RulesHandle rules;                  ///< none: it did not work
  std::optional<std::size_t> failed;  ///< the file that did not go in
  std::string error;
  std::vector<CompileWarning> warnings;
};

Together compile_together(const std::vector<const RuleFile*>& files, RuleGroup group) {
  Together result;
  Messages messages;
  const auto compiler = make_compiler(group, messages);
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

/// Of files that are good each on its own. Should one fail only in company (a table overflows), it is set
/// aside and the others are tried again.
util::Result<RulesHandle> compile_group(std::vector<const RuleFile*>& files, RuleGroup group,
                                        std::vector<SetAside>& set_aside) {
  while (true) {
    Together together = compile_together(files, group);
    if (together.rules) return std::move(together.rules);
    if (!together.failed) return util::fail(ErrorKind::internal, "compiling the rule set: " + together.error);
    set_aside.push_back(
        {files[*together.failed]->name, "does not compile beside the others: " + together.error});
    files.erase(files.begin() + static_cast<std::ptrdiff_t>(*together.failed));
  }
}

struct Sorted {
  std::vector<const RuleFile*> content;
  std::vector<const RuleFile*> path;
};

bool names_a_path_external(const RuleFile& file) {
  return std::ranges::any_of(kPathExternals,
                             [&](const char* name) { return file.text.find(name) != std::string::npos; });
}

/// The usual case, in which nothing is wrong with any file: each is compiled once. False, with `result`
/// as it was, when anything is in the way; which file and why is then to be found out one by one.
bool compile_all_at_once(const std::vector<RuleFile>& files, Compiled& result, Sorted& sorted) {
  std::vector<CompileWarning> warnings;
  Sorted all;
  for (const auto& file : files) {
    if (file.text.find('\0') != std::string::npos) return false;
    // The word may stand in a string or a comment only: then it is a content file all the same.
    const bool path = names_a_path_external(file) && try_alone(file, RuleGroup::content, warnings);
    (path ? all.path : all.content).push_back(&file);
  }
  Together content = compile_together(all.content, RuleGroup::content);
  if (!content.rules || !refused_module(content.rules.get()).empty()) return false;
  Together path = compile_together(all.path, RuleGroup::path);
  if (!path.rules || !refused_module(path.rules.get()).empty()) return false;
  for (auto* group : {&content, &path})
    std::ranges::move(group->warnings, std::back_inserter(result.warnings));
  result.content_rules = std::move(content.rules);
  result.path_rules = std::move(path.rules);
  sorted = std::move(all);
  return true;
}

util::Result<Sorted> compile_one_by_one(const std::vector<RuleFile>& files, Compiled& result) {
  Sorted sorted;
  for (const auto& file : files) {
    if (!try_alone(file, RuleGroup::content, result.warnings)) {
      sorted.content.push_back(&file);
    } else if (auto problem = try_alone(file, RuleGroup::path, result.warnings)) {
      result.set_aside.push_back({file.name, std::move(*problem)});
    } else {
      sorted.path.push_back(&file);
    }
  }
  auto content_rules = compile_group(sorted.content, RuleGroup::content, result.set_aside);
  if (!content_rules) return tl::unexpected(content_rules.error());
  auto path_rules = compile_group(sorted.path, RuleGroup::path, result.set_aside);
  if (!path_rules) return tl::unexpected(path_rules.error());
  result.content_rules = std::move(*content_rules);
  result.path_rules = std::move(*path_rules);
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
  Adjusted adjusted = adjust({result.content_rules.get(), result.path_rules.get()}, adjustments);
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
