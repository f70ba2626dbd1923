// SPDX-License-Identifier: Apache-2.0
#include "misbehaving_worker.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <functional>
#include <map>
#include <new>
#include <string>

#include "fork_server.hpp"
#include "portcullis/sandbox/sandbox.hpp"

namespace portcullis::test {
namespace {

using findings::Finding;
using findings::Outcome;
using scan::FinalRecord;

struct Worker {
  scanner::WorkerDescriptors at;
  std::uint64_t bytes_in;

  void raw(const std::string& bytes) const { (void)util::write_full(at.result, util::as_bytes(bytes)); }
  void finding() const { raw(scan::encode_frame(Finding{})); }
  void clean_key(char of) const {
    scan::CleanKey key;
    key.fill(static_cast<std::byte>(of));
    raw(scan::encode_frame(scan::CleanKeys{{key}}));
  }
  void member() const {
    raw(scan::encode_frame(
        scan::Answer(scan::ArchiveEntry{scan::ArchiveEntryType::file, "m", "", 1, scan::kNotInPlace})));
    raw(scan::encode_frame(scan::Answer(scan::MemberPiece{"x"})));
  }
  void final_record(std::uint32_t findings = 0, std::uint32_t clean_keys = 0,
                    std::uint32_t answers = 0) const {
    FinalRecord record;
    record.outcome = Outcome::complete;
    record.counts.bytes_in = bytes_in;
    record.findings = findings;
    record.clean_keys = clean_keys;
    record.answers = answers;
    raw(scan::encode_frame(record));
  }
};

/// The final record with its byte for the outcome replaced.
std::string forged_outcome(const Worker& worker, char outcome) {
  FinalRecord record;
  record.outcome = Outcome::complete;
  record.counts.bytes_in = worker.bytes_in;
  std::string frame = scan::encode_frame(record);
  frame[5] = outcome;  // behind the length and the kind
  return frame;
}

const std::map<std::string, std::function<void(const Worker&)>> kDeeds = {
    {"good", [](const Worker& w) { w.final_record(); }},
    {"clean",
     [](const Worker& w) {
       w.clean_key('c');
       w.final_record(0, 1);
     }},
    {"clean-then-exit",
     [](const Worker& w) {
       w.clean_key('x');
       w.final_record(0, 1);
       _exit(3);
     }},
    {"dispute-then-exit",
     [](const Worker& w) {
       w.raw(scan::encode_frame(scan::Dispute{}));
       _exit(3);
     }},
    {"member",
     [](const Worker& w) {
       w.member();
       w.final_record(0, 0, 2);
     }},
    {"member-then-segv",
     [](const Worker& w) {
       w.member();
       w.final_record(0, 0, 2);
       std::raise(SIGSEGV);
     }},
    {"member-without-final", [](const Worker& w) { w.member(); }},
    {"exit", [](const Worker&) { _exit(3); }},
    {"final-then-exit",
     [](const Worker& w) {
       w.final_record();
       _exit(3);
     }},
    {"segv", [](const Worker&) { std::raise(SIGSEGV); }},
    {"final-then-segv",
     [](const Worker& w) {
       w.final_record();
       std::raise(SIGSEGV);
     }},
    {"abort", [](const Worker&) { std::abort(); }},
    {"hang",
     [](const Worker&) {
       while (true) {
         volatile int spin = 0;
         (void)spin;
       }
     }},
    {"final-then-hang",
     [](const Worker& w) {
       w.final_record();
       close(w.at.result);
       while (true) {
         volatile int spin = 0;
         (void)spin;
       }
     }},
    {"memory",
     [](const Worker& w) {
       std::string large(3ull << 30, 'x');
       w.raw(large);
     }},
    {"socket", [](const Worker&) { (void)socket(AF_INET, SOCK_STREAM, 0); }},
    {"open", [](const Worker&) { (void)open("/etc/passwd", O_RDONLY); }},
    {"nothing", [](const Worker&) {}},
    {"cut", [](const Worker& w) { w.raw(scan::encode_frame(FinalRecord{}).substr(0, 10)); }},
    {"findings-without-final", [](const Worker& w) { w.finding(); }},
    {"noise", [](const Worker& w) { w.raw(std::string(100'000, '\x7f')); }},
    {"empty-record", [](const Worker& w) { w.raw(std::string(4, '\0')); }},
    {"miscounted", [](const Worker& w) { w.final_record(7); }},
    {"too-many-findings",
     [](const Worker& w) {
       for (int i = 0; i < 50; ++i) w.finding();
       w.final_record(50);
     }},
    {"bytes-after-final",
     [](const Worker& w) {
       w.final_record();
       w.raw("x");
     }},
    {"second-final",
     [](const Worker& w) {
       w.final_record();
       w.final_record();
     }},
    {"claims-unavailable",
     [](const Worker& w) { w.raw(forged_outcome(w, static_cast<char>(Outcome::unavailable))); }},
    {"unknown-outcome", [](const Worker& w) { w.raw(forged_outcome(w, 99)); }},
    {"read-less",
     [](const Worker& w) {
       Worker liar = w;
       liar.bytes_in = 1;
       liar.final_record();
     }},
    {"kill-fork-server", [](const Worker&) { kill(getppid(), SIGKILL); }},
};

int work(const scan::JobRequest& request, const scanner::WorkerDescriptors& at) {
  std::set_new_handler([] { _exit(scan::kExitOutOfMemory); });
  std::string deed(4096, '\0');
  deed.resize(util::read_full(at.input, std::as_writable_bytes(std::span(deed))).value_or(0));
  const auto found = kDeeds.find(deed);
  if (found == kDeeds.end()) return scan::kExitInternal;
  const bool free = deed == "kill-fork-server";
  if (!free && (!sandbox::confine_process({.memory_bytes = request.limits.memory_bytes}) ||
                !sandbox::confine_system_calls())) {
    return scan::kExitInternal;
  }
  found->second({at, deed.size()});
  return scan::kExitDone;
}

}  // namespace

bool started_as_scanner() {
  int type = 0;
  socklen_t size = sizeof type;
  return getsockopt(scan::kControlFd, SOL_SOCKET, SO_TYPE, &type, &size) == 0 && type == SOCK_SEQPACKET;
}

int run_misbehaving_scanner() {
  std::signal(SIGPIPE, SIG_IGN);
  scan::Channel control{util::UniqueFd(scan::kControlFd)};
  if (!control.send(scan::encode(scan::Ready{1, 1, "hash", "test", {}, {}, {}}))) return 1;
  return scanner::serve(control, work) ? 0 : 1;
}

}  // namespace portcullis::test
