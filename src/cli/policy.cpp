// SPDX-License-Identifier: Apache-2.0
//
// portcullis policy test|show: what a policy does, without a server.
#include <algorithm>

#include "commands.hpp"
#include "exit_code.hpp"
#include "policy_case.hpp"
#include "policy_report.hpp"
#include "portcullis/config/config.hpp"
#include "portcullis/records/records.hpp"
#include "stack.hpp"

namespace portcullis::cli {
namespace {

struct PolicyFlags {
  std::string file;
  std::string format = "text";
  std::string image;
  CaseFlags what;
  std::string waivers;
  std::string at;
  bool recorded = false;
  std::string data;
};

int show(const PolicyFlags& flags) {
  const auto policy = config::load_policy(flags.file);
  if (!policy) return fail_configuration(policy.error());
  return print(flags.format == "json" ? render_json(flags.file, *policy) : render_text(flags.file, *policy));
}

Answer answer_of(const findings::Decision& decision, Case::Known known) {
  if (decision.action == findings::Action::block) return Answer::blocked;
  if (known == Case::Known::in_part) return Answer::unknown;
  if (decision.would_block) return Answer::would_block;
  return decision.action == findings::Action::warn ? Answer::warned : Answer::allowed;
}

/// From the records of the server whose policy file this is, or whose data directory was named.
util::Result<Case> recorded(const PolicyFlags& flags, const oci::Reference& image, util::TimePoint now) {
  config::Overrides overrides;
  if (!flags.data.empty()) overrides.data = flags.data;
  auto config = config::load(flags.file, overrides);
  if (!config) return util::fail("--recorded needs the whole configuration", config.error());
  auto records = records::open(config->database(), {.mode = records::OpenMode::existing_read_only,
                                                    .password = config->records.password});
  if (!records) {
    return util::fail(util::ErrorKind::io, "--recorded: " + records.error().message);
  }
  auto found = recorded_case(image, **records, now);
  if (!found) return found;
  if (auto added = add_flags(*found, flags.what, now); !added) return tl::unexpected(added.error());
  return found;
}

int test(const PolicyFlags& flags) {
  auto policy = config::load_policy(flags.file);
  if (!policy) return fail_configuration(policy.error());
  const auto image = oci::Reference::parse(flags.image);
  if (!image) return fail(kUsage, "--image: " + image.error().message);
  const auto at = flags.at.empty() ? util::SystemClock().now() : util::parse_rfc3339(flags.at);
  if (!at)
    return fail(kUsage, "--at: expected a time such as 2026-12-31T18:00:00Z, saw \"" + flags.at + "\"");

  auto asked = flags.recorded ? recorded(flags, *image, *at) : made_up_case(*image, flags.what, *at);
  if (!asked) {
    const bool wrong_flag = asked.error().kind == util::ErrorKind::invalid;
    return fail(wrong_flag ? kUsage : kCouldNotJudge, asked.error().message);
  }
  const auto names = load_names(*policy);
  if (!names) return fail(kCannotStart, "names: " + names.error().message);
  judge_name(*asked, **names);
  if (!flags.waivers.empty()) {
    const auto waivers = config::read_waivers(flags.waivers, policy->waivers, *at);
    if (!waivers) return fail(kUsage, waivers.error().message);
    asked->inputs.waivers.insert(asked->inputs.waivers.end(), waivers->begin(), waivers->end());
  }
  PolicyTest report{.file = flags.file,
                    .image = image->canonical(),
                    .at = *at,
                    .answer = Answer::unknown,
                    .notes = asked->notes,
                    .policy = policy->policy,
                    .explanation = policy::explain(policy->policy, asked->inputs, *at)};
  report.answer = answer_of(report.explanation.decision, asked->known);
  const bool cooling = report.explanation.settings.cooldown > std::chrono::milliseconds(0);
  if (cooling && flags.recorded && !asked->inputs.created) {
    report.notes.emplace_back("the age that the image claims is not on record; --created says it");
  }
  const auto code = report.answer == Answer::blocked   ? kBlocked
                    : report.answer == Answer::unknown ? kCouldNotJudge
                                                       : kClean;
  return print(flags.format == "json" ? render_json(report) : render_text(report), code);
}

void add_common(CLI::App& command, PolicyFlags& flags) {
  command
      .add_option(
          "FILE", flags.file,
          "Configuration file; only [policy], [names] and [waivers] are looked at, and names of sections")
      ->required();
  command.add_option("--format", flags.format, "text (default) or json")
      ->type_name("FORMAT")
      ->check(CLI::IsMember({"text", "json"}));
}

void add_repeatable(CLI::App& command, const char* name, std::vector<std::string>& values, const char* help,
                    const char* type) {
  command.add_option(name, values, help)->type_name(type)->expected(1)->take_all()->allow_extra_args(false);
}

void add_test(CLI::App& policy, Action& action, const std::shared_ptr<PolicyFlags>& flags) {
  CLI::App* command = policy.add_subcommand("test", "Say what would happen to an image, and why");
  auto& what = flags->what;
  add_common(*command, *flags);
  command->add_option("--image", flags->image, "Such as nginx:1.27 or ghcr.io/owner/app@sha256:...")
      ->type_name("REF")
      ->required();
  add_repeatable(
      *command, "--finding", what.findings,
      "Something found: high:miner_xmrig, critical:manifest:foreign_layer, "
      "high:layer:preload_file, low:name:repository; :SHA256 behind it is that of the file; repeatable",
      "SEVERITY:RULE");
  add_repeatable(*command, "--severity", what.severities, "Some finding of that severity; repeatable",
                 "SEVERITY");
  command->get_option("--severity")->check(CLI::IsMember({"info", "low", "medium", "high", "critical"}));
  add_repeatable(*command, "--outcome", what.outcomes,
                 "A scan that ended so: unscannable, timed_out, limit, violation, crashed, garbled, "
                 "unavailable; repeatable",
                 "OUTCOME");
  add_repeatable(*command, "--layer", what.layers, "Digest of a layer; repeatable", "DIGEST");
  command->add_option("--digest", what.digest, "Digest of the manifest, when it is not part of REF")
      ->type_name("DIGEST");
  command
      ->add_option("--first-seen", what.first_seen, "First seen so long ago, such as 2h; default: just now")
      ->type_name("AGE");
  command->add_option("--created", what.created, "Built so long ago, by its own account")->type_name("AGE");
  command->add_option("--findings", what.report, "Take findings from a report of `scan --format json`")
      ->type_name("FILE");
  command->add_option("--waivers", flags->waivers, "Waivers from a file of [[waiver]] tables")
      ->type_name("FILE");
  command->add_option("--at", flags->at, "Decide as of that time, such as 2026-12-31T18:00:00Z; default: now")
      ->type_name("TIME");
  auto* recorded = command->add_flag("--recorded", flags->recorded,
                                     "Take what a server has on record of the image, waivers included");
  recorded->excludes(command->get_option("--findings"));
  command->add_option("--data", flags->data, "Data directory of that server, default: as in FILE")
      ->type_name("DIR")
      ->needs(recorded);
  command->footer(
      "Exit codes: 0 allowed (also with a warning, and in audit mode), 1 blocked, 2 could not be told,\n"
      "64 and above: wrong usage or a mistake in a file.\n"
      "Examples:\n"
      "  portcullis policy test portcullis.toml --image nginx:1.27 --finding high:miner_xmrig\n"
      "  portcullis policy test portcullis.toml --image ghcr.io/owner/app --first-seen 2h --outcome "
      "timed_out\n"
      "  portcullis scan --format json --output r.json nginx; "
      "portcullis policy test new.toml --image nginx --findings r.json\n"
      "  portcullis policy test new.toml --image nginx:1.27 --recorded --data /var/lib/portcullis");
  command->callback([flags, &action] { action = [flags] { return test(*flags); }; });
}

}  // namespace

void add_policy(CLI::App& app, Action& action) {
  auto flags = std::make_shared<PolicyFlags>();
  CLI::App* policy = app.add_subcommand("policy", "Try a policy without a server, and look at it");
  policy->require_subcommand(0, 1);
  policy->footer(
      "Examples:\n"
      "  portcullis policy show portcullis.toml\n"
      "  portcullis policy test portcullis.toml --image nginx:1.27 --severity high");
  policy->callback([&action] {
    if (!action)
      action = [] { return fail(kUsage, "policy: expected test or show (see portcullis policy --help)"); };
  });
  add_test(*policy, action, flags);
  CLI::App* command = policy->add_subcommand("show", "Show the settings of a policy file and its overrides");
  add_common(*command, *flags);
  command->footer("Example: portcullis policy show --format json portcullis.toml");
  command->callback([flags, &action] { action = [flags] { return show(*flags); }; });
}

}  // namespace portcullis::cli
