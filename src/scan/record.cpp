// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "portcullis/scan/protocol.hpp"
#include "portcullis/scan/wire.hpp"

namespace portcullis::scan {
namespace {

using findings::Finding;
using findings::LayerFile;
using findings::Outcome;
using findings::RuleInfo;
using findings::Severity;
using findings::Source;

enum class RecordKind : std::uint8_t {
  finding = 1,
  layer_file,
  clean_keys,
  dispute,
  progress,
  archive_entry,
  member_piece,
  rule_info,
  lint_note,
  sample_file,
  rule_cost,
  final
};

struct RecordEncoder {
  Writer out;

  void kind(RecordKind value) { out.u8(static_cast<std::uint8_t>(value)); }

  void texts(const std::vector<std::string>& values, std::size_t cap) {
    const auto count = std::min(values.size(), cap);
    out.u32(static_cast<std::uint32_t>(count));
    for (std::size_t i = 0; i < count; ++i) out.text(values[i], kMaxText);
  }

  void operator()(const Finding& finding) {
    kind(RecordKind::finding);
    out.u8(static_cast<std::uint8_t>(finding.source));
    out.u8(static_cast<std::uint8_t>(finding.severity));
    for (const auto* text : {&finding.rule, &finding.rule_namespace, &finding.description, &finding.author,
                             &finding.license, &finding.reference}) {
      out.text(*text, kMaxText);
    }
    out.text(finding.path, kMaxPath);
    out.text(finding.file_hash, kMaxText);
    texts(finding.techniques, kMaxTechniques);
    const auto strings = std::min(finding.strings.size(), kMaxStrings);
    out.u32(static_cast<std::uint32_t>(strings));
    for (std::size_t i = 0; i < strings; ++i) {
      out.text(finding.strings[i].identifier, kMaxText);
      out.u64(finding.strings[i].offset);
      out.text(finding.strings[i].data, kMaxMatchData);
      out.text(finding.strings[i].before, kMaxMatchContext);
      out.text(finding.strings[i].after, kMaxMatchContext);
    }
  }

  void operator()(const LayerFile& file) {
    kind(RecordKind::layer_file);
    out.text(file.path, kMaxPath);
    out.text(file.hash, kMaxText);
    out.u64(file.size);
    out.text(file.type, kMaxText);
    out.u8(file.setuid ? 1 : 0);
  }

  void operator()(const CleanKeys& record) {
    kind(RecordKind::clean_keys);
    const auto count = std::min(record.keys.size(), kMaxKeysInRecord);
    out.u32(static_cast<std::uint32_t>(count));
    for (std::size_t i = 0; i < count; ++i) out.bytes(record.keys[i]);
  }

  void operator()(const Dispute& record) {
    kind(RecordKind::dispute);
    out.bytes(record.key);
  }

  void operator()(const Progress& progress) {
    kind(RecordKind::progress);
    out.u64(progress.files);
  }

  void operator()(const Answer& answer) { std::visit(*this, answer); }

  void operator()(const ArchiveEntry& entry) {
    kind(RecordKind::archive_entry);
    out.u8(static_cast<std::uint8_t>(entry.type));
    out.text(entry.name, kMaxPath);
    out.text(entry.link, kMaxPath);
    out.u64(entry.size);
    out.u64(entry.content);
  }

  void operator()(const MemberPiece& piece) {
    kind(RecordKind::member_piece);
    out.text(piece.bytes, kMaxMemberPiece);
  }

  void operator()(const RuleInfo& rule) {
    kind(RecordKind::rule_info);
    for (const auto severity : {rule.severity, rule.own_severity})
      out.u8(static_cast<std::uint8_t>(severity));
    out.u8(rule.severity_given ? 1 : 0);
    for (const bool flag : {rule.helper, rule.disabled, rule.adjusted}) out.u8(flag ? 1 : 0);
    out.text(rule.file, kMaxPath);
    for (const auto* text :
         {&rule.identifier, &rule.description, &rule.author, &rule.license, &rule.reference}) {
      out.text(*text, kMaxText);
    }
    texts(rule.techniques, kMaxTechniques);
    texts(rule.tags, kMaxTags);
  }

  void operator()(const LintNote& note) {
    kind(RecordKind::lint_note);
    out.u8(static_cast<std::uint8_t>(note.level));
    out.u32(note.line);
    out.text(note.file, kMaxPath);
    out.text(note.rule, kMaxText);
    out.text(note.message, kMaxText);
  }

  void operator()(const SampleFile& file) {
    kind(RecordKind::sample_file);
    out.text(file.path, kMaxPath);
    out.u8(file.matched ? 1 : 0);
    out.text(file.problem, kMaxText);
  }

  void operator()(const RuleCost& cost) {
    kind(RecordKind::rule_cost);
    out.u8(static_cast<std::uint8_t>(cost.of));
    out.text(cost.file, kMaxPath);
    for (const auto value : {cost.rules, cost.nanoseconds, cost.files, cost.bytes, cost.failed}) {
      out.u64(value);
    }
  }

  void operator()(const FinalRecord& record) {
    kind(RecordKind::final);
    out.u8(static_cast<std::uint8_t>(record.outcome));
    out.text(record.reason, kMaxText);
    out.u64(record.counts.entries);
    out.u64(record.counts.files);
    out.u64(record.counts.files_skipped);
    out.u64(record.counts.bytes_in);
    out.u64(record.counts.bytes_unpacked);
    out.u8(record.findings_truncated ? 1 : 0);
    out.u32(record.findings);
    out.u32(record.clean_keys);
    out.u32(record.answers);
    out.u32(record.layer_files);
    out.u8(record.layer_files_truncated ? 1 : 0);
  }
};

std::vector<std::string> read_texts(Reader& in, std::size_t cap) {
  std::vector<std::string> values;
  const auto count = in.count(static_cast<std::uint32_t>(cap));
  for (std::uint32_t i = 0; i < count && in.ok(); ++i) values.push_back(in.text(kMaxText));
  return values;
}

Finding read_finding(Reader& in) {
  Finding finding;
  finding.source = in.enumerator(Source::yara, Source::config_check);
  finding.severity = in.enumerator(Severity::info, Severity::critical);
  for (auto* text : {&finding.rule, &finding.rule_namespace, &finding.description, &finding.author,
                     &finding.license, &finding.reference}) {
    *text = in.text(kMaxText);
  }
  finding.path = in.text(kMaxPath);
  finding.file_hash = in.text(kMaxText);
  finding.techniques = read_texts(in, kMaxTechniques);
  const auto strings = in.count(kMaxStrings);
  for (std::uint32_t i = 0; i < strings && in.ok(); ++i) {
    finding.strings.push_back({in.text(kMaxText), in.u64(), in.text(kMaxMatchData), in.text(kMaxMatchContext),
                               in.text(kMaxMatchContext)});
  }
  return finding;
}

bool is_sha256(std::string_view text) {
  constexpr std::size_t kDigits = 64;
  return text.size() == kDigits && text.find_first_not_of("0123456789abcdef") == text.npos;
}

LayerFile read_layer_file(Reader& in) {
  LayerFile file{.path = in.text(kMaxPath),
                 .hash = in.text(kMaxText),
                 .size = in.u64(),
                 .type = in.text(kMaxText),
                 .setuid = in.flag()};
  if (!is_sha256(file.hash) || !findings::parse_file_type(file.type)) in.fail();
  return file;
}

CleanKeys read_clean_keys(Reader& in) {
  CleanKeys record;
  record.keys.resize(in.count(kMaxKeysInRecord));
  for (auto& key : record.keys) in.bytes(key);
  return record;
}

Dispute read_dispute(Reader& in) {
  Dispute record;
  in.bytes(record.key);
  return record;
}

ArchiveEntry read_archive_entry(Reader& in) {
  ArchiveEntry entry;
  entry.type = in.enumerator(ArchiveEntryType::file, ArchiveEntryType::other);
  entry.name = in.text(kMaxPath);
  entry.link = in.text(kMaxPath);
  entry.size = in.u64();
  entry.content = in.u64();
  return entry;
}

RuleInfo read_rule_info(Reader& in) {
  RuleInfo rule;
  for (auto* severity : {&rule.severity, &rule.own_severity}) {
    *severity = in.enumerator(Severity::info, Severity::critical);
  }
  rule.severity_given = in.flag();
  for (bool* flag : {&rule.helper, &rule.disabled, &rule.adjusted}) *flag = in.flag();
  rule.file = in.text(kMaxPath);
  for (auto* text : {&rule.identifier, &rule.description, &rule.author, &rule.license, &rule.reference}) {
    *text = in.text(kMaxText);
  }
  rule.techniques = read_texts(in, kMaxTechniques);
  rule.tags = read_texts(in, kMaxTags);
  return rule;
}

LintNote read_lint_note(Reader& in) {
  LintNote note;
  note.level = in.enumerator(LintLevel::warning, LintLevel::error);
  note.line = in.u32();
  note.file = in.text(kMaxPath);
  note.rule = in.text(kMaxText);
  note.message = in.text(kMaxText);
  return note;
}

SampleFile read_sample_file(Reader& in) {
  // Braced initialisers: members are read in the order they are written.
  return SampleFile{in.text(kMaxPath), in.flag(), in.text(kMaxText)};
}

RuleCost read_rule_cost(Reader& in) {
  RuleCost cost;
  cost.of = in.enumerator(RuleCost::Of::all, RuleCost::Of::file);
  cost.file = in.text(kMaxPath);
  for (auto* value : {&cost.rules, &cost.nanoseconds, &cost.files, &cost.bytes, &cost.failed}) {
    *value = in.u64();
  }
  return cost;
}

FinalRecord read_final(Reader& in) {
  FinalRecord record;
  // How a worker died is for its parent to say; the rest of the enum is not its to claim.
  record.outcome = in.enumerator(Outcome::complete, Outcome::limit);
  record.reason = in.text(kMaxText);
  record.counts.entries = in.u64();
  record.counts.files = in.u64();
  record.counts.files_skipped = in.u64();
  record.counts.bytes_in = in.u64();
  record.counts.bytes_unpacked = in.u64();
  record.findings_truncated = in.flag();
  record.findings = in.u32();
  record.clean_keys = in.u32();
  record.answers = in.u32();
  record.layer_files = in.u32();
  record.layer_files_truncated = in.flag();
  return record;
}

WorkerRecord read_record(Reader& in) {
  switch (in.enumerator(RecordKind::finding, RecordKind::final)) {
    case RecordKind::finding:
      return read_finding(in);
    case RecordKind::layer_file:
      return read_layer_file(in);
    case RecordKind::clean_keys:
      return read_clean_keys(in);
    case RecordKind::dispute:
      return read_dispute(in);
    case RecordKind::progress:
      return Progress{in.u64()};
    case RecordKind::archive_entry:
      return Answer(read_archive_entry(in));
    case RecordKind::member_piece:
      return Answer(MemberPiece{in.text(kMaxMemberPiece)});
    case RecordKind::rule_info:
      return Answer(read_rule_info(in));
    case RecordKind::lint_note:
      return Answer(read_lint_note(in));
    case RecordKind::sample_file:
      return Answer(read_sample_file(in));
    case RecordKind::rule_cost:
      return Answer(read_rule_cost(in));
    case RecordKind::final:
      return read_final(in);
  }
  return FinalRecord{};
}

}  // namespace

static_assert(static_cast<int>(Outcome::complete) == 0 && static_cast<int>(Outcome::unscannable) == 1 &&
                  static_cast<int>(Outcome::timed_out) == 2 && static_cast<int>(Outcome::limit) == 3,
              "a worker may claim complete, unscannable, timed_out and limit only");

std::string encode_frame(const WorkerRecord& record) {
  RecordEncoder encoder;
  std::visit(encoder, record);
  const std::string payload = encoder.out.take();
  Writer frame;
  frame.text(payload, kMaxRecord);
  return frame.take();
}

std::optional<WorkerRecord> decode_record(std::string_view bytes) {
  Reader in(bytes);
  WorkerRecord record = read_record(in);
  if (!in.finished()) return std::nullopt;
  return record;
}

}  // namespace portcullis::scan
