// SPDX-License-Identifier: Apache-2.0
#include "login.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <vector>

#include "credential_helper.hpp"
#include "portcullis/oci/base64.hpp"
#include "portcullis/util/files.hpp"
#include "portcullis/util/text.hpp"

namespace portcullis::upstream {
namespace {

using nlohmann::json;
using util::ErrorKind;

constexpr std::size_t kMaxConfig = 1u << 20;
constexpr std::chrono::seconds kHelperPatience{10};
constexpr std::chrono::minutes kGoodFor{5};
/// A registry that refuses every login must not make a helper run for every request.
constexpr std::chrono::seconds kReadAgainAfter{10};
/// The name docker keeps Docker Hub's login under.
constexpr const char* kHubKey = "https://index.docker.io/v1/";

/// `https://Host/v1/` as `host`: docker compares keys of `auths` in this way.
std::string host_of_key(std::string key) {
  if (const auto scheme = key.find("://"); scheme != std::string::npos) key.erase(0, scheme + 3);
  key.erase(std::min(key.find('/'), key.size()));
  return util::to_lower_ascii(key);
}

/// The names a docker config may know the host of `registry` by.
std::vector<std::string> names_of(const Url& registry) {
  std::vector<std::string> names{registry.authority()};
  if (registry.port == (registry.is_https() ? 443 : 80)) names.push_back(registry.host);
  if (registry.host == "registry-1.docker.io" || registry.host == "index.docker.io") {
    names.insert(names.end(), {"index.docker.io", "docker.io", "registry-1.docker.io"});
  }
  return names;
}

const json* member(const json& object, const char* key) {
  const auto it = object.find(key);
  return it == object.end() ? nullptr : &*it;
}

std::string text_member(const json& object, const char* key) {
  const json* found = object.is_object() ? member(object, key) : nullptr;
  return found != nullptr && found->is_string() ? found->get<std::string>() : std::string();
}

/// The entry of `section` for one of `names`; its own key comes with it.
std::optional<std::pair<std::string, json>> entry_for(const json& config, const char* section,
                                                      const std::vector<std::string>& names) {
  const json* table = member(config, section);
  if (table == nullptr || !table->is_object()) return std::nullopt;
  for (const auto& name : names) {
    for (const auto& [key, value] : table->items()) {
      if (host_of_key(key) == name) return std::pair(key, value);
    }
  }
  return std::nullopt;
}

Login login_from(std::string username, std::string secret) {
  if (username == "<token>") return {std::nullopt, std::move(secret)};
  return {Credentials{std::move(username), std::move(secret)}, {}};
}

util::Result<Login> login_from_entry(const json& entry, const std::string& where) {
  if (auto token = text_member(entry, "identitytoken"); !token.empty()) {
    return Login{std::nullopt, std::move(token)};
  }
  const auto encoded = text_member(entry, "auth");
  if (encoded.empty()) {
    auto username = text_member(entry, "username");
    if (username.empty()) return Login{};
    return Login{Credentials{std::move(username), text_member(entry, "password")}, {}};
  }
  auto decoded = oci::decode_base64(encoded);
  const auto colon = decoded ? decoded->find(':') : std::string::npos;
  if (colon == std::string::npos) {
    return util::fail(ErrorKind::invalid, where + ": its \"auth\" is not base64 of USER:PASSWORD");
  }
  auto password = decoded->substr(colon + 1);
  password.erase(std::min(password.find('\0'), password.size()));  // old versions of docker pad with NUL
  return Login{Credentials{decoded->substr(0, colon), std::move(password)}, {}};
}

}  // namespace

util::Result<Login> read_docker_config(const std::string& file, const Url& registry) {
  auto text = util::read_file(file, kMaxConfig);
  if (!text) return tl::unexpected(text.error());
  const auto config = json::parse(*text, nullptr, /*allow_exceptions=*/false);
  if (!config.is_object()) {
    return util::fail(ErrorKind::invalid, "docker config " + file + ": expected a JSON object");
  }
  const auto names = names_of(registry);
  const auto listed = entry_for(config, "auths", names);
  const std::string where = "docker config " + file + ", entry for " + names.front();

  std::string helper = text_member(config, "credsStore");
  std::string server = listed                                   ? listed->first
                       : names.back() == "registry-1.docker.io" ? kHubKey
                                                                : names.back();
  if (const auto own = entry_for(config, "credHelpers", names); own && own->second.is_string()) {
    helper = own->second.get<std::string>();
    server = own->first;
  }
  if (!helper.empty()) {
    auto answer = ask_credential_helper(helper, server, kHelperPatience);
    if (!answer) return util::fail(where, std::move(answer.error()));
    if (*answer) return login_from(std::move((*answer)->username), std::move((*answer)->secret));
  }
  return listed ? login_from_entry(listed->second, where) : Login{};
}

LoginSource::LoginSource(const Options& options, Url registry)
    : options_(options), registry_(std::move(registry)) {}

util::Result<Login> LoginSource::get() {
  if (options_.credentials) return Login{options_.credentials, {}};
  if (options_.docker_config.empty()) return Login{};
  const std::lock_guard lock(mutex_);
  if (known_ && Clock::now() - read_at_ < kGoodFor) return *known_;
  auto login = read_docker_config(options_.docker_config, registry_);
  if (!login) return login;
  known_ = *login;
  read_at_ = Clock::now();
  return login;
}

void LoginSource::refused() {
  const std::lock_guard lock(mutex_);
  if (Clock::now() - read_at_ >= kReadAgainAfter) known_.reset();
}

}  // namespace portcullis::upstream
