// SPDX-License-Identifier: Apache-2.0
#include "doctor_clients.hpp"

#include <optional>

#include "portcullis/gate/gate.hpp"
#include "portcullis/oci/manifest.hpp"
#include "pull_client.hpp"

namespace portcullis::cli {
namespace {

using http::ProbeAnswer;
using http::ProbeMethod;

/// Clients follow nine redirects and fail at the tenth.
constexpr int kMostHops = 9;
constexpr std::string_view kNoSuchProcess = "(no such process)";

const std::string kRepository(gate::kCanaryRepository);

struct Agent {
  std::string user_agent;
  std::string prefix = {};  ///< in front of the repository: `docker.io/`
  std::string query = {};
};

class Puller {
 public:
  Puller(const CanaryOptions& options, const Agent& agent) : options_(options), agent_(agent) {}

  util::Result<ProbeAnswer> manifest(ProbeMethod method, const std::string& reference = "latest") const {
    return ask(method, "manifests/" + reference);
  }
  util::Result<ProbeAnswer> blob(const oci::Digest& digest) const {
    return ask(ProbeMethod::get, "blobs/" + digest.text());
  }

 private:
  util::Result<ProbeAnswer> ask(ProbeMethod method, const std::string& what) const {
    http::ProbeRequest request{.base = options_.url, .method = method};
    request.target = "/v2/" + agent_.prefix + kRepository + "/" + what + agent_.query;
    request.timeout = options_.timeout;
    request.ca_file = options_.ca_file;
    request.headers = {{"User-Agent", agent_.user_agent}};
    for (const auto type : {oci::kDockerManifest, oci::kDockerList, oci::kOciManifest, oci::kOciIndex}) {
      request.headers.emplace_back("Accept", std::string(type));
    }
    for (int hop = 0;; ++hop) {
      auto answer = http::probe(request);
      if (!answer || answer->status != 307) return answer;
      if (hop == kMostHops)
        return util::fail(util::ErrorKind::invalid, "more redirects than a client follows");
      auto next = redirected_to(options_.url, *answer);
      if (!next) return tl::unexpected(next.error());
      request.target = *next;
    }
  }

  const CanaryOptions& options_;
  const Agent& agent_;
};

bool tells_block(const ProbeAnswer& answer) {
  return answer.reason.find(kBlockedText) != std::string::npos ||
         answer.body.find(kBlockedText) != std::string::npos;
}

/// What is wrong with an answer; empty when it stops the client.
using Judge = std::string (*)(const ProbeAnswer&);

std::string is_choices(const ProbeAnswer& answer) {
  if (answer.status != 300 || !answer.header("Location").empty()) return "300 without a Location";
  return tells_block(answer) ? "" : "a reason phrase that tells the block";
}

std::string is_no_such_process(const ProbeAnswer& answer) {
  if (answer.status != 503 || !answer.reason.ends_with(kNoSuchProcess)) {
    return "503 whose reason phrase ends in (no such process)";
  }
  return tells_block(answer) ? "" : "a reason phrase that tells the block";
}

std::string is_denied(const ProbeAnswer& answer) {
  if (answer.status != 403) return "403";
  return tells_block(answer) ? "" : "a message that tells the block";
}

struct Outcome {
  Finding finding = Finding::unknown;
  std::string detail;
};

Outcome judged(const char* what, const util::Result<ProbeAnswer>& answer, Judge judge) {
  if (!answer) return {Finding::unknown, std::string(what) + ": " + answer.error().message};
  if (answer->status == 404) {
    return {Finding::bad,
            std::string(what) + ": " + status_line(*answer) + "; that is no Portcullis, or an old one"};
  }
  const auto missing = judge(*answer);
  if (missing.empty()) return {Finding::ok, std::string(what) + ": " + status_line(*answer)};
  return {Finding::bad, std::string(what) + ": " + status_line(*answer) + "; it takes " + missing};
}

Outcome head_then_get(const Puller& puller, Judge head, Judge get) {
  auto first = judged("HEAD", puller.manifest(ProbeMethod::head), head);
  if (first.finding != Finding::ok) return first;
  return judged("GET", puller.manifest(ProbeMethod::get), get);
}

Outcome pull_by_containerd(const Puller& puller) { return head_then_get(puller, is_choices, is_choices); }

Outcome pull_by_docker(const Puller& puller) { return head_then_get(puller, is_choices, is_no_such_process); }

Outcome pull_by_prefix(const Puller& puller) {
  return judged("GET", puller.manifest(ProbeMethod::get), is_denied);
}

/// containers/image falls back after a refused manifest, but not after a refused blob.
Outcome pull_by_mirror(const Puller& puller) {
  const auto answer = puller.manifest(ProbeMethod::get);
  if (!answer) return {Finding::unknown, "GET: " + answer.error().message};
  if (answer->status != 200) {
    return {Finding::bad,
            "GET: " + status_line(*answer) + "; it takes the manifest, and its config and layers refused"};
  }
  const auto document = oci::parse_document(answer->body, answer->header("Content-Type"));
  const auto* manifest = document ? std::get_if<oci::Manifest>(&*document) : nullptr;
  if (manifest == nullptr) return {Finding::bad, "GET: the manifest cannot be read"};
  auto parts = manifest->layers;
  parts.insert(parts.begin(), manifest->config);
  Outcome last;
  for (const auto& part : parts) {
    last = judged("GET of config and layers", puller.blob(part.digest), is_denied);
    if (last.finding != Finding::ok) return last;
  }
  return last;
}

struct Kind {
  const char* check;
  const char* client;
  Agent agent;
  Outcome (*pull)(const Puller&);
  const char* holds;
  const char* when_down;
};

constexpr auto kByForm = "holds, by the form of the answer";
constexpr auto kHolds = "holds";
constexpr auto kOrigin = "asks the origin: needs egress control";

const std::vector<Kind>& kinds() {
  static const std::vector<Kind> all = {
      {"a pull by containerd is stopped",
       "containerd, Kubernetes; docker with the containerd store: server and host set",
       {"containerd/1.7.24", "", "?ns=docker.io"},
       pull_by_containerd,
       kHolds,
       kHolds},
      {"a pull by BuildKit is stopped",
       "BuildKit: mirrors",
       {"buildkit/v0.17.3", "", "?ns=docker.io"},
       pull_by_containerd,
       kByForm,
       kOrigin},
      {"a pull by dockerd is stopped",
       "dockerd, classic store: registry-mirrors",
       {"docker/27.5.1 go/go1.22.11 git-commit/4c9b3b0 kernel/6.1.0 os/linux arch/amd64 "
        "UpstreamClient(Docker-Client/27.5.1 \\(linux\\))"},
       pull_by_docker,
       kByForm,
       kOrigin},
      {"a pull by podman with location= is stopped",
       "podman, skopeo, CRI-O: location=",
       {"containers/5.33.0 (github.com/containers/image)", "docker.io/", ""},
       pull_by_prefix,
       kHolds,
       kHolds},
      {"a pull by podman through a mirror is stopped",
       "podman, skopeo, CRI-O: [[registry.mirror]]",
       {"containers/5.33.0 (github.com/containers/image)"},
       pull_by_mirror,
       kByForm,
       kOrigin},
      {"a pull that names Portcullis is stopped",
       "any client that names Portcullis in the image",
       {"docker/27.5.1 go/go1.22.11 git-commit/4c9b3b0 kernel/6.1.0 os/linux arch/amd64", "docker.io/", ""},
       pull_by_prefix,
       kHolds,
       kHolds},
      {"a pull by a client nobody knows is stopped",
       "any other client through a mirror",
       {"unheard-of-runtime/1.0"},
       pull_by_docker,
       "may hold: not measured",
       kOrigin},
  };
  return all;
}

}  // namespace

void pull_canary(const CanaryOptions& options, Diagnosis& out) {
  for (const Kind& kind : kinds()) {
    const auto outcome = kind.pull(Puller(options, kind.agent));
    out.checks.push_back(
        {"The canary image, as clients pull it", kind.check, outcome.finding, outcome.detail,
         outcome.finding == Finding::unknown
             ? "is `portcullis serve` running, and is --url its registry address?"
             : "look at the log of `portcullis serve`: the built-in rules must be loaded, the mode must be "
               "enforce, nothing in front of it may rewrite answers, and the URL must be that of "
               "Portcullis"});
    const char* refusal = outcome.finding == Finding::ok        ? kind.holds
                          : outcome.finding == Finding::unknown ? "could not be told"
                                                                : "DOES NOT HOLD";
    out.protections.push_back({kind.client, outcome.finding, refusal, kind.when_down});
  }
}

}  // namespace portcullis::cli
