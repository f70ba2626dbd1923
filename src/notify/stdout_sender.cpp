// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include "patient_write.hpp"
#include "portcullis/notify/ecs.hpp"
#include "portcullis/notify/notifier.hpp"
#include "sender.hpp"

namespace portcullis::notify {
namespace {

class StdoutSender final : public Sender {
 public:
  explicit StdoutSender(const std::string& public_url) : public_url_(public_url) {}

  Delivery send(const findings::Event& event, const std::stop_token& stop) override {
    // What was broken off in the middle of a line is finished first, whatever comes after it.
    const std::string line = (torn_ ? "\n" : "") + ecs_json(event, public_url_) + "\n";
    const auto written =
        write_patiently(STDOUT_FILENO, line, std::chrono::steady_clock::now() + kLongestDelivery, stop);
    torn_ = !written;
    return written ? Delivery{} : Delivery::failure("standard output: " + written.error().message);
  }
  Delivery flush(const std::stop_token&) override { return {}; }

 private:
  const std::string public_url_;
  bool torn_ = false;
};

}  // namespace

std::unique_ptr<Sender> make_stdout_sender(const std::string& public_url) {
  return std::make_unique<StdoutSender>(public_url);
}

}  // namespace portcullis::notify
