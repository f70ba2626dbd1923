// SPDX-License-Identifier: Apache-2.0
//
// Who may have a blob.
#include <algorithm>

#include "gate_impl.hpp"

namespace portcullis::gate {

Attempt<std::optional<GateImpl::JudgedPtr>> GateImpl::sealing(const BlobRequest& request,
                                                              upstream::Registry& registry,
                                                              const std::vector<oci::Digest>& manifests,
                                                              Deadline deadline) {
  for (const auto& manifest : manifests) {
    const Target target{&registry, {request.host, request.repository.text(), manifest}, manifest.text()};
    const auto image = judge_.under_way().find(target.key);
    if (!image) {
      const auto record = parts_.records->find_decision(request.host, request.repository.text(), manifest);
      if (!record)
        return tl::unexpected(failure("the decision records cannot be read", record.error()).value());
      // Shown is what has a current decision to block, and that is the newest one on record.
      if (!*record || (*record)->decision.action != findings::Action::block) continue;
    }
    auto judged = current(target, deadline);
    if (!judged) return tl::unexpected(judged.error());
    if ((*judged)->blocked() && (*judged)->has_config(request.digest)) return std::optional(*judged);
  }
  return std::optional<JudgedPtr>();
}

Attempt<GateImpl::JudgedPtr> GateImpl::authorise(const BlobRequest& request, upstream::Registry& registry,
                                                 Deadline deadline) {
  const auto& repository = request.repository.text();
  // Looked at before the records, so that one which is recorded meanwhile is in either list.
  const auto images = judge_.under_way().with_blob(request.host, repository, request.digest);
  auto manifests = parts_.records->manifests_with_blob(request.host, repository, request.digest);
  if (!manifests) return failure("the decision records cannot be read", manifests.error());
  for (const auto& image : images) {
    if (std::ranges::find(*manifests, image->record.manifest) == manifests->end()) {
      manifests->push_back(image->record.manifest);
    }
  }
  JudgedPtr allowed;
  JudgedPtr blocked;
  std::optional<Problem> trouble;
  for (const auto& manifest : *manifests) {
    const Target target{&registry, {request.host, repository, manifest}, manifest.text()};
    auto judged = current(target, deadline);
    if (!judged) {
      trouble = judged.error();
    } else if ((*judged)->blocked()) {
      blocked = *judged;
    } else {
      allowed = *judged;
      break;
    }
  }
  if (allowed) {
    // What was scanned as a tar layer is nobody's config.
    const auto* part = allowed->part(request.digest);
    const bool layer = part != nullptr && oci::classify(part->media_type) == oci::MediaClass::layer;
    if (request.stop_at == StopAt::manifest || layer) return allowed;
    const auto sealed = sealing(request, registry, *manifests, deadline);
    if (!sealed) return tl::unexpected(sealed.error());
    return sealed->value_or(allowed);
  }
  if (trouble) return tl::unexpected(*trouble);
  if (blocked) return blocked;
  return tl::unexpected(Problem{Status::unlisted,
                                "blob " + request.digest.short_hex() + " belongs to no manifest of " +
                                    request.repository.text() + " that was asked for here",
                                std::nullopt});
}

BlobAnswer GateImpl::blob(const BlobRequest& request) {
  const auto deadline = std::chrono::steady_clock::now() + request.patience;
  if (stopped_) return answer_with<BlobAnswer>({Status::failed, "shutting down", std::nullopt});
  const auto registry =
      registry_for({request.host, request.repository.text(), request.digest.text(), request.client});
  if (!registry) return answer_with<BlobAnswer>(registry.error());
  const auto judged = authorise(request, **registry, deadline);
  if (!judged) {
    auto answer = answer_with<BlobAnswer>(judged.error());
    const auto images = judge_.under_way().with_blob(request.host, request.repository.text(), request.digest);
    if (!images.empty()) answer.size = images.front()->part(request.digest)->size;
    return answer;
  }
  if (!pulls_.add(request.client, *judged, (*judged)->record.reference, Method::get)) {
    return answer_with<BlobAnswer>(
        {Status::failed, "the pull could not be recorded", std::chrono::seconds(30)});
  }
  auto answer =
      (*judged)->blocked()
          ? answer_with<BlobAnswer>({Status::blocked,
                                     policy::client_line((*judged)->record.decision, (*judged)->record.id),
                                     std::nullopt})
          : serve(request, **registry, **judged, deadline);
  if ((*judged)->blocked()) answer.report_id = (*judged)->record.id;
  if (const auto* part = (*judged)->part(request.digest)) answer.size = part->size;
  return answer;
}

BlobAnswer GateImpl::serve(const BlobRequest& request, upstream::Registry& registry, const Judged& judged,
                           Deadline deadline) {
  const auto* part = judged.part(request.digest);
  if (part == nullptr) {
    return answer_with<BlobAnswer>(
        {Status::unlisted, "the manifest no longer refers to this blob", std::nullopt});
  }
  BlobAnswer answer;
  answer.media_type = part->media_type;
  answer.blob = parts_.store->find(request.digest);
  if (!answer.blob) {  // evicted: the verdict stands for the digest, the bytes are fetched again
    const oci::Descriptor descriptor{part->media_type, part->digest, part->size, {}, {}, {}, {}, {}};
    const auto transfer = scans_.fetch(registry, request.repository, descriptor);
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
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

}  // namespace portcullis::gate
