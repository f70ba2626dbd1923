// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "portcullis/gate/gate.hpp"
#include "problem.hpp"
#include "structure.hpp"
#include "work.hpp"

namespace portcullis::gate {

/// Fetches blobs and has them scanned: once per (digest, media type, profile), however many images
/// and requests of one upstream want it. Each upstream has turns of its own. Thread-safe.
class Scans {
 public:
  Scans(const Parts& parts, const Options& options);

  using Result = Attempt<findings::ScanResult>;

  /// Which remembered results count.
  enum class Believe {
    remembered,    ///< all, those that may be bad luck for a while
    all_but_luck,  ///< those that are not
    nothing,
  };
  struct Running {
    std::shared_future<Result> result;
    std::shared_ptr<const std::atomic<std::uint64_t>> taken;  ///< bytes that the scanner took so far
  };

  /// The blob, on disk or on its way.
  std::shared_ptr<blobs::Transfer> fetch(upstream::Registry& registry, const oci::Repository& repository,
                                         const oci::Descriptor& descriptor);

  /// Remembered, running or new.
  Running scan(upstream::Registry& registry, const oci::Repository& repository, const ImagePart& part,
               Believe believe = Believe::remembered);
  /// What is remembered from a scan under this profile; nullopt when there is nothing to be believed.
  Attempt<std::optional<findings::ScanResult>> remembered(const ImagePart& part, const std::string& profile,
                                                          Believe believe) const;
  /// Lets what waits run to its (by then quick) end.
  void stop();

  /// An end that is not believed for ever.
  static bool may_be_bad_luck(findings::Outcome outcome);

  /// When the upstream wants to be asked again, after it refused because of too many requests.
  static std::optional<std::chrono::seconds> retry_after(const upstream::Registry& registry);

 private:
  /// What one scan is about. `taken` is counted up while it runs.
  struct Work {
    upstream::Registry& registry;
    oci::Repository repository;
    ImagePart part;
    Believe believe;
    std::shared_ptr<std::atomic<std::uint64_t>> taken;
  };
  Result scan_now(const Work& work);
  Result scan_bytes(const Work& work, const std::string& profile);
  std::shared_ptr<std::atomic<std::uint64_t>> counter(const std::string& key);

  const Parts& parts_;
  const Options& options_;
  std::mutex mutex_;
  std::map<std::string, std::weak_ptr<std::atomic<std::uint64_t>>> counters_;  ///< of what runs
  util::LanePool pool_;
  SingleFlight<Result> flight_;
};

}  // namespace portcullis::gate
