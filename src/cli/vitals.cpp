// SPDX-License-Identifier: Apache-2.0
#include "vitals.hpp"

#include <sys/resource.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <fstream>
#include <iterator>

#include "portcullis/records/waivers.hpp"

namespace portcullis::cli {
namespace {

constexpr std::chrono::hours kSoon{72};
constexpr std::size_t kMostExpiring = 1000;

double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

double cpu_seconds() {
  rusage usage{};
  if (::getrusage(RUSAGE_SELF, &usage) != 0) return 0;
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

double resident_bytes() {
  double all = 0;
  double resident = 0;
  std::ifstream("/proc/self/statm") >> all >> resident;
  return resident * static_cast<double>(::sysconf(_SC_PAGESIZE));
}

double open_descriptors() {
  std::error_code error;
  std::filesystem::directory_iterator entries("/proc/self/fd", error);
  if (error) return 0;
  double count = -1;  // without the one that reads this
  for (; !error && entries != std::filesystem::directory_iterator(); entries.increment(error)) ++count;
  return count;
}

}  // namespace

Vitals::Vitals(VitalSources sources, http::PrometheusMetrics& metrics, std::chrono::milliseconds interval)
    : sources_(std::move(sources)), metrics_(metrics), interval_(interval) {
  metrics_.info("portcullis_build_info", {{"version", sources_.version}});
  metrics_.gauge("process_start_time_seconds", {},
                 static_cast<double>(util::to_millis(sources_.clock.now())) / 1000);
  take();
  thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

void Vitals::run(const std::stop_token& stop) {
  for (;;) {
    {
      std::unique_lock lock(mutex_);
      wake_.wait_for(lock, stop, interval_, [] { return false; });
    }
    if (stop.stop_requested()) return;
    take();
  }
}

void Vitals::take() {
  for (const auto& line : sources_.readiness()) {
    if (line.name.starts_with("upstream ")) continue;  // never a reason not to be ready; they have metrics
    metrics_.gauge("portcullis_ready", {{"check", line.name}}, line.ready ? 1 : 0);
  }
  take_rules();
  take_waivers();
  take_disk();
  take_process();
}

void Vitals::take_rules() {
  const auto profile = sources_.scanner.profile();
  metrics_.info("portcullis_rules_info", {{"profile", profile.id}});
  metrics_.gauge("portcullis_rules", {}, static_cast<double>(profile.rules));
  metrics_.gauge("portcullis_rule_files", {}, static_cast<double>(profile.files));
  metrics_.gauge("portcullis_rule_files_set_aside", {}, static_cast<double>(profile.set_aside.size()));
}

/// What the records do not say now stays as it was; that they do not is another metric.
void Vitals::take_waivers() {
  const auto now = sources_.clock.now();
  auto& waivers = sources_.records.waivers();
  const auto gauge = [&](const char* state, std::uint64_t count) {
    metrics_.gauge("portcullis_waivers", {{"state", state}}, static_cast<double>(count));
  };
  if (const auto counts = waivers.count(now)) {
    gauge("active", counts->active);
    gauge("expired", counts->expired);
    gauge("revoked", counts->revoked);
  }
  records::WaiverQuery soon;
  soon.expires_before = now + kSoon;
  soon.limit = kMostExpiring;
  if (const auto expiring = waivers.list(soon, now)) {
    metrics_.gauge("portcullis_waivers_expiring_soon", {}, static_cast<double>(expiring->size()));
  }
}

void Vitals::take_disk() {
  struct statvfs disk {};
  if (::statvfs(sources_.data.c_str(), &disk) != 0) return;
  const auto unit = static_cast<double>(disk.f_frsize);
  metrics_.gauge("portcullis_data_size_bytes", {}, static_cast<double>(disk.f_blocks) * unit);
  metrics_.gauge("portcullis_data_free_bytes", {}, static_cast<double>(disk.f_bavail) * unit);
}

/// By the names that every Prometheus client uses, so that ready-made dashboards find them.
void Vitals::take_process() {
  const double cpu = cpu_seconds();
  metrics_.count("process_cpu_seconds_total", {}, cpu - cpu_seconds_);
  cpu_seconds_ = cpu;
  metrics_.gauge("process_resident_memory_bytes", {}, resident_bytes());
  metrics_.gauge("process_open_fds", {}, open_descriptors());
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0) {
    metrics_.gauge("process_max_fds", {}, static_cast<double>(limit.rlim_cur));
  }
}

}  // namespace portcullis::cli
