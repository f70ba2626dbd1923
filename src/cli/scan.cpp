// SPDX-License-Identifier: Apache-2.0
//
// portcullis scan: judge one image as a pull would be judged, and report.
#include <unistd.h>

#include <cstdlib>

#include "commands.hpp"
#include "portcullis/util/log.hpp"
#include "portcullis/util/text.hpp"
#include "scan_job.hpp"
#include "scan_output.hpp"

namespace portcullis::cli {
namespace {

namespace fs = std::filesystem;

struct ScanFlags {
  std::string source;
  std::string config;
  std::vector<std::string> rules;
  bool no_builtin_rules = false;
  std::string data;
  bool no_cache = false;
  std::string platform;
  std::vector<std::string> plain_http;
  std::string fail_on;
  ScanOutput output;
};

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

/// The user's cache directory, apart from that of a server.
fs::path default_data() {
  if (const std::string cache = environment("XDG_CACHE_HOME"); cache.starts_with('/')) {
    return fs::path(cache) / "portcullis";
  }
  if (const std::string home = environment("HOME"); home.starts_with('/')) {
    return fs::path(home) / ".cache/portcullis";
  }
  return fs::temp_directory_path() / ("portcullis-" + std::to_string(getuid()));
}

/// For --no-cache: made by its first user, removed with what is in it at the end.
class Scratch {
 public:
  Scratch() : path_(fs::temp_directory_path() / ("portcullis-scan-" + util::random_id(12))) {}
  ~Scratch() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

Report judge(const ScanJob& job) {
  switch (job.source.kind) {
    case SourceKind::reference:
      return judge_reference(job);
    case SourceKind::layout:
      return judge_layout(job);
    case SourceKind::layer:
      return judge_layer(job);
    case SourceKind::directory:
      break;
  }
  return judge_directory(job);
}

int scan(const ScanFlags& flags) {
  if (auto usable = flags.output.check(); !usable) return fail(kUsage, usable.error().message);
  auto source = Source::parse(flags.source);
  if (!source) return fail(kUsage, source.error().message);
  auto platform = flags.platform.empty() ? util::Result<oci::Platform>(oci::Platform::host())
                                         : oci::Platform::parse(flags.platform);
  if (!platform) return fail(kUsage, "--platform: " + platform.error().message);

  const Scratch scratch;
  config::Overrides overrides;
  overrides.rules = flags.rules;
  overrides.no_builtin_rules = flags.no_builtin_rules;
  overrides.data = flags.no_cache       ? scratch.path().string()
                   : flags.data.empty() ? default_data().string()
                                        : flags.data;
  auto config = config::load(flags.config, overrides);
  if (!config) return fail_configuration(config.error());
  config->blobs.sharing = blobs::Sharing::shared;
  config->gate.upkeep = gate::Options::Upkeep::none;
  if (!flags.fail_on.empty()) {
    config->policy.set_block_at_everywhere(*findings::parse_severity(flags.fail_on));
  }
  util::log::configure(util::log::Level::error, config->log_format);

  const ScanJob job{*std::move(source), *std::move(config), *std::move(platform), flags.plain_http};
  const std::vector<Report> reports = {judge(job)};
  if (const ExitCode code = flags.output.deliver(reports, Asked::one); code != kClean) return code;
  return exit_code(reports);
}

}  // namespace

void add_scan(CLI::App& app, Action& action) {
  auto flags = std::make_shared<ScanFlags>();
  CLI::App* command = app.add_subcommand("scan", "Scan one image, layer or directory and say what was found");
  command
      ->add_option(
          "SOURCE", flags->source,
          "An image (nginx:1.27, ghcr.io/owner/app@sha256:...), oci:DIR[:TAG], layer:FILE or dir:DIR")
      ->required();
  command->add_option("--config", flags->config, "Configuration file: upstreams, policy, limits, rules")
      ->type_name("FILE");
  command->add_option("--rules", flags->rules, "YARA file or directory beside the built-in rules; repeatable")
      ->type_name("PATH")
      ->expected(1)
      ->take_all()
      ->allow_extra_args(false);
  command->add_flag("--no-builtin-rules", flags->no_builtin_rules,
                    "Use only the rules named by --rules or the file");
  auto* data = command
                   ->add_option("--data", flags->data,
                                "Where blobs and verdicts are kept, default $XDG_CACHE_HOME/portcullis")
                   ->type_name("DIR");
  command->add_flag("--no-cache", flags->no_cache, "Keep nothing")->excludes(data);
  command->add_option("--platform", flags->platform, "Which image of an index, default that of this machine")
      ->type_name("OS/ARCH[/VARIANT]");
  flags->output.add_flags(*command);
  command->add_option("--plain-http", flags->plain_http, "Speak to this registry without TLS; repeatable")
      ->type_name("HOST")
      ->expected(1)
      ->take_all()
      ->allow_extra_args(false);
  command
      ->add_option("--fail-on", flags->fail_on,
                   "Lowest severity that blocks: info, low, medium, high, critical")
      ->type_name("SEVERITY")
      ->check(CLI::IsMember({"info", "low", "medium", "high", "critical"}));
  command->footer(
      "Exit codes: 0 clean, 1 blocked, 2 could not judge, 64 and above: wrong usage or set-up.\n"
      "Examples:\n"
      "  portcullis scan nginx:1.27\n"
      "  portcullis scan --format json --output report.json ghcr.io/owner/app:v2\n"
      "  portcullis scan --plain-http 127.0.0.1:5601 127.0.0.1:5601/team/app:dev\n"
      "  portcullis scan --no-cache oci:./build/image:latest");
  command->callback([flags, &action] { action = [flags] { return scan(*flags); }; });
}

}  // namespace portcullis::cli
