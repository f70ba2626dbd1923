// SPDX-License-Identifier: Apache-2.0
#include "job_end.hpp"

#include <gtest/gtest.h>

#include <csignal>
#include <functional>

namespace portcullis::scan {
namespace {

using findings::Finding;
using findings::Outcome;

std::string final_frame(Outcome outcome, std::uint64_t bytes_in, std::uint32_t findings) {
  FinalRecord record;
  record.outcome = outcome;
  record.reason = "said by the worker";
  record.counts.bytes_in = bytes_in;
  record.findings = findings;
  return encode_frame(record);
}

std::string inventory_frame(const std::string& path) {
  return encode_frame(findings::LayerFile{path, std::string(64, 'a'), 1, "elf"});
}

/// A whole output with nothing else in it.
std::string inventory(std::size_t files, const std::string& path, Outcome outcome = Outcome::complete) {
  std::string output;
  for (std::size_t i = 0; i < files; ++i) output += inventory_frame(path);
  FinalRecord last;
  last.outcome = outcome;
  last.reason = "said by the worker";
  last.counts.bytes_in = 10;
  last.layer_files = static_cast<std::uint32_t>(files);
  return output + encode_frame(last);
}

/// A job that went well; rows change one thing.
struct Story {
  JobFacts facts{.forced = {}, .status = {}, .bytes_sent = 10, .input_ended = true};
  std::string output = encode_frame(Finding{}) + final_frame(Outcome::complete, 10, 1);
};

struct Row {
  const char* name;
  std::function<void(Story&)> change;
  Outcome outcome;
  std::size_t findings;
};

class JobEnd : public ::testing::TestWithParam<Row> {};

TEST_P(JobEnd, IsConcluded) {
  // However the bytes are cut on their way, the end is the same.
  for (const std::size_t piece : {std::size_t{1}, std::size_t{7}, std::size_t{1} << 20}) {
    Story story;
    GetParam().change(story);
    ResultReader reader(3);
    for (std::size_t at = 0; at < story.output.size(); at += piece)
      reader.feed(story.output.substr(at, piece));
    const auto result = conclude(story.facts, reader);
    EXPECT_EQ(result.outcome, GetParam().outcome) << result.reason;
    EXPECT_EQ(result.findings.size(), GetParam().findings);
    EXPECT_EQ(result.reason.empty(), false);
  }
}

INSTANTIATE_TEST_SUITE_P(
    All, JobEnd,
    ::testing::Values(
        Row{"Complete", [](Story&) {}, Outcome::complete, 1},
        Row{"ForcedEndWins",
            [](Story& s) {
              s.facts.forced = ForcedEnd{Outcome::timed_out, "deadline"};
              s.facts.status.signal = SIGKILL;
            },
            Outcome::timed_out, 1},
        Row{"ForcedEndWinsOverACleanExit",
            [](Story& s) {
              s.facts.forced = ForcedEnd{Outcome::unavailable, "stop"};
            },
            Outcome::unavailable, 1},
        Row{"Segv", [](Story& s) { s.facts.status.signal = SIGSEGV; }, Outcome::crashed, 1},
        Row{"KilledByAStranger", [](Story& s) { s.facts.status.signal = SIGKILL; }, Outcome::crashed, 1},
        Row{"ForbiddenCall", [](Story& s) { s.facts.status.signal = SIGSYS; }, Outcome::violation, 1},
        Row{"ProcessorTime", [](Story& s) { s.facts.status.signal = SIGXCPU; }, Outcome::timed_out, 1},
        Row{"OutOfMemory", [](Story& s) { s.facts.status.code = kExitOutOfMemory; }, Outcome::limit, 1},
        Row{"OtherExitCode", [](Story& s) { s.facts.status.code = 1; }, Outcome::crashed, 1},
        Row{"ForkServerLost", [](Story& s) { s.facts.status.lost = true; }, Outcome::unavailable, 1},
        Row{"WorkersOwnLimit", [](Story& s) { s.output = final_frame(Outcome::limit, 4, 0); }, Outcome::limit,
            0},
        Row{"UnscannableNeedsNotReadAll",
            [](Story& s) {
              s.output = final_frame(Outcome::unscannable, 4, 0);
              s.facts.input_ended = false;
            },
            Outcome::unscannable, 0},
        Row{"CompleteBeforeTheInputEnded", [](Story& s) { s.facts.input_ended = false; }, Outcome::garbled,
            0},
        Row{"CompleteOfFewerBytes", [](Story& s) { s.facts.bytes_sent = 11; }, Outcome::garbled, 0},
        Row{"NoOutput", [](Story& s) { s.output.clear(); }, Outcome::garbled, 0},
        Row{"NoFinalRecord", [](Story& s) { s.output = encode_frame(Finding{}); }, Outcome::garbled, 0},
        Row{"CutInARecord", [](Story& s) { s.output.pop_back(); }, Outcome::garbled, 0},
        Row{"ByteBehindTheEnd", [](Story& s) { s.output += '\0'; }, Outcome::garbled, 0},
        Row{"RecordBehindTheEnd", [](Story& s) { s.output += encode_frame(Finding{}); }, Outcome::garbled, 0},
        Row{"Miscounted", [](Story& s) { s.output = final_frame(Outcome::complete, 10, 1); },
            Outcome::garbled, 0},
        Row{"EmptyRecord", [](Story& s) { s.output.insert(0, 4, '\0'); }, Outcome::garbled, 0},
        Row{"OversizedRecord", [](Story& s) { s.output.insert(0, "\xff\xff\xff\x7f"); }, Outcome::garbled, 0},
        Row{"CleanFilesMiscounted",
            [](Story& s) { s.output.insert(0, encode_frame(CleanKeys{std::vector<CleanKey>(3)})); },
            Outcome::garbled, 0},
        Row{"EmptyListOfCleanFiles", [](Story& s) { s.output.insert(0, encode_frame(CleanKeys{})); },
            Outcome::garbled, 0},
        Row{"MoreCleanFilesThanTheLimit",
            [](Story& s) {
              const CleanKeys full{std::vector<CleanKey>(kMaxKeysInRecord)};
              s.output.clear();
              FinalRecord last{Outcome::complete, "", {}, false, 0, 0};
              last.counts.bytes_in = 10;
              while (last.clean_keys <= kMaxCleanKeys) {
                s.output += encode_frame(full);
                last.clean_keys += kMaxKeysInRecord;
              }
              s.output += encode_frame(last);
            },
            Outcome::garbled, 0},
        Row{"InventoryMiscounted", [](Story& s) { s.output.insert(0, inventory_frame("x")); },
            Outcome::garbled, 0},
        Row{"InventoryWithMoreFilesThanTheLimit",
            [](Story& s) { s.output = inventory(findings::kMaxLayerFiles + 1, "x"); }, Outcome::garbled, 0},
        Row{"InventoryWithMoreTextThanTheLimit",
            [](Story& s) {
              s.output = inventory(findings::kMaxLayerPathBytes / kMaxPath + 1, std::string(kMaxPath, 'x'));
            },
            Outcome::garbled, 0},
        Row{"MoreDisputesThanTheLimit",
            [](Story& s) {
              for (std::size_t i = 0; i <= kMaxDisputes; ++i) s.output.insert(0, encode_frame(Dispute{}));
            },
            Outcome::garbled, 0},
        Row{"ProgressDoesNotChangeTheEnd",
            [](Story& s) { s.output.insert(0, encode_frame(Progress{3}) + encode_frame(Progress{3})); },
            Outcome::complete, 1},
        Row{"ProgressThatGoesBack",
            [](Story& s) { s.output.insert(0, encode_frame(Progress{3}) + encode_frame(Progress{2})); },
            Outcome::garbled, 0},
        Row{"ProgressAfterTheEnd", [](Story& s) { s.output += encode_frame(Progress{3}); }, Outcome::garbled,
            0},
        Row{"DisputeDoesNotChangeTheEnd", [](Story& s) { s.output.insert(0, encode_frame(Dispute{})); },
            Outcome::complete, 1},
        Row{"MoreFindingsThanTheLimit",
            [](Story& s) {
              s.output.clear();
              for (int i = 0; i < 4; ++i) s.output += encode_frame(Finding{});
              s.output += final_frame(Outcome::complete, 10, 4);
            },
            Outcome::garbled, 0}),
    [](const auto& row) { return row.param.name; });

struct InventoryRow {
  const char* name;
  std::function<void(Story&)> change;
  std::size_t files;
  bool truncated;
};

TEST(JobEndInventory, CountsOnlyWhenTheWorkerEndedByItself) {
  const InventoryRow rows[] = {
      {"complete", [](Story&) {}, 2, false},
      {"empty", [](Story& s) { s.output = inventory(0, ""); }, 0, false},
      {"full", [](Story& s) { s.output = inventory(findings::kMaxLayerFiles, "x"); },
       findings::kMaxLayerFiles, false},
      {"unscannable", [](Story& s) { s.output = inventory(2, "x", Outcome::unscannable); }, 2, true},
      {"limit", [](Story& s) { s.output = inventory(2, "x", Outcome::limit); }, 2, true},
      {"truncated",
       [](Story& s) {
         FinalRecord last;
         last.outcome = Outcome::complete;
         last.counts.bytes_in = 10;
         last.layer_files = 1;
         last.layer_files_truncated = true;
         s.output = inventory_frame("x") + encode_frame(last);
       },
       1, true},
      {"crashed", [](Story& s) { s.facts.status.signal = SIGSEGV; }, 0, true},
      {"exit code", [](Story& s) { s.facts.status.code = 1; }, 0, true},
      {"lost", [](Story& s) { s.facts.status.lost = true; }, 0, true},
      {"forced",
       [](Story& s) {
         s.facts.forced = ForcedEnd{Outcome::timed_out, "deadline"};
       },
       0, true},
      {"no final record", [](Story& s) { s.output = inventory_frame("x"); }, 0, true},
      {"miscounted", [](Story& s) { s.output.insert(0, inventory_frame("x")); }, 0, true},
      {"bytes after the final record", [](Story& s) { s.output += "x"; }, 0, true},
      {"claims bytes it did not get", [](Story& s) { s.facts.bytes_sent = 11; }, 0, true},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.name);
    Story story;
    story.output = inventory(2, "x");
    row.change(story);
    ResultReader reader(3);
    reader.feed(story.output);
    const auto files = conclude_files(story.facts, conclude(story.facts, reader), reader);
    EXPECT_EQ(files.files.size(), row.files);
    EXPECT_EQ(files.truncated, row.truncated);
  }
}

}  // namespace
}  // namespace portcullis::scan
