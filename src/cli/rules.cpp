// SPDX-License-Identifier: Apache-2.0
//
// portcullis rules: what the rules say about themselves, what is wrong with them, whether they find what they
// should, what they cost. The scanner reads and compiles them, as it does for a scan, and runs them over
// samples in a worker that is locked down.
#include <fcntl.h>

#include <filesystem>
#include <optional>

#include "bench_sample.hpp"
#include "commands.hpp"
#include "exit_code.hpp"
#include "portcullis/records/search.hpp"
#include "portcullis/util/log.hpp"
#include "portcullis/util/safe_text.hpp"
#include "portcullis/util/text.hpp"
#include "rules_command.hpp"
#include "rules_report.hpp"
#include "server_records.hpp"
#include "stack.hpp"

namespace portcullis::cli {
namespace {

namespace fs = std::filesystem;

int no_answer(const util::Error& error) { return fail(kCouldNotJudge, "rules: " + error.message); }

template <class Report>
int print_report(const RulesFlags& flags, const Report& report, ExitCode code) {
  return print(flags.format == "json" ? as_json(report) : as_text(report), code);
}

/// What a server's records say about its rules.
struct Known {
  std::optional<std::map<std::string, std::uint64_t>> hits = {};
  std::vector<records::RuleSetting> settings = {};
};

/// Of the server that the flags name; nothing when they name none. Without --data it may be that the file is
/// for another command and there is no server yet.
tl::expected<Known, int> known_for(const RulesFlags& flags) {
  constexpr std::size_t kMost = 10'000;
  constexpr std::string_view kRule = "rule:";
  if (flags.data.empty() && flags.config.empty()) return Known{};
  if (flags.data.empty()) {
    const auto config = config::load(flags.config, {});
    std::error_code ignored;
    if (config && config->records.url.empty() && !fs::exists(config->database(), ignored)) return Known{};
  }
  auto server = open_server_records({flags.config, flags.data}, records::OpenMode::existing_read_only);
  if (!server) return tl::unexpected(server.error());
  const auto ranked =
      server->records->search().top_rules({util::TimePoint{}, util::SystemClock().now()}, kMost);
  if (!ranked) return tl::unexpected(static_cast<int>(fail(kCouldNotJudge, ranked.error().message)));
  auto settings = server->records->rule_settings().list();
  if (!settings) return tl::unexpected(static_cast<int>(fail(kCouldNotJudge, settings.error().message)));
  Known known{.hits = std::map<std::string, std::uint64_t>(), .settings = *std::move(settings)};
  for (const auto& [name, count] : *ranked) {
    if (name.starts_with(kRule)) (*known.hits)[name.substr(kRule.size())] = count;
  }
  return known;
}

int list(const RulesFlags& flags) {
  auto known = known_for(flags);
  if (!known) return known.error();
  util::MemoryMetrics metrics;
  auto scanner = scanner_for(flags, metrics, known->settings);
  if (!scanner) return scanner.error();
  auto rules = (*scanner)->list_rules();
  if (!rules) return no_answer(rules.error());
  return print_report(
      flags,
      RuleList{std::move(*rules), (*scanner)->profile(), std::move(known->hits), std::move(known->settings)},
      kClean);
}

int lint(const RulesFlags& flags) {
  util::MemoryMetrics metrics;
  auto scanner = scanner_for(flags, metrics);
  if (!scanner) return scanner.error();
  const auto notes = (*scanner)->lint_rules();
  if (!notes) return no_answer(notes.error());
  return print_report(flags, *notes, notes->empty() ? kClean : kBlocked);
}

int test(const RulesFlags& flags) {
  fs::path samples = flags.samples;
  if (samples.empty()) {
    if (flags.pack.empty()) return fail(kUsage, "rules test: expected a PACK to test, or --samples DIR");
    std::error_code ignored;
    samples =
        (fs::is_directory(flags.pack, ignored) ? fs::path(flags.pack) : fs::path(flags.pack).parent_path()) /
        "samples";
  }
  auto directory = util::open_file(samples, O_RDONLY | O_DIRECTORY);
  if (!directory) return fail(kCannotStart, "samples: " + directory.error().message);
  util::MemoryMetrics metrics;
  auto scanner = scanner_for(flags, metrics);
  if (!scanner) return scanner.error();
  const auto rules = (*scanner)->list_rules();
  if (!rules) return no_answer(rules.error());
  const auto files = (*scanner)->test_rules(directory->get());
  if (!files) return no_answer(files.error());
  const TestReport report = summarize(*files, *rules, (*scanner)->profile().set_aside);
  if (report.rules.empty()) {
    return fail(kCouldNotJudge, "rules test: no samples below " + samples.string() +
                                    "; expected files or directories RULE/hit-NAME and RULE/miss-NAME");
  }
  return print_report(flags, report, report.passed() ? kClean : kBlocked);
}

int bench(const RulesFlags& flags) {
  const auto bytes = util::parse_size(flags.size);
  if (!bytes || *bytes == 0)
    return fail(kUsage, "--size: expected a size such as \"64 MiB\", saw \"" + flags.size + "\"");
  const auto sample = pick_sample(flags.sample, *bytes);
  if (!sample) return fail(kCannotStart, sample.error().message);
  util::MemoryMetrics metrics;
  auto scanner = scanner_for(flags, metrics);
  if (!scanner) return scanner.error();
  const auto costs = (*scanner)->bench_rules(sample->files, std::chrono::seconds(flags.seconds));
  if (!costs) return no_answer(costs.error());
  auto summary = scan::summarize(*costs);
  if (!summary)
    return fail(kCouldNotJudge, "rules bench: no file below " + flags.sample + " could be measured");
  return print_report(flags, BenchReport{flags.sample, sample->bytes, *std::move(summary)}, kClean);
}

void add_pack(const RulesForm& command) {
  command.app->add_option("pack", command.flags->pack, "YARA file or directory: only these rules")
      ->type_name("PACK");
}

}  // namespace

tl::expected<std::unique_ptr<scan::Service>, int> scanner_for(
    const RulesFlags& flags, util::Metrics& metrics, const std::vector<records::RuleSetting>& settings) {
  config::Overrides overrides;
  overrides.rules = flags.rules;
  overrides.no_builtin_rules = flags.no_builtin_rules;
  if (!flags.pack.empty()) {
    overrides.rules = {flags.pack};
    overrides.no_builtin_rules = true;
  }
  auto config = config::load(flags.config, overrides);
  if (!config) return tl::unexpected(fail_configuration(config.error()));
  if (!flags.pack.empty()) config->scan.rules = {flags.pack};
  util::log::configure(util::log::Level::error, config->log_format);
  // Nothing is judged: no data directory is needed, and rules that do not compile are an answer.
  config->scan.spool = fs::temp_directory_path();
  config->scan.known_clean.use = scan::KnownCleanUse::off;
  config->scan.no_rules = scan::NoRules::accept;
  config->scan.on_set_aside = scan::OnSetAside::go_on;
  auto scanner = start_scanner(*config, metrics, settings);
  if (!scanner) return tl::unexpected(static_cast<int>(fail(kCannotStart, scanner.error().message)));
  return std::move(*scanner);
}

RulesForm add_rules_form(CLI::App& parent, const char* name, const char* help, int (*run)(const RulesFlags&),
                         Action& action) {
  auto flags = std::make_shared<RulesFlags>();
  CLI::App* command = parent.add_subcommand(name, help);
  command->add_option("--config", flags->config, "Configuration file: rules")->type_name("FILE");
  command->add_option("--rules", flags->rules, "YARA file or directory beside the built-in rules; repeatable")
      ->type_name("PATH")
      ->expected(1)
      ->take_all()
      ->allow_extra_args(false);
  command->add_flag("--no-builtin-rules", flags->no_builtin_rules,
                    "Use only the rules named by --rules or the file");
  command->add_option("--format", flags->format, "text (default) or json")
      ->type_name("FORMAT")
      ->check(CLI::IsMember({"text", "json"}));
  command->callback([flags, run, &action] { action = [flags, run] { return run(*flags); }; });
  return {command, flags};
}

void add_rules(CLI::App& app, Action& action) {
  CLI::App* command = app.add_subcommand("rules", "List, check, test, measure and change the rules");
  const auto listing =
      add_rules_form(*command, "list", "Every rule in use, with what it says about itself", list, action);
  listing.app
      ->add_option("--data", listing.flags->data,
                   "Data directory of a server: how often each rule hit, and who changed it")
      ->type_name("DIR");
  add_rules_form(*command, "lint", "Compile errors, slow rules and missing metas", lint, action);
  const auto testing =
      add_rules_form(*command, "test", "Run rules over files they must hit, and must miss", test, action);
  add_pack(testing);
  testing.app
      ->add_option(
          "--samples", testing.flags->samples,
          "Directory with RULE/hit-NAME and RULE/miss-NAME, each a file or the root of an image; default "
          "PACK/samples")
      ->type_name("DIR");
  const auto measuring = add_rules_form(*command, "bench", "What each rule file costs", bench, action);
  add_pack(measuring);
  measuring.app->add_option("--sample", measuring.flags->sample, "Directory to scan, default /usr/bin")
      ->type_name("DIR");
  measuring.app->add_option("--size", measuring.flags->size, "Of the files taken from it, default 64 MiB")
      ->type_name("SIZE");
  measuring.app->add_option("--seconds", measuring.flags->seconds, "At most, default 60")
      ->type_name("N")
      ->check(CLI::Range(1, 3600));
  add_rule_changes(*command, action);
  command->footer(
      "Exit codes: 0 all is well, 1 lint has an error or a warning or a test failed, 2 no answer, 64 and "
      "above: "
      "wrong usage or set-up.\n"
      "Examples:\n"
      "  portcullis rules list --format json\n"
      "  portcullis rules lint --no-builtin-rules --rules ./my-rules\n"
      "  portcullis rules test ./my-rules\n"
      "  portcullis rules bench --sample /opt\n"
      "  portcullis rules disable miner_pool_addresses --reason 'hits our docs, ticket 4711' --data ./data");
  command->callback([command, &action] {
    if (!command->get_subcommands().empty()) return;
    action = [] {
      return fail(kUsage,
                  "rules: expected list, lint, test, bench, disable, override or restore (see portcullis "
                  "rules --help)");
    };
  });
}

}  // namespace portcullis::cli
