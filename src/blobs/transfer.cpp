// SPDX-License-Identifier: Apache-2.0
#include "transfer.hpp"

#include <algorithm>

namespace portcullis::blobs {
namespace {

class TransferReader final : public util::ByteSource {
 public:
  explicit TransferReader(std::shared_ptr<FileTransfer> transfer) : transfer_(std::move(transfer)) {}

  util::Result<std::size_t> read(std::span<std::byte> buffer) override {
    if (end_ == position_ || !file_) {
      auto available = transfer_->await(position_);
      if (!available) return tl::unexpected(available.error());
      file_ = std::move(available->file);
      end_ = available->end;
      if (end_ == position_) return 0;
    }
    const auto wanted = std::min<std::uint64_t>(buffer.size(), end_ - position_);
    auto got = util::read_full_at(file_->get(), buffer.first(static_cast<std::size_t>(wanted)), position_);
    if (!got) return got;
    if (*got != wanted) {
      return util::fail(util::ErrorKind::io,
                        "a blob's file is shorter than what was written to it; "
                        "check the disk, and that nothing else changes the directory");
    }
    position_ += *got;
    return got;
  }

 private:
  std::shared_ptr<FileTransfer> transfer_;
  std::shared_ptr<util::UniqueFd> file_;
  std::uint64_t position_ = 0;
  std::uint64_t end_ = 0;  ///< known to be readable up to here
};

}  // namespace

std::shared_ptr<FileTransfer> FileTransfer::ended(util::Result<Blob> outcome) {
  auto transfer = std::make_shared<FileTransfer>();
  if (outcome) {
    transfer->file_ = outcome->file;
    transfer->written_ = outcome->size;
  }
  transfer->outcome_ = std::move(outcome);
  return transfer;
}

util::Result<Blob> FileTransfer::wait() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return outcome_.has_value(); });
  return *outcome_;
}

std::optional<util::Result<Blob>> FileTransfer::wait_for(std::chrono::milliseconds timeout) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, timeout, [this] { return outcome_.has_value(); });
  return outcome_;
}

std::unique_ptr<util::ByteSource> FileTransfer::reader() {
  return std::make_unique<TransferReader>(shared_from_this());
}

void FileTransfer::start(std::shared_ptr<util::UniqueFd> file) {
  const std::lock_guard lock(mutex_);
  file_ = std::move(file);
}

bool FileTransfer::grow(std::uint64_t by) {
  {
    const std::lock_guard lock(mutex_);
    if (outcome_) return false;
    written_ += by;
  }
  changed_.notify_all();
  return true;
}

void FileTransfer::end(util::Result<Blob> outcome) {
  {
    const std::lock_guard lock(mutex_);
    if (outcome_) return;
    outcome_ = std::move(outcome);
    // Who is told of a failure may need its room on the disk at once.
    if (!*outcome_) file_.reset();
  }
  changed_.notify_all();
}

util::Result<FileTransfer::Available> FileTransfer::await(std::uint64_t position) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return written_ > position || outcome_.has_value(); });
  if (outcome_ && !*outcome_) return tl::unexpected(outcome_->error());
  return Available{file_, written_};
}

}  // namespace portcullis::blobs
