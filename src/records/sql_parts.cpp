// SPDX-License-Identifier: Apache-2.0
#include "sql_parts.hpp"

#include <algorithm>
#include <span>

#include "tables.hpp"

namespace portcullis::records {

using soci::session;

util::Result<void> SqlWaivers::create(const std::vector<NewWaiver>& waivers) {
  auto done = database_.write([&](session& s) {
    for (const auto& fresh : waivers) {
      insert_waiver(s, fresh.waiver);
      insert_event(s, fresh.event);
    }
  });
  if (!done) return done;
  for (const auto& fresh : waivers) database_.count({&fresh.event, 1});
  return done;
}

util::Result<std::optional<WaiverRecord>> SqlWaivers::find(const std::string& id) {
  return database_.read([&](session& s) { return select_waiver(s, id); });
}

util::Result<std::vector<WaiverRecord>> SqlWaivers::list(const WaiverQuery& query, util::TimePoint now) {
  return database_.read([&](session& s) { return select_waivers(s, query, now); });
}

util::Result<WaiverCounts> SqlWaivers::count(util::TimePoint now) {
  return database_.read([&](session& s) { return count_waivers(s, now); });
}

util::Result<Revoked> SqlWaivers::revoke(const std::string& id, const Revocation& revocation,
                                         const Event& event) {
  auto outcome = Revoked::unknown;
  const auto written = database_.write([&](session& s) {
    outcome = revoke_waiver(s, id, revocation);
    if (outcome == Revoked::done) insert_event(s, event);
  });
  if (!written) return tl::unexpected(written.error());
  if (outcome == Revoked::done) database_.count({&event, 1});
  return outcome;
}

util::Result<std::vector<findings::Waiver>> SqlWaivers::announce_expired(
    util::TimePoint now, std::size_t limit, const std::function<Event(const findings::Waiver&)>& announce) {
  std::vector<findings::Waiver> waivers;
  std::vector<Event> events;
  const auto written = database_.write([&](session& s) {
    waivers = take_expired_waivers(s, now, limit);
    events.clear();
    for (const auto& waiver : waivers) insert_event(s, events.emplace_back(announce(waiver)));
  });
  if (!written) return tl::unexpected(written.error());
  database_.count(events);
  return waivers;
}

util::Result<std::vector<RuleSetting>> SqlRuleSettings::list() {
  return database_.read([](session& s) { return select_rule_settings(s); });
}

util::Result<void> SqlRuleSettings::change(const RuleChange& change) {
  auto done = database_.write([&](session& s) {
    delete_rule_setting(s, change.file, change.rule);
    if (change.setting) insert_rule_setting(s, *change.setting);
    insert_event(s, change.event);
  });
  if (done) database_.count({&change.event, 1});
  return done;
}

util::Result<ImagePage> SqlSearch::images(const ImageQuery& query) {
  return database_.read([&](session& s) { return search_images(s, query); });
}

util::Result<std::uint64_t> SqlSearch::count_images(const ImageQuery& query) {
  return database_.read([&](session& s) { return records::count_images(s, query); });
}

util::Result<std::vector<FilePlace>> SqlSearch::files(const std::string& hash_or_path, std::size_t limit) {
  return database_.read([&](session& s) { return search_files(s, hash_or_path, limit); });
}

util::Result<PullPage> SqlSearch::pulls(const PullQuery& query) {
  return database_.read([&](session& s) { return search_pulls(s, query); });
}

util::Result<std::vector<Puller>> SqlSearch::pullers(const PullerQuery& query) {
  return database_.read([&](session& s) { return search_pullers(s, query); });
}

util::Result<Exposure> SqlSearch::exposure(const std::string& file_hash, std::size_t limit) {
  return database_.read([&](session& s) {
    Exposure exposure;
    exposure.places = search_files(s, file_hash, limit);
    ImageQuery images;
    images.file_hash = file_hash;
    images.limit = limit;
    auto page = search_images(s, images);
    exposure.images = std::move(page.images);
    PullerQuery pullers;
    pullers.file_hash = file_hash;
    pullers.limit = limit;
    exposure.pullers = search_pullers(s, pullers);
    exposure.truncated =
        !page.next.empty() || exposure.places.size() >= limit || exposure.pullers.size() >= limit;
    return exposure;
  });
}

util::Result<std::vector<TimeBucket>> SqlSearch::overview(const Period& period, std::chrono::hours width) {
  return database_.read([&](session& s) { return count_pulls(s, period, width); });
}

util::Result<std::vector<Ranked>> SqlSearch::top_rules(const Period& period, std::size_t limit) {
  return database_.read([&](session& s) { return rank_rules(s, period, limit); });
}

util::Result<std::vector<Ranked>> SqlSearch::top_names(const Period& period,
                                                       std::optional<findings::Action> action,
                                                       std::size_t limit) {
  return database_.read([&](session& s) { return rank_names(s, period, action, limit); });
}

util::Result<std::vector<RankedSquat>> SqlSearch::top_squats(const Period& period, std::size_t limit) {
  return database_.read([&](session& s) { return rank_squats(s, period, limit); });
}

util::Result<std::vector<RetroAlert>> SqlSearch::retro_alerts(const RetroAlertQuery& query) {
  return database_.read([&](session& s) { return select_retro_alerts(s, query); });
}

util::Result<std::uint64_t> SqlSearch::count_open_retro_alerts() {
  return database_.read([](session& s) { return records::count_open_retro_alerts(s); });
}

util::Result<void> SqlInventory::put(const LayerInventory& inventory) {
  constexpr std::size_t kChunk = 2'000;
  long long layer = 0;
  if (auto begun = database_.write([&](session& s) { layer = begin_layer(s, inventory); }); !begun)
    return begun;
  for (bool clear = false; !clear;) {
    const auto cleared = database_.write([&](session& s) { clear = clear_layer(s, layer, kChunk); });
    if (!cleared) return cleared;
  }
  const auto files = std::span(inventory.files).first(std::min(inventory.files.size(), kMaxLayerFiles));
  for (std::size_t done = 0; done < files.size(); done += kChunk) {
    const auto chunk = files.subspan(done, std::min(kChunk, files.size() - done));
    const auto written = database_.write(
        [&](session& s) { insert_layer_files(s, layer, static_cast<long long>(done), chunk); });
    if (!written) return written;
  }
  return database_.write([&](session& s) { finish_layer(s, layer); });
}

util::Result<InventoryState> SqlInventory::state(const oci::Digest& layer) {
  return database_.read([&](session& s) { return select_layer_state(s, layer); });
}

util::Result<std::vector<LayerFile>> SqlInventory::files(const oci::Digest& layer,
                                                         const std::string& after_path, std::size_t limit) {
  return database_.read([&](session& s) { return select_layer_files(s, layer, after_path, limit); });
}

util::Result<std::optional<std::vector<std::string>>> SqlInventory::setuid_files(const oci::Digest& layer) {
  return database_.read([&](session& s) { return select_setuid_files(s, layer); });
}

util::Result<NewToken> SqlTokens::create(const std::string& name, Role role, util::TimePoint now,
                                         util::TimePoint expires, Event event) {
  auto token = make_token(name, role, now, expires);
  event.extra["token"] = token.record.id;
  const auto written = database_.write([&](session& s) {
    insert_token(s, token);
    insert_event(s, event);
  });
  if (!written) return tl::unexpected(written.error());
  database_.count({&event, 1});
  return token;
}

util::Result<std::vector<TokenRecord>> SqlTokens::list() {
  return database_.read([](session& s) { return select_tokens(s); });
}

util::Result<bool> SqlTokens::revoke(const std::string& id, util::TimePoint now, const Event& event) {
  bool revoked = false;
  const auto written = database_.write([&](session& s) {
    revoked = revoke_token(s, id, now);
    if (revoked) insert_event(s, event);
  });
  if (!written) return tl::unexpected(written.error());
  if (revoked) database_.count({&event, 1});
  return revoked;
}

util::Result<std::optional<TokenRecord>> SqlTokens::verify(std::string_view secret, util::TimePoint now) {
  auto found = database_.read([&](session& s) { return verify_token(s, secret, now); });
  if (!found || !*found || !database_.writable()) return found;
  auto& record = **found;
  if (!record.last_used || now - *record.last_used >= std::chrono::minutes(1)) {
    const auto noted = database_.write([&](session& s) { note_token_use(s, record.id, now); });
    if (noted) record.last_used = now;
  }
  return found;
}

}  // namespace portcullis::records
