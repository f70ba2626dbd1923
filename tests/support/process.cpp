// SPDX-License-Identifier: Apache-2.0
#include "support/process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <span>
#include <stdexcept>
#include <system_error>
#include <utility>

extern char** environ;

namespace portcullis::test {
namespace {

[[noreturn]] void fail_errno(const std::string& what) {
  throw std::system_error(errno, std::generic_category(), what);
}

util::UniqueFd memory_file(const char* name) {
  util::UniqueFd fd(memfd_create(name, MFD_CLOEXEC));
  if (!fd) fail_errno("memfd_create");
  return fd;
}

util::UniqueFd output_file(const std::filesystem::path& path) {
  const bool none = path.empty();
  util::UniqueFd fd(open(none ? "/dev/null" : path.c_str(),
                         none ? O_WRONLY | O_CLOEXEC : O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
  if (!fd) fail_errno("open " + path.string());
  return fd;
}

util::UniqueFd input_file(const std::string& input) {
  util::UniqueFd fd = memory_file("stdin");
  if (!util::write_full(fd.get(), util::as_bytes(input))) fail_errno("write to memfd");
  lseek(fd.get(), 0, SEEK_SET);
  return fd;
}

std::string contents(int fd) {
  struct stat info {};
  if (fstat(fd, &info) != 0) fail_errno("fstat memfd");
  std::string text(static_cast<std::size_t>(info.st_size), '\0');
  if (!util::read_full_at(fd, std::as_writable_bytes(std::span(text)), 0)) fail_errno("read memfd");
  return text;
}

std::vector<char*> pointers(std::vector<std::string>& strings) {
  std::vector<char*> result;
  for (auto& text : strings) result.push_back(text.data());
  result.push_back(nullptr);
  return result;
}

std::vector<std::string> environment_with(const std::map<std::string, std::string>& extra) {
  std::vector<std::string> result;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string text = *entry;
    if (!extra.contains(text.substr(0, text.find('=')))) result.push_back(text);
  }
  for (const auto& [name, value] : extra) result.push_back(name + "=" + value);
  return result;
}

/// Between fork and exec: only async-signal-safe calls.
[[noreturn]] void become(char* const* argv, char* const* envp, const char* cwd, int in, int out, int err,
                         pid_t parent, int error_pipe) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  bool ok = getppid() == parent;  // else it died before the line above
  ok = ok && dup2(in, STDIN_FILENO) >= 0 && dup2(out, STDOUT_FILENO) >= 0 && dup2(err, STDERR_FILENO) >= 0;
  ok = ok && (cwd == nullptr || chdir(cwd) == 0);
  if (ok) execvpe(argv[0], argv, envp);
  const int error = errno;
  [[maybe_unused]] const ssize_t told = write(error_pipe, &error, sizeof error);
  _exit(127);
}

}  // namespace

Process::Process(const Command& command)
    : Process(command, output_file(command.out_file), output_file(command.err_file)) {}

Process::Process(const Command& command, util::UniqueFd out, util::UniqueFd err) {
  auto argv = command.argv;
  auto environment = environment_with(command.env);
  const auto argv_pointers = pointers(argv);
  const auto environment_pointers = pointers(environment);
  const char* cwd = command.cwd.empty() ? nullptr : command.cwd.c_str();
  const util::UniqueFd in = input_file(command.input);
  auto errors = util::make_pipe();
  if (!errors) throw std::runtime_error(errors.error().message);

  const pid_t parent = getpid();
  pid_ = fork();
  if (pid_ < 0) fail_errno("fork");
  if (pid_ == 0) {
    become(argv_pointers.data(), environment_pointers.data(), cwd, in.get(), out.get(), err.get(), parent,
           errors->write_end.get());
  }
  pidfd_.reset(static_cast<int>(syscall(SYS_pidfd_open, pid_, 0)));
  errors->write_end.reset();
  int error = 0;  // the pipe closes unread when exec succeeded
  if (read(errors->read_end.get(), &error, sizeof error) > 0) {
    waitpid(pid_, nullptr, 0);
    throw std::system_error(error, std::generic_category(), "cannot start " + argv.front());
  }
}

Process::Process(Process&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)), pidfd_(std::move(other.pidfd_)), exit_code_(other.exit_code_) {}

Process::~Process() {
  if (pid_ > 0) terminate();
}

std::optional<int> Process::wait_for(std::chrono::milliseconds timeout) {
  if (exit_code_) return exit_code_;
  pollfd ready{pidfd_.get(), POLLIN, 0};
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  int count = 0;
  do {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    count = poll(&ready, 1, std::max(0, static_cast<int>(left.count())));
  } while (count < 0 && errno == EINTR);
  if (count <= 0) return std::nullopt;
  int status = 0;
  if (waitpid(pid_, &status, 0) != pid_) fail_errno("waitpid");
  exit_code_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return exit_code_;
}

void Process::signal(int number) const {
  if (!exit_code_) kill(pid_, number);
}

bool Process::terminate(std::chrono::milliseconds grace) {
  signal(SIGTERM);
  if (wait_for(grace)) return true;
  signal(SIGKILL);
  wait_for(std::chrono::seconds(30));
  return false;
}

RunResult run(const Command& command, std::chrono::milliseconds timeout) {
  const auto out = memory_file("stdout");
  const auto err = memory_file("stderr");
  auto out_copy = util::duplicate(out.get());
  auto err_copy = util::duplicate(err.get());
  if (!out_copy || !err_copy) fail_errno("duplicate memfd");
  Process process(command, std::move(*out_copy), std::move(*err_copy));
  const auto exit_code = process.wait_for(timeout);
  if (!exit_code) process.terminate(std::chrono::seconds(2));
  return {exit_code.value_or(-1), !exit_code.has_value(), contents(out.get()), contents(err.get())};
}

RunResult run(std::vector<std::string> argv, std::chrono::milliseconds timeout) {
  return run(Command{.argv = std::move(argv)}, timeout);
}

RunResult run_ok(const Command& command, std::chrono::milliseconds timeout) {
  auto result = run(command, timeout);
  if (result.exit_code == 0) return result;
  std::string line;
  for (const auto& word : command.argv) line += word + " ";
  throw std::runtime_error(line + "ended with " + std::to_string(result.exit_code) + "\n" + result.out +
                           result.err);
}

}  // namespace portcullis::test
