// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>
#include <ostream>
#include <thread>
#include <vector>

#include "http/registry_fixture.hpp"
#include "support/temp_dir.hpp"
#include "support/wait.hpp"

namespace portcullis::http::test {
namespace {

class BlobTest : public RegistryFixture {
 protected:
  void SetUp() override {
    for (int i = 0; content_.size() < 700'000; ++i) content_ += std::to_string(i) + " ";
    serve(content_);
    start();
  }

  void serve(const std::string& content) {
    file_ = directory_.write("blob", content);
    digest_ = oci::Digest::of(content);
    serve_file();
  }
  void serve_file() {
    gate_.on_blob = [this](const gate::BlobRequest& request) { return served_blob(file_, request.digest); };
  }
  std::string target() const { return "/v2/team/app/blobs/" + digest_.text(); }

  portcullis::test::TempDir directory_;
  std::filesystem::path file_;
  std::string content_;
  oci::Digest digest_ = oci::Digest::of("");
};

TEST_F(BlobTest, WholeByGetAndHead) {
  const auto got = get_once(port(), target());
  EXPECT_EQ(got.status, 200);
  EXPECT_TRUE(got.body == content_);
  EXPECT_EQ(got.header("content-type"), "application/octet-stream");
  EXPECT_EQ(got.header("docker-content-digest"), digest_.text());
  EXPECT_EQ(got.header("etag"), "\"" + digest_.text() + "\"");
  EXPECT_EQ(got.header("accept-ranges"), "bytes");
  EXPECT_EQ(got.header("cache-control"), "private, no-cache, max-age=0");
  const auto head = head_once(port(), target());
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.headers, got.headers);
  EXPECT_EQ(head_once(port(), target(), "Range: bytes=0-1\r\n").headers, got.headers);
}

TEST_F(BlobTest, EmptyBlob) {
  serve("");
  const auto got = get_once(port(), target());
  EXPECT_EQ(got.status, 200);
  EXPECT_EQ(got.header("content-length"), "0");
  EXPECT_EQ(got.header("content-type"), "application/octet-stream");
  EXPECT_EQ(got.header("docker-content-digest"), digest_.text());
}

TEST_F(BlobTest, TheGateIsAskedForThisRepository) {
  get_once(port(), target() + "?ns=ghcr.io");
  EXPECT_EQ(gate_.last_blob()->host, "ghcr.io");
  EXPECT_EQ(gate_.last_blob()->repository.text(), "team/app");
  EXPECT_EQ(gate_.last_blob()->digest, digest_);
}

TEST_F(BlobTest, Refusals) {
  gate_.on_blob = [](const gate::BlobRequest&) {
    gate::BlobAnswer answer;
    answer.status = gate::Status::absent;
    answer.message = "no such blob";
    return answer;
  };
  const auto answer = get_once(port(), target());
  EXPECT_EQ(answer.status, 404);
  EXPECT_NE(answer.body.find("BLOB_UNKNOWN"), std::string::npos);
}

struct Slice {
  const char* name;
  const char* header;
  std::size_t first;
  std::size_t length;
};

void PrintTo(const Slice& slice, std::ostream* out) { *out << slice.name; }

class SliceTable : public BlobTest, public testing::WithParamInterface<Slice> {};

TEST_P(SliceTable, TheBytesAreThose) {
  const auto& row = GetParam();
  const auto length = std::min(row.length, content_.size() - row.first);
  const auto got = get_once(port(), target(), std::string("Range: ") + row.header + "\r\n");
  EXPECT_EQ(got.status, 206);
  EXPECT_EQ(got.header("content-length"), std::to_string(length));
  EXPECT_EQ(got.header("content-range"), "bytes " + std::to_string(row.first) + "-" +
                                             std::to_string(row.first + length - 1) + "/" +
                                             std::to_string(content_.size()));
  EXPECT_TRUE(got.body == content_.substr(row.first, length));
}

INSTANTIATE_TEST_SUITE_P(Rows, SliceTable,
                         testing::Values(Slice{"first_byte", "bytes=0-0", 0, 1},
                                         Slice{"across_a_piece", "bytes=262140-262150", 262140, 11},
                                         Slice{"open_ended", "bytes=300000-", 300000, SIZE_MAX},
                                         Slice{"open_ended_from_zero", "bytes=0-", 0, SIZE_MAX},
                                         Slice{"last_byte_clipped", "bytes=600000-99999999", 600000,
                                               SIZE_MAX}),
                         [](const auto& row) { return std::string(row.param.name); });

TEST_F(BlobTest, Suffix) {
  const auto got = get_once(port(), target(), "Range: bytes=-1000\r\n");
  EXPECT_EQ(got.status, 206);
  EXPECT_TRUE(got.body == content_.substr(content_.size() - 1000));
}

TEST_F(BlobTest, MultiRange) {
  const auto got = get_once(port(), target(), "Range: bytes=500000-500009,0-4,-3\r\n");
  ASSERT_EQ(got.status, 206);
  ASSERT_TRUE(got.complete);
  const std::string prefix = "multipart/byteranges; boundary=";
  const auto type = got.header("content-type");
  ASSERT_EQ(type.substr(0, prefix.size()), prefix);
  EXPECT_EQ(got.header("content-range"), "");
  const auto delimiter = "\r\n--" + type.substr(prefix.size());
  const auto size = content_.size();
  std::string expected;
  for (const auto& [first, length] :
       std::vector<std::pair<std::size_t, std::size_t>>{{500000, 10}, {0, 5}, {size - 3, 3}}) {
    expected += delimiter + "\r\nContent-Type: application/octet-stream\r\nContent-Range: bytes " +
                std::to_string(first) + "-" + std::to_string(first + length - 1) + "/" +
                std::to_string(size) + "\r\n\r\n" + content_.substr(first, length);
  }
  EXPECT_EQ(got.body, expected + delimiter + "--\r\n");
}

TEST_F(BlobTest, RangesThatDoNotBindAreTheWholeBlob) {
  for (const auto* header : {"bytes=5-1", "lines=0-1", "bytes=0-10,5-20", "bytes=x"}) {
    SCOPED_TRACE(header);
    const auto got = get_once(port(), target(), std::string("Range: ") + header + "\r\n");
    EXPECT_EQ(got.status, 200);
    EXPECT_EQ(got.body.size(), content_.size());
  }
}

TEST_F(BlobTest, UnsatisfiableRange) {
  const auto got = get_once(port(), target(), "Range: bytes=9999999-\r\n");
  EXPECT_EQ(got.status, 416);
  EXPECT_EQ(got.header("content-range"), "bytes */" + std::to_string(content_.size()));
}

TEST_F(BlobTest, Conditions) {
  const auto etag = "\"" + digest_.text() + "\"";
  RawClient client(port());
  EXPECT_EQ(client.get(target(), "If-None-Match: " + etag + "\r\n").status, 304);
  EXPECT_EQ(client.get(target(), "If-None-Match: *\r\n").status, 304);
  EXPECT_EQ(client.get(target(), "If-Range: " + etag + "\r\nRange: bytes=0-1\r\n").status, 206);
  EXPECT_EQ(client.get(target(), "If-Range: \"old\"\r\nRange: bytes=0-1\r\n").status, 200);
}

TEST_F(BlobTest, AFileThatShrankIsACutAnswerNotAWrongOne) {
  gate_.on_blob = [this](const gate::BlobRequest& request) {
    auto answer = served_blob(file_, request.digest);
    answer.blob->size += 10;
    return answer;
  };
  const auto got = get_once(port(), target());
  EXPECT_EQ(got.status, 200);
  EXPECT_FALSE(got.complete);
}

/// 300 MB of a sparse file.
class LargeBlobTest : public BlobTest {
 protected:
  static constexpr std::uintmax_t kSize = 300'000'000;
  void SetUp() override {
    BlobTest::SetUp();
    std::filesystem::resize_file(file_, kSize);
  }
};

// A sanitizer keeps freed memory for a while, so the resident size says nothing of ours there.
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
long resident_kib() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmRSS:")) return std::stol(line.substr(6));
  }
  throw std::runtime_error("no VmRSS of this process");
}

TEST_F(LargeBlobTest, MemoryStaysFlat) {
  RawClient client(port());
  client.send("GET " + target() + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  const auto before = resident_kib();
  long most = before;
  std::vector<char> piece(1 << 20);
  std::uintmax_t received = 0;
  for (ssize_t count = 0; (count = ::read(client.fd(), piece.data(), piece.size())) > 0;) {
    received += static_cast<std::uintmax_t>(count);
    most = std::max(most, resident_kib());
  }
  EXPECT_GT(received, kSize);
  EXPECT_LT(most - before, 32 * 1024) << "KiB more than before";
}
#endif

TEST_F(LargeBlobTest, AClientThatHangsUpIsNormal) {
  for (int i = 0; i < 5; ++i) {
    RawClient client(port());
    client.send("GET " + target() + " HTTP/1.1\r\nHost: x\r\n\r\n");
    std::string some(1 << 20, '\0');
    ASSERT_GT(::read(client.fd(), some.data(), some.size()), 0);
    client.hang_up();
  }
  EXPECT_EQ(get_once(port(), "/v2/").status, 200);
  EXPECT_TRUE(portcullis::test::wait_until(
      [&] { return metric("portcullis_http_requests_total{listener=registry,method=GET,code=2xx}") >= 6; }));
}

}  // namespace
}  // namespace portcullis::http::test
