// SPDX-License-Identifier: Apache-2.0
#include "scans.hpp"

#include "layer_inventory.hpp"
#include "portcullis/util/log.hpp"
#include "portcullis/util/text.hpp"
#include "refusals.hpp"

namespace portcullis::gate {
namespace {

using findings::Outcome;

/// Blobs of one upstream that are on their way through the scanner. They mostly wait, for bytes or for
/// a worker; the scanner bounds how many workers really run.
constexpr std::size_t kFeeders = 32;

/// Ends that may be bad luck (a loaded machine, a crash) are not believed for ever.
constexpr std::chrono::minutes kRetryBadLuck{15};

/// Counts what passes.
class Counting final : public util::ByteSource {
 public:
  Counting(util::ByteSource& source, std::atomic<std::uint64_t>& count) : source_(source), count_(count) {}
  util::Result<std::size_t> read(std::span<std::byte> into) override {
    auto got = source_.read(into);
    if (got) count_ += *got;
    return got;
  }

 private:
  util::ByteSource& source_;
  std::atomic<std::uint64_t>& count_;
};

}  // namespace

Scans::Scans(const Parts& parts, const Options& options)
    : parts_(parts),
      options_(options),
      pool_(kFeeders, options.queued_images * options.max_layers),
      flight_(pool_) {}

bool Scans::may_be_bad_luck(Outcome outcome) {
  return outcome == Outcome::timed_out || outcome == Outcome::crashed || outcome == Outcome::garbled ||
         outcome == Outcome::unavailable;
}

std::shared_ptr<blobs::Transfer> Scans::fetch(upstream::Registry& registry, const oci::Repository& repository,
                                              const oci::Descriptor& descriptor) {
  auto from_upstream = [&registry, repository, digest = descriptor.digest,
                        size = descriptor.size](util::ByteSink& sink) -> util::Result<void> {
    auto answer = registry.blob(repository, digest, size, sink);
    if (answer) return {};
    // A manifest that is there with a blob that is not: the image is broken, not absent. Clients take a
    // 404 for leave to ask the origin themselves.
    auto kind = answer.error().kind;
    if (kind == util::ErrorKind::absent) kind = util::ErrorKind::corrupt;
    return util::fail(kind, answer.error().message);
  };
  return parts_.store->acquire(descriptor.digest, descriptor.size, descriptor.size, std::move(from_upstream),
                               registry.options().name);
}

void Scans::stop() {
  pool_.close(util::LanePool::Queued::run);
  pool_.join();
}

std::optional<std::chrono::seconds> Scans::retry_after(const upstream::Registry& registry) {
  return registry.status().retry_after;
}

std::shared_ptr<std::atomic<std::uint64_t>> Scans::counter(const std::string& key) {
  std::lock_guard lock(mutex_);
  std::erase_if(counters_, [](const auto& entry) { return entry.second.expired(); });
  auto& slot = counters_[key];
  auto counter = slot.lock();
  if (!counter) slot = counter = std::make_shared<std::atomic<std::uint64_t>>(0);
  return counter;
}

Scans::Running Scans::scan(upstream::Registry& registry, const oci::Repository& repository,
                           const ImagePart& part, Believe believe) {
  // The repository is not part of the key: a scan is about bytes. If the first asker's repository
  // fails, the others fail with it and may ask again. The upstream is: one that hangs must not keep
  // an image of another from being judged.
  const auto& host = registry.options().name;
  const std::string key = host + ' ' + part.descriptor.digest.text() + ' ' + part.descriptor.media_type +
                          (believe == Believe::remembered ? "" : " again");
  const auto taken = counter(key);
  auto running = flight_.run(
      host, key, [this, work = Work{registry, repository, part, believe, taken}] { return scan_now(work); });
  if (running) return {*running, taken};
  std::promise<Result> refused;
  parts_.metrics->count("portcullis_refused_total", {{"reason", kScanQueueFull}});
  refused.set_value(
      tl::unexpected(Problem{Status::failed, "too many scans are waiting", std::chrono::seconds(30)}));
  return {refused.get_future().share(), taken};
}

Attempt<std::optional<findings::ScanResult>> Scans::remembered(const ImagePart& part,
                                                               const std::string& profile,
                                                               Believe believe) const {
  if (believe == Believe::nothing) return std::nullopt;
  auto known = parts_.records->find_scan({part.descriptor.digest, part.descriptor.media_type, profile});
  if (!known) return failure("the scan records cannot be read", known.error());
  if (!*known) return std::nullopt;
  auto& record = **known;
  const auto age = parts_.clock->now() - record.finished;
  if (may_be_bad_luck(record.result.outcome) && (believe == Believe::all_but_luck || age > kRetryBadLuck)) {
    return std::nullopt;
  }
  return std::move(record.result);
}

Scans::Result Scans::scan_now(const Work& work) {
  for (;;) {
    const std::string profile = parts_.scanner->profile_id();
    auto known = remembered(work.part, profile, work.believe);
    if (!known) return tl::unexpected(known.error());
    if (*known) {
      parts_.metrics->count("portcullis_scan_reused_total");
      return **std::move(known);
    }
    auto result = scan_bytes(work, profile);
    // Rules that changed in the middle: which set looked at it is not known, so look again.
    if (!result || parts_.scanner->profile_id() == profile) return result;
  }
}

Scans::Result Scans::scan_bytes(const Work& work, const std::string& profile) {
  const auto& part = work.part;
  records::ScanRecord record{{part.descriptor.digest, part.descriptor.media_type, profile},
                             {},
                             part.descriptor.size,
                             parts_.clock->now(),
                             {}};
  if (part.descriptor.size > options_.max_layer_bytes) {
    record.result.outcome = Outcome::limit;
    record.result.reason = "its size, " + util::format_size(part.descriptor.size) +
                           ", is over gate.max_layer_size (" + util::format_size(options_.max_layer_bytes) +
                           ")";
    return record.result;  // not stored: the limit is a setting, not a fact about the bytes
  }

  const auto transfer = fetch(work.registry, work.repository, part.descriptor);
  const auto reader = transfer->reader();
  Counting source(*reader, *work.taken);
  findings::LayerFiles files;
  const scan::Job job{part.kind, part.descriptor.media_type, part.descriptor.digest.text(),
                      part.descriptor.size, &files};
  record.result = parts_.scanner->scan(job, source);
  // A result counts only once the bytes turned out to be what their digest says.
  const auto committed = transfer->wait();
  if (!committed) {
    auto trouble = problem("fetching " + part.place + " (" + part.descriptor.digest.short_hex() + ")",
                           committed.error());
    trouble.value().retry_after = retry_after(work.registry);
    return trouble;
  }
  record.finished = parts_.clock->now();
  util::log::info("scanned", {{"blob", part.descriptor.digest.text()},
                              {"outcome", findings::to_string(record.result.outcome)},
                              {"findings", record.result.findings.size()},
                              {"files", record.result.counts.files},
                              {"bytes", record.result.counts.bytes_unpacked}});
  if (record.result.outcome == Outcome::unavailable) {
    return tl::unexpected(Problem{Status::failed,
                                  util::safe_text("the scanner is not available: " + record.result.reason),
                                  std::chrono::seconds(10)});
  }
  // First: a scan that is on record is not made again.
  keep_inventory(parts_, part.descriptor.digest, part.kind, std::move(files));
  if (auto written = parts_.records->put_scan(record); !written) {
    return failure("the scan could not be recorded", written.error());
  }
  return record.result;
}

}  // namespace portcullis::gate
