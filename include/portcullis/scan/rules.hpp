// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace portcullis::scan {

inline constexpr std::size_t kMaxRules = 200'000;
inline constexpr std::size_t kMaxLintNotes = 50'000;

enum class LintLevel : std::uint8_t {
  warning = 1,  ///< it works, but slowly, or its findings tell less than they should
  error,        ///< the file is not in use
};

/// One thing that is wrong with a rule file.
struct LintNote {
  LintLevel level = LintLevel::warning;
  std::string file;
  std::uint32_t line = 0;  ///< 0: not known, or in the message
  std::string rule;        ///< empty: the whole file
  std::string message;
};

inline constexpr std::size_t kMaxSampleFiles = 200'000;

enum class SampleKind : std::uint8_t {
  hit = 1,  ///< the rule must match
  miss,     ///< it must not
  none,     ///< the file's place says neither
};

/// What the place of a file below a sample directory means: `RULE/hit-NAME` and `RULE/miss-NAME` are
/// samples of RULE, at whatever depth, and so is all in a directory of that name, which then is the root of
/// the image the sample stands for: `RULE/hit-cron/etc/cron.d/x`.
struct SamplePlace {
  SampleKind kind = SampleKind::none;
  std::string rule;
  std::string sample;      ///< up to `hit-NAME`; files with the same are one sample
  std::string image_path;  ///< what path externals are made of: `NAME`, or the rest behind it
};
SamplePlace sample_place(std::string_view path);

/// A file of a sample directory, and what its rule made of it.
struct SampleFile {
  std::string path;
  bool matched = false;
  std::string problem = {};  ///< why `matched` says nothing; empty for a file that is no sample
};

/// Time that rules took over the sample of a bench, on one processor.
struct RuleCost {
  enum class Of : std::uint8_t {
    all = 1,  ///< all rules together, as in a scan
    none,     ///< no rules: what the pass over the bytes takes
    file,     ///< one rule file by itself, beyond that
  };
  Of of = Of::all;
  std::string file = {};
  std::uint64_t rules = 0;
  std::uint64_t nanoseconds = 0;
  std::uint64_t files = 0;   ///< of the sample, that were measured
  std::uint64_t bytes = 0;   ///< in them
  std::uint64_t failed = 0;  ///< of them, that met a limit or a timeout
};

}  // namespace portcullis::scan
