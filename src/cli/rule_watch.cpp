// SPDX-License-Identifier: Apache-2.0
#include "rule_watch.hpp"

#include <sys/stat.h>

#include "portcullis/util/files.hpp"
#include "portcullis/util/hash.hpp"
#include "reloader.hpp"

namespace portcullis::cli {
namespace {

constexpr std::chrono::seconds kInterval{2};

void add(util::Hasher& look, const std::filesystem::path& file) {
  struct stat status {};
  if (::stat(file.c_str(), &status) != 0) {
    look.update(file.string() + " gone\n");
    return;
  }
  std::string line = file.string();
  for (const auto value :
       {static_cast<long long>(status.st_size), static_cast<long long>(status.st_ino),
        static_cast<long long>(status.st_mtim.tv_sec), static_cast<long long>(status.st_mtim.tv_nsec)}) {
    line += ' ' + std::to_string(value);
  }
  look.update(line + '\n');
}

}  // namespace

std::string look_at_rules(const std::vector<std::filesystem::path>& paths) {
  util::Hasher look;
  for (const auto& path : paths) {
    std::error_code error;
    if (!std::filesystem::is_directory(path, error)) {
      add(look, path);
      continue;
    }
    const auto files = util::files_below(path, {".yar", ".yara"});
    if (!files) {
      look.update(files.error().message + '\n');
      continue;
    }
    for (const auto& file : *files) add(look, file);
  }
  return look.finish_hex();
}

RuleWatch::RuleWatch(Reloader& reloader)
    : reloader_(reloader), thread_([this](const std::stop_token& stop) { run(stop); }) {}

void RuleWatch::run(const std::stop_token& stop) {
  std::string before;
  while (true) {
    {
      std::unique_lock lock(mutex_);
      wake_.wait_for(lock, stop, kInterval, [] { return false; });
    }
    if (stop.stop_requested()) return;
    reloader_.keep_up();
    if (!reloader_.watches()) continue;
    std::string now = look_at_rules(reloader_.rules().rules);
    // When a reload is under way it may have read what was there before: the next look tells.
    if (now == before && now != reloader_.loaded_look()) reloader_.reload_rules();
    before = std::move(now);
  }
}

}  // namespace portcullis::cli
