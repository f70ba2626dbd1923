// SPDX-License-Identifier: Apache-2.0
#include "resolver.hpp"

#include <algorithm>

#include "portcullis/util/log.hpp"

namespace portcullis::gate {
namespace {

constexpr std::size_t kMaxTags = 20'000;  // kept in memory; the records hold all of them
constexpr std::chrono::seconds kTroubleTtl{5};

std::string key_of(const std::string& host, const oci::Repository& repository, const oci::Tag& tag) {
  return host + '/' + repository.text() + ':' + tag.text();
}

records::TagRecord record_of(const std::string& host, const oci::Repository& repository,
                             const oci::Tag& tag) {
  return {host, repository.text(), tag.text(), oci::Digest::of(""), "", 0, {}};
}

}  // namespace

std::shared_ptr<Resolver::Known> Resolver::known(const std::string& key) {
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

Attempt<oci::Digest> Resolver::resolve(upstream::Registry& registry, const std::string& host,
                                       const oci::Repository& repository, const oci::Tag& tag) {
  const auto slot = known(key_of(host, repository, tag));
  std::lock_guard asking(slot->asking);
  if (auto answer = still_true(*slot, host, repository, tag)) return *std::move(answer);
  return ask(registry, repository, tag, record_of(host, repository, tag), *slot);
}

std::optional<Attempt<oci::Digest>> Resolver::known_now(const std::string& host,
                                                        const oci::Repository& repository,
                                                        const oci::Tag& tag) {
  return still_true(*known(key_of(host, repository, tag)), host, repository, tag);
}

std::optional<Attempt<oci::Digest>> Resolver::still_true(const Known& slot, const std::string& host,
                                                         const oci::Repository& repository,
                                                         const oci::Tag& tag) const {
  std::lock_guard lock(slot.state);
  const auto now = parts_.clock->now();
  if (slot.record && now - slot.record->seen < options_.tag_ttl) return slot.record->digest;
  if (slot.trouble && now < slot.ask_again) return fall_back(slot, record_of(host, repository, tag));
  return std::nullopt;
}

Attempt<oci::Digest> Resolver::ask(upstream::Registry& registry, const oci::Repository& repository,
                                   const oci::Tag& tag, records::TagRecord wanted, Known& slot) {
  const auto answer = registry.resolve(repository, tag);
  auto count = [&](std::string_view result) {
    parts_.metrics->count("portcullis_tag_resolutions_total", {{"result", result}});
  };
  std::lock_guard lock(slot.state);
  if (answer) {
    count("fresh");
    slot.trouble.reset();
    wanted.digest = answer->digest;
    wanted.media_type = answer->media_type;
    wanted.size = answer->size;
    wanted.seen = parts_.clock->now();
    return learn(slot, std::move(wanted));
  }
  const auto& failed = answer.error();
  if (status_of(failed.kind) != Status::unreachable) {
    count(failed.kind == util::ErrorKind::absent ? "absent" : "refused");
    slot.record.reset();
    slot.trouble.reset();
    return problem(failed);
  }
  count("unreachable");
  util::log::warn(
      "upstream does not answer",
      {{"image", wanted.host + '/' + wanted.repository + ':' + wanted.tag}, {"reason", failed.message}});
  slot.trouble = problem(failed).value();
  // A broken answer may be a passing one; an upstream that is down or counts requests is left alone.
  const bool leave_alone = failed.kind != util::ErrorKind::corrupt;
  slot.ask_again = parts_.clock->now() + (leave_alone ? kTroubleTtl : std::chrono::seconds(0));
  return fall_back(slot, wanted);
}

Attempt<oci::Digest> Resolver::fall_back(const Known& slot, const records::TagRecord& wanted) const {
  std::optional<records::TagRecord> last = slot.record;
  if (!last) {
    const auto found = parts_.records->find_tag(wanted.host, wanted.repository, wanted.tag);
    if (!found) return failure("the tag could not be looked up in the records", found.error());
    last = *found;
  }
  if (!last || parts_.clock->now() - last->seen > options_.stale_max) return tl::unexpected(*slot.trouble);
  parts_.metrics->count("portcullis_stale_answers_total");
  return last->digest;
}

Attempt<oci::Digest> Resolver::learn(Known& slot, records::TagRecord confirmed) {
  const auto before = parts_.records->find_tag(confirmed.host, confirmed.repository, confirmed.tag);
  if (!before) return failure("the tag could not be looked up in the records", before.error());
  if (auto written = parts_.records->put_tag(confirmed); !written) {
    return failure("the tag could not be recorded", written.error());
  }
  if (*before && (*before)->digest != confirmed.digest) {
    records::Event moved;
    moved.at = confirmed.seen;
    moved.action = "tag-moved";
    moved.host = confirmed.host;
    moved.repository = confirmed.repository;
    moved.reference = confirmed.tag;
    moved.manifest = confirmed.digest.text();
    moved.message = "tag moved from " + (*before)->digest.text() + " to " + confirmed.digest.text();
    if (auto written = parts_.records->put_event(moved); !written) {
      return failure("the move of the tag could not be recorded", written.error());
    }
  }
  slot.record = confirmed;
  return confirmed.digest;
}

}  // namespace portcullis::gate
