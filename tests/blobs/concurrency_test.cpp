// SPDX-License-Identifier: Apache-2.0
#include <atomic>
#include <future>
#include <latch>
#include <thread>

#include "blobs_fixture.hpp"
#include "support/wait.hpp"

namespace portcullis::blobs {
namespace {

using std::chrono::milliseconds;
using util::ErrorKind;

/// A fetch that stops in the middle until it is told to go on.
struct Gate {
  std::promise<void> promise;
  std::shared_future<void> open = promise.get_future().share();
};

TEST_F(BlobStoreTest, ManyWhoAskAtOnceShareOneTransfer) {
  constexpr int kClients = 64;
  open();
  const std::string content(300'000, 'c');
  const auto digest = oci::Digest::of(content);
  std::atomic<int> fetches = 0;
  Gate gate;
  std::latch asked(kClients);
  std::vector<std::thread> clients;
  std::atomic<int> right = 0;
  for (int i = 0; i < kClients; ++i) {
    clients.emplace_back([&, i] {
      const auto transfer = store_->acquire(digest, content.size(), kPlenty, [&](util::ByteSink& sink) {
        ++fetches;
        gate.open.wait();
        return deliver(content)(sink);
      });
      asked.count_down();
      if (i % 2 == 0) {
        const auto text = drain(*transfer->reader());
        right += text && *text == content;
      } else {
        const auto blob = transfer->wait();
        right += blob && read_blob(*blob) == content;
      }
    });
  }
  asked.wait();
  gate.promise.set_value();
  for (auto& client : clients) client.join();
  EXPECT_EQ(fetches, 1);
  EXPECT_EQ(right, kClients);
}

TEST_F(BlobStoreTest, AReaderFollowsTheGrowingFileAndEndsAfterTheCommit) {
  open();
  const std::string first(5'000, '1');
  const std::string second(7'000, '2');
  const auto digest = oci::Digest::of(first + second);
  Gate gate;
  const auto transfer = store_->acquire(digest, first.size() + second.size(), kPlenty,
                                        [&](util::ByteSink& sink) -> util::Result<void> {
                                          if (auto ok = deliver(first)(sink); !ok) return ok;
                                          gate.open.wait();
                                          return deliver(second)(sink);
                                        });
  const auto reader = transfer->reader();
  std::string seen;
  std::byte buffer[1024];
  while (seen.size() < first.size()) {
    const auto got = reader->read(buffer);
    ASSERT_TRUE(got);
    seen.append(reinterpret_cast<const char*>(buffer), *got);
  }
  EXPECT_EQ(seen, first);
  EXPECT_FALSE(transfer->wait_for(milliseconds(1)));
  EXPECT_FALSE(store_->contains(digest)) << "readable is not committed";
  gate.promise.set_value();
  EXPECT_EQ(drain(*reader).value(), second);
  EXPECT_TRUE(store_->contains(digest)) << "the clean end comes after the commit";
  EXPECT_TRUE(transfer->wait_for(milliseconds(0)));
}

TEST_F(BlobStoreTest, AReaderOfATransferThatTurnsOutWrongEndsInAnError) {
  open();
  const std::string sent(5'000, 'w');
  Gate gate;
  const auto transfer = store_->acquire(oci::Digest::of("other"), sent.size(), kPlenty,
                                        [&](util::ByteSink& sink) -> util::Result<void> {
                                          auto ok = deliver(sent)(sink);
                                          gate.open.wait();
                                          return ok;
                                        });
  const auto reader = transfer->reader();
  std::byte buffer[16];
  ASSERT_TRUE(reader->read(buffer));
  gate.promise.set_value();
  const auto rest = drain(*reader);
  ASSERT_FALSE(rest);
  EXPECT_EQ(rest.error().kind, ErrorKind::corrupt);
}

TEST_F(BlobStoreTest, TheTransferGoesOnWhenEverybodyLeaves) {
  open();
  const auto digest = oci::Digest::of("patience");
  Gate gate;
  static_cast<void>(store_->acquire(digest, 8, kPlenty, [open = gate.open](util::ByteSink& sink) {
    open.wait();
    return deliver("patience")(sink);
  }));
  gate.promise.set_value();
  EXPECT_TRUE(test::wait_until([&] { return store_->contains(digest); }));
}

TEST_F(BlobStoreTest, AWrongSizeFromOneManifestDoesNotFailAnother) {
  open();
  const auto digest = oci::Digest::of("right");
  Gate gate;
  const auto fetch = [&](util::ByteSink& sink) {
    gate.open.wait();
    return deliver("right")(sink);
  };
  const auto liar = store_->acquire(digest, 4, kPlenty, fetch);
  const auto honest = store_->acquire(digest, 5, kPlenty, fetch);
  gate.promise.set_value();
  EXPECT_FALSE(liar->wait());
  EXPECT_TRUE(honest->wait());
}

TEST_F(BlobStoreTest, NoMoreTransfersRunThanAllowed) {
  open(kPlenty, 2);
  std::atomic<int> running = 0;
  std::atomic<int> most = 0;
  std::vector<std::shared_ptr<Transfer>> transfers;
  for (int i = 0; i < 20; ++i) {
    const std::string content = "blob " + std::to_string(i);
    transfers.push_back(store_->acquire(oci::Digest::of(content), content.size(), kPlenty,
                                        [&, content](util::ByteSink& sink) {
                                          const int now = ++running;
                                          int before = most;
                                          while (before < now && !most.compare_exchange_weak(before, now)) {
                                          }
                                          std::this_thread::sleep_for(milliseconds(2));
                                          --running;
                                          return deliver(content)(sink);
                                        }));
  }
  for (const auto& transfer : transfers) EXPECT_TRUE(transfer->wait());
  EXPECT_LE(most, 2);
}

TEST_F(BlobStoreTest, StopCancelsWhatRunsAndWhatWaits) {
  open(kPlenty, 1);
  Gate gate;
  std::latch started(1);
  const auto running = store_->acquire(oci::Digest::of("running"), 7, kPlenty, [&](util::ByteSink& sink) {
    started.count_down();
    gate.open.wait();
    return deliver("running")(sink);
  });
  const auto waiting = store_->acquire(oci::Digest::of("waiting"), 7, kPlenty, deliver("waiting"));
  const auto reader = waiting->reader();
  started.wait();
  store_->stop();
  const auto late = store_->acquire(oci::Digest::of("late"), 4, kPlenty, deliver("late"));
  for (const auto& transfer : {running, waiting, late}) {
    const auto result = transfer->wait();
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().kind, ErrorKind::cancelled);
  }
  EXPECT_FALSE(drain(*reader));
  gate.promise.set_value();
  store_.reset();
  EXPECT_EQ(files_below(directory() / "incoming"), 0u);
}

TEST_F(BlobStoreTest, ManyThreadsOnASmallCacheAlwaysReadWhatTheyAskedFor) {
  constexpr int kThreads = 8;
  constexpr int kBlobs = 12;
  open(40'000, 4);  // a third of the blobs fit
  std::vector<std::string> contents;
  for (int i = 0; i < kBlobs; ++i) contents.push_back(std::string(10'000, static_cast<char>('a' + i)));
  std::vector<std::thread> threads;
  std::atomic<int> wrong = 0;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 60; ++i) {
        const auto& content = contents[static_cast<std::size_t>((t * 5 + i * 7) % kBlobs)];
        const auto digest = oci::Digest::of(content);
        const auto transfer = store_->acquire(digest, content.size(), kPlenty, deliver(content));
        const auto text = drain(*transfer->reader());
        if (!text || *text != content) ++wrong;
        if (i % 13 == 0) store_->remove(digest);
        store_->used_bytes();
        store_->list();
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
  EXPECT_TRUE(store_->put("one more"));
  EXPECT_LE(store_->used_bytes(), 40'000u);
  EXPECT_GT(metrics_.value("portcullis_blob_evictions_total"), 0);
}

}  // namespace
}  // namespace portcullis::blobs
