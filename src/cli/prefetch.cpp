// SPDX-License-Identifier: Apache-2.0
//
// portcullis prefetch: has a running server fetch and judge images before people ask for them.
#include <atomic>
#include <cstdio>
#include <mutex>
#include <thread>

#include "commands.hpp"
#include "exit_code.hpp"
#include "portcullis/util/files.hpp"
#include "portcullis/util/safe_text.hpp"
#include "portcullis/util/text.hpp"
#include "prefetch_image.hpp"

namespace portcullis::cli {
namespace {

constexpr std::size_t kMaxListBytes = 16u << 20;

struct PrefetchFlags {
  std::vector<std::string> images;
  std::string file;
  std::vector<std::string> platforms;
  bool all_platforms = false;
  std::string server = "http://127.0.0.1:5000";
  std::string ca_file;
  std::string timeout = "30m";
  int jobs = 4;
};

util::Result<std::string> read_list(const std::string& file) {
  return util::read_file(file == "-" ? "/dev/stdin" : file, kMaxListBytes);
}

/// A line of a list without its comment and the blanks around it.
std::string_view image_of(std::string_view line) {
  constexpr std::string_view kBlank = " \t\r";
  line = line.substr(0, line.find('#'));
  const auto first = line.find_first_not_of(kBlank);
  if (first == std::string_view::npos) return {};
  return line.substr(first, line.find_last_not_of(kBlank) - first + 1);
}

util::Result<std::vector<oci::Reference>> references(const PrefetchFlags& flags) {
  std::vector<std::string> names = flags.images;
  if (!flags.file.empty()) {
    const auto list = read_list(flags.file);
    if (!list) return util::fail("--file", list.error());
    for (const auto line : util::split(*list, '\n')) {
      if (const auto name = image_of(line); !name.empty()) names.emplace_back(name);
    }
  }
  if (names.empty())
    return util::fail(util::ErrorKind::invalid, "name at least one image, or a list with --file");
  std::vector<oci::Reference> all;
  for (const auto& name : names) {
    auto reference = oci::Reference::parse(name);
    if (!reference) return tl::unexpected(reference.error());
    all.push_back(*std::move(reference));
  }
  return all;
}

const char* word(Verdict verdict) {
  switch (verdict) {
    case Verdict::allow:
      return "allowed";
    case Verdict::warn:
      return "warned";
    case Verdict::block:
      return "blocked";
    case Verdict::error:
      break;
  }
  return "error";
}

std::string line_of(const Prefetched& done) {
  char time[32];
  std::snprintf(time, sizeof time, "%.1f s", static_cast<double>(done.time.count()) / 1000);
  std::string line = word(done.verdict);
  line.resize(9, ' ');
  line += util::safe_text(done.name) + (done.platform.empty() ? "" : " " + util::safe_text(done.platform)) +
          "  " + util::format_size(done.bytes) + "  " + time;
  if (!done.message.empty()) line += "  " + util::safe_text(done.message, 1000);
  return line;
}

/// A block is the stronger news: it stays so, an error may pass.
class Outcome {
 public:
  void add(const Prefetched& done) {
    blocked_ = blocked_ || done.verdict == Verdict::block;
    unknown_ = unknown_ || done.verdict == Verdict::error;
  }
  ExitCode code() const { return blocked_ ? kBlocked : unknown_ ? kCouldNotJudge : kClean; }

 private:
  bool blocked_ = false;
  bool unknown_ = false;
};

int prefetch(const PrefetchFlags& flags) {
  PrefetchJob job{flags.server, flags.ca_file, {}, {}};
  const auto patience = util::parse_duration(flags.timeout);
  if (!patience || patience->count() <= 0) {
    return fail(kUsage, "--timeout: expected a duration such as 30m, saw \"" + flags.timeout + "\"");
  }
  job.patience = std::chrono::duration_cast<std::chrono::seconds>(*patience);
  for (const auto& text : flags.platforms) {
    auto platform = oci::Platform::parse(text);
    if (!platform) return fail(kUsage, "--platform: " + platform.error().message);
    job.platforms.push_back(*std::move(platform));
  }
  if (job.platforms.empty() && !flags.all_platforms) job.platforms.push_back(oci::Platform::host());
  const auto wanted = references(flags);
  if (!wanted) return fail(kUsage, wanted.error().message);

  std::mutex mutex;
  Outcome outcome;
  std::atomic<std::size_t> next{0};
  const auto work = [&] {
    for (std::size_t i = next++; i < wanted->size(); i = next++) {
      const auto all = prefetch_image(job, (*wanted)[i]);
      const std::lock_guard lock(mutex);
      for (const Prefetched& done : all) {
        outcome.add(done);
        std::printf("%s\n", line_of(done).c_str());
      }
      std::fflush(stdout);
    }
  };
  std::vector<std::thread> threads;
  const auto count = std::min(wanted->size(), static_cast<std::size_t>(flags.jobs));
  for (std::size_t i = 1; i < count; ++i) threads.emplace_back(work);
  work();
  for (auto& thread : threads) thread.join();
  return outcome.code();
}

}  // namespace

void add_prefetch(CLI::App& app, Action& action) {
  auto flags = std::make_shared<PrefetchFlags>();
  CLI::App* command = app.add_subcommand(
      "prefetch", "Have a running server fetch and judge images before they are asked for");
  command->add_option("IMAGE", flags->images, "Images such as nginx:1.27 or ghcr.io/owner/app@sha256:...");
  command->add_option("--file", flags->file, "A list of images, one a line, # for comments; - is stdin")
      ->type_name("LIST");
  auto* platform = command
                       ->add_option("--platform", flags->platforms,
                                    "Which image of an index, default that of this machine; repeatable")
                       ->type_name("OS/ARCH[/VARIANT]")
                       ->expected(1)
                       ->take_all()
                       ->allow_extra_args(false);
  command->add_flag("--all-platforms", flags->all_platforms, "Every image of an index")->excludes(platform);
  command->add_option("--server", flags->server, "Its registry address, default http://127.0.0.1:5000")
      ->type_name("URL");
  command->add_option("--ca", flags->ca_file, "Certificates (PEM) to trust for an https server")
      ->type_name("FILE");
  command->add_option("--timeout", flags->timeout, "For one image, default 30m; its scan goes on afterwards")
      ->type_name("DURATION");
  command->add_option("--jobs", flags->jobs, "Images at a time, default 4")
      ->type_name("N")
      ->check(CLI::Range(1, 64));
  command->footer(
      "Prints a line for each image: verdict, name, bytes, time, reason.\n"
      "Exit codes: 0 all are clean, 1 one is blocked, 2 one could not be judged, 64 and above: wrong usage.\n"
      "Examples:\n"
      "  portcullis prefetch nginx:1.27 ghcr.io/owner/app:v2\n"
      "  portcullis prefetch --file images.txt --platform linux/amd64 --platform linux/arm64");
  command->callback([flags, &action] { action = [flags] { return prefetch(*flags); }; });
}

}  // namespace portcullis::cli
