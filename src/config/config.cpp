// SPDX-License-Identifier: Apache-2.0
#include "portcullis/config/config.hpp"

#include <algorithm>
#include <sstream>

#include "portcullis/config/address.hpp"
#include "sections.hpp"
#include "toml_file.hpp"

namespace portcullis::config {
namespace {

Config defaults() {
  Config config;
  config.registry.listen.port = 5000;
  config.admin.listen.port = 5050;
  return config;
}

util::Result<void> read_toml(const std::filesystem::path& file, Config& config) {
  Problems problems(file.string());
  return read_toml_file(file, "configuration", problems, [&](const toml::table& root) {
    Reader reader(root, "", problems);
    read_file(reader, config);
    reader.finish();
    for (const auto& [key, node] : root) {
      std::ostringstream text;
      node.visit([&](const auto& value) { text << value; });
      config.written[std::string(key.str())] = text.str();
    }
  });
}

util::Error bad_flag(std::string_view flag, std::string_view expected, std::string_view saw) {
  std::string message(flag);
  message.append(": expected ").append(expected).append(", saw ").append(quoted_for_message(saw));
  return {util::ErrorKind::invalid, std::move(message)};
}

/// A flag whose value `parse` understands; absent flags leave `out` alone.
template <class T, class Parse>
util::Result<void> apply(std::string_view flag, const std::optional<std::string>& text, T& out,
                         std::string_view expected, Parse parse) {
  if (!text) return {};
  std::optional<T> value = parse(std::string_view(*text));
  if (!value) return tl::unexpected(bad_flag(flag, expected, *text));
  out = *std::move(value);
  return {};
}

util::Result<void> apply_address(std::string_view flag, const std::optional<std::string>& text,
                                 http::ListenOptions& listen) {
  Address address{listen.host, listen.port};
  auto done = apply(flag, text, address, kAddressGrammar, parse_address);
  listen.host = address.host;
  listen.port = address.port;
  return done;
}

util::Result<void> apply_upstreams(const std::vector<std::string>& flags, Config& config) {
  if (flags.empty()) return {};
  config.upstreams.clear();
  for (const std::string& flag : flags) {
    auto named = parse_named_url(flag);
    if (!named) return tl::unexpected(bad_flag("--upstream", kNamedUrlGrammar, flag));
    for (const upstream::Options& other : config.upstreams) {
      if (other.name == named->name) return tl::unexpected(bad_flag("--upstream", "each name once", flag));
    }
    upstream::Options options = known_upstream(named->name);
    // Another place is another service: it does not inherit where the known one keeps its tokens.
    if (options.url != named->url) options.token_hosts.clear();
    options.url = named->url;
    config.upstreams.push_back(std::move(options));
  }
  return {};
}

util::Result<void> apply_overrides(const Overrides& overrides, Config& config) {
  if (auto done = apply_address("--listen", overrides.listen, config.registry.listen); !done) return done;
  if (auto done = apply_address("--admin-listen", overrides.admin_listen, config.admin.listen); !done) {
    return done;
  }
  policy::Mode mode{};
  if (auto done = apply("--mode", overrides.mode, mode, "enforce or audit", policy::parse_mode); !done) {
    return done;
  }
  if (overrides.mode) config.policy.set_mode_everywhere(mode);
  if (auto done = apply("--log-level", overrides.log_level, config.log_level,
                        "one of debug, info, warn, error, off", util::log::parse_level);
      !done) {
    return done;
  }
  if (auto done = apply("--log-format", overrides.log_format, config.log_format, "text or json",
                        util::log::parse_format);
      !done) {
    return done;
  }
  if (overrides.data) config.data = *overrides.data;
  if (overrides.no_builtin_rules) config.builtin_rules = false;
  config.scan.rules.insert(config.scan.rules.end(), overrides.rules.begin(), overrides.rules.end());
  return apply_upstreams(overrides.upstreams, config);
}

bool says_who_may_pull(const Config& config) {
  const auto& registry = config.registry;
  const bool certificates = registry.listen.tls && !registry.listen.tls->client_ca.empty();
  return config.allow_anonymous || !registry.access.allow.empty() || !registry.access.htpasswd.empty() ||
         certificates;
}

/// Which upstream answers to which name. A name wins over the aliases that ship with another upstream.
util::Result<void> settle_aliases(Config& config) {
  std::map<std::string, std::string> names;
  for (const auto& upstream : config.upstreams) names.emplace(upstream.name, upstream.name);
  for (auto& upstream : config.upstreams) {
    const auto shipped = upstream::default_aliases(upstream.name);
    std::vector<std::string> kept;
    for (const auto& alias : upstream.aliases) {
      const auto [taken, fresh] = names.emplace(alias, upstream.name);
      if (fresh) {
        kept.push_back(alias);
        config.registry.aliases.emplace(alias, upstream.name);
      } else if (taken->second != upstream.name &&
                 std::find(shipped.begin(), shipped.end(), alias) == shipped.end()) {
        return util::fail(util::ErrorKind::invalid, "upstream " + upstream.name + ": its alias " + alias +
                                                        " is a name of upstream " + taken->second +
                                                        " already; a name leads to one upstream");
      }
    }
    upstream.aliases = std::move(kept);
  }
  return {};
}

/// What no single key shows.
util::Result<void> check_whole(const Config& config) {
  const Address listen{config.registry.listen.host, config.registry.listen.port};
  if (!listen.is_loopback() && !says_who_may_pull(config)) {
    return util::fail(
        util::ErrorKind::invalid,
        "registry.listen: " + listen.text() +
            " can be reached by other machines and nothing says who may pull; under [clients] in the "
            "configuration file write allow = [\"10.0.0.0/8\"] with the networks of your clients, "
            "htpasswd = \"FILE\" for users with passwords, ca_file = \"FILE\" for clients with certificates, "
            "or "
            "allow_anonymous = true to let anyone; or listen on 127.0.0.1");
  }
  if (!config.builtin_rules && config.scan.rules.empty()) {
    return util::fail(
        util::ErrorKind::invalid,
        "rules: the built-in rules are off and no others are named; name some with rules.paths or "
        "--rules");
  }
  return {};
}

}  // namespace

util::Result<Config> load(const std::filesystem::path& file, const Overrides& overrides) {
  Config config = defaults();
  if (!file.empty()) {
    if (auto done = read_toml(file, config); !done) return tl::unexpected(done.error());
  }
  if (auto done = apply_overrides(overrides, config); !done) return tl::unexpected(done.error());
  if (auto done = check_whole(config); !done) return tl::unexpected(done.error());

  if (auto done = settle_aliases(config); !done) return tl::unexpected(done.error());
  for (auto& upstream : config.upstreams) {
    if (!upstream.credentials && upstream.docker_config.empty())
      upstream.docker_config = config.docker_config;
  }

  trust_upstreams(config);
  config.blobs.directory = config.data / "blobs";
  config.registry.default_host = config.upstreams.front().name;
  return config;
}

}  // namespace portcullis::config
