// SPDX-License-Identifier: Apache-2.0
#include "decoder.hpp"

#include <algorithm>
#include <cstring>
#include <string>

#include "compression.hpp"
#include "portcullis/util/text.hpp"

namespace portcullis::unpack {
namespace {

class PlainDecoder final : public Decoder {
 public:
  explicit PlainDecoder(Input& input) : input_(input) {}

  Checked<std::size_t> read(std::span<std::byte> out) override {
    const auto available = input_.peek(1);
    if (!available) return tl::unexpected(available.error());
    const std::size_t count = std::min(out.size(), available->size());
    std::memcpy(out.data(), available->data(), count);
    input_.consume(count);
    return count;
  }

 private:
  Input& input_;
};

}  // namespace

std::unique_ptr<Decoder> make_plain_decoder(Input& input) { return std::make_unique<PlainDecoder>(input); }

TarStream::TarStream(std::unique_ptr<Decoder> decoder, std::uint64_t limit)
    : decoder_(std::move(decoder)),
      block_(std::make_unique_for_overwrite<std::byte[]>(kBlockBytes)),
      limit_(limit) {}

Checked<std::span<const std::byte>> TarStream::next() {
  const bool first = produced_ == 0;
  std::size_t filled = 0;
  while (filled < kBlockBytes) {
    auto got = decoder_->read({block_.get() + filled, kBlockBytes - filled});
    if (!got) {
      got.error().offset = produced_;
      return tl::unexpected(std::move(got.error()));
    }
    if (*got == 0) break;
    filled += *got;
    produced_ += *got;
    if (produced_ > limit_)
      return over_limit(
          "unpacked-bytes",
          "the layer unpacks to more than " + util::format_size(limit_) + ", the limit for unpacked bytes",
          produced_);
  }
  const std::span<const std::byte> block(block_.get(), filled);
  if (const Magic magic = sniff_compression(block); first && magic != Magic::none)
    return refuse("nested-compression",
                  "inside its own compression the layer is compressed again, or looks like it (" +
                      std::string(to_string(magic)) + ")",
                  0);
  return block;
}

}  // namespace portcullis::unpack
