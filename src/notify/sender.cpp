// SPDX-License-Identifier: Apache-2.0
#include "sender.hpp"

namespace portcullis::notify {
namespace {

using Made = util::Result<std::unique_ptr<Sender>>;

struct Maker {
  const std::string& public_url;
  Made operator()(const FileOptions& options) const { return make_file_sender(options, public_url); }
  Made operator()(const StdoutOptions&) const { return make_stdout_sender(public_url); }
  Made operator()(const SyslogOptions& options) const { return make_syslog_sender(options, public_url); }
  Made operator()(const WebhookOptions& options) const { return make_webhook_sender(options, public_url); }
};

}  // namespace

util::Result<std::unique_ptr<Sender>> make_sender(const TargetOptions& target,
                                                  const std::string& public_url) {
  return std::visit(Maker{public_url}, target.to);
}

}  // namespace portcullis::notify
