// SPDX-License-Identifier: Apache-2.0
#include "portcullis/http/network.hpp"

#include <gtest/gtest.h>

#include <string>

namespace portcullis::http {
namespace {

struct InNetwork {
  const char* name;
  const char* network;
  const char* address;
  bool inside;
};

class NetworkTable : public testing::TestWithParam<InNetwork> {};

TEST_P(NetworkTable, Contains) {
  const auto network = Network::parse(GetParam().network);
  const auto address = IpAddress::parse(GetParam().address);
  ASSERT_TRUE(network && address);
  EXPECT_EQ(network->contains(*address), GetParam().inside);
}

INSTANTIATE_TEST_SUITE_P(Rows, NetworkTable,
                         testing::Values(InNetwork{"first", "10.0.0.0/8", "10.0.0.0", true},
                                         InNetwork{"last", "10.0.0.0/8", "10.255.255.255", true},
                                         InNetwork{"one_past", "10.0.0.0/8", "11.0.0.0", false},
                                         InNetwork{"odd_prefix_in", "192.0.2.128/25", "192.0.2.200", true},
                                         InNetwork{"odd_prefix_out", "192.0.2.128/25", "192.0.2.127", false},
                                         InNetwork{"single", "192.0.2.7", "192.0.2.7", true},
                                         InNetwork{"single_other", "192.0.2.7", "192.0.2.8", false},
                                         InNetwork{"single_by_prefix", "192.0.2.7/32", "192.0.2.8", false},
                                         InNetwork{"all_v4", "0.0.0.0/0", "203.0.113.1", true},
                                         InNetwork{"all_v4_holds_no_v6", "0.0.0.0/0", "2001:db8::1", false},
                                         InNetwork{"all_v6", "::/0", "2001:db8::1", true},
                                         InNetwork{"all_v6_holds_no_v4", "::/0", "203.0.113.1", false},
                                         InNetwork{"v6", "2001:db8::/32", "2001:db8:ffff::1", true},
                                         InNetwork{"v6_outside", "2001:db8::/32", "2001:db9::", false},
                                         InNetwork{"mapped_address", "10.0.0.0/8", "::ffff:10.1.2.3", true},
                                         InNetwork{"mapped_network", "::ffff:10.0.0.0/104", "10.1.2.3",
                                                   true}),
                         [](const auto& row) { return std::string(row.param.name); });

TEST(Network, WhatIsNoneIsRefused) {
  for (const char* text : {"", "/", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/8x", "10.0.0.0/0008",
                           "10.0.0.1/8", "0.0.0.1/0", "::1/64", "2001:db8::/129", "10.0.0", "010.0.0.1",
                           "10.0.0.0 /8", "host", "[::1]", "fe80::1%eth0", "10.0.0.1:80"}) {
    EXPECT_FALSE(Network::parse(text)) << text;
  }
  EXPECT_FALSE(IpAddress::parse(std::string_view("10.0.0.1\0x", 10)));
}

TEST(IpAddress, TextAndSite) {
  EXPECT_EQ(IpAddress::parse("::ffff:10.0.0.1")->text(), "10.0.0.1");
  EXPECT_EQ(IpAddress::parse("10.0.0.1")->site(), "10.0.0.1");
  EXPECT_EQ(IpAddress::parse("2001:DB8:0:1:2::3")->text(), "2001:db8:0:1:2::3");
  EXPECT_EQ(IpAddress::parse("2001:db8:0:1:2::3")->site(), "2001:db8:0:1::/64");
}

}  // namespace
}  // namespace portcullis::http
