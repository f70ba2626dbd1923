// SPDX-License-Identifier: Apache-2.0
#include "prefetch_image.hpp"

#include <algorithm>

#include "portcullis/oci/media_type.hpp"
#include "pull_client.hpp"

namespace portcullis::cli {
namespace {

using http::ProbeAnswer;
using http::ProbeMethod;
using std::chrono::steady_clock;

class Prefetcher {
 public:
  Prefetcher(const PrefetchJob& job, const oci::Reference& reference)
      : job_(job),
        reference_(reference),
        root_("/v2/" + reference.host() + "/" + reference.repository().text()),
        deadline_(steady_clock::now() + job.patience) {}

  std::vector<Prefetched> run() {
    auto top = fetch(oci::to_string(reference_.target()), {});
    const auto* index = top.document ? std::get_if<oci::Index>(&*top.document) : nullptr;
    if (index == nullptr) return {std::move(top.result)};
    std::vector<Prefetched> all;
    for (const oci::Descriptor& child : index->manifests) {
      if (!wanted(child)) continue;
      all.push_back(
          fetch(child.digest.text(), child.platform ? child.platform->text() : "no platform").result);
    }
    if (!all.empty()) return all;
    top.result.verdict = Verdict::error;
    top.result.message = "it has no image for the platform; name another with --platform, or --all-platforms";
    return {std::move(top.result)};
  }

 private:
  struct Fetched {
    Prefetched result;
    std::optional<oci::Document> document;
  };

  bool wanted(const oci::Descriptor& child) const {
    return job_.platforms.empty() ||
           (child.platform &&
            std::ranges::any_of(job_.platforms, [&](const auto& p) { return child.platform->satisfies(p); }));
  }

  /// Until it is no longer "come again". Each round asks anew, so that the count of hops, which bounds
  /// what other clients can take, does not end the wait.
  util::Result<ProbeAnswer> ask(ProbeMethod method, const std::string& target) const {
    http::ProbeRequest request{.base = job_.server, .method = method, .target = target};
    request.headers = {{"User-Agent", "portcullis-prefetch"}};
    for (const auto type : {oci::kOciIndex, oci::kDockerList, oci::kOciManifest, oci::kDockerManifest}) {
      request.headers.emplace_back("Accept", std::string(type));
    }
    request.max_body = oci::kMaxDocumentBytes + 1;
    request.ca_file = job_.ca_file;
    for (;;) {
      auto answer = http::probe(request);
      if (!answer || answer->status != 307) return answer;
      if (auto here = redirected_to(job_.server, *answer); !here) return tl::unexpected(here.error());
      if (steady_clock::now() >= deadline_) {
        return util::fail(util::ErrorKind::unreachable, "it is still being scanned; the scan goes on");
      }
    }
  }

  Fetched fetch(const std::string& what, std::string platform) const {
    const auto start = steady_clock::now();
    Fetched out;
    out.result.name = reference_.original();
    out.result.platform = std::move(platform);
    judge(what, out);
    out.result.time = std::chrono::duration_cast<std::chrono::milliseconds>(steady_clock::now() - start);
    return out;
  }

  void judge(const std::string& what, Fetched& out) const {
    auto& result = out.result;
    const auto answer = ask(ProbeMethod::get, root_ + "/manifests/" + what);
    if (!answer) {
      result.message = answer.error().message;
      return;
    }
    if (answer->status != 200) {
      result.message = message_of(*answer);
      if (result.message.starts_with(kBlockedText)) result.verdict = Verdict::block;
      return;
    }
    auto document = oci::parse_document(answer->body, answer->header("Content-Type"));
    if (!document) {
      result.message = document.error().message;
      return;
    }
    if (const auto* manifest = std::get_if<oci::Manifest>(&*document)) {
      if (!warm(*manifest, result)) return;
    }
    result.message = answer->header("Warning");
    result.verdict = result.message.empty() ? Verdict::allow : Verdict::warn;
    out.document = *std::move(document);
  }

  /// A verdict may be older than the cache: what was evicted is fetched when its length is asked for.
  bool warm(const oci::Manifest& manifest, Prefetched& result) const {
    auto parts = manifest.layers;
    parts.push_back(manifest.config);
    for (const oci::Descriptor& part : parts) {
      const auto answer = ask(ProbeMethod::head, root_ + "/blobs/" + part.digest.text());
      if (!answer || answer->status != 200) {
        result.message = part.digest.text() + ": " + (answer ? message_of(*answer) : answer.error().message);
        return false;
      }
      result.bytes += part.size;
    }
    return true;
  }

  const PrefetchJob& job_;
  const oci::Reference& reference_;
  const std::string root_;
  const steady_clock::time_point deadline_;
};

}  // namespace

std::vector<Prefetched> prefetch_image(const PrefetchJob& job, const oci::Reference& reference) {
  return Prefetcher(job, reference).run();
}

}  // namespace portcullis::cli
