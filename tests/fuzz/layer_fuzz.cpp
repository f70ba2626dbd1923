// SPDX-License-Identifier: Apache-2.0
//
// A whole layer: decompression, the canonical check, libarchive, delivery. The first byte chooses the
// media type and how the bytes arrive.
#include <array>
#include <clocale>

#include "fuzz/input.hpp"
#include "portcullis/oci/media_type.hpp"
#include "portcullis/unpack/layer.hpp"

namespace {

using namespace portcullis;

class Checker final : public unpack::Visitor {
 public:
  bool entry(const unpack::Entry& entry) override {
    ++entries;
    current_ = entry;
    return true;
  }
  bool file(unpack::File file) override {
    ++files;
    FUZZ_CHECK(file.depth == 0);
    FUZZ_CHECK(current_.type == unpack::EntryType::file && current_.path == file.entry.path);
    FUZZ_CHECK(!file.entry.path.empty());
    const auto bytes = file.content->bytes();
    FUZZ_CHECK(bytes.size() == file.entry.size);
    for (const std::byte b : bytes) sum = sum * 31 + std::to_integer<std::uint64_t>(b);  // all readable
    return true;
  }

  std::uint64_t entries = 0;
  std::uint64_t files = 0;
  std::uint64_t sum = 0;

 private:
  unpack::Entry current_;
};

struct Run {
  unpack::Ending ending;
  std::uint64_t sum = 0;
};

Run run(std::string_view layer, std::string_view media_type, std::size_t piece) {
  const unpack::Limits limits{.unpacked_bytes = 4u << 20, .entries = 5000, .memory_file = 64 << 10};
  fuzz::PieceSource source(layer, piece);
  Checker checker;
  auto ending = unpack::unpack_layer(source, media_type, limits, unpack::Spool(fuzz::spool_file()), checker);
  FUZZ_CHECK(ending.counts.bytes_unpacked <= limits.unpacked_bytes + (1u << 20));
  if (ending.code == findings::Outcome::complete) {
    FUZZ_CHECK(ending.counts.bytes_in == layer.size());
    FUZZ_CHECK(ending.counts.entries == checker.entries && ending.counts.files == checker.files);
  } else {
    FUZZ_CHECK(!ending.rule.empty() && !ending.reason.empty());
    FUZZ_CHECK(ending.rule != "internal");
  }
  return {std::move(ending), checker.sum};
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const char* const locale = std::setlocale(LC_ALL, "C.UTF-8");
  FUZZ_CHECK(locale != nullptr);
  std::string_view input = fuzz::as_text(data, size);
  const unsigned mode = fuzz::take_mode(input);
  static constexpr std::array<std::string_view, 4> kTypes{"", oci::kOciLayer, oci::kOciLayerGzip,
                                                          oci::kOciLayerZstd};
  const std::string_view type = kTypes[mode % kTypes.size()];
  const Run whole = run(input, type, SIZE_MAX);
  if (mode & 0x40) {  // how the bytes arrive changes nothing
    const Run pieces = run(input, type, 1 + mode % 61);
    FUZZ_CHECK(whole.ending.code == pieces.ending.code && whole.ending.rule == pieces.ending.rule);
    FUZZ_CHECK(whole.sum == pieces.sum);
  }
  return 0;
}
