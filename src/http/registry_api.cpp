// SPDX-License-Identifier: Apache-2.0
#include "registry_api.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

#include "blob_answer.hpp"
#include "block_style.hpp"
#include "conditional.hpp"
#include "portcullis/util/text.hpp"
#include "registry_errors.hpp"

namespace portcullis::http {
namespace {

using std::chrono::seconds;

constexpr std::size_t kMaxAgent = 256;
constexpr seconds kRetryUnreachable{30};
constexpr seconds kRetryPending{60};

Answer ping() {
  Answer answer;
  answer.content_type = "application/json";
  answer.body = "{}";
  return answer;
}

Answer method_not_allowed() {
  auto answer = registry_error(405, "UNSUPPORTED",
                               "Portcullis is for pulling only; push to the origin registry itself");
  answer.headers.emplace_back("Allow", "GET, HEAD");
  return answer;
}

Answer not_found() { return registry_error(404, "UNSUPPORTED", "there is no such resource here"); }

/// Not UNKNOWN or UNAVAILABLE: clients retry on those.
Answer try_later(const std::string& message, seconds retry_after) {
  auto answer = registry_error(503, "DENIED", message);
  answer.headers.emplace_back("Retry-After", std::to_string(retry_after.count()));
  return answer;
}

gate::Client client_of(const Request& request) {
  return {request.peer.address, "", std::string(request.header("user-agent").substr(0, kMaxAgent))};
}

/// What a "no" of the gate carries, whatever was asked for.
struct Rejection {
  gate::Status status;
  const std::string& message;
  const std::string& report_id;
  std::optional<seconds> retry_after;
  std::string_view unknown_code;  ///< for a 404
};

Answer reject(const Request& request, const Route& route, const Rejection& no) {
  switch (no.status) {
    case gate::Status::blocked:
      return render_block(choose_block_style(route, request.header("user-agent")), no.message, no.report_id);
    case gate::Status::denied:
    case gate::Status::refused:
      return registry_error(403, "DENIED", no.message);
    case gate::Status::absent:
      return registry_error(404, no.unknown_code, no.message);
    case gate::Status::unreachable:
      return try_later(no.message, no.retry_after.value_or(kRetryUnreachable));
    case gate::Status::served:
    case gate::Status::pending:
    case gate::Status::failed:
      break;
  }
  return try_later(no.message.empty() ? "internal error" : no.message,
                   no.retry_after.value_or(kRetryUnreachable));
}

/// RFC 9111 5.5: `299 - "text"`.
std::string warning_value(const std::string& text) {
  std::string quoted;
  for (const char c : presentable(text)) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return "299 - \"" + quoted + "\"";
}

Answer manifest_answer(const Request& request, const gate::ManifestAnswer& served) {
  Answer answer;
  const auto etag = etag_of(served.digest->text());
  answer.headers = {{"Docker-Content-Digest", served.digest->text()}, {"ETag", etag}};
  if (!served.warning.empty()) answer.headers.emplace_back("Warning", warning_value(served.warning));
  if (none_match_hits(request.header("if-none-match"), etag)) {
    answer.status = 304;
  } else {
    answer.content_type = presentable(served.media_type);
    answer.body = *served.body;
  }
  return answer;
}

/// How often this client was sent here again; nullopt when the parameter is not such a count.
std::optional<int> hops_so_far(const Target& target) {
  const auto text = target.parameter(kHopParameter);
  if (!text) return target.repeats(kHopParameter) ? std::nullopt : std::optional(0);
  int value = 0;
  const auto* end = text->data() + text->size();
  const auto [stop, error] = std::from_chars(text->data(), end, value);
  if (text->empty() || error != std::errc() || stop != end || value < 0) return std::nullopt;
  return value;
}

/// The same place with the next hop number; only `ns` is kept of the query.
std::string next_hop(const Target& target, int hop) {
  std::string location = target.raw_path + "?";
  if (const auto ns = target.parameter("ns")) {
    for (const char c : *ns) location += c == ':' ? std::string("%3A") : std::string(1, c);
    location.insert(target.raw_path.size() + 1, "ns=").append("&");
  }
  return location.append(kHopParameter).append("=").append(std::to_string(hop));
}

std::string_view word_after(std::string_view text, std::string_view key) {
  const auto at = text.find(key);
  if (at == std::string_view::npos) return {};
  text.remove_prefix(at + key.size());
  return text.substr(0, text.find_first_of(" );"));
}

}  // namespace

std::vector<oci::Platform> wanted_platforms(const Route& route, std::string_view agent,
                                            const std::vector<oci::Platform>& configured) {
  if (route.kind == RouteKind::prefix) return {};
  const auto os = word_after(agent, " os/");
  const auto architecture = word_after(agent, " arch/");
  if (!os.empty() && !architecture.empty()) {
    const auto named = oci::Platform::parse(std::string(os) + "/" + std::string(architecture));
    if (named) return {*named};
  }
  if (!configured.empty()) return configured;
  return {oci::Platform::host()};
}

RegistryApi::RegistryApi(const RegistryOptions& options, gate::Gate& gate)
    : default_host_(options.default_host),
      aliases_(options.aliases),
      platforms_(options.platforms),
      hold_(options.hold),
      hops_(options.hops),
      gate_(gate) {}

const std::vector<oci::Platform>& RegistryApi::configured_platforms(const std::string& host) const {
  static const std::vector<oci::Platform> none;
  const auto found = platforms_.find(host);
  return found == platforms_.end() ? none : found->second;
}

Answer RegistryApi::answer(const Request& request) const {
  const auto target = Target::parse(request.target);
  if (!target) return registry_error(400, "NAME_INVALID", "the request target holds a bad percent escape");
  auto answer = dispatch(request, *target);
  if (target->path.starts_with("/v2")) {
    answer.headers.emplace_back("Docker-Distribution-API-Version", "registry/2.0");
  }
  return answer;
}

Answer RegistryApi::dispatch(const Request& request, const Target& target) const {
  if (request.method != "GET" && !request.is_head()) return method_not_allowed();
  const auto destination = find_route(target, default_host_, aliases_);
  if (!destination) return destination.error();
  if (std::holds_alternative<Ping>(*destination)) return ping();
  const auto echo = [](Answer answer, const Route& route) {
    if (route.ns) answer.headers.emplace_back("OCI-Namespace", *route.ns);
    return answer;
  };
  if (const auto* wanted = std::get_if<ManifestTarget>(&*destination)) {
    return echo(manifest(request, target, *wanted), wanted->route);
  }
  if (const auto* wanted = std::get_if<BlobTarget>(&*destination)) {
    return echo(blob(request, target, *wanted), wanted->route);
  }
  return not_found();
}

Answer RegistryApi::manifest(const Request& request, const Target& target,
                             const ManifestTarget& wanted) const {
  const auto& route = wanted.route;
  const auto got = gate_.manifest(
      {.host = route.host,
       .repository = route.repository,
       .reference = wanted.reference,
       .method = request.is_head() ? gate::Method::head : gate::Method::get,
       .client = client_of(request),
       .platforms = wanted_platforms(route, request.header("user-agent"), configured_platforms(route.host)),
       .patience = hold_});
  if (got.status == gate::Status::served && got.body && got.digest) return manifest_answer(request, got);
  if (got.status == gate::Status::pending) return again(target, got.retry_after.value_or(kRetryPending));
  return reject(request, route,
                {got.status, got.message, got.report_id, got.retry_after, "MANIFEST_UNKNOWN"});
}

Answer RegistryApi::blob(const Request& request, const Target& target, const BlobTarget& wanted) const {
  const auto& route = wanted.route;
  const auto got = gate_.blob({.host = route.host,
                               .repository = route.repository,
                               .digest = wanted.digest,
                               .client = client_of(request),
                               .patience = hold_});
  if (got.status == gate::Status::served && got.blob) return blob_answer(request, *got.blob);
  if (got.status == gate::Status::pending) return again(target, kRetryPending);
  return reject(request, route, {got.status, got.message, got.report_id, got.retry_after, "BLOB_UNKNOWN"});
}

/// Clients give up on an answer that does not begin within 30 s, but follow a 307 to the same place
/// with a fresh timer, up to nine times.
Answer RegistryApi::again(const Target& target, seconds retry_after) const {
  const auto hop = hops_so_far(target);
  if (!hop || *hop >= hops_) return try_later("scan in progress, retry in a minute", retry_after);
  Answer answer;
  answer.status = 307;
  answer.headers = {{"Location", next_hop(target, *hop + 1)}, {"Cache-Control", "no-store"}};
  return answer;
}

}  // namespace portcullis::http
