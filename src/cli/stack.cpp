// SPDX-License-Identifier: Apache-2.0
#include "stack.hpp"

#include "bench_sample.hpp"
#include "portcullis/gate/rule_settings.hpp"
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

scan::RuleOptions with_settings(scan::RuleOptions options,
                                const std::vector<records::RuleSetting>& settings) {
  options.adjustments = gate::adjustments(std::move(options.adjustments), settings);
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

util::Result<std::unique_ptr<scan::Service>> start_scanner(
    const config::Config& config, util::Metrics& metrics, const std::vector<records::RuleSetting>& settings) {
  scan::Options options = config.scan;
  if (options.spool.empty()) options.spool = config.data;
  if (options.known_clean.directory.empty()) options.known_clean.directory = config.data;
  if (auto made = util::make_writable_directory(options.spool); !made) {
    return util::fail("directory for large files", made.error());
  }
  auto rules = rule_options(config);
  if (!rules) return tl::unexpected(rules.error());
  static_cast<scan::RuleOptions&>(options) = with_settings(*std::move(rules), settings);
  if (options.scanner.empty()) {
    auto found = installation();
    if (!found) return tl::unexpected(found.error());
    options.scanner = found->scanner;
  }
  auto service = scan::start(options, metrics);
  if (!service) return util::fail("scanner", service.error());
  return service;
}

util::Result<std::vector<scan::RuleCost>> measure_rules(config::Config config,
                                                        const scan::RuleOptions& rules) {
  constexpr std::chrono::seconds kPatience{3};
  static_cast<scan::RuleOptions&>(config.scan) = rules;
  config.builtin_rules = false;  // they are among `rules`
  config.scan.no_rules = scan::NoRules::accept;
  config.scan.on_set_aside = scan::OnSetAside::go_on;
  config.scan.known_clean.use = scan::KnownCleanUse::off;
  config.scan.workers = 1;
  util::MemoryMetrics uncounted;
  auto scanner = start_scanner(config, uncounted);
  if (!scanner) return tl::unexpected(scanner.error());
  return (*scanner)->bench_rules(own_files(), kPatience);
}

util::Result<std::unique_ptr<Stack>> Stack::open(config::Config& config, util::Metrics& metrics,
                                                 std::vector<findings::Waiver> waivers) {
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

  for (const upstream::Options& options : config.upstreams) {
    auto registry = upstream::connect(options, metrics);
    if (!registry) return util::fail("upstream " + options.name, registry.error());
    stack->registries_.push_back(*std::move(registry));
  }

  auto names = load_names(config);
  if (!names) return util::fail("names", names.error());

  auto settings = stack->records_->rule_settings().list();
  if (!settings) return util::fail("settings of rules", settings.error());
  stack->rule_settings_ = *std::move(settings);
  auto scanner = start_scanner(config, metrics, stack->rule_settings_);
  if (!scanner) return tl::unexpected(scanner.error());
  stack->scanner_ = *std::move(scanner);

  gate::Parts& parts = stack->parts_;
  for (const auto& registry : stack->registries_) parts.registries[registry->options().name] = registry.get();
  parts.store = stack->store_.get();
  parts.scanner = stack->scanner_.get();
  parts.records = stack->records_.get();
  parts.clock = &stack->clock_;
  parts.metrics = &metrics;
  parts.names = *std::move(names);
  parts.waivers = std::move(waivers);
  stack->gate_options_ = config.gate;
  stack->policy_ = config.policy;
  stack->gate_ = gate::make_gate(parts, config.gate, config.policy);
  return stack;
}

std::unique_ptr<gate::Gate> Stack::gate_before(upstream::Registry& registry) {
  gate::Parts parts = parts_;
  parts.registries = {{registry.options().name, &registry}};
  return gate::make_gate(parts, gate_options_, policy_);
}

void Stack::cancel() {
  for (const auto& registry : registries_) registry->stop();
  if (store_) store_->stop();
  if (scanner_) scanner_->stop();
}

void Stack::stop() {
  cancel();
  if (gate_) gate_->stop();
}

Stack::~Stack() { stop(); }

}  // namespace portcullis::cli
