// SPDX-License-Identifier: Apache-2.0
#include "stack.hpp"

#include "portcullis/util/files.hpp"

namespace portcullis::cli {
namespace {

util::Result<void> check_rule_paths(const std::vector<std::filesystem::path>& paths) {
  for (const auto& path : paths) {
    std::error_code ignored;
    if (!std::filesystem::exists(path, ignored)) {
      return util::fail(util::ErrorKind::absent, "rules: no such file or directory: " + path.string());
    }
  }
  return {};
}

using IndexPtr = std::shared_ptr<const naming::NameIndex>;

/// `directory` empty: what ships with Portcullis.
util::Result<IndexPtr> load_names(std::filesystem::path directory, const naming::Options& options,
                                  policy::NameSettings& settings) {
  if (directory.empty()) {
    const auto found = installation();
    if (!found) return tl::unexpected(found.error());
    directory = found->names;
  }
  auto data = naming::load_reference_data(directory);
  if (!data) return tl::unexpected(data.error());
  settings.reference = naming::fingerprint(*data, options);
  auto index = naming::NameIndex::build(*data, options);
  if (!index) return tl::unexpected(index.error());
  return std::make_shared<const naming::NameIndex>(*std::move(index));
}

}  // namespace

util::Result<scan::RuleOptions> rule_options(const config::Config& config) {
  scan::RuleOptions options = config.scan;
  if (auto there = check_rule_paths(options.rules); !there) return tl::unexpected(there.error());
  if (config.builtin_rules) {
    auto found = installation();
    if (!found) return tl::unexpected(found.error());
    options.rules.push_back(found->builtin_rules);
  }
  return options;
}

util::Result<config::Installation> installation() {
  std::error_code error;
  const std::filesystem::path self = std::filesystem::read_symlink("/proc/self/exe", error);
  if (error) return util::fail(util::ErrorKind::io, "cannot tell where this program is: " + error.message());
  return config::find_installation(self.parent_path());
}

util::Result<std::shared_ptr<const naming::NameIndex>> load_names(config::Config& config) {
  return load_names(config.name_files, config.names, config.policy.names);
}

util::Result<std::shared_ptr<const naming::NameIndex>> load_names(config::PolicyFile& file) {
  return load_names(file.name_files, file.names, file.policy.names);
}

util::Result<std::unique_ptr<scan::Service>> start_scanner(const config::Config& config,
                                                           util::Metrics& metrics) {
  scan::Options options = config.scan;
  if (options.spool.empty()) options.spool = config.data;
  if (options.known_clean.directory.empty()) options.known_clean.directory = config.data;
  if (auto made = util::make_writable_directory(options.spool); !made) {
    return util::fail("directory for large files", made.error());
  }
  auto rules = rule_options(config);
  if (!rules) return tl::unexpected(rules.error());
  static_cast<scan::RuleOptions&>(options) = *std::move(rules);
  if (options.scanner.empty()) {
    auto found = installation();
    if (!found) return tl::unexpected(found.error());
    options.scanner = found->scanner;
  }
  auto service = scan::start(options, metrics);
  if (!service) return util::fail("scanner", service.error());
  return service;
}

util::Result<std::unique_ptr<Stack>> Stack::open(config::Config& config, util::Metrics& metrics,
                                                 std::vector<std::unique_ptr<upstream::Registry>> others) {
  std::unique_ptr<Stack> stack(new Stack);
  if (auto made = util::make_writable_directory(config.data); !made) {
    return util::fail("data directory", made.error());
  }
  auto store = blobs::open_store(config.blobs, metrics);
  if (!store) return util::fail("blob store", store.error());
  stack->store_ = *std::move(store);

  auto records = records::open(config.database(), {.password = config.records.password, .metrics = &metrics});
  if (!records) return util::fail("records", records.error());
  stack->records_ = *std::move(records);

  stack->registries_ = std::move(others);
  for (const upstream::Options& options : config.upstreams) {
    auto registry = upstream::connect(options, metrics);
    if (!registry) return util::fail("upstream " + options.name, registry.error());
    stack->registries_.push_back(*std::move(registry));
  }

  auto names = load_names(config);
  if (!names) return util::fail("names", names.error());

  auto scanner = start_scanner(config, metrics);
  if (!scanner) return tl::unexpected(scanner.error());
  stack->scanner_ = *std::move(scanner);

  gate::Parts parts;
  for (const auto& registry : stack->registries_) parts.registries[registry->options().name] = registry.get();
  parts.store = stack->store_.get();
  parts.scanner = stack->scanner_.get();
  parts.records = stack->records_.get();
  parts.clock = &stack->clock_;
  parts.metrics = &metrics;
  parts.names = *std::move(names);
  stack->gate_ = gate::make_gate(parts, config.gate, config.policy);
  return stack;
}

void Stack::stop() {
  for (const auto& registry : registries_) registry->stop();
  if (store_) store_->stop();
  if (scanner_) scanner_->stop();
  if (gate_) gate_->stop();
}

Stack::~Stack() { stop(); }

}  // namespace portcullis::cli
