// SPDX-License-Identifier: Apache-2.0
//
// What a handler of a route works with, and the handlers by topic.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "event_feed.hpp"
#include "portcullis/api/api.hpp"
#include "portcullis/records/rule_settings.hpp"
#include "portcullis/scan/rule_costs.hpp"
#include "problem.hpp"
#include "query.hpp"
#include "render.hpp"

namespace portcullis::api {

/// The rules as a worker told them, for as long as the profile is the same.
struct KnownRules {
  std::string profile;
  std::vector<findings::RuleInfo> rules;
  std::vector<scan::LintNote> notes;
};

struct MeasuredRules {
  std::string profile;
  util::TimePoint at{};
  scan::RuleCosts costs;
};

struct Service {
  Service(const Parts& parts_in, const Options& options_in);

  util::TimePoint now() const { return parts.clock->now(); }

  const Parts parts;
  const Options options;
  const util::TimePoint started;
  EventFeed feed;

  std::mutex rules_mutex;  ///< held while they are asked for: one worker job, however many want to know
  std::shared_ptr<const KnownRules> rules;

  std::mutex bench_mutex;  ///< held while they are measured
  std::mutex costs_mutex;
  std::shared_ptr<const MeasuredRules> costs;
};

/// The rules in use; a worker reads all of them for it, so it is asked once a profile.
util::Result<std::shared_ptr<const KnownRules>> known_rules(Service& service);

/// Of the profile in use, or null.
Json known_costs(Service& service);
Json to_json(const records::RuleSetting& setting);

/// A request on its route.
struct Call {
  const Request& request;
  Query query;
  std::map<std::string, std::string, std::less<>> path;  ///< decoded, by their names in the pattern
};

using Handler = Outcome<Answer> (*)(Service&, Call&);

Answer json_answer(const Json& json, int status = 200);

/// What every event of the API says about who did it.
records::Event audit_event(const Service& service, const Call& call, std::string action, std::string message);

// One file per topic.
Outcome<Answer> get_session(Service&, Call&);
Outcome<Answer> create_session(Service&, Call&);
Outcome<Answer> delete_session(Service&, Call&);
Outcome<Answer> get_openapi(Service&, Call&);
Outcome<Answer> get_overview(Service&, Call&);
Outcome<Answer> list_pulls(Service&, Call&);
Outcome<Answer> export_pulls(Service&, Call&);
Outcome<Answer> get_decision(Service&, Call&);
Outcome<Answer> list_images(Service&, Call&);
Outcome<Answer> get_image(Service&, Call&);
Outcome<Answer> rescan_image(Service&, Call&);
Outcome<Answer> get_layer(Service&, Call&);
Outcome<Answer> list_layer_files(Service&, Call&);
Outcome<Answer> find_files(Service&, Call&);
Outcome<Answer> list_events(Service&, Call&);
Outcome<Answer> stream_events(Service&, Call&);
Outcome<Answer> list_rules(Service&, Call&);
Outcome<Answer> reload_rules(Service&, Call&);
Outcome<Answer> set_rule(Service&, Call&);
Outcome<Answer> restore_rule(Service&, Call&);
Outcome<Answer> bench_rules(Service&, Call&);
Outcome<Answer> list_retro_alerts(Service&, Call&);
Outcome<Answer> get_retro_alert(Service&, Call&);
Outcome<Answer> close_retro_alert(Service&, Call&);
Outcome<Answer> list_waivers(Service&, Call&);
Outcome<Answer> get_waiver(Service&, Call&);
Outcome<Answer> create_waiver(Service&, Call&);
Outcome<Answer> preview_waiver(Service&, Call&);
Outcome<Answer> revoke_waiver(Service&, Call&);
Outcome<Answer> get_status(Service&, Call&);
Outcome<Answer> get_policy(Service&, Call&);
Outcome<Answer> get_client_config(Service&, Call&);
Outcome<Answer> check_canary(Service&, Call&);
Outcome<Answer> list_tokens(Service&, Call&);
Outcome<Answer> create_token(Service&, Call&);
Outcome<Answer> revoke_token(Service&, Call&);

}  // namespace portcullis::api
