// SPDX-License-Identifier: Apache-2.0
#include <zstd.h>
#include <zstd_errors.h>

#include <new>
#include <string>

#include "decoder.hpp"

namespace portcullis::unpack {
namespace {

struct FreeContext {
  void operator()(ZSTD_DCtx* context) const noexcept { ZSTD_freeDCtx(context); }
};

class ZstdDecoder final : public Decoder {
 public:
  ZstdDecoder(Input& input, int window_log)
      : input_(input), window_log_(window_log), context_(ZSTD_createDCtx()) {
    if (!context_) throw std::bad_alloc();
    ZSTD_DCtx_setParameter(context_.get(), ZSTD_d_windowLogMax, window_log);
  }

  Checked<std::size_t> read(std::span<std::byte> out) override {
    for (;;) {
      auto available = input_.peek(1);
      if (!available) return tl::unexpected(std::move(available.error()));
      const bool at_end = available->empty();
      if (at_end && frame_complete_) return std::size_t{0};

      ZSTD_inBuffer in{available->data(), available->size(), 0};
      ZSTD_outBuffer to{out.data(), out.size(), 0};
      const std::size_t code = ZSTD_decompressStream(context_.get(), &to, &in);
      input_.consume(in.pos);
      if (ZSTD_isError(code) != 0) return broken(code);
      frame_complete_ = code == 0;
      if (to.pos > 0) return to.pos;
      if (at_end && !frame_complete_)
        return refuse(
            "layer-truncated",
            "the blob ends inside a zstd frame, after " + std::to_string(input_.received()) + " bytes", 0);
    }
  }

 private:
  tl::unexpected<Problem> broken(std::size_t code) const {
    if (ZSTD_getErrorCode(code) == ZSTD_error_frameParameter_windowTooLarge)
      return over_limit("zstd-window",
                        "a zstd frame wants a window above 2^" + std::to_string(window_log_) + " bytes", 0);
    if (ZSTD_getErrorCode(code) == ZSTD_error_memory_allocation) throw std::bad_alloc();
    return refuse("zstd-broken",
                  "zstd data is invalid near byte " + std::to_string(input_.consumed()) +
                      " of the blob: " + ZSTD_getErrorName(code),
                  0);
  }

  Input& input_;
  int window_log_;
  std::unique_ptr<ZSTD_DCtx, FreeContext> context_;
  bool frame_complete_ = false;
};

}  // namespace

std::unique_ptr<Decoder> make_zstd_decoder(Input& input, int window_log) {
  return std::make_unique<ZstdDecoder>(input, window_log);
}

}  // namespace portcullis::unpack
