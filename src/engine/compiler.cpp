// SPDX-License-Identifier: Apache-2.0
#include "compiler.hpp"

#include <algorithm>
#include <optional>
#include <string_view>

#include "portcullis/util/hash.hpp"

namespace portcullis::engine {
namespace {

using util::ErrorKind;

/// Modules whose answers do not come from the scanned bytes: `magic` opens its database while
/// scanning, `cuckoo` wants a sandbox report.
constexpr std::string_view kRefusedModules[] = {"magic", "cuckoo"};

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
  for (const char* name : {kFilename, kFilepath, kExtension, kFiletype, kOwner}) {
    if (yr_compiler_define_string_variable(raw, name, "") != ERROR_SUCCESS) return nullptr;
  }
  return compiler;
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
  for (auto& warning : messages.warnings) {
    warning.file = file.name;
    warnings.push_back(std::move(warning));
  }
  return std::nullopt;
}

/// All good files of a group in one set. Should one fail only in company (a table overflows), it is the index
/// that comes back.
std::optional<std::size_t> compile_together(const std::vector<const RuleFile*>& files, RuleGroup group,
                                            RulesHandle& rules, std::string& error) {
  Messages messages;
  const auto compiler = make_compiler(group, messages);
  if (!compiler) {
    error = "libyara could not make a compiler";
    return std::nullopt;
  }
  for (std::size_t i = 0; i < files.size(); ++i) {
    if (add(compiler.get(), *files[i])) continue;
    error = messages.error;
    return i;
  }
  YR_RULES* raw = nullptr;
  if (const int code = yr_compiler_get_rules(compiler.get(), &raw); code != ERROR_SUCCESS) {
    error = describe_error(code);
    return std::nullopt;
  }
  rules.reset(raw);
  return std::nullopt;
}

util::Result<RulesHandle> compile_group(std::vector<const RuleFile*>& files, RuleGroup group,
                                        std::vector<SetAside>& set_aside) {
  while (true) {
    RulesHandle rules;
    std::string error;
    const auto failed = compile_together(files, group, rules, error);
    if (rules) return rules;
    if (!failed) return util::fail(ErrorKind::internal, "compiling the rule set: " + error);
    set_aside.push_back({files[*failed]->name, "does not compile beside the others: " + error});
    files.erase(files.begin() + static_cast<std::ptrdiff_t>(*failed));
  }
}

void add_to_hash(util::Hasher& hasher, const std::vector<const RuleFile*>& files) {
  for (const auto* file : files) {
    hasher.update(util::sha256_hex(file->name) + ' ' + util::sha256_hex(file->text) + '\n');
  }
}

}  // namespace

util::Result<Compiled> compile_files(const std::vector<RuleFile>& files) {
  if (const int code = initialize_library(); code != ERROR_SUCCESS) {
    return util::fail(ErrorKind::internal, "libyara does not initialize: " + describe_error(code));
  }
  Compiled result;
  std::vector<const RuleFile*> content_files;
  std::vector<const RuleFile*> path_files;
  for (const auto& file : files) {
    if (!try_alone(file, RuleGroup::content, result.warnings)) {
      content_files.push_back(&file);
    } else if (auto problem = try_alone(file, RuleGroup::path, result.warnings)) {
      result.set_aside.push_back({file.name, std::move(*problem)});
    } else {
      path_files.push_back(&file);
    }
  }
  auto content_rules = compile_group(content_files, RuleGroup::content, result.set_aside);
  if (!content_rules) return tl::unexpected(content_rules.error());
  auto path_rules = compile_group(path_files, RuleGroup::path, result.set_aside);
  if (!path_rules) return tl::unexpected(path_rules.error());
  result.content_rules = std::move(*content_rules);
  result.path_rules = std::move(*path_rules);
  result.files = content_files.size() + path_files.size();
  util::Hasher hasher;
  hasher.update(std::string_view("yara " YR_VERSION "\n"));
  add_to_hash(hasher, content_files);
  add_to_hash(hasher, path_files);
  result.hash = hasher.finish_hex();
  return result;
}

}  // namespace portcullis::engine
