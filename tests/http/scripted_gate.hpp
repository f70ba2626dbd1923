// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fcntl.h>

#include <functional>
#include <mutex>
#include <optional>
#include <string>

#include "portcullis/gate/gate.hpp"
#include "support/temp_dir.hpp"

namespace portcullis::http::test {

/// Says what a test tells it to say, and remembers what it was asked. The real gate has its own
/// tests; here every status has to come when it is wanted.
class ScriptedGate final : public gate::Gate {
 public:
  std::function<gate::ManifestAnswer(const gate::ManifestRequest&)> on_manifest;
  std::function<gate::BlobAnswer(const gate::BlobRequest&)> on_blob;

  gate::ManifestAnswer manifest(const gate::ManifestRequest& request) override {
    {
      const std::lock_guard lock(mutex_);
      last_manifest_ = request;
      ++asked_;
    }
    return on_manifest ? on_manifest(request) : gate::ManifestAnswer{};
  }

  gate::BlobAnswer blob(const gate::BlobRequest& request) override {
    {
      const std::lock_guard lock(mutex_);
      last_blob_ = request;
      ++asked_;
    }
    return on_blob ? on_blob(request) : gate::BlobAnswer{};
  }

  std::function<gate::ReferrersAnswer(const gate::ReferrersRequest&)> on_referrers;
  std::function<gate::TagsAnswer(const gate::TagsRequest&)> on_tags;

  gate::ReferrersAnswer referrers(const gate::ReferrersRequest& request) override {
    return on_referrers ? on_referrers(request) : gate::ReferrersAnswer{};
  }
  gate::TagsAnswer tags(const gate::TagsRequest& request) override {
    return on_tags ? on_tags(request) : gate::TagsAnswer{};
  }

  Judgement judge(const gate::ManifestRequest&) override { return {}; }
  void set_names(std::shared_ptr<const naming::NameIndex>) override {}
  void set_policy(policy::Policy) override {}
  std::vector<gate::JudgingNow> judging() const override { return {}; }
  gate::RescanProgress rescans() const override { return {}; }
  util::Result<void> rescan(const std::string&, const std::string&, const oci::Digest&) override {
    return {};
  }
  void waivers_changed() override {}
  void stop() override {}

  std::optional<gate::ManifestRequest> last_manifest() const {
    const std::lock_guard lock(mutex_);
    return last_manifest_;
  }
  std::optional<gate::BlobRequest> last_blob() const {
    const std::lock_guard lock(mutex_);
    return last_blob_;
  }
  int asked() const {
    const std::lock_guard lock(mutex_);
    return asked_;
  }

 private:
  mutable std::mutex mutex_;
  std::optional<gate::ManifestRequest> last_manifest_;
  std::optional<gate::BlobRequest> last_blob_;
  int asked_ = 0;
};

inline gate::ManifestAnswer served_manifest(const std::string& body) {
  gate::ManifestAnswer answer;
  answer.status = gate::Status::served;
  answer.media_type = std::string(oci::kOciManifest);
  answer.digest = oci::Digest::of(body);
  answer.body = std::make_shared<const std::string>(body);
  return answer;
}

inline gate::ManifestAnswer manifest_status(gate::Status status, const std::string& message,
                                            const std::string& report = "") {
  gate::ManifestAnswer answer;
  answer.status = status;
  answer.message = message;
  answer.report_id = report;
  return answer;
}

/// A blob in a file of `directory`, as the store would hand it out.
inline gate::BlobAnswer served_blob(const std::filesystem::path& file, const oci::Digest& digest) {
  gate::BlobAnswer answer;
  answer.status = gate::Status::served;
  auto opened = util::open_file(file, O_RDONLY);
  answer.blob = blobs::Blob{digest, std::filesystem::file_size(file),
                            std::make_shared<util::UniqueFd>(std::move(opened.value()))};
  return answer;
}

}  // namespace portcullis::http::test
