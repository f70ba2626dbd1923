// SPDX-License-Identifier: Apache-2.0
#include "portcullis/http/server.hpp"

#include "admin_api.hpp"
#include "door.hpp"
#include "listener.hpp"
#include "registry_api.hpp"

namespace portcullis::http {

namespace {

Certificates certificates_wanted(const std::optional<TlsOptions>& tls) {
  return tls && !tls->client_ca.empty() ? Certificates::required : Certificates::none;
}

class GuardedRegistry final : public Server {
 public:
  GuardedRegistry(std::shared_ptr<Door> door, std::unique_ptr<Listener> listener)
      : door_(std::move(door)), listener_(std::move(listener)) {}

  std::uint16_t port() const override { return listener_->port(); }
  void start() override { listener_->start(); }
  void drain(std::chrono::milliseconds patience) override { listener_->drain(patience); }

  /// Both or neither: half of a change from one way of knowing clients to another lets everybody in.
  util::Result<void> reload(const ReloadOptions& options) override {
    auto tls = listener_->fresh_tls(options.tls);
    if (!tls) return tl::unexpected(tls.error());
    auto rules = Door::prepare(options.access, certificates_wanted(options.tls));
    if (!rules) return tl::unexpected(rules.error());
    door_->use(*std::move(rules));
    listener_->use_tls(*std::move(tls));
    return {};
  }

 private:
  std::shared_ptr<Door> door_;
  std::unique_ptr<Listener> listener_;
};

}  // namespace

util::Result<std::unique_ptr<Server>> listen_registry(const RegistryOptions& options, gate::Gate& gate,
                                                      util::Metrics& metrics) {
  auto rules = Door::prepare(options.access, certificates_wanted(options.listen.tls));
  if (!rules) return tl::unexpected(rules.error());
  auto door = std::make_shared<Door>(*std::move(rules), metrics);
  auto handler = [door, host = options.default_host, aliases = options.aliases,
                  api = RegistryApi(options, gate, metrics)](const Request& request) {
    auto entry = door->admit(request, host, aliases);
    if (!entry) return std::move(entry.error());
    if (*entry == request.user) return api.answer(request);
    auto named = request;
    named.user = *std::move(entry);
    return api.answer(named);
  };
  auto listener = make_listener("registry", options.listen, std::move(handler), metrics);
  if (!listener) return tl::unexpected(listener.error());
  return std::make_unique<GuardedRegistry>(std::move(door), *std::move(listener));
}

util::Result<std::unique_ptr<Server>> listen_admin(const AdminOptions& options, const AdminParts& parts,
                                                   util::Metrics& metrics) {
  auto handler = [api = std::make_shared<AdminApi>(options, parts, metrics)](const Request& request) {
    return api->answer(request);
  };
  return make_listener("admin", options.listen, std::move(handler), metrics);
}

}  // namespace portcullis::http
