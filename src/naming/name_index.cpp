// SPDX-License-Identifier: Apache-2.0
#include "portcullis/naming/name_index.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <unordered_set>

#include "hosts.hpp"
#include "name_table.hpp"
#include "portcullis/util/safe_text.hpp"
#include "portcullis/util/text.hpp"
#include "protect.hpp"

namespace portcullis::naming {
namespace {

using findings::NameVerdict;
using findings::Severity;
using Effect = NameVerdict::Effect;
using util::safe_text;

constexpr std::string_view kHub = "docker.io";
constexpr std::string_view kLibrary = "library";
constexpr std::uint32_t kMostPulled = 300;
constexpr std::uint32_t kWellPulled = 1000;

constexpr Likeness kOfficialElsewhere{"official-name-elsewhere", 0.6, true};
constexpr Likeness kLibraryConfusion{"library-confusion", 0.6, true};

/// How much stands beside the likeness itself.
enum class Context {
  stranger,  ///< nothing: anybody may have taken this name
  certain,   ///< the rest of the name is that of the target
};

/// What is left of an operation's score for a target of this length and popularity; 0 for what is too
/// common among honest names.
double score_of(const Likeness& how, std::string_view target, std::uint32_t rank, Context context) {
  constexpr std::size_t kLong = 7;
  constexpr std::size_t kShort = 5;
  constexpr std::size_t kTiny = 3;
  double length = 1;
  if (target.size() < kLong) length = 0.9;
  if (target.size() < kShort) length = how.surest ? 0.85 : 0.75;
  const bool too_short = (target.size() < kShort && !how.surest) || target.size() < kTiny;
  if (context == Context::stranger && too_short) return 0;
  const double popularity = rank <= kMostPulled ? 1 : rank <= kWellPulled ? 0.95 : 0.85;
  return how.score * length * popularity;
}

bool is_common_addition(std::string_view operation) {
  return operation == "affix" || operation == "version-digits" || operation == "plural";
}

/// A name as one would type it.
std::string as_typed(std::string_view host, std::string_view name_space, std::string_view repository) {
  std::string text;
  if (host != kHub) text.append(host) += '/';
  const bool filled_in = host == kHub && name_space == kLibrary;
  if (!name_space.empty() && !filled_in) text.append(name_space) += '/';
  return text.append(repository);
}

std::string phrase(const NameVerdict& verdict) {
  std::string text = verdict.component + " " + safe_text(verdict.subject);
  if (verdict.operation == kOfficialElsewhere.operation) {
    text += " has the name of an official image in the namespace of somebody else";
  } else if (verdict.operation == kLibraryConfusion.operation) {
    text += " is no official image";
  } else {
    text += " looks like " + safe_text(verdict.target) + " (" + verdict.operation + ")";
  }
  if (!verdict.suggestion.empty()) text += ", did you mean " + safe_text(verdict.suggestion) + "?";
  return text;
}

/// Of two suspicions about one component the one to report.
bool is_worse(const NameVerdict& a, const NameVerdict& b) {
  if (a.effect != b.effect) return a.effect > b.effect;
  return a.score > b.score;
}

}  // namespace

class NameIndex::Impl {
 public:
  Impl(const ReferenceData& data, const Options& options, Protected own);

  std::vector<NameVerdict> judge(std::string_view host, std::string_view repository) const;
  std::vector<NameVerdict> judge_host(std::string_view host) const;
  std::vector<NameVerdict> judge_look_alike(std::string_view utf8) const;

 private:
  struct Asked {
    std::string host;
    std::string name_space;
    std::string repository;
    bool known_namespace = false;
  };
  using Owners = std::vector<const Target*>;

  const Owners& owners_of(std::uint32_t repository) const { return owners_[repository]; }
  std::optional<NameVerdict> by_list(const std::string& full) const;
  std::optional<NameVerdict> about_host(std::string_view host, std::string_view repository) const;
  std::optional<NameVerdict> about_namespace(const Asked& asked) const;
  std::optional<NameVerdict> about_repository(const Asked& asked) const;
  template <class Take>
  void mistaken_for(const Asked& asked, const Owners& owners, Take take) const;
  /// `repository` of `name_space`, when it is protected.
  bool is_protected(std::string_view name_space, std::string_view repository) const;
  NameVerdict finished(NameVerdict verdict, std::string_view subject, std::string_view target) const;

  Options options_;
  std::vector<KnownBad> known_bad_;
  Hosts hosts_;
  std::vector<Target> targets_;
  std::unordered_set<std::string> exact_;             ///< `docker.io/library/nginx`
  std::unordered_set<std::string> known_namespaces_;  ///< whose owner is trusted with all names in it
  NameTable namespaces_;
  std::vector<std::uint32_t> namespace_ranks_;  ///< by the numbers of namespaces_
  NameTable repositories_;
  std::vector<Owners> owners_;  ///< by the numbers of repositories_, most pulled first
};

namespace {

std::vector<Target> targets_of(const ReferenceData& data, std::vector<Target> own) {
  for (const auto& row : data.repositories) own.push_back(target_of(kHub, row.name, row.rank));
  // A fixed order makes every answer independent of the order of rows and options.
  std::sort(own.begin(), own.end(), [](const Target& a, const Target& b) {
    return std::tie(a.rank, a.host, a.name_space, a.repository) <
           std::tie(b.rank, b.host, b.name_space, b.repository);
  });
  return own;
}

/// The values of `part` over all targets, each once, in their order.
template <class Part>
std::vector<std::string> distinct(const std::vector<Target>& targets, std::vector<std::string> first,
                                  Part part) {
  std::sort(first.begin(), first.end());
  std::unordered_set<std::string> seen(first.begin(), first.end());
  for (const Target& target : targets) {
    const std::string& value = part(target);
    if (!value.empty() && seen.insert(value).second) first.push_back(value);
  }
  return first;
}

}  // namespace

NameIndex::Impl::Impl(const ReferenceData& data, const Options& options, Protected own)
    : options_(options),
      known_bad_(data.known_bad),
      hosts_(data.registries, own.hosts, options.trusted_hosts),
      targets_(targets_of(data, std::move(own.repositories))),
      known_namespaces_(own.namespaces.begin(), own.namespaces.end()),
      namespaces_(
          distinct(targets_, std::move(own.namespaces), [](const Target& t) { return t.name_space; })),
      repositories_(distinct(targets_, {}, [](const Target& t) { return t.repository; })) {
  for (const auto& row : data.repositories) known_namespaces_.insert(target_of(kHub, row.name, 1).name_space);
  namespace_ranks_.assign(namespaces_.size(), kOwnRank);
  owners_.resize(repositories_.size());
  std::vector<bool> ranked(namespaces_.size(), false);
  for (const Target& target : targets_) {
    exact_.insert(target.full());
    owners_[repositories_.find(target.repository)].push_back(&target);
    const auto number = namespaces_.find(target.name_space);
    if (number == NameTable::kNone || ranked[number]) continue;
    ranked[number] = true;
    namespace_ranks_[number] = target.rank;
  }
}

bool NameIndex::Impl::is_protected(std::string_view name_space, std::string_view repository) const {
  const auto number = repositories_.find(repository);
  if (number == NameTable::kNone) return false;
  return std::ranges::any_of(owners_of(number), [&](const Target* t) { return t->name_space == name_space; });
}

NameVerdict NameIndex::Impl::finished(NameVerdict verdict, std::string_view subject,
                                      std::string_view target) const {
  verdict.subject = safe_text(subject);
  verdict.target = safe_text(target);
  verdict.text = phrase(verdict);
  if (subject != target) verdict.letters = letters(subject, target);
  return verdict;
}

std::optional<NameVerdict> NameIndex::Impl::by_list(const std::string& full) const {
  const auto matches = [&](const std::string& pattern) { return util::glob_match(pattern, full); };
  NameVerdict verdict{.component = "name", .score = 1, .effect = Effect::block};
  verdict.subject = safe_text(full);
  if (const auto deny = std::ranges::find_if(options_.deny, matches); deny != options_.deny.end()) {
    verdict.operation = "denied";
    verdict.severity = Severity::high;
    verdict.text = "name " + safe_text(full) + " is denied by names.deny (" + safe_text(*deny) + ")";
    return verdict;
  }
  if (std::ranges::any_of(options_.allow, matches)) return std::nullopt;
  const auto bad = std::ranges::find_if(known_bad_, matches, &KnownBad::pattern);
  if (bad == known_bad_.end()) return std::nullopt;
  verdict.operation = "known-bad";
  verdict.severity = Severity::critical;
  verdict.text = "name " + safe_text(full) + " was published as malicious: " + safe_text(bad->what) + " (" +
                 safe_text(bad->source) + ")";
  return verdict;
}

std::optional<NameVerdict> NameIndex::Impl::about_host(std::string_view host,
                                                       std::string_view repository) const {
  if (hosts_.is_trusted(host) || hosts_.find(host) != nullptr) return std::nullopt;
  const auto squat = hosts_.imitated(without_port(host));
  if (!squat || squat->likeness.score < options_.warn_score) return std::nullopt;
  NameVerdict verdict{.component = "registry",
                      .operation = std::string(squat->likeness.operation),
                      .score = squat->likeness.score,
                      .severity = squat->sure ? Severity::high : Severity::medium,
                      .effect = squat->sure ? Effect::block : Effect::warn};
  verdict.suggestion = squat->suggestion;
  if (!repository.empty()) {
    const Target meant = target_of(squat->suggestion, repository, 1);
    verdict.suggestion = as_typed(meant.host, meant.name_space, meant.repository);
  }
  return finished(std::move(verdict), squat->subject, squat->target);
}

std::optional<NameVerdict> NameIndex::Impl::about_namespace(const Asked& asked) const {
  if (asked.name_space.empty() || asked.known_namespace) return std::nullopt;
  std::optional<NameVerdict> worst;
  for (const auto& [number, how] : namespaces_.similar(asked.name_space)) {
    const std::string& target = namespaces_.name(number);
    const bool copies = is_protected(target, asked.repository);
    const auto rank = namespace_ranks_[number];
    const double score = score_of(how, target, rank, copies ? Context::certain : Context::stranger);
    if (score < options_.warn_score && !(copies && score > 0)) continue;
    NameVerdict verdict{.component = "namespace",
                        .operation = std::string(how.operation),
                        .score = score,
                        .severity = copies || rank <= kWellPulled ? Severity::medium : Severity::low,
                        .suggestion = as_typed(asked.host, target, asked.repository),
                        .effect = copies || !is_common_addition(how.operation) ? Effect::warn : Effect::hint};
    if (worst && !is_worse(verdict, *worst)) continue;
    worst = finished(std::move(verdict), asked.name_space, target);
  }
  return worst;
}

/// Calls `take` with those of `owners` that the asked name can be mistaken for: its neighbour in the same
/// namespace, and the official image when the namespace is a stranger's.
template <class Take>
void NameIndex::Impl::mistaken_for(const Asked& asked, const Owners& owners, Take take) const {
  for (const Target* owner : owners) {
    if (owner->host == asked.host && owner->name_space == asked.name_space) {
      take(*owner, Context::certain);
    } else if (owner->host == kHub && owner->name_space == kLibrary && !asked.known_namespace) {
      take(*owner, Context::stranger);
    }
  }
}

std::optional<NameVerdict> NameIndex::Impl::about_repository(const Asked& asked) const {
  const bool official = asked.host == kHub && asked.name_space == kLibrary;
  std::optional<NameVerdict> worst;
  const auto offer = [&](const Target& target, const Likeness& how, Context context) {
    const double score = score_of(how, target.repository, target.rank, context);
    if (score < options_.warn_score) return;
    // Who owns a namespace is trusted with the names in it; new versions and variants are honest ones.
    const bool owned = context == Context::certain && !official;
    const bool addition = is_common_addition(how.operation);
    if (owned && addition) return;
    const bool weak = owned || how.operation == kOfficialElsewhere.operation ||
                      how.operation == kLibraryConfusion.operation ||
                      (context == Context::stranger && addition);
    NameVerdict verdict{.component = "repository",
                        .operation = std::string(how.operation),
                        .score = score,
                        .severity = !weak && target.rank <= kWellPulled ? Severity::medium : Severity::low,
                        .suggestion = as_typed(target.host, target.name_space, target.repository),
                        .effect = weak ? Effect::hint : Effect::warn};
    if (worst && !is_worse(verdict, *worst)) return;
    worst = finished(std::move(verdict), asked.repository, target.repository);
  };
  for (const auto& match : repositories_.similar(asked.repository)) {
    mistaken_for(asked, owners_of(match.number),
                 [&](const Target& target, Context context) { offer(target, match.likeness, context); });
  }
  const auto same = repositories_.find(asked.repository);
  if (asked.host != kHub || worst) return worst;
  if (same != NameTable::kNone) {
    mistaken_for(asked, owners_of(same), [&](const Target& target, Context context) {
      if (context == Context::stranger) offer(target, kOfficialElsewhere, context);
    });
  }
  if (same != NameTable::kNone && official) {
    for (const Target* owner : owners_of(same)) {
      if (owner->host == kHub && owner->name_space == asked.repository) {
        offer(*owner, kLibraryConfusion, Context::certain);
      }
    }
  }
  return worst;
}

std::vector<NameVerdict> NameIndex::Impl::judge_host(std::string_view host) const {
  const std::string lower = util::to_lower_ascii(host);
  if (std::ranges::any_of(options_.allow, [&](const auto& glob) { return glob == lower + "/*"; })) return {};
  auto verdict = about_host(lower, {});
  return verdict ? std::vector{*std::move(verdict)} : std::vector<NameVerdict>();
}

std::vector<NameVerdict> NameIndex::Impl::judge(std::string_view host, std::string_view repository) const {
  Target name = target_of(host, repository, 1);
  const Registry* registry = hosts_.find(name.host);
  if (registry != nullptr && registry->canonical == kHub) name.host = kHub;
  const std::string full = name.full();
  if (auto listed = by_list(full)) return {*std::move(listed)};
  if (std::ranges::any_of(options_.allow, [&](const auto& glob) { return util::glob_match(glob, full); }) ||
      exact_.count(full) != 0) {
    return {};
  }
  std::vector<NameVerdict> verdicts;
  const auto add = [&](std::optional<NameVerdict> verdict) {
    if (verdict) verdicts.push_back(*std::move(verdict));
  };
  add(about_host(name.host, util::to_lower_ascii(repository)));
  if (registry == nullptr || registry->publishers == Registry::Publishers::owner) return verdicts;
  const Asked asked{.host = name.host,
                    .name_space = name.name_space,
                    .repository = name.repository,
                    .known_namespace = known_namespaces_.count(name.name_space) != 0};
  add(about_namespace(asked));
  // An imitated namespace says more than the honest name in it.
  auto repository_verdict = about_repository(asked);
  if (!verdicts.empty() && repository_verdict &&
      repository_verdict->operation == kOfficialElsewhere.operation) {
    return verdicts;
  }
  add(std::move(repository_verdict));
  return verdicts;
}

std::vector<NameVerdict> NameIndex::Impl::judge_look_alike(std::string_view utf8) const {
  std::string_view name = utf8.substr(0, utf8.find('@'));
  if (std::ranges::all_of(name, [](char c) { return static_cast<unsigned char>(c) < 0x80; })) return {};
  std::vector<NameVerdict> verdicts;
  std::string_view host = kHub;
  const auto slash = name.find('/');
  if (slash != std::string_view::npos && oci::looks_like_host(name.substr(0, slash))) {
    host = name.substr(0, slash);
    name.remove_prefix(slash + 1);
  }
  name = name.substr(0, name.find(':'));
  const auto add = [&](const char* component, std::string_view subject, const std::string& target,
                       std::string suggestion) {
    verdicts.push_back({.component = component,
                        .operation = "look-alike",
                        .target = target,
                        .score = 1,
                        .severity = Severity::high,
                        .subject = safe_text(subject),
                        .suggestion = std::move(suggestion),
                        .effect = Effect::block,
                        .letters = {{findings::LetterEdit::Kind::changed, safe_text(subject), target}}});
    verdicts.back().text = phrase(verdicts.back());
  };
  if (const auto squat = hosts_.imitated_by_eye(without_port(host)); squat && hosts_.find(host) == nullptr) {
    add("registry", host, squat->target, squat->suggestion);
  }
  const auto parts = util::split(name, '/');
  const std::string_view last = parts.back();
  const std::string_view first = parts.size() > 1 ? parts.front() : kLibrary;
  const auto name_space = namespaces_.by_eye(first);
  if (name_space != NameTable::kNone && namespaces_.name(name_space) != first) {
    const std::string& target = namespaces_.name(name_space);
    add("namespace", first, target, as_typed(kHub, target, safe_text(last)));
  }
  const auto repository = repositories_.by_eye(last);
  if (repository != NameTable::kNone && repositories_.name(repository) != last) {
    const Target& meant = *owners_of(repository).front();
    add("repository", last, meant.repository, as_typed(meant.host, meant.name_space, meant.repository));
  }
  return verdicts;
}

NameIndex::NameIndex(std::unique_ptr<const Impl> impl) : impl_(std::move(impl)) {}
NameIndex::~NameIndex() = default;
NameIndex::NameIndex(NameIndex&&) noexcept = default;
NameIndex& NameIndex::operator=(NameIndex&&) noexcept = default;

util::Result<NameIndex> NameIndex::build(const ReferenceData& data, const Options& options) {
  auto own = parse_protected(options.protect);
  if (!own) return tl::unexpected(own.error());
  return NameIndex(std::make_unique<const Impl>(data, options, *std::move(own)));
}

std::vector<NameVerdict> NameIndex::judge(std::string_view host, std::string_view repository) const {
  return impl_->judge(host, repository);
}
std::vector<NameVerdict> NameIndex::judge_host(std::string_view host) const {
  return impl_->judge_host(host);
}
std::vector<NameVerdict> NameIndex::judge_look_alike(std::string_view utf8) const {
  return impl_->judge_look_alike(utf8);
}

bool blocks_at_once(const std::vector<NameVerdict>& verdicts) {
  return std::ranges::any_of(verdicts, [](const NameVerdict& v) { return v.effect == Effect::block; });
}

}  // namespace portcullis::naming
