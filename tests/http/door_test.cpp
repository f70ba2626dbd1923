// SPDX-License-Identifier: Apache-2.0
//
// Who gets in, over a real listener. The tests are a trusted proxy, so X-Forwarded-For says who asks.
#include <gmock/gmock.h>

#include <ostream>
#include <string>

#include "http/registry_fixture.hpp"
#include "http/users.hpp"
#include "support/temp_dir.hpp"

namespace portcullis::http::test {
namespace {

using portcullis::test::TempDir;
using testing::HasSubstr;

constexpr const char* kMirror = "/v2/team/app/manifests/1.0";
constexpr const char* kMirrorNs = "/v2/team/app/manifests/1.0?ns=docker.io";
constexpr const char* kPrefix = "/v2/docker.io/team/app/manifests/1.0";
constexpr const char* kPrefixBlob =
    "/v2/docker.io/team/app/blobs/sha256:0000000000000000000000000000000000000000000000000000000000000000";
constexpr const char* kPing = "/v2/";

constexpr const char* kInside = "X-Forwarded-For: 10.1.2.3\r\n";
constexpr const char* kOutside = "X-Forwarded-For: 192.0.2.7\r\n";
constexpr const char* kWrong = "Authorization: Basic YWxpY2U6eA==\r\n";
constexpr const char* kNone = "Authorization: Basic Og==\r\n";

class DoorTest : public RegistryFixture {
 protected:
  DoorTest() { options_.listen.trusted_proxies = {*Network::parse("127.0.0.0/8")}; }

  void allow(const char* network) { options_.access.allow = {*Network::parse(network)}; }
  void users(const std::string& text = kAlice) { options_.access.htpasswd = dir_.write("users", text); }
  RawResponse ask(const char* target, const std::string& headers) const {
    return get_once(port(), target, headers);
  }
  double refused(const std::string& reason) const {
    return metric("portcullis_clients_refused_total{reason=" + reason + "}");
  }

  TempDir dir_;
};

enum Rules { kOpen, kAllow, kUsers, kBoth };

struct Entry {
  const char* name;
  Rules rules;
  const char* target;
  std::string headers;
  int status;
};

void PrintTo(const Entry& entry, std::ostream* out) { *out << entry.name; }

class EntryTable : public DoorTest, public testing::WithParamInterface<Entry> {};

TEST_P(EntryTable, IsAnsweredSo) {
  const auto& row = GetParam();
  gate_.on_blob = [](const gate::BlobRequest&) {
    gate::BlobAnswer answer;
    answer.status = gate::Status::absent;
    return answer;
  };
  if (row.rules == kAllow || row.rules == kBoth) allow("10.0.0.0/8");
  if (row.rules == kUsers || row.rules == kBoth) users();
  start();
  const auto answer = ask(row.target, row.headers);
  EXPECT_EQ(answer.status, row.status) << answer.body;
  const bool challenged = !answer.header("www-authenticate").empty();
  EXPECT_EQ(challenged, row.status == 401);
  if (row.status == 401 || row.status == 403) {
    EXPECT_EQ(gate_.asked(), 0);
    EXPECT_EQ(answer.header("docker-distribution-api-version"), "registry/2.0");
  }
}

INSTANTIATE_TEST_SUITE_P(
    Rows, EntryTable,
    testing::Values(
        Entry{"open_mirror", kOpen, kMirror, kOutside, 200}, Entry{"open_ping", kOpen, kPing, kOutside, 200},
        Entry{"open_ignores_credentials", kOpen, kPrefix, kWrong, 200},
        Entry{"allow_inside_mirror", kAllow, kMirror, kInside, 200},
        Entry{"allow_inside_prefix", kAllow, kPrefix, kInside, 200},
        Entry{"allow_outside_mirror", kAllow, kMirror, kOutside, 503},
        Entry{"allow_outside_ns", kAllow, kMirrorNs, kOutside, 300},
        Entry{"allow_outside_prefix", kAllow, kPrefix, kOutside, 403},
        Entry{"allow_outside_blob", kAllow, kPrefixBlob, kOutside, 403},
        Entry{"allow_outside_with_password", kAllow, kPrefix, std::string(kOutside) + kAliceHeader, 403},
        // Or dockerd would not come to the answer that makes it stop.
        Entry{"allow_outside_ping", kAllow, kPing, kOutside, 200},
        Entry{"users_mirror_is_never_challenged", kUsers, kMirror, kOutside, 503},
        Entry{"users_ns_is_never_challenged", kUsers, kMirrorNs, kOutside, 300},
        Entry{"users_mirror_wrong_password_is_never_challenged", kUsers, kMirror, kWrong, 503},
        Entry{"users_mirror_good_password", kUsers, kMirror, kAliceHeader, 200},
        Entry{"users_prefix_challenge", kUsers, kPrefix, kOutside, 401},
        Entry{"users_prefix_blob_challenge", kUsers, kPrefixBlob, kOutside, 401},
        Entry{"users_prefix_good", kUsers, kPrefix, kAliceHeader, 200},
        Entry{"users_prefix_blob_good", kUsers, kPrefixBlob, kAliceHeader, 404},
        Entry{"users_prefix_wrong", kUsers, kPrefix, kWrong, 401},
        Entry{"users_prefix_empty_credentials", kUsers, kPrefix, kNone, 401},
        Entry{"users_prefix_token", kUsers, kPrefix, "Authorization: Bearer abc\r\n", 401},
        Entry{"users_ping_challenge", kUsers, kPing, kOutside, 401},
        Entry{"users_ping_good", kUsers, kPing, kAliceHeader, 200},
        Entry{"users_ping_wrong", kUsers, kPing, kWrong, 401},
        Entry{"both_inside_needs_no_password", kBoth, kPrefix, kInside, 200},
        Entry{"both_inside_is_not_asked_on_ping", kBoth, kPing, kInside, 200},
        Entry{"both_inside_with_wrong_password", kBoth, kMirror, std::string(kInside) + kWrong, 200},
        Entry{"both_outside_prefix", kBoth, kPrefix, kOutside, 401},
        Entry{"both_outside_mirror", kBoth, kMirror, kOutside, 503},
        Entry{"both_outside_with_password", kBoth, kPrefix, std::string(kOutside) + kAliceHeader, 200},
        Entry{"forged_hop", kAllow, kMirror, "X-Forwarded-For: 10.1.2.3, 192.0.2.7\r\n", 503},
        Entry{"the_proxy_itself_is_no_client_of_ours", kAllow, kMirror, "", 503}),
    [](const auto& row) { return std::string(row.param.name); });

TEST_F(DoorTest, ARefusalNamesTheAddressAndTheKey) {
  allow("10.0.0.0/8");
  start();
  const auto answer = ask(kPrefix, kOutside);
  const auto text = "192.0.2.7 may not pull from Portcullis: clients.allow does not name it";
  EXPECT_THAT(answer.body, HasSubstr(text));
  EXPECT_THAT(answer.body, HasSubstr("\"code\":\"DENIED\""));
  EXPECT_THAT(answer.reason, HasSubstr(text));
  EXPECT_EQ(refused("address"), 1);
}

TEST_F(DoorTest, WithoutTrustTheHeaderIsIgnored) {
  options_.listen.trusted_proxies.clear();
  allow("10.0.0.0/8");
  start();
  EXPECT_THAT(ask(kPrefix, kInside).body, HasSubstr("127.0.0.1 may not pull"));
}

TEST_F(DoorTest, TheGateLearnsAddressAndUser) {
  allow("10.0.0.0/8");
  users();
  start();
  EXPECT_EQ(ask(kPrefix, std::string(kOutside) + kAliceHeader).status, 200);
  EXPECT_EQ(gate_.last_manifest()->client.address, "192.0.2.7");
  EXPECT_EQ(gate_.last_manifest()->client.user, "alice");
  EXPECT_EQ(ask(kPrefix, std::string(kInside) + kAliceHeader).status, 200);
  EXPECT_EQ(gate_.last_manifest()->client.address, "10.1.2.3");
  EXPECT_EQ(gate_.last_manifest()->client.user, "") << "nobody looked at the password";
}

TEST_F(DoorTest, GuessingIsCountedAndEnds) {
  users();
  start();
  for (int i = 0; i < 10; ++i) EXPECT_EQ(ask(kPrefix, std::string(kOutside) + kWrong).status, 401);
  const auto answer = ask(kPrefix, std::string(kOutside) + kAliceHeader);
  EXPECT_EQ(answer.status, 403);
  EXPECT_THAT(answer.body, HasSubstr("too many wrong passwords for Portcullis from 192.0.2.7"));
  EXPECT_EQ(refused("wrong_password"), 10);
  EXPECT_EQ(refused("guessing"), 1);
  EXPECT_EQ(ask(kPrefix, std::string(kInside) + kAliceHeader).status, 200) << "only that address";
}

TEST_F(DoorTest, EmptyCredentialsAreNoGuess) {
  users();
  start();
  for (int i = 0; i < 20; ++i) EXPECT_EQ(ask(kPrefix, kNone).status, 401);
  EXPECT_EQ(ask(kPrefix, kAliceHeader).status, 200);
}

TEST_F(DoorTest, ReloadCountsFromTheNextRequestOn) {
  start();
  RawClient client(port());
  EXPECT_EQ(client.get(kMirror, kOutside).status, 200);
  ASSERT_TRUE(server_->reload({.access = {.allow = {*Network::parse("10.0.0.0/8")}}}));
  EXPECT_EQ(client.get(kMirror, kOutside).status, 503);
  EXPECT_EQ(client.get(kMirror, kInside).status, 200);

  ASSERT_TRUE(server_->reload({.access = {.htpasswd = dir_.write("users", kAlice)}}));
  EXPECT_EQ(client.get(kPrefix, kAliceHeader).status, 200);
  // The user is taken out; what was remembered of her goes too.
  std::string bob(kAlice);
  bob.replace(0, 5, "bob");
  ASSERT_TRUE(server_->reload({.access = {.htpasswd = dir_.write("users", bob)}}));
  EXPECT_EQ(client.get(kPrefix, kAliceHeader).status, 401);
}

TEST_F(DoorTest, AReloadThatFailsChangesNothing) {
  allow("10.0.0.0/8");
  start();
  const auto done = server_->reload({.access = {.htpasswd = dir_.write("bad", "bob:plain\n")}});
  ASSERT_FALSE(done);
  EXPECT_THAT(done.error().message, HasSubstr("bad:1: expected a bcrypt hash"));
  EXPECT_EQ(ask(kMirror, kInside).status, 200);
  EXPECT_EQ(ask(kPrefix, kOutside).status, 403);
}

TEST_F(DoorTest, ABadPasswordFileStopsTheStart) {
  users("bob:plain\n");
  const auto server = listen_registry(options_, gate_, metrics_);
  ASSERT_FALSE(server);
  EXPECT_THAT(server.error().message, HasSubstr("users:1: expected a bcrypt hash"));
}

}  // namespace
}  // namespace portcullis::http::test
