// SPDX-License-Identifier: Apache-2.0
#include <charconv>

#include "portcullis/util/text.hpp"
#include "service.hpp"

namespace portcullis::api {
namespace {

constexpr std::size_t kMaxActions = 20;

/// `pull-blocked,retro-alert`
std::vector<std::string> actions_of(Query& query) {
  std::vector<std::string> actions;
  const auto text = query.text("action");
  if (text.empty()) return actions;
  for (const auto action : util::split(text, ',')) actions.emplace_back(action);
  if (actions.size() > kMaxActions) query.note("action", "at most 20 actions, separated by commas");
  return actions;
}

/// Nullopt when it is no number of an event.
std::optional<std::int64_t> parse_place(std::string_view text) {
  std::int64_t place = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), place);
  if (error != std::errc() || end != text.data() + text.size() || place < 0) return std::nullopt;
  return place;
}

}  // namespace

Outcome<Answer> list_events(Service& service, Call& call) {
  auto& q = call.query;
  const auto limit = q.limit();
  const auto digest = q.digest("manifest");
  const auto place = q.page();
  const records::EventQuery query{.before_sequence = place.id,
                                  .limit = limit + 1,
                                  .actions = actions_of(q),
                                  .from = q.time("from"),
                                  .until = q.time("until"),
                                  .host = q.text("host"),
                                  .repository = q.text("repository"),
                                  .manifest = digest ? digest->text() : std::string(),
                                  .decision_id = q.text("decision"),
                                  .client = q.text("client"),
                                  .rule = q.text("rule"),
                                  .min_severity = q.severity("severity").value_or(findings::Severity::info),
                                  .text = q.text("text")};
  if (q.problem()) return tl::unexpected(*q.problem());
  const auto found = service.parts.records->events(query);
  if (!found) return unavailable("events", found.error());
  // Newest first, as every list here; the records have them in rising order.
  std::vector<records::Event> events(found->rbegin(), found->rend());
  const bool more = events.size() > limit;
  if (more) events.resize(limit);
  const records::PageCursor next{0, more ? events.back().sequence : 0};
  return json_answer({{"events", list(events)}, {"next", to_text(next)}});
}

Outcome<Answer> stream_events(Service& service, Call& call) {
  auto& q = call.query;
  EventFilter filter;
  for (auto& action : actions_of(q)) filter.actions.insert(std::move(action));
  filter.min_severity = q.severity("severity").value_or(findings::Severity::info);
  // A browser that comes back says where it was; the query is for the first time.
  auto place = call.request.last_event_id;
  if (place.empty() && q.has("after")) place = q.text("after");
  std::int64_t after = 0;
  if (!place.empty()) {
    const auto parsed = parse_place(place);
    if (!parsed) q.note("after", "the number of an event");
    after = parsed.value_or(0);
  }
  if (q.problem()) return tl::unexpected(*q.problem());
  const auto newest = service.feed.newest();
  if (!newest) return unavailable("events", newest.error());
  // A number from another database, or none: from now on.
  if (place.empty() || after > *newest) after = *newest;
  auto stream = service.feed.open(std::move(filter), after);
  if (!stream) {
    auto answer = problem(
        503, "Too many watch already",
        "at most " + std::to_string(service.options.max_streams) + " streams of events are open at a time",
        "/api/v1/events/stream");
    answer.headers.emplace_back("Retry-After", "30");
    return answer;
  }
  return Answer{.content_type = "text/event-stream", .stream = std::move(stream)};
}

}  // namespace portcullis::api
