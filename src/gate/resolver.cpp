// SPDX-License-Identifier: Apache-2.0
#include "resolver.hpp"

#include <algorithm>

#include "events.hpp"
#include "portcullis/util/log.hpp"

namespace portcullis::gate {
namespace {

constexpr std::size_t kMaxTags = 20'000;  // kept in memory; the records hold all of them
constexpr std::chrono::seconds kTroubleTtl{5};
/// Clocks are set back a little now and then; what is further in the future is not believed.
constexpr std::chrono::minutes kClockSlack{1};

}  // namespace

std::shared_ptr<Resolver::Known> Resolver::known(const Name& name) {
  const auto key = name.text();
  std::lock_guard lock(mutex_);
  if (tags_.size() >= kMaxTags && !tags_.contains(key)) {
    const auto oldest =
        std::ranges::min_element(tags_, {}, [](const auto& entry) { return entry.second->last_use; });
    tags_.erase(oldest);
  }
  auto& slot = tags_[key];
  if (!slot) slot = std::make_shared<Known>();
  slot->last_use = parts_.clock->now();
  return slot;
}

std::optional<oci::Digest> Resolver::fresh(const Name& name) {
  const auto slot = known(name);
  std::lock_guard lock(slot->mutex);
  if (!slot->record) return std::nullopt;
  const auto age = parts_.clock->now() - slot->record->seen;
  // A clock that was set back must not make a tag young for ever.
  if (age < util::TimePoint::duration::zero() || age >= options_.tag_ttl) return std::nullopt;
  return slot->record->digest;
}

Attempt<oci::Digest> Resolver::resolve(upstream::Registry& registry, const Name& name) {
  const auto slot = known(name);
  if (const auto digest = fresh(name)) return *digest;
  {
    std::lock_guard lock(slot->mutex);
    const auto wait = slot->ask_again - parts_.clock->now();
    if (slot->trouble && wait > util::TimePoint::duration::zero() && wait <= kTroubleTtl) {
      return stale_or(name, *slot, *slot->trouble);
    }
  }
  const auto answer = registry.resolve(name.repository, name.tag);
  std::lock_guard lock(slot->mutex);
  auto count = [&](std::string_view result) {
    parts_.metrics->count("portcullis_tag_resolutions_total", {{"result", result}});
  };
  if (answer) {
    count("fresh");
    slot->trouble.reset();
    return learn(*slot, {name.host, name.repository.text(), name.tag.text(), answer->digest,
                         answer->media_type, answer->size, parts_.clock->now()});
  }
  const auto& failed = answer.error();
  const auto status = status_of(failed.kind);
  if (status != Status::unreachable) {
    const bool said_no = status == Status::absent || status == Status::denied;
    count(status == Status::absent ? "absent" : said_no ? "refused" : "failed");
    if (said_no) withdraw(name, *slot);
    return problem(failed);
  }
  count("unreachable");
  util::log::warn("upstream does not answer", {{"image", name.text()}, {"reason", failed.message}});
  slot->trouble = problem(failed).value();
  // A broken answer may be a passing one; an upstream that is down or counts requests is left alone.
  const bool leave_alone = failed.kind != util::ErrorKind::corrupt;
  slot->ask_again = parts_.clock->now() + (leave_alone ? kTroubleTtl : std::chrono::seconds(0));
  return stale_or(name, *slot, *slot->trouble);
}

Attempt<std::optional<oci::Digest>> Resolver::stale(const Name& name) {
  const auto slot = known(name);
  std::lock_guard lock(slot->mutex);
  return stale(name, *slot);
}

Attempt<std::optional<oci::Digest>> Resolver::stale(const Name& name, Known& slot) {
  std::optional<records::TagRecord> last = slot.record;
  if (!last) {
    const auto found = parts_.records->find_tag(name.host, name.repository.text(), name.tag.text());
    if (!found) return failure("the tag could not be looked up in the records", found.error());
    last = *found;
  }
  if (!last) return std::nullopt;
  const auto age = parts_.clock->now() - last->seen;
  if (age > options_.stale_max || age < -kClockSlack) return std::nullopt;
  parts_.metrics->count("portcullis_stale_answers_total");
  return last->digest;
}

Attempt<oci::Digest> Resolver::stale_or(const Name& name, Known& slot, const Problem& trouble) {
  const auto last = stale(name, slot);
  if (!last) return tl::unexpected(last.error());
  if (!*last) return tl::unexpected(trouble);
  return **last;
}

/// The upstream said no: from now on the tag is not offered while it is down, not after a restart either.
void Resolver::withdraw(const Name& name, Known& slot) {
  slot.record.reset();
  slot.trouble.reset();
  const auto before = parts_.records->find_tag(name.host, name.repository.text(), name.tag.text());
  if (before && (!*before || (*before)->seen == records::kWithdrawn)) return;
  util::Result<void> written;
  if (before) {
    auto withdrawn = **before;
    withdrawn.seen = records::kWithdrawn;
    written = parts_.records->put_tag(withdrawn);
    slot.record = std::move(withdrawn);
  } else {
    written = tl::unexpected(before.error());
  }
  if (written) return;
  parts_.metrics->count("portcullis_records_errors_total", {{"what", "tags"}});
  util::log::error("the withdrawal of a tag could not be recorded",
                   {{"image", name.text()}, {"reason", written.error().message}});
}

Attempt<oci::Digest> Resolver::learn(Known& slot, records::TagRecord confirmed) {
  const auto before = parts_.records->find_tag(confirmed.host, confirmed.repository, confirmed.tag);
  if (!before) return failure("the tag could not be looked up in the records", before.error());
  // The event first: once the tag has moved in the records, nobody would notice that it is missing.
  if (*before && (*before)->digest != confirmed.digest) {
    if (auto written = parts_.records->put_event(tag_moved(**before, confirmed)); !written) {
      return failure("the move of the tag could not be recorded", written.error());
    }
  }
  if (auto written = parts_.records->put_tag(confirmed); !written) {
    return failure("the tag could not be recorded", written.error());
  }
  if (*before && (*before)->digest != confirmed.digest) {
    drifts_.moved({confirmed.host, confirmed.repository, confirmed.tag, (*before)->digest, confirmed.digest,
                   confirmed.seen});
  }
  slot.record = confirmed;
  return confirmed.digest;
}

}  // namespace portcullis::gate
