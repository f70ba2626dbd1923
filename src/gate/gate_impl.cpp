// SPDX-License-Identifier: Apache-2.0
#include "gate_impl.hpp"

#include <algorithm>

#include "canary.hpp"
#include "portcullis/util/log.hpp"

namespace portcullis::gate {
namespace {

using std::chrono::steady_clock;

constexpr std::size_t kCachedDecisions = 8192;
constexpr std::size_t kCachedBytes = 128u << 20;

/// Tags of one upstream that are asked for at once, and that wait for it.
constexpr std::size_t kConcurrentLookups = 32;
constexpr std::size_t kQueuedLookups = 4096;
/// An upstream that takes longer is as good as down: what is known of the tag serves meanwhile.
constexpr std::chrono::seconds kStalePatience{5};

steady_clock::time_point deadline_after(std::chrono::milliseconds patience) {
  return steady_clock::now() + patience;
}

Problem still_judging() {
  return {Status::pending, "the image is still being scanned", std::chrono::seconds(60)};
}
Problem still_asking(const std::string& host) {
  return {Status::pending, "registry " + util::safe_text(host, 80) + " has not answered yet",
          std::chrono::seconds(30)};
}

template <class Answer>
Answer answer_with(const Problem& problem) {
  Answer answer;
  answer.status = problem.status;
  answer.message = problem.message;
  if constexpr (requires { answer.retry_after; }) answer.retry_after = problem.retry_after;
  return answer;
}

}  // namespace

GateImpl::GateImpl(const Parts& parts, const Options& options, policy::Policy policy)
    : parts_(parts),
      options_(options),
      canary_(make_canary()),
      scans_(parts_, options_),
      judge_(parts_, options_, scans_, std::move(policy)),
      resolver_(parts_, options_),
      pulls_(parts_, options_.queued_pulls),
      cache_(kCachedDecisions, kCachedBytes),
      pool_(options_.concurrent_images, options_.queued_images),
      flight_(pool_),
      lookups_(kConcurrentLookups, kQueuedLookups),
      resolving_(lookups_) {}

void GateImpl::set_policy(policy::Policy policy) {
  judge_.set_policy(std::move(policy));
  cache_.clear();
}

void GateImpl::stop() {
  if (stopped_.exchange(true)) return;
  for (auto* pool : {&lookups_, &pool_}) {
    pool->close(util::LanePool::Queued::run);
    pool->join();
  }
  scans_.stop();
  pulls_.stop();
}

Attempt<upstream::Registry*> GateImpl::registry_for(const std::string& host,
                                                    const oci::Repository& repository) {
  const auto found = parts_.registries.find(host);
  if (found == parts_.registries.end()) {
    parts_.metrics->count("portcullis_refused_total", {{"reason", "unknown_host"}});
    return tl::unexpected(
        Problem{Status::refused,
                "registry " + util::safe_text(host, 80) +
                    " is not configured here and was not contacted; the operator can add it as an "
                    "[[upstream]]",
                std::nullopt});
  }
  if (repository.text() == kCanaryRepository) return canary_.get();
  return found->second;
}

Attempt<oci::Digest> GateImpl::resolve(upstream::Registry& registry, const Resolver::Name& name,
                                       Deadline deadline) {
  if (const auto digest = resolver_.fresh(name)) return *digest;
  const auto asking =
      resolving_.run(name.host, name.text(), [this, &registry, name]() -> Attempt<oci::Digest> {
        try {
          return resolver_.resolve(registry, name);
        } catch (const std::exception& error) {
          util::log::error("resolving failed", {{"image", name.text()}, {"reason", error.what()}});
          return tl::unexpected(
              Problem{Status::failed, "internal error while resolving the tag", std::nullopt});
        }
      });
  if (!asking) {
    parts_.metrics->count("portcullis_refused_total", {{"reason", "lookup_queue_full"}});
    return tl::unexpected(Problem{Status::failed,
                                  "too many requests wait for registry " + util::safe_text(name.host, 80),
                                  std::chrono::seconds(30)});
  }
  const auto patience = std::min(deadline, steady_clock::now() + kStalePatience);
  if (asking->wait_until(patience) == std::future_status::timeout) {
    const auto last = resolver_.stale(name);
    if (!last) return tl::unexpected(last.error());
    if (*last) return **last;
    if (asking->wait_until(deadline) == std::future_status::timeout) {
      return tl::unexpected(still_asking(name.host));
    }
  }
  return asking->get();
}

Attempt<GateImpl::Target> GateImpl::locate(const ManifestRequest& request, Deadline deadline) {
  if (stopped_) return tl::unexpected(Problem{Status::failed, "shutting down", std::chrono::seconds(10)});
  const auto registry = registry_for(request.host, request.repository);
  if (!registry) return tl::unexpected(registry.error());
  if (const auto* digest = std::get_if<oci::Digest>(&request.reference)) {
    return Target{*registry, {request.host, request.repository.text(), *digest}, digest->text()};
  }
  const auto& tag = std::get<oci::Tag>(request.reference);
  const auto resolved = resolve(**registry, {request.host, request.repository, tag}, deadline);
  if (!resolved) return tl::unexpected(resolved.error());
  return Target{*registry, {request.host, request.repository.text(), *resolved}, tag.text()};
}

GateImpl::Verdict GateImpl::judge_now(const Target& target) {
  try {
    auto verdict = judge_.judge(*target.registry, target.key, target.reference);
    if (verdict) cache_.put(target.key.text(), verdict->judged);
    return verdict;
  } catch (const std::exception& error) {
    // Out of memory and the like: no verdict, so nothing is served.
    util::log::error("judging failed", {{"image", target.key.text()}, {"reason", error.what()}});
    return tl::unexpected(Problem{Status::failed, "internal error while judging the image", std::nullopt});
  }
}

Attempt<GateImpl::JudgedPtr> GateImpl::current(const Target& target, Deadline deadline) {
  const std::string key = target.key.text();
  if (auto cached = cache_.find(key); cached && judge_.current(*cached)) return cached;
  const auto running = flight_.run(target.key.host, key, [this, target] { return judge_now(target); });
  if (!running) {
    parts_.metrics->count("portcullis_refused_total", {{"reason", "image_queue_full"}});
    return tl::unexpected(
        Problem{Status::failed, "too many images are waiting to be scanned", std::chrono::seconds(30)});
  }
  if (running->wait_until(deadline) == std::future_status::timeout) return tl::unexpected(still_judging());
  const auto& verdict = running->get();
  if (!verdict) {
    parts_.metrics->count("portcullis_judging_failures_total");
    return tl::unexpected(verdict.error());
  }
  return verdict->judged;
}

Attempt<std::optional<GateImpl::JudgedPtr>> GateImpl::blocked_child(const Target& target, const Judged& index,
                                                                    const std::vector<oci::Platform>& wanted,
                                                                    Deadline deadline) {
  for (const auto& child : index.children) {
    const bool asked_for = child.platform && std::ranges::any_of(wanted, [&](const oci::Platform& platform) {
                             return child.platform->satisfies(platform);
                           });
    if (!asked_for) continue;
    const Target inner{
        target.registry, {target.key.host, target.key.repository, child.digest}, target.reference};
    auto judged = current(inner, deadline);
    if (!judged) return tl::unexpected(judged.error());
    if ((*judged)->blocked()) return std::optional(*judged);
  }
  return std::optional<JudgedPtr>();
}

ManifestAnswer GateImpl::manifest(const ManifestRequest& request) {
  const auto deadline = deadline_after(request.patience);
  const auto target = locate(request, deadline);
  if (!target) return answer_with<ManifestAnswer>(target.error());
  const auto judged = current(*target, deadline);
  if (!judged) return answer_with<ManifestAnswer>(judged.error());
  if ((*judged)->blocked() || request.platforms.empty()) return answer(request, *target, *judged, *judged);

  const auto child = blocked_child(*target, **judged, request.platforms, deadline);
  if (!child) return answer_with<ManifestAnswer>(child.error());
  return answer(request, *target, *judged, child->value_or(*judged));
}

/// `judged` is what was asked for, `verdict` what decides about it: the same, or a platform of it.
ManifestAnswer GateImpl::answer(const ManifestRequest& request, const Target& target, const JudgedPtr& judged,
                                const JudgedPtr& verdict) {
  ManifestAnswer answer;
  if (!pulls_.add(request.client, *verdict, target.reference, request.method)) {
    return answer_with<ManifestAnswer>(
        {Status::failed, "the pull could not be recorded", std::chrono::seconds(30)});
  }
  const auto& decision = verdict->record.decision;
  parts_.metrics->count("portcullis_answers_total", {{"action", findings::to_string(decision.action)}});
  answer.report_id = verdict->record.id;
  answer.digest = judged->record.manifest;
  answer.media_type = judged->media_type;
  answer.body = judged->body;
  if (verdict->blocked()) {
    answer.status = Status::blocked;
    answer.message = policy::client_line(decision, verdict->record.id);
    return answer;
  }
  answer.status = Status::served;
  if (decision.action == findings::Action::warn) {
    answer.warning = "Portcullis: " + decision.summary + "; report " + verdict->record.id;
  }
  return answer;
}

Attempt<GateImpl::JudgedPtr> GateImpl::authorise(const BlobRequest& request, upstream::Registry& registry,
                                                 Deadline deadline) {
  const auto manifests =
      parts_.records->manifests_with_blob(request.host, request.repository.text(), request.digest);
  if (!manifests) return failure("the decision records cannot be read", manifests.error());
  JudgedPtr blocked;
  std::optional<Problem> trouble;
  for (const auto& manifest : *manifests) {
    const Target target{&registry, {request.host, request.repository.text(), manifest}, manifest.text()};
    auto judged = current(target, deadline);
    if (!judged) {
      trouble = judged.error();
    } else if (!(*judged)->blocked()) {
      return *judged;
    } else {
      blocked = *judged;
    }
  }
  if (trouble) return tl::unexpected(*trouble);
  if (blocked) return blocked;
  return tl::unexpected(Problem{Status::absent,
                                "blob " + request.digest.short_hex() + " belongs to no manifest of " +
                                    request.repository.text() + " that was asked for here",
                                std::nullopt});
}

BlobAnswer GateImpl::blob(const BlobRequest& request) {
  const auto deadline = deadline_after(request.patience);
  if (stopped_) return answer_with<BlobAnswer>({Status::failed, "shutting down", std::nullopt});
  const auto registry = registry_for(request.host, request.repository);
  if (!registry) return answer_with<BlobAnswer>(registry.error());
  const auto judged = authorise(request, **registry, deadline);
  if (!judged) return answer_with<BlobAnswer>(judged.error());
  if (!pulls_.add(request.client, **judged, (*judged)->record.reference, Method::get)) {
    return answer_with<BlobAnswer>(
        {Status::failed, "the pull could not be recorded", std::chrono::seconds(30)});
  }
  if ((*judged)->blocked()) {
    auto answer = answer_with<BlobAnswer>(
        {Status::blocked, policy::client_line((*judged)->record.decision, (*judged)->record.id),
         std::nullopt});
    answer.report_id = (*judged)->record.id;
    return answer;
  }
  return serve(request, **registry, *judged, deadline);
}

BlobAnswer GateImpl::serve(const BlobRequest& request, upstream::Registry& registry, const JudgedPtr& judged,
                           Deadline deadline) {
  const auto& blobs = judged->record.blobs;
  const auto part = std::ranges::find(blobs, request.digest, &records::ImageBlob::digest);
  if (part == blobs.end()) {
    return answer_with<BlobAnswer>(
        {Status::absent, "the manifest no longer refers to this blob", std::nullopt});
  }
  BlobAnswer answer;
  answer.media_type = part->media_type;
  answer.blob = parts_.store->find(request.digest);
  if (!answer.blob) {  // evicted: the verdict stands for the digest, the bytes are fetched again
    const oci::Descriptor descriptor{part->media_type, part->digest, part->size, {}, {}, {}, {}, {}};
    const auto transfer = scans_.fetch(registry, request.repository, descriptor);
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - steady_clock::now());
    auto fetched = transfer->wait_for(std::max(left, std::chrono::milliseconds(0)));
    if (!fetched) return answer_with<BlobAnswer>(still_judging());
    if (!*fetched) {
      auto trouble = problem("fetching the blob", fetched->error()).value();
      trouble.retry_after = Scans::retry_after(registry);
      return answer_with<BlobAnswer>(trouble);
    }
    answer.blob = **fetched;
  }
  answer.status = Status::served;
  return answer;
}

Gate::Judgement GateImpl::judge(const ManifestRequest& request) {
  Judgement judgement;
  auto target = locate(request, steady_clock::now() + std::chrono::hours(24));
  if (!target) return {answer_with<ManifestAnswer>(target.error()), {}, {}};
  auto verdict = judge_now(*target);
  if (verdict && !request.platforms.empty() && !verdict->judged->children.empty() &&
      !verdict->judged->blocked()) {
    const auto& children = verdict->judged->children;
    const auto child = std::ranges::find_if(children, [&](const oci::Descriptor& entry) {
      return entry.platform && entry.platform->satisfies(request.platforms.front());
    });
    if (child == children.end()) {
      return {
          answer_with<ManifestAnswer>(
              {Status::absent, "the image has no manifest for platform " + request.platforms.front().text(),
               std::nullopt}),
          {},
          {}};
    }
    target->key.manifest = child->digest;
    verdict = judge_now(*target);
  }
  if (!verdict) return {answer_with<ManifestAnswer>(verdict.error()), {}, {}};
  judgement.answer = answer(request, *target, verdict->judged, verdict->judged);
  judgement.record = verdict->judged->record;
  judgement.blobs = std::move(verdict->blobs);
  return judgement;
}

std::unique_ptr<Gate> make_gate(const Parts& parts, const Options& options, policy::Policy policy) {
  return std::make_unique<GateImpl>(parts, options, std::move(policy));
}

}  // namespace portcullis::gate
