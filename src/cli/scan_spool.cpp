// SPDX-License-Identifier: Apache-2.0
#include "scan_spool.hpp"

#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "portcullis/oci/reference.hpp"
#include "spool_file.hpp"

namespace portcullis::cli {
namespace {

using util::ErrorKind;

SpoolFile spool_of(const ScanContext& context) {
  return {context.settings.config.data, context.settings.config.scan.limits.unpacked_bytes};
}

/// Waits for input, but not beyond a cancel().
bool wait_for_input(const Activity& activity) {
  constexpr int kLookAgain = 200;  // ms
  pollfd input{STDIN_FILENO, POLLIN, 0};
  while (!activity.cancelled()) {
    if (poll(&input, 1, kLookAgain) > 0) return true;
  }
  return false;
}

util::Result<void> copy_stdin(util::ByteSink& sink, const Activity& activity) {
  constexpr std::size_t kPiece = 256 * 1024;
  std::vector<std::byte> piece(kPiece);
  while (wait_for_input(activity)) {
    const ssize_t got = ::read(STDIN_FILENO, piece.data(), piece.size());
    if (got < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (got < 0) return tl::unexpected(util::errno_error("reading the standard input"));
    if (got == 0) return {};
    if (auto done = sink.write(std::span(piece).first(static_cast<std::size_t>(got))); !done) return done;
  }
  return util::fail(ErrorKind::cancelled, "the scan was ended");
}

}  // namespace

bool is_image_id(std::string_view name) {
  constexpr std::string_view kAlgorithm = "sha256:";
  constexpr std::size_t kShortest = 12;
  constexpr std::size_t kWhole = 64;
  const bool with_algorithm = name.starts_with(kAlgorithm);
  if (with_algorithm) name.remove_prefix(kAlgorithm.size());
  const bool hex = name.find_first_not_of("0123456789abcdef") == std::string_view::npos;
  return hex &&
         (name.size() == kWhole || (with_algorithm && name.size() >= kShortest && name.size() < kWhole));
}

util::Result<util::UniqueFd> spool_from_daemon(const ScanContext& context, const Source& source) {
  std::string image = source.place;
  if (!is_image_id(image)) {
    // With its tag: a daemon that is asked for a bare name sends all tags of it.
    const auto reference = oci::Reference::parse(image);
    if (!reference) return tl::unexpected(reference.error());
    image = reference->canonical();
  }
  auto engine = upstream::docker_engine(context.settings.engine);
  if (!engine) return tl::unexpected(engine.error());
  SpoolFile file = spool_of(context);
  context.activity.begin("fetching the image from the docker daemon");
  const Activity::Ending ending(context.activity, [&engine] { (*engine)->stop(); });
  CountedSink sink(file, context.activity);
  if (auto saved = (*engine)->save(image, sink); !saved) return tl::unexpected(saved.error());
  return file.take();
}

util::Result<util::UniqueFd> spool_from_stdin(const ScanContext& context) {
  if (isatty(STDIN_FILENO) == 1) {
    return util::fail(ErrorKind::invalid,
                      "expected an archive on the standard input, it is a terminal; try: docker save IMAGE | "
                      "portcullis scan -");
  }
  struct stat status {};
  if (fstat(STDIN_FILENO, &status) == 0 && S_ISREG(status.st_mode) && lseek(STDIN_FILENO, 0, SEEK_CUR) == 0) {
    return util::duplicate(STDIN_FILENO);
  }
  SpoolFile file = spool_of(context);
  context.activity.begin("reading the standard input");
  CountedSink sink(file, context.activity);
  if (auto copied = copy_stdin(sink, context.activity); !copied) return tl::unexpected(copied.error());
  return file.take();
}

}  // namespace portcullis::cli
