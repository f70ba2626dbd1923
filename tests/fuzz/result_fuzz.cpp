// SPDX-License-Identifier: Apache-2.0
//
// What a worker sends: the reader in the server keeps its bounds, and takes the same out of a stream
// however it is cut.
#include "fuzz/input.hpp"
#include "result_reader.hpp"

namespace {

using namespace portcullis;

constexpr std::uint32_t kMaxFindings = 20;

bool read(scan::ResultReader& reader, std::string_view bytes, std::size_t piece) {
  while (!bytes.empty()) {
    const auto next = bytes.substr(0, piece);
    bytes.remove_prefix(next.size());
    if (!reader.feed(next)) return false;
  }
  return reader.finish();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view bytes = fuzz::as_text(data, size);
  const unsigned mode = fuzz::take_mode(bytes);
  scan::ResultReader whole(kMaxFindings);
  scan::ResultReader pieces(kMaxFindings);
  const bool taken = read(whole, bytes, SIZE_MAX);
  FUZZ_CHECK(read(pieces, bytes, 1 + mode) == taken);
  FUZZ_CHECK(whole.findings().size() <= kMaxFindings);
  FUZZ_CHECK(taken == whole.problem().empty());
  FUZZ_CHECK(whole.layer_files().size() <= findings::kMaxLayerFiles);
  for (const auto& file : whole.layer_files()) FUZZ_CHECK(findings::parse_file_type(file.type).has_value());
  if (taken) FUZZ_CHECK(whole.layer_files().size() == pieces.layer_files().size());
  if (taken) FUZZ_CHECK(whole.findings().size() == pieces.findings().size());
  if (taken && whole.final_record()) FUZZ_CHECK(whole.final_record()->findings == whole.findings().size());
  return 0;
}
