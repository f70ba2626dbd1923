// SPDX-License-Identifier: Apache-2.0
#include "credential_helper.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <nlohmann/json.hpp>

#include "portcullis/util/fd.hpp"

namespace portcullis::upstream {
namespace {

using util::ErrorKind;
using Clock = std::chrono::steady_clock;

constexpr std::size_t kMaxName = 64;
constexpr std::size_t kMaxServer = 2048;  // fits into an empty pipe
constexpr std::size_t kMaxAnswer = 64 * 1024;
constexpr std::chrono::milliseconds kReapStep{10};

bool is_program_name(const std::string& name) {
  return !name.empty() && name.size() <= kMaxName && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.';
  });
}

/// A child in a process group of its own. It is killed, group and all, unless it ended.
class Child {
 public:
  explicit Child(pid_t pid) : pid_(pid) {}
  ~Child() {
    if (pid_ < 0) return;
    kill(-pid_, SIGKILL);
    while (waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
    }
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  /// Its exit code, -1 for a signal; nullopt when it has not ended by then.
  std::optional<int> wait_until(Clock::time_point deadline) {
    for (;;) {
      int status = 0;
      const pid_t ended = waitpid(pid_, &status, WNOHANG);
      if (ended == pid_) {
        kill(-pid_, SIGKILL);  // what it left behind
        pid_ = -1;
        return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
      }
      if ((ended < 0 && errno != EINTR) || Clock::now() >= deadline) return std::nullopt;
      poll(nullptr, 0, static_cast<int>(kReapStep.count()));
    }
  }

 private:
  pid_t pid_;
};

util::Result<pid_t> spawn(const std::string& program, int input, int output) {
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
  // What helpers say on stderr may quote what they hold.
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_addclosefrom_np(&actions, STDERR_FILENO + 1);
  posix_spawnattr_init(&attributes);
  sigset_t none;
  sigset_t all;
  sigemptyset(&none);
  sigfillset(&all);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &all);
  posix_spawnattr_setpgroup(&attributes, 0);
  posix_spawnattr_setflags(&attributes,
                           POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
  std::string name = program;
  std::string verb = "get";
  std::array<char*, 3> argv{name.data(), verb.data(), nullptr};
  pid_t pid = -1;
  const int error = posix_spawnp(&pid, program.c_str(), &actions, &attributes, argv.data(), environ);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) {
    return util::fail(ErrorKind::io, "credential helper " + program + ": " + std::strerror(error) +
                                         "; is it installed and in PATH?");
  }
  return pid;
}

/// All of it up to the end, or nullopt: too much, or not in time.
std::optional<std::string> read_all(int fd, Clock::time_point deadline) {
  std::string text;
  std::array<char, 4096> buffer{};
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
    if (left.count() <= 0) return std::nullopt;
    pollfd entry{fd, POLLIN, 0};
    if (poll(&entry, 1, static_cast<int>(left.count())) <= 0) {
      if (errno == EINTR) continue;
      return std::nullopt;
    }
    const ssize_t got = read(fd, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 || text.size() + static_cast<std::size_t>(got) > kMaxAnswer) return std::nullopt;
    if (got == 0) return text;
    text.append(buffer.data(), static_cast<std::size_t>(got));
  }
}

}  // namespace

util::Result<std::optional<HelperAnswer>> ask_credential_helper(const std::string& name,
                                                                const std::string& server,
                                                                std::chrono::milliseconds patience) {
  if (!is_program_name(name) || server.size() > kMaxServer) {
    return util::fail(ErrorKind::invalid,
                      "a credential helper is named by letters, digits, '-', '_' and '.' (e.g. pass), saw: " +
                          name.substr(0, kMaxName));
  }
  const std::string program = "docker-credential-" + name;
  auto input = util::make_pipe();
  if (!input) return tl::unexpected(input.error());
  auto output = util::make_pipe();
  if (!output) return tl::unexpected(output.error());
  auto pid = spawn(program, input->read_end.get(), output->write_end.get());
  if (!pid) return tl::unexpected(pid.error());
  Child child(*pid);
  output->write_end.reset();
  // Our end of its input stays open until this was written, so that it cannot break.
  if (auto written = util::write_full(input->write_end.get(), util::as_bytes(server)); !written) {
    return tl::unexpected(written.error());
  }
  input->write_end.reset();
  input->read_end.reset();

  const auto deadline = Clock::now() + patience;
  const auto text = read_all(output->read_end.get(), deadline);
  const auto code = text ? child.wait_until(deadline) : std::nullopt;
  if (!code) {
    return util::fail(ErrorKind::io, "credential helper " + program + " did not answer within " +
                                         std::to_string(patience.count()) + " ms, or with more than 64 KiB");
  }
  if (*code != 0) {
    if (text->find("credentials not found") != std::string::npos) return std::nullopt;
    return util::fail(ErrorKind::io, "credential helper " + program + " failed with exit code " +
                                         std::to_string(*code) + "; run it by hand to see why");
  }
  const auto answer = nlohmann::json::parse(*text, nullptr, /*allow_exceptions=*/false);
  const auto member = [&answer](const char* key) -> std::string {
    const auto it = answer.find(key);
    return it != answer.end() && it->is_string() ? it->get<std::string>() : std::string();
  };
  if (!answer.is_object() || member("Secret").empty()) {
    return util::fail(ErrorKind::io, "credential helper " + program +
                                         " answered with something else than JSON with a Secret");
  }
  return HelperAnswer{member("Username"), member("Secret")};
}

}  // namespace portcullis::upstream
