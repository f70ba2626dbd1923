// SPDX-License-Identifier: Apache-2.0
//
// How long lists, searches and overviews take with very many pulls in the records, and what it costs
// to write them. `records LOCATION [PULLS]`; LOCATION is a new SQLite file or a PostgreSQL URL. See
// scripts/bench.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "portcullis/records/inventory.hpp"
#include "portcullis/records/records.hpp"
#include "portcullis/records/search.hpp"
#include "portcullis/records/waivers.hpp"

namespace portcullis::records {
namespace {

using Clock = std::chrono::steady_clock;
using findings::Action;
using std::chrono::hours;
using std::chrono::minutes;

constexpr unsigned kRepositories = 1'000;
constexpr unsigned kImages = 5'000;
constexpr unsigned kClients = 3'000;
constexpr unsigned kDays = 30;
constexpr unsigned kBatch = 1'000;
/// All of it ends with the hour before this one, so that "the last day" of who looks has its share.
const util::TimePoint kStart = std::chrono::floor<hours>(util::SystemClock().now()) - hours(24 * kDays);

template <class T>
T value(util::Result<T> result) {
  if (result) return *std::move(result);
  std::fprintf(stderr, "records: %s\n", result.error().message.c_str());
  std::exit(1);
}
void done(const util::Result<void>& result) {
  if (result) return;
  std::fprintf(stderr, "records: %s\n", result.error().message.c_str());
  std::exit(1);
}

double millis(Clock::time_point start) {
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

std::string repository_of(unsigned image) {
  const unsigned repository = image % kRepositories;
  return "team" + std::to_string(repository % 37) + "/app" + std::to_string(repository);
}
oci::Digest manifest_of(unsigned image) { return oci::Digest::of("manifest " + std::to_string(image)); }
oci::Digest layer_of(unsigned layer) { return oci::Digest::of("layer " + std::to_string(layer)); }
std::string hash_of(unsigned file) {
  return oci::Digest::of("file " + std::to_string(file)).text().substr(7);
}
Action action_of(unsigned image) {
  return image % 50 == 7 ? Action::block : image % 10 == 3 ? Action::warn : Action::allow;
}

/// Low numbers are common, as with images and clients in the field.
unsigned skewed(std::mt19937& random, unsigned n) {
  const double u = static_cast<double>(random()) / 4294967296.0;
  return std::min(n - 1, static_cast<unsigned>(static_cast<double>(n) * u * u * u));
}

void write_images(Records& records) {
  const auto start = Clock::now();
  for (unsigned image = 0; image < kImages; ++image) {
    DecisionRecord record{.manifest = manifest_of(image)};
    record.id = "d" + std::to_string(image);
    record.host = "docker.io";
    record.repository = repository_of(image);
    record.decision.action = action_of(image);
    record.decision.reasons = {
        {record.decision.action, findings::Severity::high, "rule:r" + std::to_string(image % 200), "", ""}};
    record.at = kStart + minutes(image % (60 * 24 * kDays));
    for (unsigned layer = 0; layer < 6; ++layer) {
      record.blobs.push_back({layer_of(layer < 2 ? layer : image * 4 + layer), "l", "layer", 1});
    }
    Event event;
    event.at = record.at;
    event.action = "image-allowed";
    event.host = record.host;
    event.repository = record.repository;
    done(records.put_decision(record, event));
  }
  std::printf("decisions written     %8.2f ms each, alone in a transaction\n", millis(start) / kImages);
  const auto files_start = Clock::now();
  constexpr unsigned kLayers = 200;
  for (unsigned layer = 0; layer < kLayers; ++layer) {
    LayerInventory inventory{layer_of(layer), {}, false, kStart};
    for (unsigned file = 0; file < 1'000; ++file) {
      inventory.files.push_back(
          {"usr/bin/tool" + std::to_string(file), hash_of(layer * 1'000 + file), 1, "elf"});
    }
    done(records.inventory().put(inventory));
  }
  std::printf("layer files written   %8.2f ms a layer of 1000\n", millis(files_start) / kLayers);
}

void write_pulls(Records& records, unsigned pulls) {
  std::mt19937 random(1);
  std::vector<double> batches;
  std::vector<PullRecord> batch;
  for (unsigned i = 0; i < pulls; ++i) {
    const unsigned image = skewed(random, kImages);
    const unsigned client = skewed(random, kClients);
    PullRecord pull{.manifest = manifest_of(image)};
    pull.host = "docker.io";
    pull.repository = repository_of(image);
    pull.reference = "latest";
    pull.action = action_of(image);
    pull.client_address = "10." + std::to_string(client % 7) + "." + std::to_string(client / 256) + "." +
                          std::to_string(client % 256);
    pull.client_user = client % 3 == 0 ? "user" + std::to_string(client % 100) : "";
    pull.client_agent = "containerd/2." + std::to_string(client % 5);
    pull.decision_id = "d" + std::to_string(image);
    pull.first = pull.last = kStart + std::chrono::milliseconds(std::int64_t{kDays} * 86'400'000 * i / pulls);
    pull.requests = 1;
    batch.push_back(pull);
    if (batch.size() < kBatch && i + 1 < pulls) continue;
    const auto start = Clock::now();
    done(records.put_pulls(batch));
    batches.push_back(millis(start));
    batch.clear();
  }
  std::sort(batches.begin(), batches.end());
  std::printf("pulls written         %8.2f ms a batch of %u (median), %.2f ms (slowest)\n",
              batches[batches.size() / 2], kBatch, batches.back());
}

void measure(const char* name, const std::function<void()>& query) {
  std::vector<double> times;
  for (int i = 0; i < 7; ++i) {
    const auto start = Clock::now();
    query();
    times.push_back(millis(start));
  }
  std::sort(times.begin(), times.end());
  std::printf("%-40s %8.2f ms (median), %8.2f ms (slowest)%s\n", name, times[3], times[6],
              times[3] > 50 ? "   OVER 50 ms" : "");
}

void read(Records& records) {
  auto& search = records.search();
  const auto pulls = [&](const char* name, const PullQuery& query) {
    measure(name, [&] { (void)value(search.pulls(query)); });
  };
  const auto images = [&](const char* name, const ImageQuery& query) {
    measure(name, [&] { (void)value(search.images(query)); });
  };
  const auto week = kStart + hours(24 * 14);
  PullQuery far;
  for (int page = 0; page < 3; ++page) far.after = value(search.pulls(far)).next;
  pulls("pulls: newest", {});
  pulls("pulls: fourth page", far);
  pulls("pulls: a week ago", {.from = week, .until = week + hours(1)});
  pulls("pulls: blocked", {.action = Action::block});
  pulls("pulls: a common repository", {.host = "docker.io", .repository = repository_of(0)});
  pulls("pulls: a rare repository", {.host = "docker.io", .repository = repository_of(kRepositories - 1)});
  pulls("pulls: a common manifest", {.manifest = manifest_of(0)});
  pulls("pulls: a common client", {.client = "10.0.0.0"});
  pulls("pulls: a user", {.user = "user3"});
  pulls("pulls: blocked of a client", {.action = Action::block, .client = "10.0.0.0"});
  pulls("pulls: a rule", {.rule = "r7"});
  pulls("pulls: blocked for a rule", {.action = Action::block, .rule = "r7"});
  pulls("pulls: common text", {.text = "team1"});
  pulls("pulls: rare text", {.text = "app999"});
  pulls("pulls: text of nothing", {.text = "nosuchthing"});
  images("images: newest", {});
  images("images: newest pull", {.order = ImageQuery::Order::newest_pull});
  images("images: blocked", {.action = Action::block});
  images("images: text", {.text = "app99"});
  images("images: a common layer", {.digest = layer_of(0).text()});
  images("images: a rare layer", {.digest = layer_of(4'004).text()});
  images("images: file hash", {.file_hash = hash_of(5)});
  images("images: file name", {.path = "tool7"});
  images("images: rule", {.rule = "r7"});
  images("images: client", {.client = "10.0.0.0"});
  measure("who pulled a common manifest",
          [&] { (void)value(search.pullers({.manifest = manifest_of(0), .limit = 100})); });
  measure("which images hold a file, who pulled them",
          [&] { (void)value(search.exposure(hash_of(4'005), 100)); });
  measure("the same, file of every image", [&] { (void)value(search.exposure(hash_of(5), 100)); });
  const Period month{kStart, kStart + hours(24 * kDays)};
  measure("overview: a month by hours", [&] { (void)value(search.overview(month, hours(1))); });
  measure("overview: top rules of a month", [&] { (void)value(search.top_rules(month, 10)); });
  measure("overview: top names of a month", [&] { (void)value(search.top_names(month, std::nullopt, 10)); });
  measure("overview: top blocked names", [&] { (void)value(search.top_names(month, Action::block, 10)); });
  measure("overview: top names of a day", [&] {
    (void)value(search.top_names({kStart, kStart + hours(24)}, std::nullopt, 10));
  });
}

int run(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: records LOCATION [PULLS]\n");
    return 64;
  }
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  const auto pulls = argc > 2 ? static_cast<unsigned>(std::atol(argv[2])) : 1'000'000;
  auto records = value(open(argv[1]));
  write_images(*records);
  write_pulls(*records, pulls);
  read(*records);
  return 0;
}

}  // namespace
}  // namespace portcullis::records

int main(int argc, char** argv) { return portcullis::records::run(argc, argv); }
