// SPDX-License-Identifier: Apache-2.0
#include "forwarded.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace portcullis::http {
namespace {

struct Hop {
  const char* name;
  const char* peer;
  std::vector<std::string> headers;
  const char* client;
};

class ForwardedTable : public testing::TestWithParam<Hop> {};

/// 10.0.0.0/8 and 2001:db8::1 are trusted.
TEST_P(ForwardedTable, TheRightmostStrangerIsTheClient) {
  Request request;
  for (const auto& value : GetParam().headers) request.headers.emplace_back("x-forwarded-for", value);
  request.headers.emplace_back("x-real-ip", "198.51.100.99");
  request.headers.emplace_back("forwarded", "for=198.51.100.98");
  const std::vector<Network> trusted = {*Network::parse("10.0.0.0/8"), *Network::parse("2001:db8::1")};
  EXPECT_EQ(client_address(GetParam().peer, request, trusted), GetParam().client);
  EXPECT_EQ(client_address(GetParam().peer, request, {}), GetParam().peer) << "nobody is trusted";
}

INSTANTIATE_TEST_SUITE_P(
    Rows, ForwardedTable,
    testing::Values(
        Hop{"no_header", "10.0.0.1", {}, "10.0.0.1"},
        Hop{"one_proxy", "10.0.0.1", {"192.0.2.7"}, "192.0.2.7"},
        Hop{"stranger_may_say_what_it_likes", "192.0.2.7", {"10.0.0.1"}, "192.0.2.7"},
        Hop{"client_lied_to_the_proxy", "10.0.0.1", {"127.0.0.1, 192.0.2.7"}, "192.0.2.7"},
        Hop{"two_proxies", "10.0.0.1", {"127.0.0.1, 192.0.2.7, 10.9.9.9"}, "192.0.2.7"},
        Hop{"several_header_lines_are_one_list", "10.0.0.1", {"192.0.2.7", "10.9.9.9"}, "192.0.2.7"},
        Hop{"lie_in_a_line_of_its_own", "10.0.0.1", {"127.0.0.1", "192.0.2.7"}, "192.0.2.7"},
        Hop{"all_trusted", "10.0.0.1", {"10.0.0.3, 10.0.0.2"}, "10.0.0.3"},
        Hop{"garbage_ends_the_walk", "10.0.0.1", {"192.0.2.7, unknown, 10.0.0.2"}, "10.0.0.2"},
        Hop{"empty_entry_ends_the_walk", "10.0.0.1", {"192.0.2.7,"}, "10.0.0.1"},
        Hop{"with_port", "10.0.0.1", {"192.0.2.7:4711"}, "192.0.2.7"},
        Hop{"v6", "2001:db8::1", {"2001:db8::7"}, "2001:db8::7"},
        Hop{"v6_with_port", "10.0.0.1", {"[2001:db8::7]:4711"}, "2001:db8::7"},
        Hop{"mapped", "10.0.0.1", {"::ffff:192.0.2.7"}, "192.0.2.7"},
        Hop{"spaces", "10.0.0.1", {" \t192.0.2.7 \t,  10.0.0.2 "}, "192.0.2.7"}),
    [](const auto& row) { return std::string(row.param.name); });

}  // namespace
}  // namespace portcullis::http
