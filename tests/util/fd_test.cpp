// SPDX-License-Identifier: Apache-2.0
#include "portcullis/util/fd.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <thread>

#include "support/temp_dir.hpp"

namespace portcullis::util {
namespace {

bool is_open(int fd) { return ::fcntl(fd, F_GETFD) >= 0; }

std::string read_text(int fd, std::size_t most) {
  std::string text(most, '\0');
  const auto got = read_full(fd, std::as_writable_bytes(std::span(text)));
  text.resize(got.value_or(0));
  return text;
}

TEST(UniqueFd, ClosesOnceAndMoves) {
  auto pipe = make_pipe();
  ASSERT_TRUE(pipe);
  const int number = pipe->read_end.get();
  UniqueFd moved = std::move(pipe->read_end);
  EXPECT_FALSE(pipe->read_end);
  EXPECT_TRUE(is_open(number));
  moved.reset();
  EXPECT_FALSE(is_open(number));
}

TEST(Fd, EverythingIsCloseOnExec) {
  const test::TempDir dir;
  const auto pipe = make_pipe();
  const auto file = open_file(dir / "f", O_RDWR | O_CREAT);
  ASSERT_TRUE(pipe && file);
  const auto copy = duplicate(file->get());
  ASSERT_TRUE(copy);
  EXPECT_GT(copy->get(), 2);
  for (const int fd : {pipe->read_end.get(), pipe->write_end.get(), file->get(), copy->get()}) {
    EXPECT_TRUE(::fcntl(fd, F_GETFD) & FD_CLOEXEC);
  }
}

TEST(Fd, ReadIsShortOnlyAtTheEnd) {
  auto pipe = make_pipe();
  ASSERT_TRUE(pipe);
  std::thread writer([end = std::move(pipe->write_end)] {
    for (const char* piece : {"ab", "c", "defg"}) EXPECT_TRUE(write_full(end.get(), as_bytes(piece)));
  });
  EXPECT_EQ(read_text(pipe->read_end.get(), 5), "abcde");
  EXPECT_EQ(read_text(pipe->read_end.get(), 5), "fg");
  EXPECT_EQ(read_text(pipe->read_end.get(), 5), "");
  writer.join();
}

TEST(Fd, ReadsAtAnOffset) {
  const test::TempDir dir;
  const auto file = open_file(dir.write("f", "0123456789"), O_RDONLY);
  ASSERT_TRUE(file);
  std::string text(4, '\0');
  EXPECT_EQ(read_full_at(file->get(), std::as_writable_bytes(std::span(text)), 3).value(), 4u);
  EXPECT_EQ(text, "3456");
  EXPECT_EQ(read_full_at(file->get(), std::as_writable_bytes(std::span(text)), 8).value(), 2u);
  EXPECT_EQ(read_full_at(file->get(), std::as_writable_bytes(std::span(text)), 100).value(), 0u);
}

TEST(Fd, WritingToNobodyIsCancelled) {
  ::signal(SIGPIPE, SIG_IGN);
  auto pipe = make_pipe();
  ASSERT_TRUE(pipe);
  pipe->read_end.reset();
  const auto written = write_full(pipe->write_end.get(), as_bytes("x"));
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().kind, ErrorKind::cancelled);
}

TEST(Fd, AFullDiskIsAnIoError) {
  const auto full = open_file("/dev/full", O_WRONLY);
  ASSERT_TRUE(full);
  const auto written = write_full(full->get(), as_bytes("x"));
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().kind, ErrorKind::io);
  EXPECT_NE(written.error().message.find("No space left on device (errno 28)"), std::string::npos);
}

TEST(Fd, AMissingFileIsAbsentAndNamed) {
  const auto file = open_file("/nonexistent/f", O_RDONLY);
  ASSERT_FALSE(file);
  EXPECT_EQ(file.error().kind, ErrorKind::absent);
  EXPECT_NE(file.error().message.find("/nonexistent/f"), std::string::npos);
}

TEST(Fd, SignalsDoNotCutTransfers) {
  struct sigaction action {};
  action.sa_handler = [](int) {};  // without SA_RESTART: blocked calls end with EINTR
  ASSERT_EQ(::sigaction(SIGUSR1, &action, nullptr), 0);
  auto pipe = make_pipe();
  ASSERT_TRUE(pipe);
  const std::string content(1 << 20, 'x');  // far more than a pipe holds, so the writer blocks too
  std::atomic<bool> done = false;
  std::thread writer([&, end = std::move(pipe->write_end)] {
    EXPECT_TRUE(write_full(end.get(), as_bytes(content)));
    done = true;
  });
  const pthread_t reader = ::pthread_self();
  std::thread pest([&] {
    while (!done) {
      ::pthread_kill(writer.native_handle(), SIGUSR1);
      ::pthread_kill(reader, SIGUSR1);
      std::this_thread::yield();
    }
  });
  EXPECT_EQ(read_text(pipe->read_end.get(), content.size()), content);
  pest.join();
  writer.join();
}

}  // namespace
}  // namespace portcullis::util
