// SPDX-License-Identifier: Apache-2.0
#include "portcullis/gate/waiving.hpp"

#include "body.hpp"
#include "service.hpp"

namespace portcullis::api {
namespace {

constexpr std::string_view kMembers[] = {"report",    "rule",   "repository", "digest",
                                         "file_hash", "reason", "expires"};

gate::Waiving waiving(Service& service) {
  return {*service.parts.records, *service.parts.clock, service.options.waivers};
}

tl::unexpected<Problem> refused(const util::Error& error) {
  switch (error.kind) {
    case util::ErrorKind::invalid:
      return refuse(422, "This waiver may not exist", error.message);
    case util::ErrorKind::absent:
      return not_found(error.message);
    default:
      return unavailable("waivers", error);
  }
}

/// The author is whose token it is, never what a body says.
Outcome<std::vector<findings::Waiver>> asked_for(Service& service, const Call& call) {
  const auto body = Body::parse(call.request, kMembers);
  if (!body) return tl::unexpected(body.error());
  const auto expires = parse_until(body->text("expires"), service.now());
  if (!expires) {
    return bad_request(
        "expires: expected a time such as 2026-11-26T08:00:00Z, or a duration such as 7d, saw \"" +
        hostile(body->text("expires")) + "\"");
  }
  const gate::WaiverGrounds grounds{
      .reason = body->text("reason"), .author = call.request.caller->name, .term = {.expires = expires}};
  const gate::WaiverScope scope{.rule = body->text("rule"),
                                .repository = body->text("repository"),
                                .digest = body->text("digest"),
                                .file_hash = body->text("file_hash")};
  const auto& report = body->text("report");
  auto maker = waiving(service);
  if (report.empty()) {
    auto one = maker.prepare(scope, grounds);
    if (!one) return refused(one.error());
    return std::vector{*std::move(one)};
  }
  if (!(scope.rule + scope.repository + scope.digest + scope.file_hash).empty()) {
    return bad_request("expected either report or a scope (rule, repository, digest, file_hash), saw both");
  }
  auto all = maker.prepare_for_report(report, grounds);
  if (!all) return refused(all.error());
  return *std::move(all);
}

Json waivers_json(const std::vector<findings::Waiver>& waivers, util::TimePoint now) {
  Json all = Json::array();
  for (const auto& waiver : waivers) all.push_back(to_json(records::WaiverRecord{.waiver = waiver}, now));
  return all;
}

Json lines(const std::vector<std::string>& texts) {
  Json all = Json::array();
  for (const auto& text : texts) all.push_back(finished(text));
  return all;
}

Json to_json(const gate::WaiverEffect::Image& image) {
  return {{"host", hostile(image.host)},
          {"repository", hostile(image.repository)},
          {"name", image_name(image.host, image.repository)},
          {"manifest", hostile(image.manifest)},
          {"decision", hostile(image.decision_id)},
          {"blocked", image.blocked},
          {"passes", image.passes},
          {"covered", lines(image.covered)},
          {"left", lines(image.left)}};
}

Json to_json(const gate::WaiverEffect& effect) {
  Json images = Json::array();
  for (const auto& image : effect.images) images.push_back(to_json(image));
  return {{"passing", effect.passing},
          {"still_blocked", effect.still_blocked},
          {"not_blocked", effect.not_blocked},
          {"findings", effect.findings},
          {"worst", effect.worst ? Json(findings::to_string(*effect.worst)) : Json(nullptr)},
          {"complete", effect.complete},
          {"images", std::move(images)}};
}

}  // namespace

Outcome<Answer> list_waivers(Service& service, Call& call) {
  using records::WaiverState;
  static constexpr std::string_view kStates[] = {"all", "active", "expired", "revoked"};
  auto& q = call.query;
  records::WaiverQuery query;
  const auto state = q.choice("state", kStates);
  if (state == "active") query.state = WaiverState::active;
  if (state == "expired") query.state = WaiverState::expired;
  if (state == "revoked") query.state = WaiverState::revoked;
  query.expires_before = q.time("expires_before");
  query.after_id = q.text("cursor");
  const auto limit = q.limit();
  query.limit = limit + 1;
  if (q.problem()) return tl::unexpected(*q.problem());
  const auto now = service.now();
  auto found = service.parts.records->waivers().list(query, now);
  if (!found) return unavailable("waivers", found.error());
  const bool more = found->size() > limit;
  if (more) found->resize(limit);
  Json all = Json::array();
  for (const auto& waiver : *found) all.push_back(api::to_json(waiver, now));
  return json_answer({{"waivers", std::move(all)}, {"next", more ? found->back().waiver.id : std::string()}});
}

Outcome<Answer> get_waiver(Service& service, Call& call) {
  const auto& id = call.path.find("id")->second;
  const auto found = service.parts.records->waivers().find(id);
  if (!found) return unavailable("waivers", found.error());
  if (!*found) return not_found("there is no waiver " + hostile(id));
  return json_answer(api::to_json(**found, service.now()));
}

Outcome<Answer> create_waiver(Service& service, Call& call) {
  const auto waivers = asked_for(service, call);
  if (!waivers) return tl::unexpected(waivers.error());
  if (auto made = waiving(service).create(*waivers, call.request.address); !made)
    return refused(made.error());
  service.parts.gate->waivers_changed();
  return json_answer({{"waivers", waivers_json(*waivers, service.now())}}, 201);
}

Outcome<Answer> preview_waiver(Service& service, Call& call) {
  const auto waivers = asked_for(service, call);
  if (!waivers) return tl::unexpected(waivers.error());
  const auto effect = waiving(service).preview(*waivers);
  if (!effect) return refused(effect.error());
  return json_answer({{"waivers", waivers_json(*waivers, service.now())}, {"effect", to_json(*effect)}});
}

Outcome<Answer> revoke_waiver(Service& service, Call& call) {
  static constexpr std::string_view kRevocation[] = {"reason"};
  const auto body = Body::parse(call.request, kRevocation);
  if (!body) return tl::unexpected(body.error());
  const auto done = waiving(service).revoke(call.path.find("id")->second, call.request.caller->name,
                                            body->text("reason"), call.request.address);
  if (!done) return refused(done.error());
  service.parts.gate->waivers_changed();
  return json_answer(api::to_json(*done, service.now()));
}

}  // namespace portcullis::api
