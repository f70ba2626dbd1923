// SPDX-License-Identifier: Apache-2.0
#pragma once

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

  /// The blob, on disk or on its way.
  std::shared_ptr<blobs::Transfer> fetch(upstream::Registry& registry, const oci::Repository& repository,
                                         const oci::Descriptor& descriptor);

  /// Remembered, running or new.
  std::shared_future<Result> scan(upstream::Registry& registry, const oci::Repository& repository,
                                  const ImagePart& part);
  /// Lets what waits run to its (by then quick) end.
  void stop();

  /// When the upstream wants to be asked again, after it refused because of too many requests.
  static std::optional<std::chrono::seconds> retry_after(const upstream::Registry& registry);

 private:
  Result scan_now(upstream::Registry& registry, const oci::Repository& repository, const ImagePart& part);
  Result scan_bytes(upstream::Registry& registry, const oci::Repository& repository, const ImagePart& part,
                    const std::string& profile);
  std::optional<findings::ScanResult> remembered(const records::ScanRecord& record) const;

  const Parts& parts_;
  const Options& options_;
  util::LanePool pool_;
  SingleFlight<Result> flight_;
};

}  // namespace portcullis::gate
