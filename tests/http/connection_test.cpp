// SPDX-License-Identifier: Apache-2.0
//
// The life of honest connections: keep-alive, pipelining, parking, the end.
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "http/registry_fixture.hpp"
#include "support/require.hpp"
#include "support/temp_dir.hpp"
#include "support/wait.hpp"

namespace portcullis::http::test {
namespace {

using namespace std::chrono_literals;
using portcullis::test::wait_until;

class ConnectionTest : public RegistryFixture {
 protected:
  double connections() const { return metric("portcullis_http_connections{listener=registry}"); }
  std::filesystem::path sparse_file(std::uintmax_t size) const {
    const auto path = directory_.write("blob", "");
    std::filesystem::resize_file(path, size);
    return path;
  }

  portcullis::test::TempDir directory_;
};

std::size_t threads_of_this_process() {
  const std::filesystem::directory_iterator tasks("/proc/self/task");
  return static_cast<std::size_t>(std::distance(begin(tasks), end(tasks)));
}

TEST_F(ConnectionTest, AThousandRequestsOnOneConnection) {
  start();
  RawClient client(port());
  for (int i = 0; i < 1000; ++i) {
    const auto answer = i % 3 == 0 ? client.head(kTarget) : client.get(kTarget);
    ASSERT_EQ(answer.status, 200) << i;
    ASSERT_EQ(answer.header("connection"), "") << i;
  }
  EXPECT_EQ(connections(), 1);
}

TEST_F(ConnectionTest, PipelinedRequestsAreAnsweredInOrder) {
  gate_.on_manifest = [](const gate::ManifestRequest& request) {
    return served_manifest(oci::to_string(request.reference));
  };
  start();
  RawClient client(port());
  std::string burst;
  for (int i = 0; i < 200; ++i) {
    burst += "GET /v2/a/b/manifests/t" + std::to_string(i) + " HTTP/1.1\r\nHost: x\r\n\r\n";
  }
  client.send(burst);
  for (int i = 0; i < 200; ++i) ASSERT_EQ(client.read().body, "t" + std::to_string(i));
}

TEST_F(ConnectionTest, CloseIsHonoured) {
  start();
  RawClient asks(port());
  const auto answer = asks.get("/v2/", "Connection: close\r\n");
  EXPECT_EQ(answer.header("connection"), "close");
  EXPECT_TRUE(asks.read_to_end());

  RawClient old(port());
  old.send("GET /v2/ HTTP/1.0\r\n\r\n");
  EXPECT_EQ(old.read().status, 200);
  EXPECT_TRUE(old.read_to_end());
}

TEST_F(ConnectionTest, AClientThatFinishedWritingStillGetsItsAnswer) {
  start();
  RawClient client(port());
  client.send("GET /v2/ HTTP/1.1\r\nHost: x\r\n\r\n");
  client.finish_writing();
  EXPECT_EQ(client.read().status, 200);
  EXPECT_TRUE(client.read_to_end());
  EXPECT_TRUE(wait_until([&] { return connections() == 0; }));
}

TEST_F(ConnectionTest, IdleConnectionsEnd) {
  options_.listen.idle_timeout = 200ms;
  start();
  RawClient silent(port());
  RawClient spoke(port());
  EXPECT_EQ(spoke.get("/v2/").status, 200);
  EXPECT_TRUE(silent.read_to_end());
  EXPECT_TRUE(spoke.read_to_end());
}

TEST_F(ConnectionTest, RequestsBeyondMaxActiveWaitTheirTurn) {
  options_.listen.max_active = 2;
  std::atomic<int> running = 0;
  std::atomic<int> most = 0;
  gate_.on_manifest = [&](const gate::ManifestRequest&) {
    const int now = ++running;
    for (int seen = most; seen < now && !most.compare_exchange_weak(seen, now);) {
    }
    std::this_thread::sleep_for(5ms);
    --running;
    return served_manifest(kManifest);
  };
  start();
  std::vector<std::future<int>> answers;
  for (int i = 0; i < 16; ++i) {
    answers.push_back(std::async(std::launch::async, [this] { return get_once(port(), kTarget).status; }));
  }
  for (auto& answer : answers) EXPECT_EQ(answer.get(), 200);
  EXPECT_LE(most, 2);
}

TEST_F(ConnectionTest, ThreadsGrowSoThatAHeldRequestBlocksNobody) {
  std::promise<void> release;
  auto released = release.get_future().share();
  gate_.on_manifest = [&](const gate::ManifestRequest&) {
    released.wait();
    return served_manifest(kManifest);
  };
  start();
  std::vector<std::unique_ptr<RawClient>> held;
  for (int i = 0; i < 40; ++i) {
    held.push_back(std::make_unique<RawClient>(port()));
    held.back()->send("GET " + kTarget + " HTTP/1.1\r\nHost: x\r\n\r\n");
  }
  EXPECT_TRUE(wait_until([&] { return gate_.asked() == 40; }));
  EXPECT_EQ(get_once(port(), "/v2/").status, 200);
  release.set_value();
  for (auto& client : held) EXPECT_EQ(client->read().status, 200);
}

constexpr rlim_t kCrowd = 10'000;

/// A process of its own for the other ends: two times ten thousand descriptors are more than one is
/// usually allowed. It opens them once it is told the port, says so, and holds them until the pipe ends.
class Crowd {
 public:
  Crowd() {
    child_ = ::fork();
    if (child_ == 0) {
      orders_.write_end.reset();
      reports_.read_end.reset();
      ::_exit(run());
    }
    orders_.read_end.reset();
    reports_.write_end.reset();
  }
  ~Crowd() {
    orders_.write_end.reset();
    ::waitpid(child_, nullptr, 0);
  }

  /// True when all of them are connected.
  bool gather(std::uint16_t port) {
    char done = 0;
    return ::write(orders_.write_end.get(), &port, sizeof(port)) == sizeof(port) &&
           ::read(reports_.read_end.get(), &done, 1) == 1;
  }

 private:
  int run() {
    std::uint16_t port = 0;
    if (::read(orders_.read_end.get(), &port, sizeof(port)) != sizeof(port)) return 1;
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &limit);
    try {
      std::vector<std::unique_ptr<RawClient>> clients;
      for (rlim_t i = 0; i < kCrowd; ++i) {
        clients.push_back(std::make_unique<RawClient>(port));
        // Some have had an answer, the others have not asked yet.
        if (i % 10 == 0 && clients.back()->get("/v2/").status != 200) return 1;
      }
      char byte = 'y';
      if (::write(reports_.write_end.get(), &byte, 1) != 1) return 1;
      while (::read(orders_.read_end.get(), &byte, 1) > 0) {
      }
    } catch (const std::exception&) {
      return 1;
    }
    return 0;
  }

  util::Pipe orders_ = util::make_pipe().value();
  util::Pipe reports_ = util::make_pipe().value();
  pid_t child_ = -1;
};

TEST_F(ConnectionTest, TenThousandIdleConnectionsCostNoThread) {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  PORTCULLIS_REQUIRE(limit.rlim_max >= kCrowd + 200, "10,200 open files");
  Crowd crowd;
  // Workers grow with requests under way, so a crowd that arrives in a burst may start all there can be;
  // what idle connections must not do is to need more.
  constexpr std::size_t kWorkers = 8;
  options_.listen.max_active = kWorkers;
  start();
  ::getrlimit(RLIMIT_NOFILE, &limit);
  EXPECT_EQ(limit.rlim_cur, limit.rlim_max) << "listening raises the soft limit";

  const auto threads = threads_of_this_process();
  ASSERT_TRUE(crowd.gather(port()));
  ASSERT_TRUE(wait_until([&] { return connections() == kCrowd; }));
  EXPECT_LE(threads_of_this_process(), threads + kWorkers);
  RawClient honest(port());
  for (int i = 0; i < 100; ++i) {
    ASSERT_EQ(honest.get("/v2/").status, 200);
    ASSERT_EQ(get_once(port(), "/v2/").status, 200);
  }
}

TEST_F(ConnectionTest, DrainLetsRunningRequestsFinish) {
  std::promise<void> release;
  auto released = release.get_future().share();
  gate_.on_manifest = [&](const gate::ManifestRequest&) {
    released.wait();
    return served_manifest(kManifest);
  };
  start();
  RawClient idle(port());
  ASSERT_EQ(idle.get("/v2/").status, 200);
  RawClient busy(port());
  busy.send("GET " + kTarget + " HTTP/1.1\r\nHost: x\r\n\r\n");
  ASSERT_TRUE(wait_until([&] { return gate_.asked() == 1; }));

  std::thread draining([&] { server_->drain(30s); });
  EXPECT_TRUE(idle.read_to_end());
  EXPECT_THROW(RawClient{port()}, std::runtime_error);
  release.set_value();
  const auto answer = busy.read();
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body, kManifest);
  EXPECT_TRUE(busy.read_to_end());
  busy.hang_up();
  draining.join();
}

TEST_F(ConnectionTest, DrainEndsWhenItsPatienceDoes) {
  const auto file = sparse_file(64 << 20);
  gate_.on_blob = [&](const gate::BlobRequest& request) { return served_blob(file, request.digest); };
  start();
  RawClient reader(port(), 4096);
  reader.send("GET /v2/a/b/blobs/" + oci::Digest::of("x").text() + " HTTP/1.1\r\nHost: x\r\n\r\n");
  ASSERT_TRUE(wait_until([&] { return gate_.asked() == 1; }));
  server_->drain(100ms);
  EXPECT_FALSE(reader.read().complete);
}

TEST_F(ConnectionTest, RequestsSentBeforeStartAreAnsweredAfterIt) {
  auto server = listen_registry(options_, gate_, metrics_);
  ASSERT_TRUE(server);
  RawClient early((*server)->port());
  early.send("GET /v2/ HTTP/1.1\r\nHost: x\r\n\r\n");
  (*server)->start();
  EXPECT_EQ(early.read().status, 200);
}

TEST_F(ConnectionTest, AServerThatNeverStartedJustCloses) {
  auto server = listen_registry(options_, gate_, metrics_);
  ASSERT_TRUE(server);
  (*server)->drain(1s);
}

TEST_F(ConnectionTest, ListeningTellsWhyItCannot) {
  start();
  auto second = options_;
  second.listen.port = port();
  const auto taken = listen_registry(second, gate_, metrics_);
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().message, "127.0.0.1:" + std::to_string(port()) +
                                       " is in use by another program; stop it or choose another port");
  second.listen.host = "no host";
  const auto nowhere = listen_registry(second, gate_, metrics_);
  ASSERT_FALSE(nowhere);
  EXPECT_NE(nowhere.error().message.find("no host"), std::string::npos);
}

}  // namespace
}  // namespace portcullis::http::test
