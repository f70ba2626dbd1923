// SPDX-License-Identifier: Apache-2.0
//
// Both sides of the comparison: what Portcullis delivers to its scanner, and what other readers see.
#pragma once

#include <compare>
#include <cstdint>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "corpus/sample.hpp"
#include "portcullis/unpack/layer.hpp"
#include "portcullis/util/stream.hpp"

namespace portcullis::corpus {

/// Does not own the bytes.
class TextSource final : public util::ByteSource {
 public:
  explicit TextSource(std::string_view bytes) : rest_(bytes) {}
  util::Result<std::size_t> read(std::span<std::byte> buffer) override;

 private:
  std::string_view rest_;
};

struct Sighting {
  std::string path;  ///< without empty and `.` components
  unsigned marker = 0;
  friend auto operator<=>(const Sighting&, const Sighting&) = default;
};

std::set<Sighting> sightings_in(std::string_view path, std::string_view content);

struct Verdict {
  unpack::Ending ending;
  std::set<Sighting> delivered;
  bool complete() const { return ending.code == findings::Outcome::complete; }
  bool delivered_marker(unsigned id) const;
};
Verdict judge(const Sample& sample, const unpack::Limits& limits = {});

struct OracleSighting {
  std::string reader;  ///< python, go
  Sighting sighting;
};
/// What independent readers, kept in readers/layers.py, see in each of these.
std::vector<std::vector<OracleSighting>> ask_oracle(std::span<const Sample> samples);

/// The answer, a line for each document, of one of the programs in readers/.
std::vector<std::string> ask_reader(const std::vector<std::string>& argv,
                                    std::span<const std::string_view> documents);

/// PORTCULLIS_CORPUS_SEED and the like; `otherwise` when it is not set.
std::uint64_t from_environment(const char* name, std::uint64_t otherwise);

std::string hex(std::string_view bytes);

}  // namespace portcullis::corpus
