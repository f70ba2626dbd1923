// SPDX-License-Identifier: Apache-2.0
#include "world.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <random>

#include "portcullis/records/inventory.hpp"
#include "portcullis/records/search.hpp"
#include "portcullis/records/waivers.hpp"
#include "portcullis/util/fd.hpp"

namespace portcullis::gate {
namespace {

std::string descriptor(const std::string& media_type, const oci::Digest& digest, std::size_t size) {
  return R"({"mediaType":")" + media_type + R"(","digest":")" + digest.text() + R"(","size":)" +
         std::to_string(size) + "}";
}

}  // namespace

/// What the gate asks of these topics fails with the rest.
class BreakableSearch final : public records::Search {
 public:
  BreakableSearch(records::Search& real, std::function<bool()> unlucky)
      : real_(real), unlucky_(std::move(unlucky)) {}
  util::Result<records::ImagePage> images(const records::ImageQuery& query) override {
    if (unlucky_()) return refuse();
    return real_.images(query);
  }
  util::Result<std::uint64_t> count_images(const records::ImageQuery& query) override {
    if (unlucky_()) return refuse();
    return real_.count_images(query);
  }
  util::Result<std::vector<records::FilePlace>> files(const std::string& hash_or_path,
                                                      std::size_t limit) override {
    return real_.files(hash_or_path, limit);
  }
  util::Result<records::PullPage> pulls(const records::PullQuery& query) override {
    if (unlucky_()) return refuse();
    return real_.pulls(query);
  }
  util::Result<std::vector<records::Puller>> pullers(const records::PullerQuery& query) override {
    if (unlucky_()) return refuse();
    return real_.pullers(query);
  }
  util::Result<records::Exposure> exposure(const std::string& file_hash, std::size_t limit) override {
    return real_.exposure(file_hash, limit);
  }
  util::Result<std::vector<records::TimeBucket>> overview(const records::Period& period,
                                                          std::chrono::hours width) override {
    return real_.overview(period, width);
  }
  util::Result<std::vector<records::Ranked>> top_rules(const records::Period& period,
                                                       std::size_t limit) override {
    return real_.top_rules(period, limit);
  }
  util::Result<std::vector<records::Ranked>> top_names(const records::Period& period,
                                                       std::optional<findings::Action> action,
                                                       std::size_t limit) override {
    return real_.top_names(period, action, limit);
  }
  util::Result<std::vector<records::RankedSquat>> top_squats(const records::Period& period,
                                                             std::size_t limit) override {
    return real_.top_squats(period, limit);
  }
  util::Result<std::vector<records::RetroAlert>> retro_alerts(
      const records::RetroAlertQuery& query) override {
    return real_.retro_alerts(query);
  }
  util::Result<std::uint64_t> count_open_retro_alerts() override { return real_.count_open_retro_alerts(); }

 private:
  static tl::unexpected<util::Error> refuse() {
    return util::fail(util::ErrorKind::io, "the records are broken");
  }
  records::Search& real_;
  const std::function<bool()> unlucky_;
};

class BreakableWaivers final : public records::Waivers {
 public:
  BreakableWaivers(records::Waivers& real, std::function<bool()> unlucky)
      : real_(real), unlucky_(std::move(unlucky)) {}
  util::Result<void> create(const std::vector<records::NewWaiver>& waivers) override {
    return real_.create(waivers);
  }
  util::Result<std::optional<records::WaiverRecord>> find(const std::string& id) override {
    if (unlucky_()) return refuse();
    return real_.find(id);
  }
  util::Result<std::vector<records::WaiverRecord>> list(const records::WaiverQuery& query,
                                                        util::TimePoint now) override {
    if (unlucky_()) return refuse();
    return real_.list(query, now);
  }
  util::Result<records::WaiverCounts> count(util::TimePoint now) override { return real_.count(now); }
  util::Result<records::Revoked> revoke(const std::string& id, const records::Revocation& revocation,
                                        const records::Event& event) override {
    return real_.revoke(id, revocation, event);
  }
  util::Result<std::vector<findings::Waiver>> announce_expired(
      util::TimePoint now, std::size_t limit,
      const std::function<records::Event(const findings::Waiver&)>& announce) override {
    if (unlucky_()) return refuse();
    return real_.announce_expired(now, limit, announce);
  }

 private:
  static tl::unexpected<util::Error> refuse() {
    return util::fail(util::ErrorKind::io, "the records are broken");
  }
  records::Waivers& real_;
  const std::function<bool()> unlucky_;
};

/// Refuses while it is told to.
class BreakableInventory final : public records::Inventory {
 public:
  explicit BreakableInventory(records::Inventory& real) : real_(real) {}
  std::atomic<bool> broken{false};

  util::Result<void> put(const records::LayerInventory& inventory) override {
    if (broken) return util::fail(util::ErrorKind::io, "the inventory is broken");
    return real_.put(inventory);
  }
  util::Result<records::InventoryState> state(const oci::Digest& layer) override {
    return real_.state(layer);
  }
  util::Result<std::vector<records::LayerFile>> files(const oci::Digest& layer, const std::string& after_path,
                                                      std::size_t limit) override {
    return real_.files(layer, after_path, limit);
  }
  util::Result<std::optional<std::vector<std::string>>> setuid_files(const oci::Digest& layer) override {
    return real_.setuid_files(layer);
  }

 private:
  records::Inventory& real_;
};

class BreakableRecords final : public records::Records {
 public:
  explicit BreakableRecords(std::unique_ptr<records::Records> real)
      : real_(std::move(real)),
        search_(real_->search(), [this] { return unlucky(); }),
        waivers_(real_->waivers(), [this] { return unlucky(); }) {}
  std::atomic<bool> broken{false};
  std::atomic<bool> lost{false};
  std::atomic<std::size_t> largest_group{0};  ///< of pulls, in one transaction

  /// From now on this share of the calls fails; half of the writes among them took place all the same,
  /// as when the connection breaks before the answer arrives.
  void fail_at_random(unsigned seed, int percent) {
    std::lock_guard lock(mutex_);
    random_.seed(seed);
    percent_ = percent;
  }
  records::Records& real() { return *real_; }

  util::Result<std::optional<records::ScanRecord>> find_scan(const records::ScanKey& key) override {
    if (unlucky()) return refuse();
    return real_->find_scan(key);
  }
  util::Result<void> put_scan(const records::ScanRecord& record) override {
    return write([&] { return real_->put_scan(record); });
  }
  util::Result<std::optional<records::DecisionRecord>> find_decision(const std::string& host,
                                                                     const std::string& repository,
                                                                     const oci::Digest& manifest) override {
    if (unlucky()) return refuse();
    return real_->find_decision(host, repository, manifest);
  }
  util::Result<std::optional<records::DecisionRecord>> find_decision(const std::string& id) override {
    if (unlucky()) return refuse();
    return real_->find_decision(id);
  }
  util::Result<std::vector<records::DecisionRecord>> newest_decisions() override {
    return real_->newest_decisions();
  }
  util::Result<void> put_decision(const records::DecisionRecord& record,
                                  const std::vector<records::Event>& events) override {
    return write([&] { return real_->put_decision(record, events); });
  }
  util::Result<bool> replace_decision(const std::string& before, const records::DecisionRecord& record,
                                      const std::vector<records::Event>& events) override {
    if (broken || lost) return refuse();
    if (!unlucky()) return real_->replace_decision(before, record, events);
    if (unlucky()) (void)real_->replace_decision(before, record, events);
    return refuse();
  }
  util::Result<void> put_name_decision(const records::NameDecision& decision,
                                       const std::vector<records::Event>& events) override {
    return write([&] { return real_->put_name_decision(decision, events); });
  }
  util::Result<std::optional<records::NameDecision>> find_name_decision(const std::string& id) override {
    if (unlucky()) return refuse();
    return real_->find_name_decision(id);
  }
  util::Result<std::optional<records::NameDecision>> find_name_decision(
      const std::string& host, const std::string& repository) override {
    if (unlucky()) return refuse();
    return real_->find_name_decision(host, repository);
  }
  util::Result<std::vector<oci::Digest>> manifests_with_blob(const std::string& host,
                                                             const std::string& repository,
                                                             const oci::Digest& blob) override {
    if (unlucky()) return refuse();
    return real_->manifests_with_blob(host, repository, blob);
  }
  util::Result<std::optional<records::TagRecord>> find_tag(const std::string& host,
                                                           const std::string& repository,
                                                           const std::string& tag) override {
    if (unlucky()) return refuse();
    return real_->find_tag(host, repository, tag);
  }
  util::Result<void> put_tag(const records::TagRecord& record) override {
    return write([&] { return real_->put_tag(record); });
  }
  util::Result<std::optional<util::TimePoint>> first_seen(const oci::Digest& manifest) override {
    if (unlucky()) return refuse();
    return real_->first_seen(manifest);
  }
  util::Result<void> put_pulls(const std::vector<records::PullRecord>& pulls) override {
    largest_group = std::max(largest_group.load(), pulls.size());
    return write([&] { return real_->put_pulls(pulls); });
  }
  util::Result<void> put_event(const records::Event& event) override {
    return write([&] { return real_->put_event(event); });
  }
  util::Result<bool> put_event_once(const records::Event& event) override {
    if (broken || lost) return refuse();
    if (!unlucky()) return real_->put_event_once(event);
    if (unlucky()) (void)real_->put_event_once(event);
    return refuse();
  }
  util::Result<std::vector<records::Event>> events(const records::EventQuery& query) override {
    if (unlucky()) return refuse();
    return real_->events(query);
  }
  util::Result<std::vector<findings::Waiver>> active_waivers(util::TimePoint now) override {
    if (unlucky()) return refuse();
    return real_->active_waivers(now);
  }
  util::Result<void> put_cursor(const std::string& name, std::int64_t sequence,
                                util::TimePoint now) override {
    return write([&] { return real_->put_cursor(name, sequence, now); });
  }
  util::Result<std::vector<records::Cursor>> cursors() override { return real_->cursors(); }
  util::Result<void> remove_cursor(const std::string& name) override { return real_->remove_cursor(name); }
  util::Result<bool> take_lease(const records::Lease& lease, util::TimePoint now) override {
    return real_->take_lease(lease, now);
  }
  util::Result<void> give_up_lease(const std::string& name, const std::string& holder) override {
    return real_->give_up_lease(name, holder);
  }
  records::Waivers& waivers() override { return waivers_; }
  records::Search& search() override { return search_; }
  records::RuleSettings& rule_settings() override { return real_->rule_settings(); }
  BreakableInventory& inventory() override { return inventory_; }
  records::Tokens& tokens() override { return real_->tokens(); }
  util::Result<records::Removed> remove_old(const records::Retention& retention,
                                            util::TimePoint now) override {
    return real_->remove_old(retention, now);
  }
  util::Result<void> check() override { return real_->check(); }

 private:
  static tl::unexpected<util::Error> refuse() {
    return util::fail(util::ErrorKind::io, "the records are broken");
  }
  bool unlucky() {
    if (lost) return true;
    std::lock_guard lock(mutex_);
    return percent_ > 0 && static_cast<int>(random_() % 100) < percent_;
  }
  template <class Write>
  util::Result<void> write(Write write) {
    if (broken || lost) return refuse();
    if (!unlucky()) return write();
    if (unlucky()) (void)write();
    return refuse();
  }
  std::mutex mutex_;
  std::mt19937 random_;
  int percent_ = 0;
  std::unique_ptr<records::Records> real_;
  BreakableSearch search_;
  BreakableWaivers waivers_;
  BreakableInventory inventory_{real_->inventory()};
};

// --- MemoryRegistry

bool MemoryRegistry::ill(const std::string& what) {
  std::unique_lock lock(mutex_);
  ++counts_[what];
  released_.wait(lock, [&] { return !hanging_ || (!hanging_->empty() && *hanging_ != what); });
  return trouble_ != util::ErrorKind::internal;
}

void MemoryRegistry::hang(const std::string& what) {
  std::lock_guard lock(mutex_);
  hanging_ = what;
}

void MemoryRegistry::release() {
  std::lock_guard lock(mutex_);
  hanging_.reset();
  released_.notify_all();
}

void MemoryRegistry::forget(const std::string& repository, const oci::Digest& digest) {
  std::lock_guard lock(mutex_);
  items_.erase(repository + '@' + digest.text());
}

upstream::Health MemoryRegistry::status() const {
  upstream::Health health;
  const auto wait = retry_after_.load();
  if (wait.count() > 0) health.retry_after = wait;
  return health;
}

int MemoryRegistry::requests(const std::string& what) const {
  std::lock_guard lock(mutex_);
  const auto found = counts_.find(what);
  return found == counts_.end() ? 0 : found->second;
}

tl::unexpected<upstream::Failure> MemoryRegistry::refusal() const {
  return tl::unexpected(upstream::Failure{trouble_, 0, false, {}, "the upstream is in trouble"});
}

tl::unexpected<upstream::Failure> MemoryRegistry::absent() const {
  return tl::unexpected(upstream::Failure{util::ErrorKind::absent, 404, false, {}, "not found upstream"});
}

upstream::Answer<upstream::Resolved> MemoryRegistry::resolve(const oci::Repository& repository,
                                                             const oci::TagOrDigest& reference) {
  if (ill("resolve")) return refusal();
  std::lock_guard lock(mutex_);
  const auto found = tags_.find(repository.text() + ':' + oci::to_string(reference));
  if (found == tags_.end()) return absent();
  const auto& item = items_.at(repository.text() + '@' + found->second.text());
  return upstream::Resolved{found->second, item.media_type, item.content.size()};
}

upstream::Answer<upstream::RawDocument> MemoryRegistry::manifest(const oci::Repository& repository,
                                                                 const oci::TagOrDigest& reference) {
  if (ill("manifest")) return refusal();
  std::lock_guard lock(mutex_);
  const auto digest = std::get<oci::Digest>(reference);
  const auto found = items_.find(repository.text() + '@' + digest.text());
  if (found == items_.end()) return absent();
  return upstream::RawDocument{digest, found->second.media_type, found->second.content};
}

upstream::Answer<void> MemoryRegistry::blob(const oci::Repository& repository, const oci::Digest& digest,
                                            std::uint64_t, util::ByteSink& sink) {
  if (ill("blob") || ill("blob " + digest.text())) return refusal();
  if (retry_after_.load().count() > 0) {
    return tl::unexpected(
        upstream::Failure{util::ErrorKind::limit, 429, true, retry_after_.load(), "rate limit reached"});
  }
  std::string bytes;
  {
    std::lock_guard lock(mutex_);
    const auto found = items_.find(repository.text() + '@' + digest.text());
    if (found == items_.end()) return absent();
    const auto corrupted = corrupted_.find(digest);
    bytes = corrupted == corrupted_.end() ? found->second.content : corrupted->second;
  }
  if (auto written = sink.write(util::as_bytes(bytes)); !written) {
    return tl::unexpected(upstream::Failure{written.error().kind, 0, false, {}, written.error().message});
  }
  return {};
}

upstream::Answer<upstream::Registry::Passthrough> MemoryRegistry::list(const std::string& kind,
                                                                       const std::string& query) {
  if (ill(kind)) return refusal();
  std::lock_guard lock(mutex_);
  const auto found = lists_.find(kind + '?' + query);
  if (found == lists_.end()) return absent();
  return found->second;
}

void MemoryRegistry::set_list(const std::string& kind, const std::string& query, Passthrough answer) {
  std::lock_guard lock(mutex_);
  lists_.insert_or_assign(kind + '?' + query, std::move(answer));
}

void MemoryRegistry::tag(const std::string& repository, const std::string& tag, const oci::Digest& digest) {
  std::lock_guard lock(mutex_);
  tags_.insert_or_assign(repository + ':' + tag, digest);
}

oci::Digest MemoryRegistry::add(const std::string& repository, const std::string& content,
                                const std::string& media_type) {
  std::lock_guard lock(mutex_);
  auto digest = oci::Digest::of(content);
  items_.insert_or_assign(repository + '@' + digest.text(), Item{content, media_type});
  return digest;
}

// --- ScriptedScanner

scan::Profile ScriptedScanner::profile() const {
  std::lock_guard lock(mutex_);
  scan::Profile profile;
  profile.id = profile_;
  return profile;
}

void ScriptedScanner::set_profile(std::string id) {
  std::lock_guard lock(mutex_);
  profile_ = std::move(id);
}

void ScriptedScanner::load_rule(std::string profile, std::string word) {
  std::lock_guard lock(mutex_);
  profile_ = std::move(profile);
  word_ = std::move(word);
}

void ScriptedScanner::set_files(findings::LayerFiles files) {
  std::lock_guard lock(mutex_);
  files_ = std::move(files);
}

void ScriptedScanner::hold() {
  std::lock_guard lock(mutex_);
  held_ = true;
}

void ScriptedScanner::release() {
  std::lock_guard lock(mutex_);
  held_ = false;
  wake_.notify_all();
}

findings::ScanResult ScriptedScanner::scan(const scan::Job& job, util::ByteSource& source) {
  ++scans_;
  if (no_memory_) throw std::bad_alloc();
  {
    std::unique_lock lock(mutex_);
    wake_.wait(lock, [this] { return !held_; });
    if (job.files != nullptr && job.kind == scan::JobKind::layer) *job.files = files_;
  }
  findings::ScanResult result;
  std::string all;
  std::array<std::byte, 4096> buffer{};
  for (;;) {
    const auto got = source.read(buffer);
    if (!got) {
      result.reason = got.error().message;
      return result;
    }
    if (*got == 0) break;
    all.append(reinterpret_cast<const char*>(buffer.data()), *got);
  }
  result.outcome = outcome_;
  if (result.outcome != findings::Outcome::complete) result.reason = "as the test wants it";
  const auto find = [&](const std::string& word, const char* rule) {
    if (word.empty() || all.find(word) == std::string::npos) return;
    findings::Finding finding;
    finding.rule = rule;
    finding.severity = findings::Severity::critical;
    finding.techniques = {"T1496"};
    finding.path = "usr/bin/x";
    finding.file_hash = std::string(64, 'a');
    result.findings.push_back(finding);
  };
  find("malware", "test_malware");
  std::lock_guard lock(mutex_);
  find(word_, "test_new");
  return result;
}

// --- World

World::World(Options wanted, policy::Policy wanted_policy)
    : options(wanted), policy(std::move(wanted_policy)) {
  restart();
}

World::~World() {
  scanner.release();
  registry.release();
  second.release();
  gate.reset();
}

void World::restart() {
  gate.reset();
  store.reset();
  records.reset();
  blobs::Options blob_options;
  blob_options.directory = dir.path() / "blobs";
  store = std::move(*blobs::open_store(blob_options, metrics));
  records =
      std::make_unique<BreakableRecords>(std::move(*records::open((dir.path() / "records.db").string())));
  const Parts parts{{{"docker.io", &registry}, {"ghcr.io", &second}},
                    store.get(),
                    &scanner,
                    records.get(),
                    &clock,
                    &metrics,
                    names};
  gate = make_gate(parts, options, policy);
}

void World::break_records(bool broken) { records->broken = broken; }
std::size_t World::largest_pull_group() const { return records->largest_group; }
std::size_t World::recorded_pulls() {
  records::PullQuery query;
  query.limit = 5000;
  return records->real().search().pulls(query).value().pulls.size();
}
void World::break_inventory(bool broken) { records->inventory().broken = broken; }
records::Inventory& World::inventory() { return records->inventory(); }
void World::lose_records(bool lost) { records->lost = lost; }

std::unique_ptr<Gate> World::neighbour(const std::string& name) {
  blobs::Options blob_options;
  blob_options.directory = dir.path() / name;
  auto& other = other_stores[name];
  other = std::move(*blobs::open_store(blob_options, metrics));
  const Parts parts{{{"docker.io", &registry}, {"ghcr.io", &second}},
                    other.get(),
                    &scanner,
                    records.get(),
                    &clock,
                    &metrics,
                    names};
  return make_gate(parts, options, policy);
}

std::vector<records::Event> World::events(const std::string& action) {
  records::EventQuery query;
  query.actions = {action};
  query.limit = 5000;
  return records->real().events(query).value();
}

std::vector<records::ImageRow> World::records_images() {
  return records->real().search().images({}).value().images;
}

void World::waive(const findings::Waiver& waiver) {
  records::Event event;
  event.action = "waiver-added";
  event.at = clock.now();
  ASSERT_TRUE(records->real().waivers().create({{waiver, event}}));
}

std::vector<findings::Waiver> World::active_waivers() {
  return records->real().active_waivers(clock.now()).value();
}

std::optional<records::DecisionRecord> World::decision(const std::string& id) {
  return records->real().find_decision(id).value();
}

void World::revoke(const std::string& waiver) {
  records::Event event;
  event.action = "waiver-revoked";
  event.at = clock.now();
  ASSERT_TRUE(records->real().waivers().revoke(waiver, {"bob", "no longer needed", clock.now()}, event));
}

std::optional<records::DecisionRecord> World::find_decision(const std::string& repository,
                                                            const oci::Digest& manifest) {
  return records->find_decision("docker.io", repository, manifest).value();
}

void World::fail_records_at_random(unsigned seed, int percent) { records->fail_at_random(seed, percent); }

bool World::may_be_served(const std::string& repository, const oci::Digest& manifest) {
  const auto decision = records->real().find_decision("docker.io", repository, manifest);
  return decision && *decision && (*decision)->decision.action != findings::Action::block;
}

bool World::blob_may_be_served(const std::string& repository, const oci::Digest& blob) {
  const auto manifests = records->real().manifests_with_blob("docker.io", repository, blob);
  return manifests &&
         std::ranges::any_of(*manifests, [&](const auto& m) { return may_be_served(repository, m); });
}

Image World::push(const std::string& repository, const std::string& tag,
                  const std::vector<std::string>& layers, const std::string& layer_type) {
  return push_to(registry, repository, tag, layers, layer_type);
}

Image World::push_to(MemoryRegistry& from, const std::string& repository, const std::string& tag,
                     const std::vector<std::string>& layers, const std::string& layer_type) {
  const std::string config =
      R"({"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":[]},"author":")" +
      repository + "\"}";
  Image image{oci::Digest::of(""), from.add(repository, config), {}, ""};
  std::string list;
  for (const auto& layer : layers) {
    image.layers.push_back(from.add(repository, layer));
    list += (list.empty() ? "" : ",") + descriptor(layer_type, image.layers.back(), layer.size());
  }
  image.body = R"({"schemaVersion":2,"mediaType":")" + std::string(oci::kOciManifest) + R"(","config":)" +
               descriptor(std::string(oci::kOciConfig), image.config, config.size()) + R"(,"layers":[)" +
               list + "]}";
  image.manifest = from.add(repository, image.body, std::string(oci::kOciManifest));
  from.tag(repository, tag, image.manifest);
  return image;
}

namespace {

ManifestAnswer pull_from(Gate& gate, const std::string& host, const std::string& repository,
                         const std::string& reference, std::chrono::milliseconds patience,
                         const Client& client = {"192.0.2.1", "", "test/1"}) {
  return gate.manifest({host,
                        *oci::Repository::parse(repository),
                        *oci::parse_tag_or_digest(reference),
                        Method::get,
                        client,
                        {},
                        patience});
}

}  // namespace

ManifestAnswer World::pull_as(const Client& client, const std::string& repository,
                              const std::string& reference) {
  return pull_from(*gate, "docker.io", repository, reference, std::chrono::seconds(20), client);
}

ManifestAnswer World::pull(const std::string& repository, const std::string& reference,
                           std::chrono::milliseconds patience) {
  return pull_from(*gate, "docker.io", repository, reference, patience);
}

ManifestAnswer World::pull_second(const std::string& repository, const std::string& reference) {
  return pull_from(*gate, "ghcr.io", repository, reference, std::chrono::seconds(20));
}

ManifestAnswer World::pull_anywhere(const std::string& host, const std::string& repository,
                                    const std::string& reference) {
  return pull_from(*gate, host, repository, reference, std::chrono::seconds(20));
}

records::Records& World::recorded() { return *records; }

void World::watch_names(const naming::Options& lists) {
  using Publishers = naming::Registry::Publishers;
  const naming::ReferenceData data{
      .registries = {{"docker.io", Publishers::anybody, "docker.io"},
                     {"ghcr.io", Publishers::anybody, "ghcr.io"}},
      .repositories = {{"library/nginx", 1}, {"library/redis", 2}, {"bitnami/kafka", 3}},
      .known_bad = {{"docker.io/alpine2/*", "miner", "https://example.com/report"}}};
  auto built = naming::NameIndex::build(data, lists);
  ASSERT_TRUE(built) << built.error().message;
  names = std::make_shared<const naming::NameIndex>(*std::move(built));
  policy.names.reference = naming::fingerprint(data, lists);
  gate->set_names(names);
  gate->set_policy(policy);
}

BlobAnswer World::pull_blob(const std::string& repository, const oci::Digest& digest, StopAt stop_at,
                            std::chrono::milliseconds patience) {
  return gate->blob({"docker.io",
                     *oci::Repository::parse(repository),
                     digest,
                     {"192.0.2.1", "", "test/1"},
                     patience,
                     stop_at});
}

}  // namespace portcullis::gate
