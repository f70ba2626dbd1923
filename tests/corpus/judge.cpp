// SPDX-License-Identifier: Apache-2.0
#include "corpus/judge.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <sstream>
#include <stdexcept>

#include "portcullis/util/fd.hpp"
#include "portcullis/util/text.hpp"
#include "support/paths.hpp"
#include "support/process.hpp"

namespace portcullis::corpus {
namespace {

class Collector final : public unpack::Visitor {
 public:
  bool entry(const unpack::Entry&) override { return true; }
  bool file(unpack::File file) override {
    const auto bytes = file.content->bytes();
    seen.merge(sightings_in(file.entry.path, {reinterpret_cast<const char*>(bytes.data()), bytes.size()}));
    return true;
  }
  std::set<Sighting> seen;
};

std::string normal(std::string_view path) {
  std::string result;
  for (const std::string_view part : util::split(path, '/')) {
    if (part.empty() || part == ".") continue;
    if (!result.empty()) result += '/';
    result += part;
  }
  return result;
}

std::string from_hex(std::string_view digits) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < digits.size(); i += 2)
    bytes += static_cast<char>(std::stoi(std::string(digits.substr(i, 2)), nullptr, 16));
  return bytes;
}

}  // namespace

util::Result<std::size_t> TextSource::read(std::span<std::byte> buffer) {
  const std::size_t count = std::min(buffer.size(), rest_.size());
  std::memcpy(buffer.data(), rest_.data(), count);
  rest_.remove_prefix(count);
  return count;
}

std::set<Sighting> sightings_in(std::string_view path, std::string_view content) {
  const std::string_view start = kMarkerStart;
  std::set<Sighting> seen;
  for (std::size_t at = 0; (at = content.find(start, at)) != std::string_view::npos; at += start.size()) {
    const std::string digits(content.substr(at + start.size(), 5));
    if (digits.size() == 5 && digits[4] == '!' &&
        std::all_of(digits.begin(), digits.end() - 1, [](char c) { return c >= '0' && c <= '9'; }))
      seen.insert({normal(path), static_cast<unsigned>(std::stoul(digits))});
  }
  return seen;
}

bool Verdict::delivered_marker(unsigned id) const {
  return std::ranges::any_of(delivered, [&](const Sighting& seen) { return seen.marker == id; });
}

Verdict judge(const Sample& sample, const unpack::Limits& limits) {
  const util::UniqueFd spool(::memfd_create("spool", MFD_CLOEXEC));
  if (!spool) throw std::runtime_error("memfd_create failed");
  TextSource source(sample.bytes);
  Collector collector;
  Verdict verdict;
  verdict.ending =
      unpack::unpack_layer(source, sample.media_type, limits, unpack::Spool(spool.get()), collector);
  verdict.delivered = std::move(collector.seen);
  return verdict;
}

std::vector<std::string> ask_reader(const std::vector<std::string>& argv,
                                    std::span<const std::string_view> documents) {
  std::string input;
  for (const std::string_view document : documents) {
    for (int shift = 0; shift < 32; shift += 8) input += static_cast<char>(document.size() >> shift & 0xff);
    input += document;
  }
  const auto ran = test::run({.argv = argv, .env = {{"PYTHONDONTWRITEBYTECODE", "1"}}, .input = input},
                             std::chrono::minutes(5));
  if (ran.exit_code != 0)
    throw std::runtime_error(argv.back() + " ended with " + std::to_string(ran.exit_code) + ": " + ran.err);
  std::vector<std::string> lines;
  std::istringstream text(ran.out);
  for (std::string line; std::getline(text, line);) lines.push_back(std::move(line));
  if (lines.size() != documents.size())
    throw std::runtime_error("the reader answered " + std::to_string(lines.size()) + " of " +
                             std::to_string(documents.size()) + ": " + ran.err);
  return lines;
}

std::vector<std::vector<OracleSighting>> ask_oracle(std::span<const Sample> samples) {
  std::vector<std::string_view> layers;
  for (const Sample& sample : samples) layers.push_back(sample.bytes);
  std::vector<std::vector<OracleSighting>> answers;
  for (const std::string& line :
       ask_reader({"python3", test::source_path("tests/corpus/readers/layers.py")}, layers)) {
    std::vector<OracleSighting>& answer = answers.emplace_back();
    std::istringstream words(line);
    for (std::string word; words >> word;) {
      const auto parts = util::split(word, ':');
      answer.push_back(
          {std::string(parts.at(0)),
           {from_hex(parts.at(1)), static_cast<unsigned>(std::stoul(std::string(parts.at(2))))}});
    }
  }
  return answers;
}

std::uint64_t from_environment(const char* name, std::uint64_t otherwise) {
  const char* value = std::getenv(name);
  return value != nullptr && *value != '\0' ? std::stoull(value) : otherwise;
}

std::string hex(std::string_view bytes) {
  static constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (const char c : bytes) {
    text += kDigits[static_cast<unsigned char>(c) >> 4];
    text += kDigits[static_cast<unsigned char>(c) & 15];
  }
  return text;
}

}  // namespace portcullis::corpus
