// SPDX-License-Identifier: Apache-2.0
//
// portcullis scan: judge one image as a pull would be judged, and report.
#include <unistd.h>

#include <cstdlib>
#include <optional>

#include "commands.hpp"
#include "environment.hpp"
#include "portcullis/config/policy_files.hpp"
#include "portcullis/util/log.hpp"
#include "portcullis/util/text.hpp"
#include "scan_output.hpp"
#include "scan_run.hpp"
#include "scan_upstreams.hpp"
#include "scan_waivers.hpp"

namespace portcullis::cli {
namespace {

namespace fs = std::filesystem;

struct ScanFlags {
  std::vector<std::string> sources;
  std::string config;
  std::vector<std::string> rules;
  bool no_builtin_rules = false;
  std::string data;
  bool no_cache = false;
  std::string platform;
  bool all_platforms = false;
  std::vector<std::string> plain_http;
  LoginFlags login;
  std::string policy;
  std::string waivers;
  WaiverServer server;
  std::string fail_on;
  bool audit = false;
  std::string timeout;
  bool quiet = false;
  ScanOutput output;
};

/// The user's cache directory, apart from that of a server. Without a home nothing is kept: what lies under
/// a known name in a directory for all may be another user's, with verdicts of his.
std::optional<fs::path> default_data() {
  if (const std::string cache = environment("XDG_CACHE_HOME"); cache.starts_with('/')) {
    return fs::path(cache) / "portcullis";
  }
  if (const std::string home = environment("HOME"); home.starts_with('/')) {
    return fs::path(home) / ".cache/portcullis";
  }
  return std::nullopt;
}

/// For a scan that keeps nothing: made by its first user, removed with what is in it at the end.
class Scratch {
 public:
  Scratch() : path_(fs::temp_directory_path() / ("portcullis-scan-" + util::random_id(12))) {}
  ~Scratch() { remove(); }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  const fs::path& path() const { return path_; }
  void remove() const {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }

 private:
  fs::path path_;
};

/// What stops a scan before it begins.
struct Refusal {
  ExitCode code;
  std::string message;
};
template <class T>
using Prepared = tl::expected<T, Refusal>;

tl::unexpected<Refusal> refuse(ExitCode code, std::string message) {
  return tl::unexpected(Refusal{code, std::move(message)});
}

Prepared<std::vector<Source>> sources_of(const ScanFlags& flags) {
  std::vector<Source> sources;
  std::size_t from_stdin = 0;
  for (const std::string& text : flags.sources) {
    auto source = Source::parse(text);
    if (!source) return refuse(kUsage, source.error().message);
    from_stdin += source->kind == SourceKind::standard_input ? 1 : 0;
    sources.push_back(*std::move(source));
  }
  if (from_stdin > 1) return refuse(kUsage, "the standard input (-) can be read once only");
  return sources;
}

Prepared<config::Config> load_config(const ScanFlags& flags, const Scratch& scratch) {
  config::Overrides overrides;
  overrides.rules = flags.rules;
  overrides.no_builtin_rules = flags.no_builtin_rules;
  overrides.data = flags.no_cache       ? scratch.path().string()
                   : flags.data.empty() ? default_data().value_or(scratch.path()).string()
                                        : flags.data;
  auto config = config::load(flags.config, overrides);
  if (!config) return refuse(kBadConfiguration, config.error().message);
  config->blobs.sharing = blobs::Sharing::shared;
  config->gate.upkeep = gate::Options::Upkeep::none;
  if (!flags.policy.empty()) {
    auto file = config::load_policy(flags.policy);
    if (!file) return refuse(kBadConfiguration, "--policy: " + file.error().message);
    config->policy = std::move(file->policy);
    config->waivers = file->waivers;
  }
  if (!flags.fail_on.empty()) {
    config->policy.set_block_at_everywhere(*findings::parse_severity(flags.fail_on));
  }
  if (flags.audit) config->policy.set_mode_everywhere(policy::Mode::audit);
  return *std::move(config);
}

Prepared<std::vector<findings::Waiver>> load_waivers(const ScanFlags& flags, const config::Config& config) {
  if (flags.waivers.empty()) return {};
  const auto now = util::SystemClock().now();
  auto read = config::read_waivers(flags.waivers, config.waivers, now);
  if (!read) return refuse(kBadConfiguration, "--waivers: " + read.error().message);
  return in_force(*std::move(read), now);
}

Prepared<ScanSettings> settings_of(const ScanFlags& flags, const std::vector<Source>& sources,
                                   const Scratch& scratch) {
  ScanSettings settings;
  if (!flags.all_platforms) {
    auto platform = flags.platform.empty() ? util::Result<oci::Platform>(oci::Platform::host())
                                           : oci::Platform::parse(flags.platform);
    if (!platform) return refuse(kUsage, "--platform: " + platform.error().message);
    settings.platform = *std::move(platform);
    if (!flags.platform.empty()) settings.asked_platform = settings.platform;
  }
  auto config = load_config(flags, scratch);
  if (!config) return tl::unexpected(config.error());
  settings.config = *std::move(config);
  if (auto ready = prepare_upstreams(settings.config, sources, flags.plain_http, flags.login); !ready) {
    return refuse(kUsage, ready.error().message);
  }
  auto waivers = load_waivers(flags, settings.config);
  if (!waivers) return tl::unexpected(waivers.error());
  settings.waivers = *std::move(waivers);
  if (!flags.server.url.empty()) {
    WaiverServer server = flags.server;
    server.plain_http = flags.plain_http;
    auto source = waiver_source(server);
    if (!source) return refuse(kUsage, source.error().message);
    settings.more_waivers = *std::move(source);
  }
  if (const auto host = environment("DOCKER_HOST"); !host.empty()) settings.engine.host = host;
  if (!environment("DOCKER_TLS_VERIFY").empty()) {
    const auto path = environment("DOCKER_CERT_PATH");
    settings.engine.certificates = path.empty() ? environment("HOME") + "/.docker" : path;
  }
  return settings;
}

int scan(const ScanFlags& flags) {
  if (auto usable = flags.output.check(flags.sources.size()); !usable)
    return fail(kUsage, usable.error().message);
  const auto sources = sources_of(flags);
  if (!sources) return fail(sources.error().code, sources.error().message);
  RunTerms terms;
  if (!flags.timeout.empty()) {
    terms.timeout = util::parse_duration(flags.timeout);
    if (!terms.timeout || terms.timeout->count() <= 0) {
      return fail(kUsage, "--timeout: expected a duration such as 10m, saw \"" + flags.timeout + "\"");
    }
  }
  terms.progress = progress_style(flags.quiet);
  const Scratch scratch;
  auto settings = settings_of(flags, *sources, scratch);
  if (!settings) return fail(settings.error().code, settings.error().message);
  util::log::configure(util::log::Level::error, settings->config.log_format);
  settings->contents = flags.output.contents();

  const auto asked = sources->size() > 1 || flags.all_platforms ? Asked::several : Asked::one;
  const RunResult result = run_scan(*std::move(settings), *sources, terms);
  const bool one = asked == Asked::one && result.reports.size() == 1;
  ExitCode code = flags.output.deliver(result.reports, one ? Asked::one : Asked::several);
  if (code == kClean) code = flags.output.exit_code_of(result.reports);
  if (result.stuck) {
    scratch.remove();
    std::_Exit(code == kClean ? kCouldNotJudge : code);
  }
  return code;
}

void add_source_flags(CLI::App& command, ScanFlags& flags) {
  command
      .add_option(
          "SOURCE", flags.sources,
          "An image (nginx:1.27, ghcr.io/owner/app@sha256:...), docker-archive:FILE[:REF], oci:DIR[:TAG], "
          "oci-archive:FILE[:TAG], docker-daemon:REF, dir:DIR, layer:FILE, or - for an archive on the "
          "standard input; several at once")
      ->required();
  auto* platform =
      command
          .add_option("--platform", flags.platform, "Which image of an index, default that of this machine")
          ->type_name("OS/ARCH[/VARIANT]");
  command
      .add_flag("--all-platforms", flags.all_platforms, "Every image of an index; the worst verdict counts")
      ->excludes(platform);
  command.add_option("--plain-http", flags.plain_http, "Speak to this registry without TLS; repeatable")
      ->type_name("HOST")
      ->expected(1)
      ->take_all()
      ->allow_extra_args(false);
  command
      .add_option("--auth-file", flags.login.auth_file,
                  "Logins: a docker config.json; default $REGISTRY_AUTH_FILE, $DOCKER_CONFIG/config.json, "
                  "~/.docker/config.json, $XDG_RUNTIME_DIR/containers/auth.json")
      ->type_name("FILE");
  command
      .add_option("--username", flags.login.username,
                  "For the registry of the images, default $PORTCULLIS_USERNAME")
      ->type_name("NAME");
  command
      .add_option("--password-file", flags.login.password_file,
                  "Its first line is the password or token, default $PORTCULLIS_PASSWORD")
      ->type_name("FILE");
}

void add_judgement_flags(CLI::App& command, ScanFlags& flags) {
  command.add_option("--config", flags.config, "Configuration file: upstreams, policy, limits, rules")
      ->type_name("FILE");
  command.add_option("--rules", flags.rules, "YARA file or directory beside the built-in rules; repeatable")
      ->type_name("PATH")
      ->expected(1)
      ->take_all()
      ->allow_extra_args(false);
  command.add_flag("--no-builtin-rules", flags.no_builtin_rules,
                   "Use only the rules named by --rules or the file");
  command
      .add_option("--policy", flags.policy, "The policy of this configuration file, instead of --config's")
      ->type_name("FILE");
  command.add_option("--waivers", flags.waivers, "Exceptions: a TOML file of [[waiver]] tables")
      ->type_name("FILE");
  auto* server = command
                     .add_option("--server", flags.server.url,
                                 "Exceptions: the active waivers of the server whose admin side is there")
                     ->type_name("URL");
  command
      .add_option("--token-file", flags.server.token_file,
                  "Token for --server, role viewer; default $PORTCULLIS_TOKEN")
      ->type_name("FILE")
      ->needs(server);
  command.add_option("--ca", flags.server.ca_file, "Certificates (PEM) to trust for --server")
      ->type_name("FILE")
      ->needs(server);
  command
      .add_option("--fail-on", flags.fail_on,
                  "Lowest severity that blocks: info, low, medium, high, critical")
      ->type_name("SEVERITY")
      ->check(CLI::IsMember({"info", "low", "medium", "high", "critical"}));
  command.add_flag("--audit", flags.audit, "Report only: exit code 0, or 2 for what could not be judged");
}

void add_run_flags(CLI::App& command, ScanFlags& flags) {
  auto* data =
      command
          .add_option("--data", flags.data,
                      "Where blobs and verdicts are kept, default $XDG_CACHE_HOME/portcullis; may be "
                      "used by several scans at once")
          ->type_name("DIR");
  command.add_flag("--no-cache", flags.no_cache, "Keep nothing")->excludes(data);
  command
      .add_option("--timeout", flags.timeout, "For all of it, such as 10m; what is left could not be judged")
      ->type_name("DURATION");
  command.add_flag("--quiet", flags.quiet, "No progress on the standard error");
}

}  // namespace

void add_scan(CLI::App& app, Action& action) {
  auto flags = std::make_shared<ScanFlags>();
  CLI::App* command = app.add_subcommand("scan", "Scan images, layers or directories and say what was found");
  add_source_flags(*command, *flags);
  add_judgement_flags(*command, *flags);
  add_run_flags(*command, *flags);
  flags->output.add_flags(*command);
  command->footer(
      "Exit codes: 0 clean, 1 blocked, 2 could not judge, 64 and above: wrong usage or set-up. Of several\n"
      "sources 1 is the stronger news.\n"
      "Examples:\n"
      "  portcullis scan nginx:1.27\n"
      "  portcullis scan --format json --output report.json ghcr.io/owner/app:v2\n"
      "  portcullis scan --all-platforms --timeout 15m ghcr.io/owner/app:v2\n"
      "  portcullis scan --plain-http 127.0.0.1:5601 127.0.0.1:5601/team/app:dev\n"
      "  docker save app:dev | portcullis scan -\n"
      "  portcullis scan docker-daemon:app:dev oci:./build/image:latest");
  command->callback([flags, &action] { action = [flags] { return scan(*flags); }; });
}

}  // namespace portcullis::cli
