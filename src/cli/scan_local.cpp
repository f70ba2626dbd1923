// SPDX-License-Identifier: Apache-2.0
//
// A bare layer and a directory: no image around them, so only the scanner and the policy are asked.
#include <fcntl.h>
#include <sys/stat.h>

#include "portcullis/policy/policy.hpp"
#include "portcullis/scan/directory.hpp"
#include "portcullis/util/fd.hpp"
#include "portcullis/util/hash.hpp"
#include "scan_session.hpp"

namespace portcullis::cli {
namespace {

/// Reads a file from its start, hashing as it goes.
class FileSource final : public util::ByteSource {
 public:
  explicit FileSource(util::UniqueFd file) : file_(std::move(file)) {}

  util::Result<std::size_t> read(std::span<std::byte> buffer) override {
    auto got = util::read_full(file_.get(), buffer);
    if (got) hasher_.update(buffer.first(*got));
    return got;
  }
  std::string digest() { return "sha256:" + hasher_.finish_hex(); }

 private:
  util::UniqueFd file_;
  util::Hasher hasher_;
};

/// Of everything, the part that the scanner did not ask for included.
util::Result<void> read_rest(util::ByteSource& source) {
  std::vector<std::byte> rest(256 * 1024);
  for (;;) {
    auto got = source.read(rest);
    if (!got) return tl::unexpected(got.error());
    if (*got == 0) return {};
  }
}

Report judged(const ScanContext& context, const Source& source, std::string digest, std::string place,
              findings::ScanResult result) {
  Report report = could_not_judge(source, {});
  report.digest = digest;
  // A directory has no digest; the empty one stands in where the policy wants some.
  const auto named = oci::Digest::parse(digest);
  const oci::Digest key = named ? *named : oci::Digest::of("");
  policy::Inputs inputs{"", "", key, {{key, place, result}}, {}, {}, {}, {}, {}};
  inputs.waivers = context.settings.waivers;
  const auto now = context.stack.clock().now();
  const findings::Decision decision = policy::decide(context.settings.config.policy, inputs, now);
  report.verdict = verdict_of(decision);
  report.enforcement = decision.would_block ? Enforcement::audit : Enforcement::enforce;
  report.message = decision.summary;
  report.reasons = decision.reasons;
  report.blobs.push_back({std::move(digest), std::move(place), std::move(result)});
  return report;
}

/// The files of the only blob there is, if they are asked for.
class FileList {
 public:
  explicit FileList(const ScanContext& context) {
    if (context.settings.contents == Contents::listed) files_.emplace();
  }
  findings::LayerFiles* place() { return files_ ? &*files_ : nullptr; }
  Report added_to(Report report) && {
    for (ReportedBlob& blob : report.blobs) blob.files = files_;
    return report;
  }

 private:
  std::optional<findings::LayerFiles> files_;
};

}  // namespace

Report judge_layer(const ScanContext& context, const Source& source) {
  auto file = util::open_file(source.place, O_RDONLY | O_NONBLOCK);
  if (!file) return could_not_judge(source, file.error().message);
  struct stat status {};
  if (fstat(file->get(), &status) != 0 || !S_ISREG(status.st_mode)) {
    return could_not_judge(source, source.place + " is not a regular file; a root file system is dir:DIR");
  }
  const auto size = static_cast<std::uint64_t>(status.st_size);
  if (size == 0) {
    return could_not_judge(source, source.place + " is empty (0 bytes), so there is no layer in it");
  }
  context.activity.begin("scanning the layer", size);
  FileSource bytes(*std::move(file));
  CountedSource counted(bytes, context.activity);
  FileList files(context);
  const scan::Job what{.kind = scan::JobKind::layer,
                       .media_type = {},
                       .label = source.place,
                       .size_hint = size,
                       .files = files.place()};
  findings::ScanResult result = context.stack.scanner().scan(what, counted);
  if (auto read = read_rest(counted); !read) return could_not_judge(source, read.error().message);
  return std::move(files).added_to(judged(context, source, bytes.digest(), "layer", std::move(result)));
}

Report judge_directory(const ScanContext& context, const Source& source) {
  auto directory = util::open_file(source.place, O_RDONLY | O_DIRECTORY);
  if (!directory) return could_not_judge(source, directory.error().message);
  context.activity.begin("scanning the directory");
  const auto tree = scan::directory_source(directory->get());
  CountedSource counted(*tree, context.activity);
  FileList files(context);
  const scan::Job what{.kind = scan::JobKind::directory,
                       .media_type = {},
                       .label = "directory",
                       .size_hint = 0,
                       .files = files.place()};
  return std::move(files).added_to(
      judged(context, source, "", "directory", context.stack.scanner().scan(what, counted)));
}

}  // namespace portcullis::cli
