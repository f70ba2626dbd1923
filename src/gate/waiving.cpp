// SPDX-License-Identifier: Apache-2.0
#include "portcullis/gate/waiving.hpp"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

#include "portcullis/records/search.hpp"
#include "portcullis/util/safe_text.hpp"
#include "portcullis/util/text.hpp"
#include "waiver_effect.hpp"

namespace portcullis::gate {
namespace {

using findings::Waiver;
using util::ErrorKind;

constexpr std::size_t kIdLength = 8;
constexpr std::size_t kPage = 500;
constexpr std::size_t kMostImages = 2'000;       // that a preview looks at
constexpr std::size_t kSampleForSeverity = 200;  // decisions that are asked how bad a rule is
constexpr std::size_t kQuoted = 80;

std::string quote(std::string_view text) { return "'" + util::safe_text(text, kQuoted) + "'"; }

/// The longest run of it that stands for itself, so that the database can look for it.
std::string longest_literal(std::string_view pattern) {
  std::string_view best;
  for (std::size_t at = 0; at <= pattern.size();) {
    const auto end = std::min(pattern.find_first_of("*?", at), pattern.size());
    if (end - at > best.size()) best = pattern.substr(at, end - at);
    at = end + 1;
  }
  return std::string(best);
}

records::ImageQuery images_of(const Waiver& waiver) {
  records::ImageQuery query{.limit = kPage};
  query.digest = waiver.digest;
  query.file_hash = waiver.file_hash;
  query.text = longest_literal(waiver.repository);
  if (!is_pattern(waiver.rule)) query.rule = waiver.rule;
  return query;
}

bool is_in_scope(const Waiver& waiver, const records::ImageRow& image) {
  return (waiver.digest.empty() || waiver.digest == image.manifest.text()) &&
         (waiver.repository.empty() ||
          util::glob_match(waiver.repository, image.host + '/' + image.repository));
}

using ImageKey = std::tuple<std::string, std::string, std::string>;

struct Touched {
  std::map<ImageKey, records::ImageRow> images;
  bool complete = true;
};

util::Result<void> collect(records::Search& search, const Waiver& waiver, Touched& touched) {
  auto query = images_of(waiver);
  for (std::size_t looked = 0; looked < kMostImages; looked += kPage) {
    auto page = search.images(query);
    if (!page) return tl::unexpected(page.error());
    for (auto& image : page->images) {
      if (!is_in_scope(waiver, image)) continue;
      ImageKey key{image.host, image.repository, image.manifest.text()};
      touched.images.emplace(std::move(key), std::move(image));
    }
    if (page->next.empty()) return {};
    query.after = page->next;
  }
  touched.complete = false;
  return {};
}

/// `host/repository` that stands for itself.
std::optional<std::pair<std::string, std::string>> name_in(const Waiver& waiver) {
  const auto slash = waiver.repository.find('/');
  if (slash == std::string::npos || is_pattern(waiver.repository)) return std::nullopt;
  return std::pair(waiver.repository.substr(0, slash), waiver.repository.substr(slash + 1));
}

void bound(std::vector<std::string>& sentences) {
  if (sentences.size() > WaiverEffect::kMaxReasons) sentences.resize(WaiverEffect::kMaxReasons);
}

void add(WaiverEffect::Image image, DecisionEffect found, WaiverEffect& effect) {
  image.passes = image.blocked && found.left.empty();
  effect.findings += found.covered.size();
  effect.worst = std::max(effect.worst, found.worst);
  ++(image.passes ? effect.passing : image.blocked ? effect.still_blocked : effect.not_blocked);
  bound(found.covered);
  bound(found.left);
  image.covered = std::move(found.covered);
  image.left = std::move(found.left);
  effect.images.push_back(std::move(image));
}

WaiverEffect::Image image_of(const records::ImageRow& row) {
  return {.host = row.host,
          .repository = row.repository,
          .manifest = row.manifest.text(),
          .tags = row.tags,
          .decision_id = row.decision_id,
          .blocked = row.action == findings::Action::block || row.would_block};
}

/// A name that was blocked by itself, when the waiver is for it. No image was judged then.
util::Result<void> add_name(records::Records& records, const Waiver& waiver, const std::vector<Waiver>& all,
                            WaiverEffect& effect) {
  const auto name = policy::is_about_names(waiver.rule) ? name_in(waiver) : std::nullopt;
  if (!name) return {};
  const auto record = records.find_name_decision(name->first, name->second);
  if (!record) return tl::unexpected(record.error());
  if (!*record) return {};
  DecisionEffect found;
  for (const auto& reason : (*record)->decision.reasons) {
    if (reason.action != findings::Action::block) continue;
    const bool covered = std::ranges::any_of(all, [&](const Waiver& other) {
      return other.repository == waiver.repository && util::glob_match(other.rule, reason.code);
    });
    (covered ? found.covered : found.left).push_back(reason.text);
    if (covered) found.worst = std::max(found.worst.value_or(reason.severity), reason.severity);
  }
  if (found.covered.empty() || std::ranges::any_of(effect.images, [&](const auto& image) {
        return image.decision_id == (*record)->id;
      })) {
    return {};
  }
  add({.host = name->first, .repository = name->second, .decision_id = (*record)->id, .blocked = true},
      std::move(found), effect);
  return {};
}

/// A rule's severity as decisions on record have it; nullopt when none of them knows the rule.
util::Result<std::optional<findings::Severity>> worst_severity(records::Records& records,
                                                               const std::string& rule) {
  records::ImageQuery query{.limit = kSampleForSeverity};
  if (!is_pattern(rule)) query.rule = rule;
  const auto page = records.search().images(query);
  if (!page) return tl::unexpected(page.error());
  std::optional<findings::Severity> worst;
  for (const auto& image : page->images) {
    const auto decision = records.find_decision(image.decision_id);
    if (!decision) return tl::unexpected(decision.error());
    if (!*decision) continue;
    for (const auto& reason : (*decision)->decision.reasons) {
      if (!util::glob_match(rule, waiver_rule_of(reason.code))) continue;
      worst = std::max(worst.value_or(reason.severity), reason.severity);
    }
  }
  return worst;
}

/// A digest that is known, and not of a manifest, would make a waiver that does nothing.
util::Result<void> check_digest(records::Records& records, const std::string& digest) {
  if (!oci::Digest::parse(digest)) return {};  // policy says it better
  const auto page = records.search().images({.digest = digest, .limit = 1000});
  if (!page) return tl::unexpected(page.error());
  const auto& images = page->images;
  const auto is_it = [&](const auto& image) { return image.manifest.text() == digest; };
  if (images.empty() || std::ranges::any_of(images, is_it)) return {};
  const auto& image = images.front();
  return util::fail(ErrorKind::invalid, "digest must be that of a manifest; this is a layer or config of " +
                                            util::safe_text(image.host + '/' + image.repository) +
                                            ", whose manifest is " + image.manifest.text() + ", saw " +
                                            quote(digest));
}

util::Result<util::TimePoint> end_of(const WaiverTerm& term, util::TimePoint now) {
  constexpr std::chrono::milliseconds kEver = std::chrono::days(100'000);  // keeps the sum in range
  if (term.lifetime.has_value() == term.expires.has_value()) {
    return util::fail(ErrorKind::invalid,
                      "a waiver ends: say either for how long (e.g. 7d) or until when (e.g. "
                      "2027-01-31T12:00:00Z)");
  }
  return term.expires ? *term.expires : now + std::min(*term.lifetime, kEver);
}

}  // namespace

std::string describe_scope(const Waiver& waiver) {
  std::string text;
  const auto add = [&](std::string_view word, const std::string& value) {
    if (value.empty()) return;
    if (!text.empty()) text += ' ';
    text.append(word).append(" ").append(util::safe_text(value));
  };
  add("rule", waiver.rule);
  add("in", waiver.repository);
  add("manifest", waiver.digest);
  add("file", waiver.file_hash);
  return text;
}

records::Event waiver_event(const std::string& action, const Waiver& waiver, util::TimePoint at) {
  records::Event event{.at = at, .action = action};
  event.manifest = waiver.digest;
  event.client_user = waiver.author;
  if (auto name = name_in(waiver)) std::tie(event.host, event.repository) = *std::move(name);
  event.message = "waiver " + waiver.id + " by " + waiver.author + ": " + describe_scope(waiver) + " until " +
                  util::to_rfc3339(waiver.expires) + ": " + waiver.reason;
  event.extra = {{"waiver", waiver.id},
                 {"author", waiver.author},
                 {"reason", waiver.reason},
                 {"expires", util::to_rfc3339(waiver.expires)}};
  const auto scope = [&](const char* name, const std::string& value) {
    if (!value.empty()) event.extra[name] = value;
  };
  scope("scope.rule", waiver.rule);
  scope("scope.repository", waiver.repository);
  scope("scope.digest", waiver.digest);
  scope("scope.file_hash", waiver.file_hash);
  return event;
}

util::Result<Waiver> Waiving::complete(Waiver scope, const WaiverGrounds& grounds) const {
  scope.created = clock_.now();
  const auto end = end_of(grounds.term, scope.created);
  if (!end) return tl::unexpected(end.error());
  scope.expires = *end;
  scope.id = "w-" + util::random_id(kIdLength);
  scope.reason = grounds.reason;
  scope.author = grounds.author;
  return scope;
}

util::Result<void> Waiving::check(const Waiver& waiver) {
  if (auto manifest = check_digest(records_, waiver.digest); !manifest) return manifest;
  std::optional<findings::Severity> worst;
  if (waiver.digest.empty() && waiver.file_hash.empty() && !waiver.rule.empty()) {
    const auto known = worst_severity(records_, waiver.rule);
    if (!known) return tl::unexpected(known.error());
    worst = *known;
  }
  return policy::check_waiver(waiver, worst, limits_, clock_.now());
}

util::Result<Waiver> Waiving::prepare(const WaiverScope& scope, const WaiverGrounds& grounds) {
  constexpr std::string_view kAlgorithm = "sha256:";
  Waiver asked;
  asked.rule = waiver_rule_of(scope.rule);
  asked.repository = scope.repository;
  asked.digest = scope.digest;
  asked.file_hash = scope.file_hash;
  if (asked.file_hash.starts_with(kAlgorithm)) asked.file_hash.erase(0, kAlgorithm.size());
  auto waiver = complete(std::move(asked), grounds);
  if (!waiver) return waiver;
  if (auto may_exist = check(*waiver); !may_exist) return tl::unexpected(may_exist.error());
  return waiver;
}

util::Result<std::vector<Waiver>> Waiving::prepare_for_report(const std::string& report,
                                                              const WaiverGrounds& grounds) {
  const auto named = records_.find_decision(util::to_lower_ascii(report));
  if (!named) return tl::unexpected(named.error());
  if (!*named) {
    const auto about_name = records_.find_name_decision(util::to_lower_ascii(report));
    if (!about_name) return tl::unexpected(about_name.error());
    if (*about_name) return complete_all(narrowest_scopes(**about_name), grounds, (*about_name)->id);
    return util::fail(ErrorKind::absent, "there is no report " + quote(report) +
                                             " in the records; `portcullis events` shows reports");
  }
  const auto current = records_.find_decision((*named)->host, (*named)->repository, (*named)->manifest);
  if (!current) return tl::unexpected(current.error());
  const auto& record = *current ? **current : **named;
  const auto recorded = recorded_inputs(records_, record, Missing::matched_too);
  if (!recorded) return tl::unexpected(recorded.error());
  auto waivers = narrowest_scopes(record.decision, recorded->inputs);
  if (waivers && waivers->empty()) {
    return util::fail(ErrorKind::invalid, "nothing blocks " +
                                              util::safe_text(record.host + '/' + record.repository) + '@' +
                                              record.manifest.text() + " (report " + record.id +
                                              "), so there is nothing to waive");
  }
  return complete_all(std::move(waivers), grounds, record.id);
}

util::Result<std::vector<Waiver>> Waiving::complete_all(util::Result<std::vector<Waiver>> scopes,
                                                        const WaiverGrounds& grounds,
                                                        const std::string& report) {
  if (!scopes) return util::fail("report " + report, scopes.error());
  for (auto& waiver : *scopes) {
    auto whole = complete(std::move(waiver), grounds);
    if (!whole) return tl::unexpected(whole.error());
    if (auto may_exist = check(*whole); !may_exist) return tl::unexpected(may_exist.error());
    waiver = *std::move(whole);
  }
  return scopes;
}

util::Result<WaiverEffect> Waiving::preview(const std::vector<Waiver>& waivers) {
  Touched touched;
  for (const auto& waiver : waivers) {
    if (auto collected = collect(records_.search(), waiver, touched); !collected) {
      return tl::unexpected(collected.error());
    }
  }
  const auto now = clock_.now();
  const auto existing = records_.active_waivers(now);
  if (!existing) return tl::unexpected(existing.error());

  WaiverEffect effect{.complete = touched.complete};
  for (const auto& [key, row] : touched.images) {
    const auto record = records_.find_decision(row.decision_id);
    if (!record) return tl::unexpected(record.error());
    if (!*record) continue;  // forgotten since the search
    auto recorded = recorded_inputs(records_, **record, Missing::matched_too);
    if (!recorded) return tl::unexpected(recorded.error());
    recorded->inputs.waivers = *existing;
    auto found = effect_on((*record)->decision, std::move(recorded->inputs), waivers, now);
    if (!found.covered.empty()) add(image_of(row), std::move(found), effect);
  }
  for (const auto& waiver : waivers) {
    if (auto added = add_name(records_, waiver, waivers, effect); !added)
      return tl::unexpected(added.error());
  }
  std::ranges::stable_sort(effect.images, [](const auto& a, const auto& b) {
    return std::tie(b.passes, b.blocked) < std::tie(a.passes, a.blocked);
  });
  if (effect.images.size() > WaiverEffect::kMaxImages) effect.images.resize(WaiverEffect::kMaxImages);
  return effect;
}

util::Result<void> Waiving::create(const std::vector<Waiver>& waivers, const std::string& address) {
  std::vector<records::NewWaiver> fresh;
  for (const auto& waiver : waivers) {
    if (auto may_exist = check(waiver); !may_exist) return may_exist;
    auto event = waiver_event("waiver-added", waiver, clock_.now());
    event.client_address = address;
    // How severe what it lets through may be: not known, or any rule at all, counts as critical.
    auto worst = worst_severity(records_, waiver.rule);
    if (!worst) return tl::unexpected(worst.error());
    event.severity = worst->value_or(findings::Severity::critical);
    if (!waiver.rule.empty()) {
      auto& rule = event.rules.emplace_back();
      rule.rule = waiver.rule;
      rule.severity = event.severity;
    }
    fresh.push_back({waiver, std::move(event)});
  }
  return records_.waivers().create(fresh);
}

util::Result<records::WaiverRecord> Waiving::revoke(const std::string& id, const std::string& by,
                                                    const std::string& why, const std::string& address) {
  for (const auto& [name, text] : {std::pair("reason", &why), std::pair("author", &by)}) {
    if (auto said = policy::check_waiver_text(name, *text, limits_); !said) {
      return tl::unexpected(said.error());
    }
  }
  const auto found = records_.waivers().find(id);
  if (!found) return tl::unexpected(found.error());
  if (!*found) return util::fail(ErrorKind::absent, "there is no waiver " + quote(id) + " in the records");
  const auto now = clock_.now();
  auto event = waiver_event("waiver-revoked", (*found)->waiver, now);
  event.client_address = address;
  event.client_user = by;
  event.message = by + " revoked waiver " + id + " (" + describe_scope((*found)->waiver) + "): " + why;
  event.extra["revoked_by"] = by;
  event.extra["revoked_why"] = why;
  const auto done = records_.waivers().revoke(id, {by, why, now}, event);
  if (!done) return tl::unexpected(done.error());
  const auto after = records_.waivers().find(id);
  if (!after) return tl::unexpected(after.error());
  if (!*after) return util::fail(ErrorKind::absent, "waiver " + quote(id) + " is gone from the records");
  if (*done == records::Revoked::done) return **after;
  const auto& record = **after;
  return util::fail(ErrorKind::invalid,
                    "waiver " + quote(id) +
                        (record.revoked_at ? " was revoked already, by " + quote(record.revoked_by) + " at " +
                                                 util::to_rfc3339(*record.revoked_at)
                                           : " expired at " + util::to_rfc3339(record.waiver.expires)));
}

}  // namespace portcullis::gate
