// SPDX-License-Identifier: Apache-2.0
#include "portcullis/scan/protocol.hpp"

#include <gtest/gtest.h>

#include "portcullis/scan/tree.hpp"
#include "portcullis/scan/wire.hpp"

namespace portcullis::scan {
namespace {

using findings::Finding;
using findings::Outcome;
using findings::Severity;

constexpr std::size_t kFrameHeader = 4;

std::string payload(const WorkerRecord& record) { return encode_frame(record).substr(kFrameHeader); }

Finding sample_finding() {
  Finding finding;
  finding.source = findings::Source::layer_check;
  finding.rule = "rule";
  finding.rule_namespace = "dir/file.yar";
  finding.severity = Severity::critical;
  finding.techniques = {"T1496", "T1059.004"};
  finding.description = std::string("raw \0 \xff bytes", 13);
  finding.author = "author";
  finding.license = "license";
  finding.reference = "reference";
  finding.path = "opt/app.jar!/x";
  finding.file_hash = std::string(64, 'a');
  finding.strings = {{"$a", 1ull << 40, "data", "in front", "behind"}, {"$b", 0, ""}};
  return finding;
}

TEST(WorkerRecords, FindingRoundTrip) {
  const Finding sent = sample_finding();
  const auto record = decode_record(payload(sent));
  ASSERT_TRUE(record);
  const auto& got = std::get<Finding>(*record);
  EXPECT_EQ(got.source, sent.source);
  EXPECT_EQ(got.severity, sent.severity);
  EXPECT_EQ(got.rule, sent.rule);
  EXPECT_EQ(got.rule_namespace, sent.rule_namespace);
  EXPECT_EQ(got.techniques, sent.techniques);
  EXPECT_EQ(got.description, sent.description);
  EXPECT_EQ(got.author, sent.author);
  EXPECT_EQ(got.license, sent.license);
  EXPECT_EQ(got.reference, sent.reference);
  EXPECT_EQ(got.path, sent.path);
  EXPECT_EQ(got.file_hash, sent.file_hash);
  ASSERT_EQ(got.strings.size(), 2u);
  EXPECT_EQ(got.strings[0].identifier, "$a");
  EXPECT_EQ(got.strings[0].offset, 1ull << 40);
  EXPECT_EQ(got.strings[0].data, "data");
  EXPECT_EQ(got.strings[0].before, "in front");
  EXPECT_EQ(got.strings[0].after, "behind");
}

TEST(WorkerRecords, SampleFileRoundTrip) {
  const auto record = decode_record(payload(Answer(SampleFile{"r/hit-x", true, "why"})));
  ASSERT_TRUE(record);
  const auto& got = std::get<SampleFile>(std::get<Answer>(*record));
  EXPECT_EQ(got.path, "r/hit-x");
  EXPECT_TRUE(got.matched);
  EXPECT_EQ(got.problem, "why");
}

TEST(WorkerRecords, RuleCostRoundTrip) {
  const auto record = decode_record(payload(Answer(RuleCost{RuleCost::Of::file, "a.yar", 1, 2, 3, 4, 5})));
  ASSERT_TRUE(record);
  const auto& got = std::get<RuleCost>(std::get<Answer>(*record));
  EXPECT_EQ(got.of, RuleCost::Of::file);
  EXPECT_EQ(got.file, "a.yar");
  EXPECT_EQ(got.rules, 1u);
  EXPECT_EQ(got.nanoseconds, 2u);
  EXPECT_EQ(got.files, 3u);
  EXPECT_EQ(got.bytes, 4u);
  EXPECT_EQ(got.failed, 5u);
}

TEST(ScannerArguments, RoundTrip) {
  RuleOptions sent;
  sent.rules = {"/a", "--disable=b", "--"};
  sent.no_rules = NoRules::accept;
  sent.adjustments = {{"one", "f:two"},
                      {{"d:x.yar:*", Severity::low}, {"y", Severity::critical}},
                      {{"d:x.yar:off", std::nullopt}, {":colon.yar:r", Severity::high}}};
  const auto got = parse_arguments(to_arguments(sent));
  ASSERT_TRUE(got);
  EXPECT_EQ(got->rules, sent.rules);
  EXPECT_EQ(got->no_rules, NoRules::accept);
  EXPECT_EQ(got->adjustments.disable, sent.adjustments.disable);
  EXPECT_EQ(got->adjustments.severity, sent.adjustments.severity);
  EXPECT_EQ(got->adjustments.rules, sent.adjustments.rules);
  for (const std::string bad :
       {"/a", "--severity=bad:x", "--severity=low", "--rule=low", "--rule=bad:f:r", "--else"}) {
    SCOPED_TRACE(bad);
    EXPECT_FALSE(parse_arguments(std::vector<std::string>{bad, "--"}));
  }
  EXPECT_FALSE(parse_arguments({})) << "no end of the options";
}

TEST(SamplePlaces, AreToldByTheirNames) {
  struct Row {
    const char* path;
    SampleKind kind;
    const char* rule;
    const char* sample;
    const char* image_path;
  };
  const Row rows[] = {
      {"r/hit-x.sh", SampleKind::hit, "r", "r/hit-x.sh", "x.sh"},
      {"r/miss-x.sh", SampleKind::miss, "r", "r/miss-x.sh", "x.sh"},
      {"a/b/r/hit-x/etc/cron.d/y", SampleKind::hit, "r", "a/b/r/hit-x", "etc/cron.d/y"},
      {"r/hit-x/miss-y", SampleKind::hit, "r", "r/hit-x", "miss-y"},
      {"hit-x", SampleKind::none, "", "", ""},
      {"r/x", SampleKind::none, "", "", ""},
      {"r/hit", SampleKind::none, "", "", ""},
      {"", SampleKind::none, "", "", ""},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.path);
    const auto place = sample_place(row.path);
    EXPECT_EQ(place.kind, row.kind);
    EXPECT_EQ(place.rule, row.rule);
    EXPECT_EQ(place.sample, row.sample);
    EXPECT_EQ(place.image_path, row.image_path);
  }
}

TEST(WorkerRecords, FinalRecordRoundTrip) {
  const auto record =
      decode_record(payload(FinalRecord{Outcome::limit, "why", {1, 2, 3, 4, 5}, true, 9, 10, 0, 11, true}));
  ASSERT_TRUE(record);
  const auto& got = std::get<FinalRecord>(*record);
  EXPECT_EQ(got.outcome, Outcome::limit);
  EXPECT_EQ(got.reason, "why");
  EXPECT_EQ(got.counts.entries, 1u);
  EXPECT_EQ(got.counts.files, 2u);
  EXPECT_EQ(got.counts.files_skipped, 3u);
  EXPECT_EQ(got.counts.bytes_in, 4u);
  EXPECT_EQ(got.counts.bytes_unpacked, 5u);
  EXPECT_TRUE(got.findings_truncated);
  EXPECT_EQ(got.findings, 9u);
  EXPECT_EQ(got.clean_keys, 10u);
  EXPECT_EQ(got.layer_files, 11u);
  EXPECT_TRUE(got.layer_files_truncated);
}

findings::LayerFile sample_file() {
  return {std::string("opt/app.jar!/x\0\xff", 16), std::string(64, 'a'), 1ull << 40, "script"};
}

TEST(WorkerRecords, LayerFileRoundTrip) {
  const auto sent = sample_file();
  const auto record = decode_record(payload(sent));
  ASSERT_TRUE(record);
  const auto& got = std::get<findings::LayerFile>(*record);
  EXPECT_EQ(got.path, sent.path);
  EXPECT_EQ(got.hash, sent.hash);
  EXPECT_EQ(got.size, sent.size);
  EXPECT_EQ(got.type, sent.type);
}

TEST(WorkerRecords, LayerFilesThatAreNoneAreRefused) {
  struct Row {
    const char* name;
    std::string hash;
    std::string type;
    bool taken;
  };
  const std::string hash(64, '0');
  const Row rows[] = {{"good", hash, "shared-object", true},
                      {"no hash", "", "elf", false},
                      {"short hash", hash.substr(1), "elf", false},
                      {"long hash", hash + "0", "elf", false},
                      {"upper-case hash", std::string(64, 'A'), "elf", false},
                      {"hash that is none", std::string(64, 'g'), "elf", false},
                      {"no type", hash, "", false},
                      {"unknown type", hash, "ELF", false},
                      {"hostile type", hash, "elf\n", false}};
  for (const auto& row : rows) {
    SCOPED_TRACE(row.name);
    EXPECT_EQ(decode_record(payload(findings::LayerFile{"x", row.hash, 1, row.type})).has_value(), row.taken);
  }
}

CleanKeys many_keys(std::size_t count) {
  CleanKeys record;
  record.keys.resize(count);
  for (std::size_t i = 0; i < count; ++i) record.keys[i].fill(static_cast<std::byte>(i));
  return record;
}

TEST(WorkerRecords, CleanKeysRoundTrip) {
  for (const std::size_t count : {std::size_t{1}, std::size_t{3}, kMaxKeysInRecord}) {
    const auto sent = many_keys(count);
    const auto frame = encode_frame(sent);
    EXPECT_LE(frame.size(), kMaxRecord);
    const auto record = decode_record(frame.substr(kFrameHeader));
    ASSERT_TRUE(record);
    EXPECT_EQ(std::get<CleanKeys>(*record).keys, sent.keys);
  }
}

TEST(WorkerRecords, MoreCleanKeysThanARecordMayHoldAreRefused) {
  std::string bytes = payload(many_keys(2));
  bytes[2] = '\x7f';  // the count, behind the kind
  bytes.resize(bytes.size() + kMaxRecord, 'k');
  EXPECT_FALSE(decode_record(bytes));
}

TEST(WorkerRecords, DisputeRoundTrip) {
  Dispute sent;
  sent.key.fill(std::byte{7});
  const auto record = decode_record(payload(sent));
  ASSERT_TRUE(record);
  EXPECT_EQ(std::get<Dispute>(*record).key, sent.key);
}

TEST(WorkerRecords, ProgressRoundTrip) {
  const auto record = decode_record(payload(Progress{1ull << 40}));
  ASSERT_TRUE(record);
  EXPECT_EQ(std::get<Progress>(*record).files, 1ull << 40);
}

TEST(WorkerRecords, LargestFindingFitsAFrame) {
  Finding finding = sample_finding();
  const std::string endless(100'000, 'x');
  finding.rule = finding.description = finding.path = finding.author = endless;
  finding.techniques.assign(100, endless);
  finding.strings.assign(100, {endless, 1, endless, endless, endless});
  const auto frame = encode_frame(finding);
  EXPECT_LE(frame.size(), kMaxRecord);
  const auto record = decode_record(frame.substr(kFrameHeader));
  ASSERT_TRUE(record);
  const auto& got = std::get<Finding>(*record);
  EXPECT_EQ(got.path.size(), kMaxPath);
  EXPECT_EQ(got.strings.size(), kMaxStrings);
  EXPECT_EQ(got.strings[0].data.size(), kMaxMatchData);
  EXPECT_EQ(got.strings[0].before.size(), kMaxMatchContext);
  EXPECT_EQ(got.strings[0].after.size(), kMaxMatchContext);
}

TEST(WorkerRecords, EveryCutIsRefused) {
  for (const WorkerRecord& record :
       {WorkerRecord(sample_finding()), WorkerRecord(sample_file()), WorkerRecord(many_keys(2)),
        WorkerRecord(Dispute{}), WorkerRecord(Progress{7}), WorkerRecord(FinalRecord{})}) {
    const std::string whole = payload(record);
    for (std::size_t size = 0; size < whole.size(); ++size) {
      EXPECT_FALSE(decode_record(whole.substr(0, size))) << size;
    }
    EXPECT_FALSE(decode_record(whole + '\0')) << "bytes left over";
  }
}

struct Patch {
  const char* name;
  std::size_t at;
  char value;
};
class ForgedFinding : public ::testing::TestWithParam<Patch> {};
TEST_P(ForgedFinding, IsRefused) {
  std::string bytes = payload(sample_finding());
  ASSERT_TRUE(decode_record(bytes));
  bytes[GetParam().at] = GetParam().value;
  EXPECT_FALSE(decode_record(bytes));
}
INSTANTIATE_TEST_SUITE_P(All, ForgedFinding,
                         ::testing::Values(Patch{"Kind", 0, 10}, Patch{"KindZero", 0, 0},
                                           Patch{"Source", 1, 3}, Patch{"Severity", 2, 5},
                                           Patch{"TextLength", 5, 1}, Patch{"HugeTextLength", 6, '\x7f'}),
                         [](const auto& row) { return row.param.name; });

TEST(WorkerRecords, OutcomesThatAreNotTheWorkersToClaim) {
  for (const Outcome outcome : findings::kAllOutcomes) {
    const bool may = outcome == Outcome::complete || outcome == Outcome::unscannable ||
                     outcome == Outcome::timed_out || outcome == Outcome::limit;
    EXPECT_EQ(decode_record(payload(FinalRecord{outcome, "", {}, false, 0})).has_value(), may)
        << findings::to_string(outcome);
  }
}

TEST(ControlMessages, RoundTrip) {
  const ScannerMessage messages[] = {
      SetAside{"a.yar", "line 3"}, Ready{5, 2, "hash", "0.1", {"seccomp", "Landlock"}, {"elf", "pe"}, {"x*"}},
      Fatal{"no rules"},           Started{7},
      Refused{8, "fork"},          Exited{9, 40, 11}};
  for (const auto& message : messages) {
    const auto got = decode_scanner_message(encode(message));
    ASSERT_TRUE(got);
    ASSERT_EQ(got->index(), message.index());
    EXPECT_EQ(encode(*got), encode(message));
    const auto bytes = encode(message);
    EXPECT_FALSE(decode_scanner_message(bytes.substr(0, bytes.size() - 1)));
  }
  const auto ready = decode_scanner_message(encode(messages[1]));
  EXPECT_EQ(std::get<Ready>(*ready).protections.at(1), "Landlock");
  const auto exited = decode_scanner_message(encode(messages[5]));
  EXPECT_EQ(std::get<Exited>(*exited).signal, 11u);
}

TEST(ControlMessages, JobRequestRoundTrip) {
  JobRequest request;
  request.id = 3;
  request.kind = JobKind::opaque;
  request.media_type = "application/json";
  request.threads = 4;
  request.known_clean = KnownCleanUse::on;
  request.sample = 64;
  request.question = RulesQuestion::lint;
  request.limits.memory_bytes = 12345;
  request.limits.file_timeout = std::chrono::seconds(7);
  const auto got = decode_job_request(encode(request));
  ASSERT_TRUE(got);
  EXPECT_EQ(got->id, 3u);
  EXPECT_EQ(got->kind, JobKind::opaque);
  EXPECT_EQ(got->media_type, "application/json");
  EXPECT_EQ(got->threads, 4u);
  EXPECT_EQ(got->known_clean, KnownCleanUse::on);
  EXPECT_EQ(got->sample, 64u);
  EXPECT_EQ(got->question, RulesQuestion::lint);
  EXPECT_EQ(got->limits.memory_bytes, 12345u);
  EXPECT_EQ(got->limits.file_timeout, std::chrono::seconds(7));
  EXPECT_EQ(encode(*got), encode(request));
}

TEST(TreeHeaders, RoundTrip) {
  const TreeFile file{"usr/bin/x", 04755, 1, 2, 1ull << 33};
  const std::string bytes = encode_tree_header(file);
  const auto size = decode_tree_prefix(bytes.substr(0, kTreeHeaderPrefix));
  ASSERT_TRUE(size);
  ASSERT_EQ(*size, bytes.size() - kTreeHeaderPrefix);
  const auto got = decode_tree_header(bytes.substr(kTreeHeaderPrefix));
  ASSERT_TRUE(got);
  EXPECT_EQ(got->path, file.path);
  EXPECT_EQ(got->mode, file.mode);
  EXPECT_EQ(got->size, file.size);
  EXPECT_FALSE(decode_tree_prefix("\xff\xff\xff\xff"));
}

}  // namespace
}  // namespace portcullis::scan
