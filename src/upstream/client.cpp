// SPDX-License-Identifier: Apache-2.0
#include "client.hpp"

#include "address.hpp"

namespace portcullis::upstream {
namespace {

using util::ErrorKind;

constexpr int kMaxRedirects = 5;
/// A cached token that was refused, then a fresh one that was refused as well: that is an answer.
constexpr int kMaxChallenges = 2;

bool is_redirect(int status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

/// An upstream that is itself in a private network may point to its neighbours.
AddressRule rule_for_foreign_hosts(const Options& options, const Url& base) {
  const HostKind kind = host_kind(base.host);
  const bool inside = kind == HostKind::loopback || kind == HostKind::private_address;
  return options.allow_private_addresses || inside ? AddressRule::anywhere : AddressRule::public_only;
}

}  // namespace

Client::Client(Options options, Url base, std::unique_ptr<Transport> transport, util::Metrics& metrics)
    : options_(std::move(options)),
      base_(std::move(base)),
      metrics_(metrics),
      transport_(std::move(transport)),
      foreign_addresses_(rule_for_foreign_hosts(options_, base_)),
      authenticator_(options_, base_, foreign_addresses_, *transport_, metrics_),
      health_(options_.name, metrics_) {}

Try<Client::Reached> Client::follow(const Call& call, const Authorization& authorization) {
  Exchange exchange;
  exchange.method = call.method;
  exchange.url = base_;
  exchange.url.path = base_.path + "/v2/" + call.repository + "/" + call.path;
  exchange.url.query = call.query;
  exchange.headers = call.headers;
  exchange.total_timeout = call.total_timeout;
  exchange.on_body = call.on_body;
  for (int redirects = 0; redirects <= kMaxRedirects; ++redirects) {
    const bool own = same_origin(exchange.url, base_);
    exchange.authorization = own ? authorization : Authorization{};
    exchange.addresses = exchange.url.host == base_.host ? AddressRule::anywhere : foreign_addresses_;
    auto head = transport_->perform(exchange);
    if (!head) return trouble(head.error());
    if (own) health_.note_rate_limit(*head);
    if (!is_redirect(head->status)) return Reached{std::move(*head), own};

    const std::string& location = head->header("location");
    if (location.empty()) return trouble(ErrorKind::corrupt, "it redirects without saying where to");
    auto next = resolve_url(exchange.url, location);
    if (!next) return trouble(ErrorKind::corrupt, "it redirects to an " + next.error().message);
    if (exchange.url.is_https() && !next->is_https()) {
      return trouble(ErrorKind::corrupt,
                     "it redirects from https to plain http at " + next->authority() + ", refused");
    }
    exchange.url = std::move(*next);
  }
  return trouble(ErrorKind::corrupt, "it redirects more than " + std::to_string(kMaxRedirects) + " times");
}

Try<Head> Client::attempt(const Call& call) {
  Authorization authorization = authenticator_.current(call.repository);
  for (int challenges = 0;; ++challenges) {
    auto reached = follow(call, authorization);
    if (!reached) return tl::unexpected(reached.error());
    Head& head = reached->head;
    if (head.ok()) return std::move(head);
    if (head.status != 401 || !reached->own_origin || challenges == kMaxChallenges) {
      return tl::unexpected(judge_status(head));
    }
    auto answer = authenticator_.answer(parse_challenges(head.header("www-authenticate")), call.repository,
                                        authorization);
    if (!answer) {
      Trouble out = std::move(answer.error());
      if (out.failure.status == 0) out.failure.status = head.status;
      return tl::unexpected(std::move(out));
    }
    authorization = std::move(*answer);
  }
}

/// Docker Hub counts GETs of manifests, but neither HEADs nor blobs: each kind is closed by itself.
Try<Head> Client::unless_closed(const Call& call) {
  const std::string kind = call.kind + (call.method == Method::head ? " HEAD" : " GET");
  if (const auto left = health_.closed(kind)) {
    Head refused;
    refused.status = 429;
    refused.headers["retry-after"] = std::to_string(left->count());
    auto out = judge_status(refused);
    out.retry = Retry::no;
    return tl::unexpected(std::move(out));
  }
  auto head = attempt(call);
  if (head) {
    health_.succeeded();
  } else {
    const auto& failure = head.error().failure;
    if (failure.rate_limited && failure.retry_after) health_.close(kind, *failure.retry_after);
    health_.failed(failure);
  }
  return head;
}

Try<Head> Client::once(const Call& call) {
  const auto begin = std::chrono::steady_clock::now();
  auto head = unless_closed(call);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  metrics_.observe("portcullis_upstream_request_seconds", {{"upstream", options_.name}, {"kind", call.kind}},
                   took.count());
  metrics_.count("portcullis_upstream_requests_total",
                 {{"upstream", options_.name},
                  {"kind", call.kind},
                  {"result", head ? "ok" : util::to_string(head.error().failure.kind)}});
  if (!head) {
    head.error().failure.message.insert(
        0, options_.name + ": " + call.kind + " " + call.repository + "/" + call.path + ": ");
  }
  return head;
}

Try<Head> Client::persist(const Call& call, const std::function<void()>& reset) {
  Backoff backoff(*transport_, options_.attempts);
  for (;;) {
    reset();
    auto head = once(call);
    if (head || !backoff.again(head.error())) return head;
  }
}

}  // namespace portcullis::upstream
