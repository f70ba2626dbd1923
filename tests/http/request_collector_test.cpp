// SPDX-License-Identifier: Apache-2.0
#include "request_collector.hpp"

#include <gtest/gtest.h>

#include <string>

namespace portcullis::http {
namespace {

using State = RequestCollector::State;

class CollectorTest : public testing::Test {
 protected:
  RequestLimits limits_{.max_headers = 100, .max_header_bytes = 32 * 1024, .max_body_bytes = 1000};
  BodyBudget budget_{1500};
  RequestCollector collector_{limits_, budget_};
};

TEST_F(CollectorTest, ByteByByteIsTheSameAsAtOnce) {
  const std::string text = "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello";
  for (std::size_t i = 0; i + 1 < text.size(); ++i) {
    ASSERT_NE(collector_.feed(text.substr(i, 1)), State::complete) << i;
  }
  ASSERT_EQ(collector_.feed(text.substr(text.size() - 1)), State::complete);
  const auto request = collector_.take();
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(request.target, "/a");
  EXPECT_EQ(request.body, "hello");
  EXPECT_EQ(collector_.state(), State::empty);
}

TEST_F(CollectorTest, PipelinedRequestsComeOutInOrder) {
  collector_.feed(
      "GET /1 HTTP/1.1\r\nHost: x\r\n\r\nPOST /2 HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc"
      "GET /3 HTTP/1.1\r\nHo");
  ASSERT_EQ(collector_.state(), State::complete);
  EXPECT_EQ(collector_.take().target, "/1");
  ASSERT_EQ(collector_.state(), State::complete);
  EXPECT_EQ(collector_.take().body, "abc");
  EXPECT_EQ(collector_.state(), State::head);
  EXPECT_EQ(collector_.feed("st: x\r\n\r\n"), State::complete);
  EXPECT_EQ(collector_.take().target, "/3");
}

TEST_F(CollectorTest, HeaderCountLimit) {
  std::string allowed = "GET / HTTP/1.1\r\nHost: x\r\n";
  for (int i = 0; i < 99; ++i) allowed += "X: y\r\n";
  EXPECT_EQ(collector_.feed(allowed + "\r\n"), State::complete);
  collector_.take();
  EXPECT_EQ(collector_.feed(allowed + "X: y\r\n\r\n"), State::refused);
  EXPECT_EQ(collector_.refusal().status, 431);
}

TEST_F(CollectorTest, EndlessLineIsRefusedAtTheLimit) {
  collector_.feed("GET / HTTP/1.1\r\nX: ");
  std::size_t fed = 0;
  while (collector_.feed(std::string(1000, 'a')) == State::head) fed += 1000;
  EXPECT_EQ(collector_.refusal().status, 431);
  EXPECT_LE(fed, limits_.max_header_bytes);
}

TEST_F(CollectorTest, BareLineFeedIsRefused) {
  for (const std::string text : {"GET / HTTP/1.1\nHost: x\n\n", "GET / HTTP/1.1\r\nHost: x\n\r\n",
                                 "GET / HTTP/1.1\r\nHost: x\r\n\n", "\n"}) {
    SCOPED_TRACE(text);
    RequestCollector collector(limits_, budget_);
    EXPECT_EQ(collector.feed(text), State::refused);
    EXPECT_EQ(collector.refusal().status, 400);
  }
}

TEST_F(CollectorTest, BodyLimit) {
  EXPECT_EQ(collector_.feed("PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 1001\r\n\r\n"), State::refused);
  EXPECT_EQ(collector_.refusal().status, 413);
}

TEST_F(CollectorTest, BodiesOfAllConnectionsShareABudget) {
  const std::string head = "PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n";
  EXPECT_EQ(collector_.feed(head), State::body);
  {
    RequestCollector second(limits_, budget_);
    EXPECT_EQ(second.feed(head), State::refused);
    EXPECT_EQ(second.refusal().status, 503);
  }
  ASSERT_EQ(collector_.feed(std::string(1000, 'b')), State::complete);
  collector_.take();
  RequestCollector third(limits_, budget_);
  EXPECT_EQ(third.feed(head), State::body);
}

TEST_F(CollectorTest, AnAbandonedBodyGivesItsBudgetBack) {
  const std::string head = "PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n";
  { RequestCollector(limits_, budget_).feed(head); }
  EXPECT_EQ(collector_.feed(head), State::body);
}

TEST_F(CollectorTest, ContinueIsOwedOnce) {
  collector_.feed("PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_TRUE(collector_.take_continue());
  EXPECT_FALSE(collector_.take_continue());
}

}  // namespace
}  // namespace portcullis::http
