// SPDX-License-Identifier: Apache-2.0
//
// A gate with a real store and real records, and the two neighbours that tests must be able to
// break: an upstream in memory and a scanner that says what it is told.
#pragma once

#include <atomic>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "portcullis/gate/gate.hpp"
#include "portcullis/records/search.hpp"
#include "support/temp_dir.hpp"

namespace portcullis::gate {

/// Holds documents and blobs by repository; every request is counted.
class MemoryRegistry final : public upstream::Registry {
 public:
  explicit MemoryRegistry(const std::string& name) { options_.name = name; }
  const upstream::Options& options() const override { return options_; }
  upstream::Answer<upstream::Resolved> resolve(const oci::Repository&, const oci::TagOrDigest&) override;
  upstream::Answer<upstream::RawDocument> manifest(const oci::Repository&, const oci::TagOrDigest&) override;
  upstream::Answer<void> blob(const oci::Repository&, const oci::Digest&, std::uint64_t,
                              util::ByteSink&) override;
  upstream::Answer<Passthrough> tags(const oci::Repository&, const std::string& query) override {
    return list("tags", query);
  }
  upstream::Answer<Passthrough> referrers(const oci::Repository&, const oci::Digest&,
                                          const std::string& query) override {
    return list("referrers", query);
  }
  upstream::Health status() const override;
  void stop() override {}

  void tag(const std::string& repository, const std::string& tag, const oci::Digest& digest);
  oci::Digest add(const std::string& repository, const std::string& content,
                  const std::string& media_type = "");

  /// Not `internal`: every request fails in this way.
  void fail_with(util::ErrorKind kind) { trouble_ = kind; }
  /// Requests for this (`resolve`, `manifest`, `blob`; empty: all) hang until release().
  void hang(const std::string& what = "");
  void release();
  /// Blobs are refused for too many requests, with this wait.
  void count_blobs(std::chrono::seconds retry_after) { retry_after_ = retry_after; }
  void forget(const std::string& repository, const oci::Digest& digest);
  /// These bytes are sent instead of the blob's.
  void corrupt(const oci::Digest& digest, std::string bytes) { corrupted_.insert_or_assign(digest, bytes); }
  /// What the list of this kind ("tags", "referrers") answers to this query; any other is absent.
  void set_list(const std::string& kind, const std::string& query, Passthrough answer);
  int requests(const std::string& what) const;

 private:
  struct Item {
    std::string content;
    std::string media_type;
  };
  tl::unexpected<upstream::Failure> refusal() const;
  tl::unexpected<upstream::Failure> absent() const;
  upstream::Answer<Passthrough> list(const std::string& kind, const std::string& query);
  bool ill(const std::string& what);

  upstream::Options options_;
  std::atomic<util::ErrorKind> trouble_{util::ErrorKind::internal};
  std::atomic<std::chrono::seconds> retry_after_{std::chrono::seconds(0)};
  mutable std::mutex mutex_;
  std::condition_variable released_;
  std::optional<std::string> hanging_;
  std::map<std::string, oci::Digest> tags_;
  std::map<std::string, Item> items_;
  std::map<oci::Digest, std::string> corrupted_;
  std::map<std::string, int> counts_;
  std::map<std::string, Passthrough> lists_;
};

/// Reads everything and finds a rule hit when the content contains "malware", or what new rules look for.
class ScriptedScanner final : public scan::Service {
 public:
  scan::Profile profile() const override;
  findings::ScanResult scan(const scan::Job& job, util::ByteSource& source) override;
  findings::ScanResult scan_directory(int) override { return {}; }
  util::Result<scan::ArchiveListing> list_archive(util::ByteSource&, util::ByteSink&) override { return {}; }
  util::Result<std::vector<findings::RuleInfo>> list_rules() override { return {}; }
  util::Result<std::vector<scan::LintNote>> lint_rules() override { return {}; }
  bool ready() const override { return true; }
  util::Result<std::vector<scan::SampleFile>> test_rules(int) override { return {}; }
  util::Result<std::vector<scan::RuleCost>> bench_rules(const std::vector<std::filesystem::path>&,
                                                        std::chrono::seconds) override {
    return {};
  }
  util::Result<scan::Profile> reload(const scan::RuleOptions&) override { return profile(); }
  void revoke(const std::string&) override {}
  void stop() override {}

  void set_profile(std::string id);
  /// New rules, under a profile of this name, that also find this word.
  void load_rule(std::string profile, std::string word);
  void set_outcome(findings::Outcome outcome) { outcome_ = outcome; }
  /// What each scan lists from now on.
  void set_files(findings::LayerFiles files);
  void run_out_of_memory(bool now) { no_memory_ = now; }
  void hold();     ///< scans wait
  void release();  ///< until here
  int scans() const { return scans_; }

 private:
  std::atomic<int> scans_{0};
  std::atomic<bool> no_memory_{false};
  std::atomic<findings::Outcome> outcome_{findings::Outcome::complete};
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  bool held_ = false;
  findings::LayerFiles files_;
  std::string profile_ = "profile-1";
  std::string word_;
};

/// Real records whose writes, or reads and writes, can be made to fail.
class BreakableRecords;

struct Image {
  oci::Digest manifest;
  oci::Digest config;
  std::vector<oci::Digest> layers;
  std::string body;
};

struct World {
  explicit World(Options options = {}, policy::Policy policy = {});
  ~World();

  /// A new gate on the same disk, like a restart.
  void restart();
  /// Another gate on the same records, as in a fleet: with a store of its own.
  std::unique_ptr<Gate> neighbour(const std::string& name);

  Image push(const std::string& repository, const std::string& tag, const std::vector<std::string>& layers,
             const std::string& layer_type = std::string(oci::kOciLayer));
  Image push_to(MemoryRegistry& from, const std::string& repository, const std::string& tag,
                const std::vector<std::string>& layers, const std::string& layer_type);
  ManifestAnswer pull(const std::string& repository, const std::string& reference,
                      std::chrono::milliseconds patience = std::chrono::seconds(20));
  ManifestAnswer pull_as(const Client& client, const std::string& repository, const std::string& reference);
  /// From the second upstream, ghcr.io.
  ManifestAnswer pull_second(const std::string& repository, const std::string& reference);
  BlobAnswer pull_blob(const std::string& repository, const oci::Digest& digest,
                       StopAt stop_at = StopAt::manifest,
                       std::chrono::milliseconds patience = std::chrono::seconds(20));
  void break_records(bool broken);    ///< they take nothing
  void lose_records(bool lost);       ///< nothing can be read either
  void break_inventory(bool broken);  ///< the file inventory alone
  records::Inventory& inventory();
  records::Records& recorded();
  std::size_t largest_pull_group() const;  ///< pulls that were to be written in one transaction
  std::size_t recorded_pulls();
  /// With the newest decision on each, newest first.
  std::vector<records::ImageRow> records_images();
  /// In rising sequence; whatever faults there are.
  std::vector<records::Event> events(const std::string& action);
  /// As the command line or the admin side of this or another process would.
  void waive(const findings::Waiver& waiver);
  std::vector<findings::Waiver> active_waivers();
  std::optional<records::DecisionRecord> decision(const std::string& id);
  void revoke(const std::string& waiver);
  std::optional<records::DecisionRecord> find_decision(const std::string& repository,
                                                       const oci::Digest& manifest);
  /// This share of the calls to the records fails, writes and reads; 0: none.
  void fail_records_at_random(unsigned seed, int percent);
  /// Whether the records, asked past all faults, hold a decision that lets it pass.
  bool may_be_served(const std::string& repository, const oci::Digest& manifest);
  bool blob_may_be_served(const std::string& repository, const oci::Digest& blob);

  /// From any host, configured or not.
  ManifestAnswer pull_anywhere(const std::string& host, const std::string& repository,
                               const std::string& reference);
  /// Names are compared with nginx and redis of docker.io and with ghcr.io; a restart keeps it.
  void watch_names(const naming::Options& lists = {});

  test::TempDir dir;
  Options options;
  policy::Policy policy;
  std::shared_ptr<const naming::NameIndex> names;
  util::MemoryMetrics metrics;
  util::ManualClock clock{util::TimePoint(std::chrono::milliseconds(1'800'000'000'000))};
  MemoryRegistry registry{"docker.io"};
  MemoryRegistry second{"ghcr.io"};
  ScriptedScanner scanner;
  std::unique_ptr<blobs::Store> store;
  std::map<std::string, std::unique_ptr<blobs::Store>> other_stores;
  std::unique_ptr<BreakableRecords> records;
  std::unique_ptr<Gate> gate;
};

}  // namespace portcullis::gate
