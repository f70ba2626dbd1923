// SPDX-License-Identifier: Apache-2.0
//
// What is set, and what clients need to be set to.
#include "openapi.hpp"
#include "portcullis/api/client_config.hpp"
#include "portcullis/oci/reference.hpp"
#include "portcullis/util/text.hpp"
#include "service.hpp"

namespace portcullis::api {
namespace {

Json names_json(const policy::NameSettings& names, const naming::Options& lists) {
  const auto& rules = names.suspicions;
  return {{"registry", policy::name_effect(names.registry)},
          {"known_bad", policy::name_effect(names.known_bad)},
          {"squat", policy::name_effect(rules)},
          {"second_signal_at", findings::to_string(rules.finding_at)},
          {"new_days", std::chrono::duration_cast<std::chrono::days>(rules.new_for).count()},
          {"protect", texts(lists.protect)},
          {"allow", texts(lists.allow)},
          {"deny", texts(lists.deny)}};
}

}  // namespace

Outcome<Answer> get_openapi(Service&, Call&) {
  return Answer{.content_type = "application/json", .body = std::string(kOpenApiDocument)};
}

Outcome<Answer> get_policy(Service& service, Call&) {
  const auto policy = service.parts.policy();
  Json denied = Json::array();
  for (const auto& digest : policy.deny_digests) denied.push_back(digest.text());
  Json outcomes = Json::object();
  for (const auto outcome : findings::kAllOutcomes) {
    if (outcome == findings::Outcome::complete) continue;
    outcomes[std::string(findings::to_string(outcome))] =
        findings::to_string(policy.on_outcome[static_cast<std::size_t>(outcome)]);
  }
  return json_answer(
      {{"fingerprint", policy.fingerprint()},
       {"mode", policy.mode == policy::Mode::audit ? "audit" : "enforce"},
       {"block_at", findings::to_string(policy.block_at)},
       {"warn_at", findings::to_string(policy.warn_at)},
       {"allow", texts(policy.allow_repositories)},
       {"deny", texts(policy.deny_repositories)},
       {"deny_digests", std::move(denied)},
       {"cooldown_seconds", std::chrono::duration_cast<std::chrono::seconds>(policy.cooldown).count()},
       {"on", std::move(outcomes)},
       {"names", names_json(policy.names, service.parts.names())},
       {"waivers",
        {{"longest_seconds",
          std::chrono::duration_cast<std::chrono::seconds>(service.options.waivers.longest).count()}}}});
}

Outcome<Answer> get_client_config(Service& service, Call& call) {
  auto url = call.query.text("url");
  const auto client = call.query.choice("client", kClients);
  if (!call.query.has("client"))
    call.query.note("client", "one of docker, containerd, podman, kubernetes, buildkit");
  if (call.query.problem()) return tl::unexpected(*call.query.problem());
  if (url.empty()) url = service.options.registry_url;
  if (url.empty()) {
    return bad_request(
        "url: Portcullis listens on every address; name the one that clients have for it here, or as "
        "public_url under [registry] of the configuration file");
  }
  auto endpoint = Endpoint::parse(url);
  if (!endpoint) return bad_request("url: " + endpoint.error().message);
  ClientConfigJob job{*std::move(endpoint), {}, std::nullopt};
  for (const auto* registry : service.parts.registries) job.upstreams.push_back(registry->options().name);
  const auto made = *client_config(client, job);
  Json files = Json::array();
  for (const auto& file : made.files) files.push_back({{"path", file.path}, {"content", file.content}});
  return json_answer({{"client", client},
                      {"url", job.endpoint.url()},
                      {"notes", made.notes},
                      {"files", std::move(files)},
                      {"text", made.text()}});
}

Outcome<Answer> check_canary(Service& service, Call& call) {
  gate::ManifestRequest request{
      .host =
          service.parts.registries.empty() ? "docker.io" : service.parts.registries.front()->options().name,
      .repository = *oci::Repository::parse(gate::kCanaryRepository),
      .reference = *oci::Tag::parse("latest"),
      .client = {call.request.address, call.request.caller->name, "portcullis admin API"},
      .platforms = {}};
  const auto answer = service.parts.gate->manifest(request);
  const bool held = answer.status == gate::Status::blocked;
  return json_answer({{"blocked", held},
                      {"message", held ? finished(answer.message)
                                  : answer.status == gate::Status::served
                                      ? std::string("the test image was served: nothing is blocked now")
                                      : finished(answer.message)},
                      {"decision", hostile(answer.report_id)}});
}

}  // namespace portcullis::api
