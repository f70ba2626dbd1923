// SPDX-License-Identifier: Apache-2.0
//
// Answers of a worker that may have been taken over: codecs, and what the server takes.
#include "answers.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "result_reader.hpp"

namespace portcullis::scan {
namespace {

using findings::Outcome;
using findings::RuleInfo;
using util::ErrorKind;

constexpr std::size_t kFrameHeader = 4;

std::string payload(const Answer& answer) { return encode_frame(answer).substr(kFrameHeader); }

RuleInfo sample_rule() {
  RuleInfo rule;
  rule.file = "dir/file.yar";
  rule.identifier = "rule";
  rule.severity = findings::Severity::critical;
  rule.severity_given = true;
  rule.helper = true;
  rule.techniques = {"T1496"};
  rule.tags = {"one", "two"};
  rule.description = "description";
  rule.author = "author";
  rule.license = "license";
  rule.reference = "reference";
  return rule;
}

struct Sample {
  const char* name;
  Answer answer;
};
std::vector<Sample> samples() {
  return {
      {"entry", ArchiveEntry{ArchiveEntryType::symlink, "a/layer.tar", "../b/layer.tar", 1ull << 40, 512}},
      {"piece", MemberPiece{std::string("\0raw\xff", 5)}},
      {"rule", sample_rule()},
      {"note", LintNote{LintLevel::error, "a.yar", 7, "rule", "message"}}};
}

TEST(Answers, RoundTripAndEveryCutIsRefused) {
  for (const auto& [name, answer] : samples()) {
    SCOPED_TRACE(name);
    const std::string whole = payload(answer);
    const auto record = decode_record(whole);
    ASSERT_TRUE(record);
    const auto& got = std::get<Answer>(*record);
    ASSERT_EQ(got.index(), answer.index());
    EXPECT_EQ(payload(got), whole);
    for (std::size_t size = 0; size < whole.size(); ++size)
      EXPECT_FALSE(decode_record(whole.substr(0, size)));
    EXPECT_FALSE(decode_record(whole + '\0')) << "bytes left over";
  }
  const auto record = decode_record(payload(samples()[0].answer));
  const auto& entry = std::get<ArchiveEntry>(std::get<Answer>(*record));
  EXPECT_EQ(entry.type, ArchiveEntryType::symlink);
  EXPECT_EQ(entry.name, "a/layer.tar");
  EXPECT_EQ(entry.link, "../b/layer.tar");
  EXPECT_EQ(entry.size, 1ull << 40);
  EXPECT_EQ(entry.content, 512u);
  const auto rule = std::get<RuleInfo>(std::get<Answer>(*decode_record(payload(sample_rule()))));
  EXPECT_THAT(rule.tags, ::testing::ElementsAre("one", "two"));
  EXPECT_TRUE(rule.severity_given);
}

TEST(Answers, LargestRuleFitsAFrame) {
  RuleInfo rule = sample_rule();
  const std::string endless(100'000, 'x');
  rule.file = rule.identifier = rule.description = rule.author = rule.license = rule.reference = endless;
  rule.techniques.assign(100, endless);
  rule.tags.assign(100, endless);
  const auto frame = encode_frame(Answer(rule));
  EXPECT_LE(frame.size(), kMaxRecord);
  EXPECT_TRUE(decode_record(frame.substr(kFrameHeader)));
}

struct Forgery {
  const char* name;
  std::size_t sample;
  std::size_t at;
  char value;
};
TEST(Answers, ForgedFieldsAreRefused) {
  const Forgery rows[] = {{"entry type zero", 0, 1, 0},
                          {"entry type beyond", 0, 1, 6},
                          {"entry name longer than it is", 0, 3, 1},
                          {"entry name huge", 0, 4, '\x7f'},
                          {"piece longer than it is", 1, 2, 1},
                          {"piece huge", 1, 3, '\x7f'},
                          {"severity", 2, 1, 5},
                          {"own severity", 2, 2, 5},
                          {"flag", 2, 3, 2},
                          {"helper", 2, 4, 2},
                          {"level zero", 3, 1, 0},
                          {"level beyond", 3, 1, 3},
                          {"note file huge", 3, 8, '\x7f'}};
  for (const auto& row : rows) {
    SCOPED_TRACE(row.name);
    std::string bytes = payload(samples()[row.sample].answer);
    ASSERT_TRUE(decode_record(bytes));
    bytes[row.at] = row.value;
    EXPECT_FALSE(decode_record(bytes));
  }
}

class TextSink final : public util::ByteSink {
 public:
  util::Result<void> write(std::span<const std::byte> bytes) override {
    if (refuse) return util::fail(ErrorKind::io, "disk full");
    text.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    return {};
  }
  std::string text;
  bool refuse = false;
};

FinalRecord final_of(std::uint32_t answers) {
  FinalRecord record;
  record.outcome = Outcome::complete;
  record.answers = answers;
  return record;
}

/// Of a compressed archive, unless it says where it is.
ArchiveEntry file_entry(std::uint64_t size, std::string name = "m", std::uint64_t content = kNotInPlace) {
  return {ArchiveEntryType::file, std::move(name), "", size, content};
}

struct RefusedRow {
  const char* name;
  std::vector<WorkerRecord> records;
  const char* problem;  ///< part of what the reader says
};

TEST(ArchiveAnswers, WhatDoesNotFitTheQuestionIsRefused) {
  const ArchiveEntry link{ArchiveEntryType::symlink, "m", "x", 3, kNotInPlace};
  const auto in_place = [](std::uint64_t content, std::uint64_t size) {
    return Answer(file_entry(size, "m", content));
  };
  std::vector<WorkerRecord> many(kMaxArchiveEntries + 1, Answer(link));
  const RefusedRow rows[] = {
      {"piece first", {Answer(MemberPiece{"abc"})}, "bytes of no file"},
      {"piece of a link", {Answer(link), Answer(MemberPiece{"abc"})}, "bytes of no file"},
      {"piece of a file in place", {in_place(512, 3), Answer(MemberPiece{"abc"})}, "bytes of no file"},
      {"more than announced",
       {Answer(file_entry(3)), Answer(MemberPiece{"abcd"})},
       "more than were announced"},
      {"empty piece", {Answer(file_entry(3)), Answer(MemberPiece{})}, "empty piece"},
      {"entry too early",
       {Answer(file_entry(3)), Answer(MemberPiece{"ab"}), Answer(link)},
       "before the last file was whole"},
      {"in place and not", {in_place(512, 3), Answer(file_entry(3))}, "files that are not"},
      {"not in place and so", {Answer(file_entry(0)), in_place(512, 3)}, "files that are not"},
      {"overlap", {in_place(512, 600), in_place(1024, 3)}, "overlap"},
      {"backwards", {in_place(1024, 3), in_place(512, 3)}, "overlap"},
      {"beyond all numbers", {in_place(512, ~std::uint64_t{0} - 511)}, "more bytes than there are"},
      {"unpacked beyond all numbers",
       {Answer(file_entry(1)), Answer(MemberPiece{"a"}), Answer(file_entry(~std::uint64_t{0}))},
       "more bytes than there are"},
      {"too many", many, "more than 20000 entries"},
      {"a rule", {Answer(sample_rule())}, "another kind"},
      {"a finding", {findings::Finding{}}, "more findings than the limit"},
      {"clean keys", {CleanKeys{{CleanKey{}}}}, "clean files instead"},
      {"a dispute", {Dispute{}}, "disputed file instead"},
      {"progress", {Progress{}}, "progress of a scan instead"},
      {"a file", {findings::LayerFile{"x", std::string(64, 'a'), 1, "elf"}}, "file inventory instead"},
      {"miscounted", {Answer(file_entry(0)), final_of(2)}, "counts 2 answers, but 1 came"},
      {"after the final record", {final_of(0), Answer(file_entry(0))}, "after the final record"},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.name);
    TextSink sink;
    ArchiveTaker taker(sink);
    ResultReader reader(taker);
    bool taken = true;
    for (const auto& record : row.records) taken = reader.feed(encode_frame(record));
    EXPECT_FALSE(taken);
    EXPECT_THAT(reader.problem(), ::testing::HasSubstr(row.problem));
  }
}

TEST(ArchiveAnswers, AScanTakesNoAnswers) {
  ResultReader reader(10);
  EXPECT_FALSE(reader.feed(encode_frame(Answer(file_entry(0)))));
}

findings::ScanResult ended(Outcome outcome) {
  findings::ScanResult result;
  result.outcome = outcome;
  result.reason = "why";
  return result;
}

TEST(ArchiveAnswers, SayWhereTheContentIs) {
  const auto listed = [](std::vector<Answer> answers, std::string& unpacked) {
    TextSink sink;
    ArchiveTaker taker(sink);
    for (Answer& answer : answers) EXPECT_EQ(taker.take(answer), std::nullopt);
    unpacked = sink.text;
    return taker.conclude(ended(Outcome::complete)).value();
  };
  const ArchiveEntry directory{ArchiveEntryType::directory, "d", "", 0, kNotInPlace};
  std::string unpacked;
  const auto plain = listed(
      {file_entry(3, "a", 512), directory, file_entry(0, "b", 1536), file_entry(9, "c", 2048)}, unpacked);
  EXPECT_EQ(plain.content, ArchiveListing::Content::in_place);
  ASSERT_EQ(plain.entries.size(), 4u);
  EXPECT_EQ(plain.entries[3].content, 2048u);
  EXPECT_EQ(unpacked, "");
  const auto compressed = listed({file_entry(3, "a"), MemberPiece{"ab"}, MemberPiece{"c"}, directory,
                                  file_entry(0, "b"), file_entry(2, "c"), MemberPiece{"de"}},
                                 unpacked);
  EXPECT_EQ(compressed.content, ArchiveListing::Content::unpacked);
  ASSERT_EQ(compressed.entries.size(), 4u);
  EXPECT_EQ(compressed.entries[0].content, 0u);
  EXPECT_EQ(compressed.entries[3].content, 3u);
  EXPECT_EQ(unpacked, "abcde");
}

struct ConclusionRow {
  const char* name;
  std::vector<Answer> answers;
  Outcome outcome;
  std::optional<ErrorKind> error;
};

TEST(ArchiveAnswers, OnlyTheWholeOfACompleteJobIsSuccess) {
  const ConclusionRow rows[] = {
      {"whole", {file_entry(3), MemberPiece{"ab"}, MemberPiece{"c"}}, Outcome::complete, std::nullopt},
      {"empty archive", {}, Outcome::complete, std::nullopt},
      {"bytes missing", {file_entry(3), MemberPiece{"ab"}}, Outcome::complete, ErrorKind::corrupt},
      {"whole but unscannable", {file_entry(1), MemberPiece{"a"}}, Outcome::unscannable, ErrorKind::corrupt},
      {"whole but crashed", {file_entry(1), MemberPiece{"a"}}, Outcome::crashed, ErrorKind::corrupt},
      {"whole but violation", {file_entry(1), MemberPiece{"a"}}, Outcome::violation, ErrorKind::corrupt},
      {"whole but garbled", {file_entry(1), MemberPiece{"a"}}, Outcome::garbled, ErrorKind::corrupt},
      {"whole but timed out", {file_entry(1), MemberPiece{"a"}}, Outcome::timed_out, ErrorKind::limit},
      {"whole but limit", {file_entry(1), MemberPiece{"a"}}, Outcome::limit, ErrorKind::limit},
      {"whole but unavailable",
       {file_entry(1), MemberPiece{"a"}},
       Outcome::unavailable,
       ErrorKind::unreachable},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.name);
    TextSink sink;
    ArchiveTaker taker(sink);
    for (Answer answer : row.answers) ASSERT_EQ(taker.take(answer), std::nullopt);
    const auto concluded = taker.conclude(ended(row.outcome));
    ASSERT_EQ(concluded.has_value(), !row.error.has_value());
    if (!row.error) continue;
    EXPECT_EQ(concluded.error().kind, *row.error);
    if (row.outcome != Outcome::complete) {
      EXPECT_EQ(concluded.error().message, std::string(findings::to_string(row.outcome)) + ": why");
    }
  }
}

TEST(ArchiveAnswers, ASinkThatFailsIsTheError) {
  TextSink sink;
  sink.refuse = true;
  ArchiveTaker taker(sink);
  ResultReader reader(taker);
  EXPECT_TRUE(reader.feed(encode_frame(Answer(file_entry(1)))));
  EXPECT_FALSE(reader.feed(encode_frame(Answer(MemberPiece{"a"}))));
  const auto concluded = taker.conclude(ended(Outcome::garbled));
  ASSERT_FALSE(concluded);
  EXPECT_EQ(concluded.error().kind, ErrorKind::io);
  EXPECT_EQ(concluded.error().message, "disk full");
}

TEST(ListAnswers, AreBoundedInNumberAndBytes) {
  ListTaker<ArchiveEntry> few(2);
  ResultReader reader(few);
  const std::string frame = encode_frame(Answer(file_entry(1)));
  EXPECT_TRUE(reader.feed(frame + frame));
  EXPECT_FALSE(reader.feed(frame));
  EXPECT_EQ(few.items.size(), 2u);

  ListTaker<ArchiveEntry> many(1'000'000);
  ResultReader bytes(many);
  const ArchiveEntry long_names{ArchiveEntryType::symlink, std::string(kMaxPath, 'n'),
                                std::string(kMaxPath, 'l'), 0, 0};
  const std::string large = encode_frame(Answer(long_names));
  std::size_t sent = 0;
  while (bytes.feed(large)) sent += large.size() - kFrameHeader;
  EXPECT_LE(sent, kMaxAnswerBytes + large.size());
  EXPECT_GT(sent, kMaxAnswerBytes / 2);
  EXPECT_THAT(bytes.problem(), ::testing::HasSubstr("too long"));
}

}  // namespace
}  // namespace portcullis::scan
