// SPDX-License-Identifier: Apache-2.0
#include "hosts.hpp"

#include <algorithm>

#include "forms.hpp"
#include "portcullis/util/text.hpp"

namespace portcullis::naming {
namespace {

constexpr Likeness kEmbedded{"embedded-host", 0.95, true};
constexpr Likeness kOtherTld{"other-tld", 0.6, true};
constexpr Likeness kByEye{"look-alike", 0.97, true};

bool is_pattern(std::string_view pattern) { return pattern.find('*') != std::string_view::npos; }

std::string_view before_last_dot(std::string_view host) { return host.substr(0, host.rfind('.')); }

/// The last labels of `host`, as many as `pattern` has behind its first `*`, with `*` in the place of those
/// that the pattern leaves open: what can be compared letter by letter. Empty when the host is too short.
std::string tail_like(std::string_view host, const std::vector<std::string_view>& pattern) {
  const auto labels = util::split(host, '.');
  if (labels.size() < pattern.size()) return {};
  std::string tail;
  for (std::size_t i = 1; i < pattern.size(); ++i) {
    if (i > 1) tail += '.';
    tail += pattern[i] == "*" ? pattern[i] : labels[labels.size() - pattern.size() + i];
  }
  return tail;
}

// Hosts up to this length have neighbours that honest people own: `gcr.io`; below `pkg.dev` customers live.
constexpr std::size_t kShortHost = 6;
constexpr std::size_t kShortTail = 7;

bool is_sure(const Likeness& how, std::string_view target, std::size_t short_name) {
  return how.surest || target.size() > short_name || how.operation == "keyboard-neighbour";
}

std::vector<Registry> with_ours(std::vector<Registry> registries, const std::vector<std::string>& ours) {
  for (const std::string& host : ours) registries.push_back({host, Registry::Publishers::owner, host});
  return registries;
}

std::vector<std::string> patterns_of(const std::vector<Registry>& registries) {
  std::vector<std::string> patterns;
  for (const Registry& registry : registries) patterns.push_back(registry.pattern);
  return patterns;
}

bool is_address(std::string_view host) {
  return host.starts_with('[') || host.find_first_not_of("0123456789.") == std::string_view::npos;
}

}  // namespace

std::string_view without_port(std::string_view host) {
  const auto colon = host.rfind(':');
  return colon == std::string_view::npos || host.ends_with(']') ? host : host.substr(0, colon);
}

Hosts::Hosts(std::vector<Registry> registries, const std::vector<std::string>& ours,
             const std::vector<std::string>& trusted)
    : known_to_everybody_(registries.size()),
      registries_(with_ours(std::move(registries), ours)),
      names_(patterns_of(registries_)) {
  for (const auto& registry : registries_) {
    skeletons_.push_back(is_pattern(registry.pattern) ? std::string() : skeleton(registry.pattern));
  }
  for (const std::string& host : trusted) trusted_.emplace(without_port(host));
}

/// `marketplace.gcr.io`: who owns a registry that everybody knows owns the names below it.
bool Hosts::is_below_known_host(std::string_view host) const {
  for (auto dot = host.find('.'); dot != std::string_view::npos; dot = host.find('.', dot + 1)) {
    const auto number = names_.find(host.substr(dot + 1));
    if (number < known_to_everybody_) return true;
  }
  return false;
}

bool Hosts::is_trusted(std::string_view host) const {
  return trusted_.count(std::string(without_port(host))) != 0;
}

const Registry* Hosts::find(std::string_view host) const {
  const auto name = without_port(host);
  const auto found = std::ranges::find_if(
      registries_, [&](const Registry& registry) { return util::glob_match(registry.pattern, name); });
  return found == registries_.end() ? nullptr : &*found;
}

std::optional<Hosts::Squat> Hosts::imitated(std::string_view host) const {
  if (is_address(host) || host.find('.') == std::string_view::npos) return std::nullopt;
  if (const auto decoded = decode_punycode(host)) return imitated_by_eye(*decoded);
  if (is_below_known_host(host)) return std::nullopt;
  std::optional<Squat> best;
  const auto offer = [&](std::string subject, std::string_view target, std::string_view suggestion,
                         const Likeness& how, bool sure) {
    if (best && (best->sure > sure || (best->sure == sure && best->likeness.score >= how.score))) return;
    best = Squat{std::string(target), std::move(subject), std::string(suggestion), how, sure};
  };
  for (const auto& match : names_.similar(host)) {
    const Registry& registry = registries_[match.number];
    offer(std::string(host), registry.pattern, registry.canonical, match.likeness,
          is_sure(match.likeness, registry.pattern, kShortHost));
  }
  for (const Registry& registry : registries_) {
    const std::string& target = registry.pattern;
    if (is_pattern(target)) {
      const auto labels = util::split(target, '.');
      const std::string tail = tail_like(target, labels);
      const std::string subject = tail_like(host, labels);
      const auto how = likeness(subject, tail);
      if (how) offer(subject, tail, tail, *how, is_sure(*how, tail, kShortTail));
    } else if (host.starts_with(target) && (host[target.size()] == '.' || host[target.size()] == '-')) {
      offer(std::string(host), target, registry.canonical, kEmbedded, true);
    } else if (before_last_dot(host) == before_last_dot(target) && host != target) {
      offer(std::string(host), target, registry.canonical, kOtherTld, false);
    }
  }
  return best;
}

std::optional<Hosts::Squat> Hosts::imitated_by_eye(std::string_view utf8) const {
  const std::string seen = skeleton(utf8);
  for (std::size_t i = 0; i < registries_.size(); ++i) {
    if (skeletons_[i].empty() || skeletons_[i] != seen) continue;
    return Squat{registries_[i].pattern, std::string(utf8), registries_[i].canonical, kByEye, true};
  }
  return std::nullopt;
}

}  // namespace portcullis::naming
