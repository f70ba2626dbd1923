// SPDX-License-Identifier: Apache-2.0
#include "head_check.hpp"

#include <gtest/gtest.h>

#include <string>

namespace portcullis::http {
namespace {

struct Row {
  const char* name;
  std::string head;
  int status;  ///< 200: accepted
};

void PrintTo(const Row& row, std::ostream* out) { *out << row.name; }

std::string get_with(const std::string& headers) {
  return "GET /v2/ HTTP/1.1\r\nHost: x\r\n" + headers + "\r\n";
}

class HeadCheck : public testing::TestWithParam<Row> {};

TEST_P(HeadCheck, Judges) {
  const auto& row = GetParam();
  const auto head = check_head(row.head);
  EXPECT_EQ(head ? 200 : head.error().status, row.status) << (head ? "" : head.error().text);
}

INSTANTIATE_TEST_SUITE_P(
    Rows, HeadCheck,
    testing::Values(
        Row{"plain", get_with(""), 200}, Row{"with_port", "GET / HTTP/1.1\r\nHost: [::1]:5000\r\n\r\n", 200},
        Row{"http_1_0_needs_no_host", "GET / HTTP/1.0\r\n\r\n", 200},
        Row{"value_above_ascii", get_with("User-Agent: caf\xc3\xa9\r\n"), 200},
        Row{"empty_value", get_with("Accept:\r\n"), 200},
        Row{"content_length", get_with("Content-Length: 12\r\n"), 200},
        Row{"no_host", "GET / HTTP/1.1\r\n\r\n", 400},
        Row{"two_hosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", 400},
        Row{"host_with_path", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 400},
        Row{"length_with_transfer_encoding", get_with("Content-Length: 3\r\nTransfer-Encoding: chunked\r\n"),
            400},
        Row{"transfer_encoding_then_length", get_with("Transfer-Encoding: chunked\r\nContent-Length: 3\r\n"),
            400},
        Row{"chunked", get_with("Transfer-Encoding: chunked\r\n"), 413},
        Row{"odd_transfer_encoding", get_with("Transfer-Encoding: xchunked\r\n"), 400},
        Row{"two_lengths", get_with("Content-Length: 3\r\nContent-Length: 4\r\n"), 400},
        Row{"two_equal_lengths", get_with("Content-Length: 3\r\nContent-Length: 3\r\n"), 400},
        Row{"length_list", get_with("Content-Length: 3, 3\r\n"), 400},
        Row{"negative_length", get_with("Content-Length: -1\r\n"), 400},
        Row{"signed_length", get_with("Content-Length: +1\r\n"), 400},
        Row{"hex_length", get_with("Content-Length: 0x10\r\n"), 400},
        Row{"empty_length", get_with("Content-Length:\r\n"), 400},
        Row{"length_past_64_bits", get_with("Content-Length: 99999999999999999999\r\n"), 400},
        Row{"space_before_colon", get_with("Content-Length : 3\r\n"), 400},
        Row{"tab_before_colon", get_with("X\t: 3\r\n"), 400}, Row{"folded", get_with("X: a\r\n b\r\n"), 400},
        Row{"no_colon", get_with("nonsense\r\n"), 400}, Row{"empty_name", get_with(": x\r\n"), 400},
        Row{"nul_in_value", get_with(std::string("X: a\0b\r\n", 8)), 400},
        Row{"cr_in_value", get_with("X: a\rb\r\n"), 400},
        Row{"method_no_token", "G(T / HTTP/1.1\r\nHost: x\r\n\r\n", 400},
        Row{"method_too_long", std::string(17, 'A') + " / HTTP/1.1\r\nHost: x\r\n\r\n", 400},
        Row{"absolute_form", "GET http://x/ HTTP/1.1\r\nHost: x\r\n\r\n", 400},
        Row{"asterisk_form", "OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n", 400},
        Row{"space_in_target", "GET /a b HTTP/1.1\r\nHost: x\r\n\r\n", 400},
        Row{"control_in_target", "GET /a\x01 HTTP/1.1\r\nHost: x\r\n\r\n", 400},
        Row{"fragment", "GET /a#b HTTP/1.1\r\nHost: x\r\n\r\n", 400},
        Row{"no_version", "GET /\r\nHost: x\r\n\r\n", 400},
        Row{"http_0_9", "GET / HTTP/0.9\r\nHost: x\r\n\r\n", 505},
        Row{"http_2", "GET / HTTP/2.0\r\nHost: x\r\n\r\n", 505},
        Row{"lower_case_version", "GET / http/1.1\r\nHost: x\r\n\r\n", 400},
        Row{"long_target", "GET /" + std::string(kMaxRequestLine, 'a') + " HTTP/1.1\r\nHost: x\r\n\r\n", 414},
        Row{"expectation", get_with("Expect: 100-continue\r\n"), 200},
        Row{"odd_expectation", get_with("Expect: miracles\r\n"), 417}),
    [](const auto& row) { return std::string(row.param.name); });

TEST(HeadCheckValues, HeadersThatClaimThePeerAreDropped) {
  const auto head = check_head(get_with(
      "REMOTE_ADDR: 1.2.3.4\r\nRemote_Port: 1\r\nLOCAL_ADDR: 1.2.3.4\r\nlocal_port: 2\r\nAccept: x\r\n"));
  ASSERT_TRUE(head);
  ASSERT_EQ(head->headers.size(), 2u);
  EXPECT_EQ(head->headers[0].first, "host");
  EXPECT_EQ(head->headers[1].first, "accept");
}

TEST(HeadCheckValues, KeepAlive) {
  EXPECT_EQ(check_head(get_with(""))->keep_alive, KeepAlive::yes);
  EXPECT_EQ(check_head(get_with("Connection: close\r\n"))->keep_alive, KeepAlive::no);
  EXPECT_EQ(check_head(get_with("Connection: x, Close\r\n"))->keep_alive, KeepAlive::no);
  EXPECT_EQ(check_head("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")->keep_alive, KeepAlive::no);
}

}  // namespace
}  // namespace portcullis::http
