// SPDX-License-Identifier: Apache-2.0
#include "gate_impl.hpp"

#include <algorithm>

#include "canary.hpp"
#include "portcullis/util/log.hpp"
#include "refusals.hpp"

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
constexpr std::size_t kPlatformsAtOnce = 32;  // of one index; further ones are judged when asked for
constexpr int kIndexDepth = 2;

Problem still_asking(const std::string& host) {
  return {Status::pending, "registry " + util::safe_text(host, 80) + " has not answered yet",
          std::chrono::seconds(30)};
}

/// Could a client that wants one of these platforms take this entry of an index? One that names none may
/// be for any; an artifact is for none.
bool may_be_taken(const oci::Descriptor& entry, const std::vector<oci::Platform>& wanted) {
  if (!entry.platform) return entry.artifact_type.empty();
  return std::ranges::any_of(
      wanted, [&](const oci::Platform& platform) { return entry.platform->satisfies(platform); });
}

}  // namespace

GateImpl::GateImpl(const Parts& parts, const Options& options, policy::Policy policy)
    : parts_(parts),
      options_(options),
      canary_(make_canary()),
      scans_(parts_, options_),
      pulls_(parts_, options_.queued_pulls),
      cache_(kCachedDecisions, kCachedBytes),
      profiles_(parts_, options_),
      names_(parts_),
      name_blocks_(parts_),
      judge_(parts_, options_, scans_, {cache_, standing_, profiles_, board_, pulls_, names_},
             std::move(policy)),
      drifts_(parts_),
      resolver_(parts_, options_, drifts_),
      listings_(parts_, options_.tag_ttl),
      pool_(options_.concurrent_images, options_.queued_images,
            [this](const util::LanePool::Load& load) {
              parts_.metrics->gauge("portcullis_image_queue_depth", {}, static_cast<double>(load.waiting));
              parts_.metrics->gauge("portcullis_images_running", {}, static_cast<double>(load.running));
            }),
      flight_(pool_),
      lookups_(kConcurrentLookups, kQueuedLookups,
               [this](const util::LanePool::Load& load) {
                 parts_.metrics->gauge("portcullis_lookup_queue_depth", {},
                                       static_cast<double>(load.waiting));
               }),
      resolving_(lookups_),
      rescans_(parts_, options_, judge_, profiles_,
               [this](const ImageKey& key) { return find_registry(key.host, key.repository); }),
      keeper_(parts_, options_, judge_, standing_, profiles_, rescans_) {
  announce_counters();
  if (options_.upkeep == Options::Upkeep::none) return;
  rescans_.start();
  keeper_.start();
}

/// An alert on the first of a kind needs the zero before it.
void GateImpl::announce_counters() {
  for (const auto reason : kRefusals) {
    parts_.metrics->count("portcullis_refused_total", {{"reason", reason}}, 0);
  }
  parts_.metrics->count("portcullis_judging_failures_total", {}, 0);
  for (const auto& [host, registry] : parts_.registries) {
    for (const auto action : {findings::Action::allow, findings::Action::warn, findings::Action::block}) {
      parts_.metrics->count("portcullis_pulls_total",
                            {{"upstream", host}, {"action", findings::to_string(action)}}, 0);
    }
  }
}

void GateImpl::set_policy(policy::Policy policy) {
  judge_.set_policy(std::move(policy));
  cache_.clear();
  rescans_.wake();
}

util::Result<void> GateImpl::rescan(const std::string& host, const std::string& repository,
                                    const oci::Digest& manifest) {
  const ImageKey key{host, repository, manifest};
  const auto name = util::safe_text(key.text());
  if (find_registry(host, repository) == nullptr) {
    return util::fail(util::ErrorKind::invalid, name + " cannot be scanned again: registry " +
                                                    util::safe_text(host, 80) + " is not configured here");
  }
  const auto known = parts_.records->find_decision(host, repository, manifest);
  if (!known) return util::fail("the decision records cannot be read", known.error());
  if (!*known) return util::fail(util::ErrorKind::absent, name + " was never judged here");
  return rescans_.afresh(key);
}

void GateImpl::stop() {
  if (stopped_.exchange(true)) return;
  keeper_.stop();
  rescans_.stop();
  for (auto* pool : {&lookups_, &pool_}) {
    pool->close(util::LanePool::Queued::run);
    pool->join();
  }
  listings_.stop();
  drifts_.stop();
  scans_.stop();
  pulls_.stop();
}

upstream::Registry* GateImpl::find_registry(const std::string& host, std::string_view repository) const {
  const auto found = parts_.registries.find(host);
  if (found == parts_.registries.end()) return nullptr;
  return repository == kCanaryRepository ? canary_.get() : found->second;
}

Attempt<upstream::Registry*> GateImpl::registry_for(const AskedName& asked, std::optional<Method> pull) {
  const auto suspicions = names_.judge(asked.host, asked.repository);
  if (auto blocked = name_blocks_.find(*judge_.policy(), asked, *suspicions)) {
    // A full queue is no reason to answer otherwise: nothing is served here.
    if (pull && blocked->decision) pulls_.add(asked.client, blocked->decision, asked.reference, *pull);
    return tl::unexpected(std::move(blocked->problem));
  }
  auto* found = find_registry(asked.host, asked.repository);
  if (found != nullptr) return found;
  parts_.metrics->count("portcullis_refused_total", {{"reason", kUnknownHost}});
  return tl::unexpected(name_blocks_.unknown_host(asked, *suspicions));
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
    parts_.metrics->count("portcullis_refused_total", {{"reason", kLookupQueueFull}});
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
  const auto registry = registry_for(
      {request.host, request.repository.text(), oci::to_string(request.reference), request.client},
      request.method);
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
  const auto begin = steady_clock::now();
  auto verdict = judge_safely(target);
  const std::chrono::duration<double> took = steady_clock::now() - begin;
  const auto result = verdict ? findings::to_string(verdict->judged->record.decision.action) : "failed";
  parts_.metrics->observe("portcullis_judge_seconds", {{"result", result}}, took.count());
  return verdict;
}

GateImpl::Verdict GateImpl::judge_safely(const Target& target) {
  try {
    return judge_.judge(*target.registry, target.key, target.reference);
  } catch (const std::exception& error) {
    // Out of memory and the like: no verdict, so nothing is served.
    util::log::error("judging failed", {{"image", target.key.text()}, {"reason", error.what()}});
    return tl::unexpected(Problem{Status::failed, "internal error while judging the image", std::nullopt});
  }
}

std::optional<std::shared_future<GateImpl::Verdict>> GateImpl::start(const Target& target) {
  return flight_.run(target.key.host, target.key.text(), [this, target] { return judge_now(target); });
}

Attempt<GateImpl::JudgedPtr> GateImpl::current(const Target& target, Deadline deadline) {
  if (auto cached = cache_.find(target.key.text()); cached && judge_.current(*cached)) {
    drifts_.judged(*cached);
    return cached;
  }
  const auto running = start(target);
  if (!running) {
    parts_.metrics->count("portcullis_refused_total", {{"reason", kImageQueueFull}});
    return tl::unexpected(
        Problem{Status::failed, "too many images are waiting to be scanned", std::chrono::seconds(30)});
  }
  if (running->wait_until(deadline) == std::future_status::timeout) return tl::unexpected(still_judging());
  const auto& verdict = running->get();
  if (!verdict) {
    parts_.metrics->count("portcullis_judging_failures_total");
    return tl::unexpected(verdict.error());
  }
  drifts_.judged(*verdict->judged);
  return verdict->judged;
}

Attempt<std::optional<GateImpl::JudgedPtr>> GateImpl::blocked_child(const Target& target, const Judged& index,
                                                                    const std::vector<oci::Platform>& wanted,
                                                                    Deadline deadline, int depth) {
  std::vector<Target> children;
  for (const auto& child : index.children) {
    if (!may_be_taken(child, wanted)) continue;
    if (children.size() == kPlatformsAtOnce) break;
    children.push_back(
        {target.registry, {target.key.host, target.key.repository, child.digest}, target.reference});
    const auto cached = cache_.find(children.back().key.text());
    if (!cached || !judge_.current(*cached)) start(children.back());
  }
  for (const auto& child : children) {
    const auto judged = current(child, deadline);
    if (!judged && judged.error().status == Status::absent) continue;  // a client that asks hears that
    if (!judged) return tl::unexpected(judged.error());
    if ((*judged)->blocked()) return std::optional(*judged);
    if ((*judged)->children.empty() || depth == 0) continue;
    auto inner = blocked_child(child, **judged, wanted, deadline, depth - 1);
    if (!inner || *inner) return inner;
  }
  return std::optional<JudgedPtr>();
}

void GateImpl::show(ManifestAnswer& answer, const Judged& judged) {
  answer.digest = judged.record.manifest;
  answer.media_type = judged.media_type;
  answer.body = judged.body;
  answer.may_be_shown = judged.needs_its_config || !judged.blocked();
}

ManifestAnswer GateImpl::manifest(const ManifestRequest& request) {
  const auto deadline = steady_clock::now() + request.patience;
  const auto target = locate(request, deadline);
  if (!target) return answer_with<ManifestAnswer>(target.error());
  const auto judged = current(*target, deadline);
  if (!judged) {
    auto answer = answer_with<ManifestAnswer>(judged.error());
    if (const auto image = judge_.under_way().find(target->key)) show(answer, *image);
    return answer;
  }
  if ((*judged)->blocked() || request.platforms.empty()) return answer(request, *target, *judged, *judged);

  const auto child = blocked_child(*target, **judged, request.platforms, deadline, kIndexDepth);
  if (!child) {
    auto answer = answer_with<ManifestAnswer>(child.error());
    show(answer, **judged);
    return answer;
  }
  return answer(request, *target, *judged, child->value_or(*judged));
}

/// `judged` is what was asked for, `verdict` what decides about it: the same, or a platform of it.
ManifestAnswer GateImpl::answer(const ManifestRequest& request, const Target& target, const JudgedPtr& judged,
                                const JudgedPtr& verdict) {
  ManifestAnswer answer;
  if (!pulls_.add(request.client, verdict, target.reference, request.method)) {
    return answer_with<ManifestAnswer>(
        {Status::failed, "the pull could not be recorded", std::chrono::seconds(30)});
  }
  const auto& decision = verdict->record.decision;
  parts_.metrics->count("portcullis_answers_total", {{"action", findings::to_string(decision.action)}});
  answer.report_id = verdict->record.id;
  show(answer, *judged);
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

ReferrersAnswer GateImpl::referrers(const ReferrersRequest& request) {
  const auto deadline = steady_clock::now() + request.patience;
  if (stopped_) return answer_with<ReferrersAnswer>({Status::failed, "shutting down", std::nullopt});
  const auto registry = registry_for({request.host, request.repository.text(), request.subject.text(), {}});
  if (!registry) return answer_with<ReferrersAnswer>(registry.error());
  auto found = listings_.referrers(**registry, request, deadline);
  if (!found) return answer_with<ReferrersAnswer>(found.error());
  ReferrersAnswer answer;
  answer.status = Status::served;
  answer.referrers = *std::move(found);
  return answer;
}

TagsAnswer GateImpl::tags(const TagsRequest& request) {
  const auto deadline = steady_clock::now() + request.patience;
  if (stopped_) return answer_with<TagsAnswer>({Status::failed, "shutting down", std::nullopt});
  const auto registry = registry_for({request.host, request.repository.text(), {}, {}});
  if (!registry) return answer_with<TagsAnswer>(registry.error());
  auto page = listings_.tags(**registry, request, deadline);
  if (!page) return answer_with<TagsAnswer>(page.error());
  TagsAnswer answer;
  answer.status = Status::served;
  answer.tags = std::move(page->tags);
  answer.next = std::move(page->next);
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
