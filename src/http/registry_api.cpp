// SPDX-License-Identifier: Apache-2.0
#include "registry_api.hpp"

#include <charconv>
#include <exception>
#include <utility>

#include "blob_answer.hpp"
#include "block_style.hpp"
#include "conditional.hpp"
#include "listings.hpp"
#include "portcullis/util/log.hpp"
#include "portcullis/util/text.hpp"
#include "registry_errors.hpp"

namespace portcullis::http {
namespace {

using std::chrono::seconds;

constexpr std::size_t kMaxAgent = 256;
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

gate::Client client_of(const Request& request) {
  return {request.client, request.user, std::string(request.header("user-agent").substr(0, kMaxAgent))};
}

ClientFamily family_of(const Request& request, const Target& target) {
  return client_family(request.header("user-agent"), target.has("ns"));
}

/// A handler that throws has decided nothing: the client is held like after any other failure.
template <class Ask>
auto ask_safely(const Request& request, Ask ask) -> decltype(ask()) {
  std::string what = "unknown exception";
  try {
    return ask();
  } catch (const std::exception& e) {
    what = e.what();
  } catch (...) {
  }
  util::log::error("request handler failed", {{"target", request.target}, {"error", what}});
  decltype(ask()) answer;
  answer.status = gate::Status::failed;
  answer.message = "internal error";
  return answer;
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

/// Those who read a layer in pieces when they need them (SOCI, stargz) do not follow redirects well. One
/// open range is a download that goes on.
bool reads_in_pieces(const Request& request) {
  const auto range = request.header("range");
  const bool open_ended = range.ends_with('-') && range.find(',') == std::string_view::npos;
  return !range.empty() && !open_ended;
}

std::string_view to_string(gate::Status status) {
  switch (status) {
    case gate::Status::blocked:
      return "blocked";
    case gate::Status::pending:
      return "pending";
    case gate::Status::absent:
      return "absent";
    case gate::Status::unlisted:
      return "unlisted";
    case gate::Status::denied:
      return "denied";
    case gate::Status::refused:
      return "refused";
    case gate::Status::unreachable:
      return "unreachable";
    case gate::Status::served:
    case gate::Status::failed:
      break;
  }
  return "failed";
}

std::string_view word_after(std::string_view text, std::string_view key) {
  const auto at = text.find(key);
  if (at == std::string_view::npos) return {};
  text.remove_prefix(at + key.size());
  return text.substr(0, text.find_first_of(" );"));
}

}  // namespace

std::vector<oci::Platform> RegistryApi::wanted_platforms(const Route& route, std::string_view agent) const {
  if (route.kind == RouteKind::prefix) return {};
  const auto os = word_after(agent, " os/");
  const auto architecture = word_after(agent, " arch/");
  if (!os.empty() && !architecture.empty()) {
    const auto named = oci::Platform::parse(std::string(os) + "/" + std::string(architecture));
    if (named) return {*named};
  }
  const auto here = options_.platforms_by_host.find(route.host);
  if (here != options_.platforms_by_host.end() && !here->second.empty()) return here->second;
  if (!options_.platforms.empty()) return options_.platforms;
  return {oci::Platform::host()};
}

RegistryApi::RegistryApi(RegistryOptions options, gate::Gate& gate, util::Metrics& metrics)
    : options_(std::move(options)), gate_(gate), metrics_(metrics) {}

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
  const auto destination = find_route(target, options_.default_host, options_.aliases);
  if (!destination) return refuse_target(request, target, destination.error());
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
  if (const auto* wanted = std::get_if<ReferrersTarget>(&*destination)) {
    return echo(referrers_answer(target, *wanted, gate_, options_.hold), wanted->route);
  }
  if (const auto* wanted = std::get_if<TagsTarget>(&*destination)) {
    return echo(tags_answer(target, *wanted, gate_, options_.hold), wanted->route);
  }
  if (std::holds_alternative<CatalogTarget>(*destination)) return no_catalog();
  return not_found();
}

Answer RegistryApi::manifest(const Request& request, const Target& target,
                             const ManifestTarget& wanted) const {
  const auto& route = wanted.route;
  const gate::ManifestRequest asking{.host = route.host,
                                     .repository = route.repository,
                                     .reference = wanted.reference,
                                     .method = request.is_head() ? gate::Method::head : gate::Method::get,
                                     .client = client_of(request),
                                     .platforms = wanted_platforms(route, request.header("user-agent")),
                                     .patience = options_.hold};
  const auto got = ask_safely(request, [&] { return gate_.manifest(asking); });
  if (got.status == gate::Status::served && got.body && got.digest) return manifest_answer(request, got);

  const auto* digest = std::get_if<oci::Digest>(&wanted.reference);
  Rejection rejection{.status = got.status,
                      .message = got.message,
                      .report_id = got.report_id,
                      .retry_after = got.retry_after,
                      .digest = got.digest};
  if (digest != nullptr) rejection.digest = *digest;
  if (got.body) {
    rejection.size = got.body->size();
    rejection.media_type = got.media_type;
    if (got.may_be_shown) rejection.shown = got.body;
  }
  return refuse(request, target, route.kind,
                digest != nullptr ? Asked::manifest_by_digest : Asked::manifest_by_tag, std::move(rejection));
}

Answer RegistryApi::blob(const Request& request, const Target& target, const BlobTarget& wanted) const {
  const auto& route = wanted.route;
  const auto style =
      choose_block_style(route.kind, family_of(request, target), request, Asked::manifest_by_digest);
  const gate::BlobRequest asking{
      .host = route.host,
      .repository = route.repository,
      .digest = wanted.digest,
      .client = client_of(request),
      .patience = options_.hold,
      .stop_at = style == BlockStyle::shown ? gate::StopAt::config : gate::StopAt::manifest};
  const auto got = ask_safely(request, [&] { return gate_.blob(asking); });
  if (got.status == gate::Status::served && got.blob) return blob_answer(request, *got.blob);
  return refuse(request, target, route.kind, Asked::blob,
                {.status = got.status,
                 .message = got.message,
                 .report_id = got.report_id,
                 .retry_after = got.retry_after,
                 .unknown_code = "BLOB_UNKNOWN",
                 .digest = wanted.digest,
                 .size = got.size});
}

/// Clients give up on an answer that does not begin within 30 s, but follow a 307 to the same place
/// with a fresh timer, up to nine times.
std::optional<Answer> RegistryApi::again(const Request& request, const Target& target) const {
  const auto hop = hops_so_far(target);
  if (!hop || *hop >= options_.hops || reads_in_pieces(request)) return std::nullopt;
  Answer answer;
  answer.status = 307;
  answer.headers = {{"Location", next_hop(target, *hop + 1)}, {"Cache-Control", "no-store"}};
  return answer;
}

Answer RegistryApi::refuse(const Request& request, const Target& target, RouteKind route, Asked asked,
                           Rejection rejection) const {
  using gate::Status;
  if (rejection.status == Status::pending) {
    if (auto round = again(request, target)) return *std::move(round);
    rejection.message = "scan in progress, retry in a minute";
    if (!rejection.retry_after) rejection.retry_after = kRetryPending;
  }
  if (rejection.message.empty()) rejection.message = "internal error";
  auto style = choose_block_style(route, family_of(request, target), request, asked);
  // What is not there is not held back. containerd asks by HEAD for a blob of the name when it was told
  // that there is no such manifest.
  const bool not_there =
      rejection.status == Status::absent || (rejection.status == Status::unlisted && request.is_head());
  style = not_there ? BlockStyle::denied : possible_style(style, rejection);
  metrics_.count("portcullis_refusals_total",
                 {{"style", http::to_string(style)}, {"status", to_string(rejection.status)}});
  if (style == BlockStyle::mismatch || style == BlockStyle::unreadable) {
    util::log::warn("refused in a way that does not show the client why",
                    {{"client", request.client},
                     {"request", request.method + ' ' + request.target},
                     {"digest", rejection.digest ? rejection.digest->text() : ""},
                     {"style", http::to_string(style)},
                     {"reason", rejection.message},
                     {"report", rejection.report_id},
                     {"agent", request.header("user-agent")}});
  }
  return render_rejection(style, request, rejection);
}

/// A runtime checks names itself, so what it asks for here is something that only the origin may know
/// (another digest algorithm): it must not go and get it there. Everybody else is told what is wrong.
Answer RegistryApi::refuse_target(const Request& request, const Target& target, const Answer& error) const {
  const auto family = family_of(request, target);
  if (family == ClientFamily::tool || family == ClientFamily::unknown ||
      route_kind(target) == RouteKind::prefix) {
    return error;
  }
  const auto leaf = target.path.substr(target.path.rfind('/') + 1);
  const auto manifest =
      leaf.find(':') == std::string::npos ? Asked::manifest_by_tag : Asked::manifest_by_digest;
  const bool blob = target.path.find("/blobs/") != std::string::npos;
  return refuse(request, target, RouteKind::mirror, blob ? Asked::blob : manifest,
                {.status = gate::Status::refused, .message = error.reason});
}

}  // namespace portcullis::http
