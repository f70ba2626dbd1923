// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>

#include "portcullis/notify/ecs.hpp"
#include "portcullis/util/fd.hpp"
#include "sender.hpp"

namespace portcullis::notify {
namespace {

constexpr unsigned kMode = 0640;  // for a log shipper in the group

bool same_file(const struct stat& a, const struct stat& b) {
  return a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

class FileSender final : public Sender {
 public:
  FileSender(const FileOptions& options, const std::string& public_url)
      : path_(options.path), public_url_(public_url) {}

  Delivery send(const findings::Event& event, const std::stop_token&) override {
    if (auto ready = open_if_needed(); !ready) return Delivery::failure(ready.error().message);
    std::string line = ecs_json(event, public_url_) + "\n";
    if (torn_) line.insert(0, "\n");
    if (const auto written = util::write_full(file_.get(), util::as_bytes(line)); !written) {
      file_.reset();  // what is at its end is looked at when it is opened again
      return Delivery::failure(path_.string() + ": " + written.error().message);
    }
    torn_ = false;
    return {};
  }

  Delivery flush(const std::stop_token&) override {
    if (!file_ || fdatasync(file_.get()) == 0) return {};
    auto error = util::errno_error("syncing " + path_.string());
    file_.reset();
    return Delivery::failure(std::move(error.message));
  }

  void reopen() override { reopen_ = true; }

 private:
  /// After logrotate has renamed it, the path is another file or none.
  bool was_moved() const {
    struct stat open {};
    struct stat named {};
    return fstat(file_.get(), &open) != 0 || stat(path_.c_str(), &named) != 0 || !same_file(open, named);
  }

  util::Result<void> open_if_needed() {
    if (file_ && (reopen_.exchange(false) || was_moved())) {
      if (fdatasync(file_.get()) != 0) {
        auto error = util::errno_error("syncing " + path_.string());
        file_.reset();
        return tl::unexpected(std::move(error));
      }
      file_.reset();
    }
    if (file_) return {};
    // Not blocking: a named pipe that nobody reads must not hold the thread before it is refused.
    auto opened = util::open_file(path_, O_RDWR | O_APPEND | O_CREAT | O_NONBLOCK, kMode);
    if (!opened) return tl::unexpected(opened.error());
    struct stat about {};
    if (fstat(opened->get(), &about) != 0) return tl::unexpected(util::errno_error(path_.string()));
    if (!S_ISREG(about.st_mode)) {
      return util::fail(util::ErrorKind::invalid, path_.string() + " is not a regular file");
    }
    char last = '\n';
    if (about.st_size > 0 && pread(opened->get(), &last, 1, about.st_size - 1) != 1) {
      return tl::unexpected(util::errno_error("reading " + path_.string()));
    }
    torn_ = last != '\n';
    file_ = *std::move(opened);
    return {};
  }

  const std::filesystem::path path_;
  const std::string public_url_;
  std::atomic<bool> reopen_{false};
  util::UniqueFd file_;
  bool torn_ = false;  ///< ends in the middle of a line: the disk was full, or the machine went down
};

}  // namespace

std::unique_ptr<Sender> make_file_sender(const FileOptions& options, const std::string& public_url) {
  return std::make_unique<FileSender>(options, public_url);
}

}  // namespace portcullis::notify
