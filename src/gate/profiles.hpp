// SPDX-License-Identifier: Apache-2.0
//
// Since when the present rules are in use, and so for how long what was decided under older ones may be
// served while it is scanned again.
#pragma once

#include <functional>
#include <mutex>
#include <optional>
#include <string>

#include "portcullis/gate/gate.hpp"

namespace portcullis::gate {

/// That moment stands in the records, as an event: a restart does not make it younger, and the gates of a
/// fleet agree on it. Thread-safe.
class Profiles {
 public:
  Profiles(const Parts& parts, const Options& options);

  /// The present profile; notices a change.
  std::string present();
  /// May what was decided under another profile than the present one be served?
  bool older_may_stand();
  /// When the present profile came into use; nullopt while that is not known.
  std::optional<util::TimePoint> since() const;
  /// Asks the records, or tells them, what is not known there yet.
  void keep_up();

 private:
  bool rescans() const { return options_.upkeep == Options::Upkeep::run && options_.concurrent_rescans > 0; }

  const Parts& parts_;
  const Options& options_;
  mutable std::mutex mutex_;
  std::string present_;
  std::optional<util::TimePoint> since_;
  bool settled_ = false;  ///< the records know of it
};

}  // namespace portcullis::gate
