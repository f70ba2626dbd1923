// SPDX-License-Identifier: Apache-2.0
//
// The words of the shared vocabulary. They are stored in the records and shown to people: never
// change one, only add.
#include <array>
#include <utility>

#include "portcullis/findings/decision.hpp"
#include "portcullis/findings/finding.hpp"
#include "portcullis/findings/layer_file.hpp"
#include "portcullis/findings/name_verdict.hpp"
#include "portcullis/findings/scan_result.hpp"
#include "portcullis/findings/severity.hpp"

namespace portcullis::findings {
namespace {

template <class Enum, std::size_t N>
using Names = std::array<std::pair<Enum, std::string_view>, N>;

constexpr Names<Severity, 5> kSeverities{{{Severity::info, "info"},
                                          {Severity::low, "low"},
                                          {Severity::medium, "medium"},
                                          {Severity::high, "high"},
                                          {Severity::critical, "critical"}}};

constexpr Names<Action, 3> kActions{
    {{Action::allow, "allow"}, {Action::warn, "warn"}, {Action::block, "block"}}};

constexpr Names<Source, 5> kSources{{{Source::yara, "yara"},
                                     {Source::layer_check, "layer_check"},
                                     {Source::config_check, "config_check"},
                                     {Source::manifest_check, "manifest_check"},
                                     {Source::name_check, "name_check"}}};

constexpr Names<Outcome, 8> kOutcomes{{{Outcome::complete, "complete"},
                                       {Outcome::unscannable, "unscannable"},
                                       {Outcome::timed_out, "timed_out"},
                                       {Outcome::limit, "limit"},
                                       {Outcome::violation, "violation"},
                                       {Outcome::crashed, "crashed"},
                                       {Outcome::garbled, "garbled"},
                                       {Outcome::unavailable, "unavailable"}}};
static_assert(std::size(kAllOutcomes) == std::size(kOutcomes));

constexpr Names<FileType, 9> kFileTypes{{{FileType::elf, "elf"},
                                         {FileType::shared_object, "shared-object"},
                                         {FileType::kernel_module, "kernel-module"},
                                         {FileType::pe, "pe"},
                                         {FileType::macho, "macho"},
                                         {FileType::wasm, "wasm"},
                                         {FileType::dex, "dex"},
                                         {FileType::jar, "jar"},
                                         {FileType::script, "script"}}};

constexpr Names<LetterEdit::Kind, 5> kEditKinds{{{LetterEdit::Kind::same, "same"},
                                                 {LetterEdit::Kind::added, "added"},
                                                 {LetterEdit::Kind::missing, "missing"},
                                                 {LetterEdit::Kind::changed, "changed"},
                                                 {LetterEdit::Kind::swapped, "swapped"}}};

constexpr Names<NameVerdict::Effect, 3> kNameEffects{{{NameVerdict::Effect::hint, "hint"},
                                                      {NameVerdict::Effect::warn, "warn"},
                                                      {NameVerdict::Effect::block, "block"}}};

template <class Enum, std::size_t N>
constexpr std::string_view name_of(const Names<Enum, N>& names, Enum value) noexcept {
  for (const auto& [candidate, name] : names) {
    if (candidate == value) return name;
  }
  return "unknown";
}

template <class Enum, std::size_t N>
constexpr std::optional<Enum> value_of(const Names<Enum, N>& names, std::string_view text) noexcept {
  for (const auto& [value, name] : names) {
    if (name == text) return value;
  }
  return std::nullopt;
}

}  // namespace

std::string_view to_string(Severity severity) noexcept { return name_of(kSeverities, severity); }
std::optional<Severity> parse_severity(std::string_view text) noexcept { return value_of(kSeverities, text); }

std::string_view to_string(Action action) noexcept { return name_of(kActions, action); }
std::optional<Action> parse_action(std::string_view text) noexcept { return value_of(kActions, text); }

std::string_view to_string(Source source) noexcept { return name_of(kSources, source); }

std::string_view to_string(Outcome outcome) noexcept { return name_of(kOutcomes, outcome); }
std::optional<Outcome> parse_outcome(std::string_view text) noexcept { return value_of(kOutcomes, text); }

std::string_view to_string(FileType type) noexcept { return name_of(kFileTypes, type); }
std::optional<FileType> parse_file_type(std::string_view text) noexcept { return value_of(kFileTypes, text); }

std::string_view to_string(LetterEdit::Kind kind) noexcept { return name_of(kEditKinds, kind); }
std::optional<LetterEdit::Kind> parse_edit_kind(std::string_view text) noexcept {
  return value_of(kEditKinds, text);
}

std::string_view to_string(NameVerdict::Effect effect) noexcept { return name_of(kNameEffects, effect); }
std::optional<NameVerdict::Effect> parse_name_effect(std::string_view text) noexcept {
  return value_of(kNameEffects, text);
}

}  // namespace portcullis::findings
