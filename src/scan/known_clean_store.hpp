// SPDX-License-Identifier: Apache-2.0
//
// The server's side of the known clean files: takes what layers contribute, writes generations, hands
// out the newest. It only ever saves time, so every doubt (an error, a dispute, a pending revocation)
// ends in having no table, and no failure here fails a scan.
#pragma once

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "known_clean_writer.hpp"
#include "portcullis/scan/service.hpp"
#include "portcullis/util/metrics.hpp"

namespace portcullis::scan {

/// Thread-safe. One process at a time owns the directory's table; another one gets no store.
class KnownCleanStore {
 public:
  /// Null when it is switched off or cannot be had; the log says why.
  static std::unique_ptr<KnownCleanStore> open(const KnownCleanOptions& options, util::Metrics& metrics);
  /// Writes what is still waiting.
  ~KnownCleanStore();
  KnownCleanStore(const KnownCleanStore&) = delete;
  KnownCleanStore& operator=(const KnownCleanStore&) = delete;

  /// From here on only `profile` counts. What was kept for another one is dropped.
  void adopt(const std::string& profile);
  /// Read-only; no descriptor when there is no table for `profile`.
  util::UniqueFd newest(const std::string& profile) const;
  /// Becomes part of a generation soon. Ignored for another profile, a label that is empty or too
  /// long to be a digest, and while too much is waiting already.
  void contribute(const std::string& profile, const std::string& label, std::vector<CleanKey> keys);
  /// What the layer contributed is gone when this returns, from the disk too.
  void revoke(const std::string& label);
  /// A worker found something in a file that the table calls clean: drops the table, tells the operator.
  void dispute(const std::string& profile, const std::string& label, const std::vector<CleanKey>& keys);

 private:
  /// A file by itself: its name may point to a newer one already.
  struct Generation {
    util::UniqueFd file;
    KnownCleanTable table;
  };

  KnownCleanStore(const KnownCleanOptions& options, util::Metrics& metrics, util::UniqueFd lock);
  std::shared_ptr<const Generation> load(const std::filesystem::path& path) const;
  void keep_writing();
  void write_one(std::unique_lock<std::mutex>& lock);
  util::Result<void> commit_locked();
  void set_current_locked(std::shared_ptr<const Generation> generation);
  void drop_locked();
  void unlink_locked();

  const KnownCleanOptions options_;
  const std::filesystem::path path_;
  const std::filesystem::path new_path_;
  const util::UniqueFd lock_;
  util::Metrics& metrics_;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::string profile_;
  std::shared_ptr<const Generation> current_;
  std::vector<std::shared_ptr<const Contribution>> waiting_;
  std::size_t waiting_keys_ = 0;
  std::set<std::string, std::less<>> revoked_;  ///< layers still in current_, which is not handed out then
  std::uint64_t revision_ = 0;                  ///< a generation begun under an older one is not committed
  std::chrono::steady_clock::time_point next_write_{};
  bool stopping_ = false;
  std::thread writer_;
};

}  // namespace portcullis::scan
