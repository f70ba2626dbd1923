// SPDX-License-Identifier: Apache-2.0
//
// gzip by ISA-L. The library verifies header CRC, CRC-32 and length of each member; this file adds
// what it leaves out: reserved flag bits, what may stand between members, and a cut stream, which
// ISA-L ends with success (a member is over only in the FINISH state).
#include <isa-l/igzip_lib.h>

#include <algorithm>
#include <string>

#include "decoder.hpp"

namespace portcullis::unpack {
namespace {

constexpr std::byte kReservedFlags{0xe0};

class GzipDecoder final : public Decoder {
 public:
  explicit GzipDecoder(Input& input) : input_(input), state_(std::make_unique<inflate_state>()) {}

  Checked<std::size_t> read(std::span<std::byte> out) override {
    for (;;) {
      if (phase_ == Phase::end) return std::size_t{0};
      if (phase_ == Phase::between_members) {
        if (auto begun = begin_member(); !begun) return tl::unexpected(std::move(begun.error()));
        continue;
      }
      const auto produced = phase_ == Phase::header ? read_header() : inflate(out);
      if (!produced || *produced > 0) return produced;
    }
  }

 private:
  enum class Phase { between_members, header, body, end };

  tl::unexpected<Problem> broken(const std::string& what) const {
    return refuse("gzip-broken", "gzip member " + std::to_string(members_) + ": " + what, 0);
  }

  tl::unexpected<Problem> truncated() const {
    return refuse("layer-truncated",
                  "the blob ends inside gzip member " + std::to_string(members_) + ", after " +
                      std::to_string(input_.received()) + " bytes",
                  0);
  }

  Checked<void> begin_member() {
    const auto head = input_.peek(4);
    if (!head) return tl::unexpected(head.error());
    if (head->empty()) {
      phase_ = Phase::end;
      return {};
    }
    if (members_ > 0 && head->front() == std::byte{0}) return skip_zeros();
    ++members_;
    if (head->size() < 4) {
      return members_ > 1 ? trailing_data() : truncated();
    }
    if ((*head)[0] != std::byte{0x1f} || (*head)[1] != std::byte{0x8b}) return trailing_data();
    if (((*head)[3] & kReservedFlags) != std::byte{0})
      return refuse("gzip-reserved-flags",
                    "gzip member " + std::to_string(members_) +
                        " sets reserved flag bits: some tools stop there, others go on",
                    0);
    isal_inflate_init(state_.get());
    state_->crc_flag = ISAL_GZIP_NO_HDR_VER;
    isal_gzip_header_init(&header_);
    phase_ = Phase::header;
    return {};
  }

  tl::unexpected<Problem> trailing_data() const {
    return refuse("gzip-trailing-data",
                  "after gzip member " + std::to_string(members_ - 1) +
                      " something follows that is neither a member nor zeros",
                  0);
  }

  Checked<void> skip_zeros() {
    for (;;) {
      const auto bytes = input_.peek(1);
      if (!bytes) return tl::unexpected(bytes.error());
      if (bytes->empty()) break;
      if (std::ranges::any_of(*bytes, [](std::byte b) { return b != std::byte{0}; })) {
        ++members_;
        return trailing_data();
      }
      input_.consume(bytes->size());
    }
    phase_ = Phase::end;
    return {};
  }

  Checked<std::size_t> read_header() {
    auto fed = feed();
    if (!fed) return tl::unexpected(std::move(fed.error()));
    const std::size_t given = *fed;
    const int code = isal_read_gzip_header(state_.get(), &header_);
    input_.consume(given - state_->avail_in);
    switch (code) {
      case ISAL_DECOMP_OK:
        phase_ = Phase::body;
        return std::size_t{0};
      case ISAL_END_INPUT:
        return std::size_t{0};
      case ISAL_INCORRECT_CHECKSUM:
        return broken("its header checksum is wrong");
      case ISAL_UNSUPPORTED_METHOD:
        return broken("its compression method is not deflate");
      default:
        return broken("its header is malformed");
    }
  }

  Checked<std::size_t> inflate(std::span<std::byte> out) {
    auto available = input_.peek(1);
    if (!available) return tl::unexpected(std::move(available.error()));
    const bool at_end = available->empty();
    state_->next_in = reinterpret_cast<std::uint8_t*>(available->data());
    state_->avail_in = static_cast<std::uint32_t>(available->size());
    state_->next_out = reinterpret_cast<std::uint8_t*>(out.data());
    state_->avail_out = static_cast<std::uint32_t>(out.size());
    const int code = isal_inflate(state_.get());
    const std::size_t produced = out.size() - state_->avail_out;
    input_.consume(available->size() - state_->avail_in);
    if (code == ISAL_INCORRECT_CHECKSUM) return broken("its checksum or length is wrong");
    if (code != ISAL_DECOMP_OK)
      return broken("its deflate data is invalid (igzip code " + std::to_string(code) + ")");
    if (state_->block_state == ISAL_BLOCK_FINISH) {
      phase_ = Phase::between_members;
    } else if (at_end && produced == 0) {
      return truncated();
    }
    return produced;
  }

  /// Hands what is there to ISA-L; the end of the blob inside a member is a truncation.
  Checked<std::size_t> feed() {
    auto available = input_.peek(1);
    if (!available) return tl::unexpected(std::move(available.error()));
    if (available->empty()) return truncated();
    state_->next_in = reinterpret_cast<std::uint8_t*>(available->data());
    state_->avail_in = static_cast<std::uint32_t>(available->size());
    return available->size();
  }

  Input& input_;
  std::unique_ptr<inflate_state> state_;
  isal_gzip_header header_{};
  Phase phase_ = Phase::between_members;
  std::uint64_t members_ = 0;
};

}  // namespace

std::unique_ptr<Decoder> make_gzip_decoder(Input& input) { return std::make_unique<GzipDecoder>(input); }

}  // namespace portcullis::unpack
