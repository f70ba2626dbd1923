// SPDX-License-Identifier: Apache-2.0
//
// One way out. Used by one thread, the target's own; only reopen() may come from another.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include "portcullis/findings/event.hpp"
#include "portcullis/notify/target.hpp"
#include "portcullis/util/result.hpp"

namespace portcullis::notify {

struct Delivery {
  enum class Outcome {
    sent,
    failed,   ///< the target's trouble: to be tried again for as long as it takes
    refused,  ///< it does not want this event
  };
  Outcome outcome = Outcome::sent;
  std::string reason = {};                             ///< raw; what was wrong
  std::optional<std::chrono::milliseconds> wait = {};  ///< that the target asked for

  bool sent() const { return outcome == Outcome::sent; }
  static Delivery failure(std::string reason) { return {Outcome::failed, std::move(reason), {}}; }
};

class Sender {
 public:
  virtual ~Sender() = default;

  /// Takes kLongestDelivery at most, and ends soon after `stop`.
  virtual Delivery send(const findings::Event& event, const std::stop_token& stop) = 0;
  /// Everything sent so far is safe with the target, as far as its protocol can tell. When not, all of it
  /// since the last flush that succeeded is sent again.
  virtual Delivery flush(const std::stop_token& stop) = 0;
  virtual void reopen() {}
};

util::Result<std::unique_ptr<Sender>> make_sender(const TargetOptions& target, const std::string& public_url);

std::unique_ptr<Sender> make_file_sender(const FileOptions& options, const std::string& public_url);
std::unique_ptr<Sender> make_stdout_sender(const std::string& public_url);
std::unique_ptr<Sender> make_syslog_sender(const SyslogOptions& options, const std::string& public_url);
util::Result<std::unique_ptr<Sender>> make_webhook_sender(const WebhookOptions& options,
                                                          const std::string& public_url);

}  // namespace portcullis::notify
