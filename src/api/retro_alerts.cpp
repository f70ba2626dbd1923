// SPDX-License-Identifier: Apache-2.0
//
// Images that were served and are blocked now: the list of what somebody has to look after.
#include "body.hpp"
#include "service.hpp"

namespace portcullis::api {
namespace {

constexpr std::size_t kMaxReason = 500;

Outcome<records::RetroAlert> find(Service& service, const Call& call) {
  const auto& id = call.path.find("id")->second;
  auto found = service.parts.records->search().retro_alerts({.id = id, .limit = 1});
  if (!found) return unavailable("alerts", found.error());
  if (found->empty())
    return not_found("there is no retro alert " + hostile(id) + "; it may be older than is kept");
  return std::move(found->front());
}

}  // namespace

Outcome<Answer> list_retro_alerts(Service& service, Call& call) {
  using State = records::RetroAlertQuery::State;
  static constexpr std::string_view kStates[] = {"all", "open", "closed"};
  auto& q = call.query;
  records::RetroAlertQuery query;
  const auto state = q.choice("state", kStates);
  if (state == "open") query.state = State::open;
  if (state == "closed") query.state = State::closed;
  query.before_sequence = q.page().key;
  const auto limit = q.limit();
  query.limit = limit + 1;
  if (q.problem()) return tl::unexpected(*q.problem());
  auto& search = service.parts.records->search();
  auto found = search.retro_alerts(query);
  if (!found) return unavailable("alerts", found.error());
  const auto open = search.count_open_retro_alerts();
  if (!open) return unavailable("alerts", open.error());
  std::string next;
  if (found->size() > limit) {
    found->erase(found->begin() + static_cast<std::ptrdiff_t>(limit), found->end());
    const auto last = found->back().raised.sequence;
    next = to_text(records::PageCursor{last, last});
  }
  return json_answer({{"alerts", list(*found)}, {"open", *open}, {"next", next}});
}

Outcome<Answer> get_retro_alert(Service& service, Call& call) {
  const auto alert = find(service, call);
  if (!alert) return tl::unexpected(alert.error());
  return json_answer(to_json(*alert));
}

Outcome<Answer> close_retro_alert(Service& service, Call& call) {
  static constexpr std::string_view kMembers[] = {"reason"};
  const auto body = Body::parse(call.request, kMembers);
  if (!body) return tl::unexpected(body.error());
  const auto& reason = body->text("reason");
  if (reason.find_first_not_of(" \t\r\n") == reason.npos) {
    return bad_request(
        "reason is missing: say what was done about it, such as \"pods restarted with 1.4.2\"");
  }
  if (reason.size() > kMaxReason) {
    return bad_request("reason is longer than " + std::to_string(kMaxReason) + " bytes");
  }
  const auto alert = find(service, call);
  if (!alert) return tl::unexpected(alert.error());
  const auto& raised = alert->raised;
  const auto name = image_name(raised.host, raised.repository);
  auto event = audit_event(service, call, records::kRetroAlertClosed,
                           "the alert on " + name + " is closed: " + hostile(reason));
  event.host = raised.host;
  event.repository = raised.repository;
  event.reference = raised.reference;
  event.manifest = raised.manifest;
  event.decision_id = raised.decision_id;
  event.extra["reason"] = reason;
  const auto written = service.parts.records->put_event_once(event);
  if (!written) return unavailable("alerts", written.error());
  if (!*written) {
    const auto now = find(service, call);
    const auto by = now && now->closed ? " by " + hostile(now->closed->client_user) + " at " +
                                             util::to_rfc3339(now->closed->at)
                                       : std::string();
    return refuse(409, "Closed already", "alert " + hostile(raised.decision_id) + " was closed" + by);
  }
  return json_answer(to_json(records::RetroAlert{raised, std::move(event)}));
}

}  // namespace portcullis::api
