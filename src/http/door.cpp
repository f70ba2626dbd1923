// SPDX-License-Identifier: Apache-2.0
#include "door.hpp"

#include <type_traits>
#include <utility>
#include <variant>

#include "basic_auth.hpp"
#include "portcullis/util/log.hpp"
#include "registry_errors.hpp"
#include "rejection.hpp"

namespace portcullis::http {
namespace {

std::optional<Asked> asked_for(const ManifestTarget& wanted) {
  return std::holds_alternative<oci::Digest>(wanted.reference) ? Asked::manifest_by_digest
                                                               : Asked::manifest_by_tag;
}
std::optional<Asked> asked_for(const BlobTarget&) { return Asked::blob; }
template <class Other>
std::optional<Asked> asked_for(const Other&) {
  return std::nullopt;
}

std::optional<oci::Digest> digest_of(const ManifestTarget& wanted) {
  const auto* digest = std::get_if<oci::Digest>(&wanted.reference);
  return digest ? std::optional(*digest) : std::nullopt;
}
std::optional<oci::Digest> digest_of(const BlobTarget& wanted) { return wanted.digest; }
template <class Other>
std::optional<oci::Digest> digest_of(const Other&) {
  return std::nullopt;
}

Answer challenge(std::string_view message) {
  auto answer = registry_error(401, "UNAUTHORIZED", message);
  answer.headers.emplace_back("WWW-Authenticate", "Basic realm=\"Portcullis\", charset=\"UTF-8\"");
  return answer;
}

std::string site_of(const std::string& client) {
  const auto address = IpAddress::parse(client);
  return address ? address->site() : client;
}

}  // namespace

Door::Errand Door::errand_of(const Destination& destination) {
  return std::visit(
      [](const auto& wanted) -> Errand {
        using Wanted = std::decay_t<decltype(wanted)>;
        if constexpr (std::is_same_v<Wanted, UnknownTarget>) {
          return {};
        } else if constexpr (std::is_same_v<Wanted, Ping> || std::is_same_v<Wanted, CatalogTarget>) {
          return {.needs_entry = true};
        } else {
          return {true, &wanted.route, asked_for(wanted), digest_of(wanted)};
        }
      },
      destination);
}

util::Result<std::shared_ptr<Door::Rules>> Door::prepare(const AccessOptions& options,
                                                         Certificates certificates) {
  auto rules = std::make_shared<Rules>();
  rules->allow = options.allow;
  rules->certificates = certificates;
  if (!options.htpasswd.empty()) {
    auto users = Htpasswd::read(options.htpasswd);
    if (!users) return tl::unexpected(users.error());
    rules->passwords = std::make_unique<PasswordCheck>(*std::move(users));
  }
  return rules;
}

void Door::use(std::shared_ptr<Rules> rules) {
  const std::lock_guard lock(mutex_);
  rules_ = std::move(rules);
}

std::shared_ptr<Door::Rules> Door::rules() const {
  const std::lock_guard lock(mutex_);
  return rules_;
}

tl::expected<std::string, Answer> Door::admit(const Request& request, const std::string& default_host,
                                              const Aliases& aliases) {
  const auto current = rules();
  const bool by_certificate = current->certificates == Certificates::none || !request.user.empty();
  if (by_certificate && current->allow.empty() && !current->passwords) return request.user;
  // What is no pull at all is answered by whoever knows why; it gives nothing away.
  const auto target = Target::parse(request.target);
  if (!target) return request.user;
  const auto destination = find_route(*target, default_host, aliases);
  if (!destination) return request.user;
  const auto errand = errand_of(*destination);
  if (!errand.needs_entry) return request.user;
  if (!by_certificate) {
    note(request, "certificate");
    return tl::unexpected(refuse(request, errand,
                                 "this connection is older than the demand for client certificates, "
                                 "connect again"));
  }
  auto entry = admit(request, errand, *current);
  if (!entry) entry.error().headers.emplace_back("Docker-Distribution-API-Version", "registry/2.0");
  return entry;
}

tl::expected<std::string, Answer> Door::admit(const Request& request, const Errand& errand, Rules& rules) {
  const auto address = IpAddress::parse(request.client);
  if (address && contains(rules.allow, *address)) return request.user;
  if (rules.passwords) {
    if (errand.may_challenge() || !request.header("authorization").empty())
      return log_in(request, errand, rules);
  }
  // A client that was told nothing here goes on to ask for an image, and is told there in the way
  // that makes it stop.
  if (errand.route == nullptr) return request.user;
  note(request, "address");
  auto message = request.client + " may not pull from Portcullis: clients.allow does not name it";
  if (rules.passwords) {
    message += ", and a password counts only for names that begin with a registry's host";
  }
  return tl::unexpected(refuse(request, errand, message));
}

tl::expected<std::string, Answer> Door::log_in(const Request& request, const Errand& errand, Rules& rules) {
  const auto given = parse_basic(request.header("authorization"));
  // Clients without credentials answer a challenge with empty ones (containers/image).
  if (!given || given->user.empty()) {
    note(request, "no_password");
    return tl::unexpected(challenge("log in to Portcullis: no user name and password came along"));
  }
  const auto outcome = rules.passwords->check(given->user, given->password, site_of(request.client));
  switch (outcome) {
    case Credentials::good:
      return given->user;
    case Credentials::bad:
      note(request, "wrong_password", given->user);
      if (errand.may_challenge()) return tl::unexpected(challenge("user name or password is wrong"));
      return tl::unexpected(refuse(request, errand, "user name or password for Portcullis is wrong"));
    case Credentials::guessing:
      note(request, "guessing", given->user);
      return tl::unexpected(refuse(
          request, errand,
          "too many wrong passwords for Portcullis from " + request.client + ", try again in a minute"));
    case Credentials::busy:
      break;
  }
  note(request, "busy", given->user);
  return tl::unexpected(refuse(request, errand, "Portcullis checks too many passwords at once, try again"));
}

Answer Door::refuse(const Request& request, const Errand& errand, const std::string& message) {
  if (!errand.asked) return registry_error(403, "DENIED", message);
  const Rejection rejection{.status = gate::Status::refused, .message = message, .digest = errand.digest};
  const auto family = client_family(request.header("user-agent"), errand.route->ns.has_value());
  const auto style = choose_block_style(errand.route->kind, family, request, *errand.asked);
  return render_rejection(possible_style(style, rejection), request, rejection);
}

void Door::note(const Request& request, std::string_view reason, std::string_view user) {
  metrics_.count("portcullis_clients_refused_total", {{"reason", reason}});
  // Being asked for a password is how a log-in begins.
  if (reason == "no_password") return;
  if (!throttle_.admits(site_of(request.client) + " " + std::string(reason))) return;
  util::log::warn("client refused", {{"client", request.client},
                                     {"reason", reason},
                                     {"user", user},
                                     {"target", request.target},
                                     {"agent", request.header("user-agent")}});
}

}  // namespace portcullis::http
