// SPDX-License-Identifier: Apache-2.0
#include "judge.hpp"

#include <algorithm>

#include "active_waivers.hpp"
#include "portcullis/util/log.hpp"
#include "structure.hpp"

namespace portcullis::gate {
namespace {

/// Times that a judgement is made again because it was overtaken.
constexpr int kAttempts = 5;

std::string media_type_of(const oci::Document& document, const std::string& declared) {
  const auto& written =
      std::visit([](const auto& d) -> const std::string& { return d.media_type; }, document);
  if (!written.empty()) return written;
  const bool index = std::holds_alternative<oci::Index>(document);
  const auto wanted = index ? oci::MediaClass::index : oci::MediaClass::manifest;
  if (oci::classify(declared) == wanted) return oci::without_parameters(declared);
  return std::string(index ? oci::kOciIndex : oci::kOciManifest);
}

bool in_background(Purpose purpose) { return purpose != Purpose::asked; }

}  // namespace

Judge::Judge(const Parts& parts, const Options& options, Scans& scans, JudgeMemory memory,
             policy::Policy policy)
    : parts_(parts), options_(options), scans_(scans), memory_(memory) {
  set_policy(std::move(policy));
}

void Judge::set_policy(policy::Policy policy) {
  auto fresh = std::make_shared<const policy::Policy>(std::move(policy));
  std::lock_guard lock(policy_mutex_);
  policy_fingerprint_ = fresh->fingerprint();
  policy_ = std::move(fresh);
}

std::shared_ptr<const policy::Policy> Judge::policy() const {
  std::lock_guard lock(policy_mutex_);
  return policy_;
}

std::string Judge::policy_fingerprint() const {
  std::lock_guard lock(policy_mutex_);
  return policy_fingerprint_;
}

bool Judge::may_stand(const records::DecisionRecord& record) const {
  return record.decision.action != findings::Action::block && memory_.profiles.older_may_stand();
}

bool Judge::current(const Judged& judged) const {
  const auto now = parts_.clock->now();
  if (judged.valid_until && now >= *judged.valid_until) return false;
  {
    std::lock_guard lock(policy_mutex_);
    if (judged.record.policy != policy_fingerprint_) return false;
  }
  if (!memory_.standing.holds(judged, now)) return false;
  return judged.record.profile == memory_.profiles.present() || may_stand(judged.record);
}

std::mutex& Judge::turn(const ImageKey& key) {
  return turns_[std::hash<std::string>()(key.text()) % turns_.size()];
}

void Judge::forget(const ImageKey& key, const std::string& decision_id) {
  std::lock_guard lock(turn(key));
  memory_.cache.drop_other(key.text(), decision_id);
}

Attempt<Judge::Document> Judge::load(const Task& task) {
  const auto& key = task.key;
  // A digest is no permission: our own copy is used only when this repository was seen to hold it.
  if (task.before) {
    if (const auto blob = parts_.store->find(key.manifest); blob && blob->size <= oci::kMaxDocumentBytes) {
      std::string body(blob->size, '\0');
      const auto got = util::read_full_at(
          blob->file->get(), std::as_writable_bytes(std::span<char>(body.data(), body.size())), 0);
      if (got && *got == body.size() && oci::Digest::of(body) == key.manifest) {
        return Document{std::make_shared<const std::string>(std::move(body)),
                        task.before->manifest_media_type};
      }
      util::log::error("a stored manifest is damaged, asking the upstream",
                       {{"digest", key.manifest.text()}});
      parts_.store->remove(key.manifest);
    }
  }
  const auto repository = oci::Repository::parse(key.repository);
  auto answer = task.registry.manifest(*repository, key.manifest);
  if (!answer) return problem(answer.error());
  if (auto stored = parts_.store->put(answer->bytes); !stored) {
    return failure("the manifest could not be stored", stored.error());
  }
  return Document{std::make_shared<const std::string>(std::move(answer->bytes)), answer->media_type};
}

Attempt<Judge::Verdict> Judge::judge(upstream::Registry& registry, const ImageKey& key,
                                     const std::string& reference, Purpose purpose) {
  Board::Line line(
      memory_.board,
      {key.host, key.repository, key.manifest, reference.empty() ? key.manifest.text() : reference,
       in_background(purpose) ? JudgingNow::Why::rescan : JudgingNow::Why::asked, parts_.clock->now()});
  for (int i = 0; i < kAttempts; ++i) {
    Task task{registry, key, reference, purpose, line};
    auto verdict = judge_once(task);
    if (!verdict) return tl::unexpected(verdict.error());
    if (*verdict) return **std::move(verdict);
  }
  return tl::unexpected(Problem{Status::failed,
                                "the image is being judged elsewhere at the same time, again and again",
                                std::chrono::seconds(10)});
}

/// What the records have to say before anything is looked at.
Attempt<policy::Inputs> Judge::gather(Task& task) {
  const auto& key = task.key;
  task.generation = memory_.standing.generation();
  task.profile = memory_.profiles.present();
  // One policy for the whole judgement: a reload in the middle must not decide what another one looked at.
  task.policy = policy();
  auto before = parts_.records->find_decision(key.host, key.repository, key.manifest);
  if (!before) return failure("the decision records cannot be read", before.error());
  task.before = *std::move(before);
  if (task.reference.empty()) task.reference = task.before ? task.before->reference : key.manifest.text();

  policy::Inputs inputs{key.host, key.repository, key.manifest, {}, {}, {}, {}, {}, {}};
  const auto waivers = active_waivers(parts_, parts_.clock->now());
  if (!waivers) {
    parts_.metrics->count("portcullis_records_errors_total", {{"what", "waivers"}});
    return failure("the waivers cannot be read", waivers.error());
  }
  inputs.waivers = policy::waivers_for_image(*waivers, key.host, key.repository, key.manifest);
  const auto first_seen = parts_.records->first_seen(inputs.manifest);
  if (!first_seen) return failure("the records cannot be read", first_seen.error());
  inputs.first_seen = *first_seen;
  inputs.names = *memory_.names.judge(key.host, key.repository);
  if (std::ranges::any_of(inputs.names, asks_for_repository)) {
    const auto served = memory_.names.served_before(key.host, key.repository);
    if (!served) return failure("the records cannot be read", served.error());
    inputs.repository_served_before = *served;
  }
  return inputs;
}

Attempt<std::optional<Judge::Verdict>> Judge::judge_once(Task& task) {
  auto inputs = gather(task);
  if (!inputs) return tl::unexpected(inputs.error());
  const auto& key = task.key;
  auto document = load(task);
  if (!document) return decide_from_records(task, document.error());

  auto judged = std::make_shared<Judged>(Judged{.record = {.host = key.host,
                                                           .repository = key.repository,
                                                           .reference = task.reference,
                                                           .manifest = key.manifest,
                                                           .profile = task.profile},
                                                .body = document->body});
  std::optional<findings::Decision> as_it_stands;
  UnderWay::Stay stay;  // until the decision is on record
  auto parsed = oci::parse_document(*document->body, document->declared_type);
  if (!parsed && !task.before && oci::parse_document(*document->body, "")) {
    // Only the Content-Type is wrong, and that is no fact about the digest to remember.
    return tl::unexpected(
        Problem{Status::unreachable,
                util::safe_text(key.host + ": manifest " + key.repository + "@" + key.manifest.short_hex() +
                                ": it is not what its Content-Type " + document->declared_type + " says"),
                std::nullopt});
  }
  if (!parsed) {
    judged->media_type = oci::without_parameters(document->declared_type);
    inputs->structure.push_back(manifest_finding("manifest_unreadable", parsed.error().message));
  } else {
    judged->media_type = media_type_of(*parsed, document->declared_type);
    if (const auto* index = std::get_if<oci::Index>(&*parsed)) {
      judged->children = index->manifests;
    } else {
      const auto& manifest = std::get<oci::Manifest>(*parsed);
      inputs->structure = check_structure(manifest, options_);
      judged->needs_its_config = inputs->structure.empty() && needs_its_config(manifest);
      for (const auto& [descriptor, place, kind] : image_parts(manifest)) {
        judged->record.blobs.push_back({descriptor.digest, descriptor.media_type, place, descriptor.size});
      }
      stay = under_way_.enter(*judged);
      auto looked = look_inside(task, manifest, *inputs, *judged);
      if (!looked) return tl::unexpected(looked.error());
      as_it_stands = *std::move(looked);
    }
  }
  judged->record.manifest_media_type = judged->media_type;
  // Rules that changed in the middle: what is new to us is judged with the newest.
  if (judged->record.profile == task.profile && memory_.profiles.present() != task.profile) {
    return std::nullopt;
  }
  const auto done = conclude(task, *inputs, as_it_stands, judged, Remember::in_cache);
  if (!done) return tl::unexpected(done.error());
  if (!*done) return std::nullopt;
  return Verdict{std::move(judged), std::move(inputs->blobs)};
}

}  // namespace portcullis::gate
