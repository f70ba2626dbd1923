// SPDX-License-Identifier: Apache-2.0
#include <set>

#include "contract.hpp"
#include "portcullis/util/hash.hpp"

namespace portcullis::records {
namespace {

using namespace samples;
using std::chrono::minutes;

class TokenContract : public Contract {
 protected:
  NewToken create(Role role = Role::viewer, std::int64_t expires = 10'000'000) {
    return value(
        records_->tokens().create("ci " + hostile(), role, at(0), at(expires), event("token-created")));
  }
  bool good(const std::string& secret, std::int64_t now = 1) {
    return value(records_->tokens().verify(secret, at(now))).has_value();
  }
};

INSTANTIATE_TEST_SUITE_P(Backends, TokenContract, testing::ValuesIn(all_backends()),
                         [](const auto& row) { return std::string(row.param.name); });

TEST_P(TokenContract, IsVerifiedAndListedAndItsSecretIsStoredNowhere) {
  const auto token = create(Role::operator_);
  EXPECT_EQ(token.secret.rfind("pct_" + token.record.id + "_", 0), 0u);
  EXPECT_GE(token.secret.size(), 4u + 10 + 1 + 52) << "52 characters of 5 bits";
  const auto found = value(records_->tokens().verify(token.secret, at(1)));
  ASSERT_TRUE(found);
  EXPECT_EQ(found->id, token.record.id);
  EXPECT_EQ(found->name, "ci " + hostile());
  EXPECT_EQ(found->role, Role::operator_);
  const auto listed = value(records_->tokens().list());
  ASSERT_EQ(listed.size(), 1u);
  EXPECT_EQ(listed[0].role, Role::operator_);
  EXPECT_EQ(listed[0].created, at(0));
  EXPECT_EQ(listed[0].expires, at(10'000'000));
  EXPECT_EQ(listed[0].last_used, at(1));
  EXPECT_EQ(
      backend_->number("SELECT COUNT(*) FROM tokens WHERE hash = '" + util::sha256_hex(token.secret) + "'"),
      1);
  EXPECT_EQ(
      backend_->number("SELECT COUNT(*) FROM tokens WHERE hash LIKE '%" + token.secret.substr(15) + "%'"), 0);
  const auto events = value(records_->events({}));
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].extra.at("token"), token.record.id);
  EXPECT_EQ(show(events[0]).find(token.secret.substr(15)), std::string::npos);
}

TEST_P(TokenContract, WrongSecretsAreRefused) {
  const auto token = create();
  const auto other = create();
  auto swapped = "pct_" + token.record.id + other.secret.substr(14);
  auto last_changed = token.secret;
  last_changed.back() = last_changed.back() == 'a' ? 'b' : 'a';
  const std::string rows[] = {"",
                              "pct_",
                              token.record.id,
                              token.secret.substr(0, token.secret.size() - 1),
                              token.secret + "a",
                              swapped,
                              last_changed,
                              std::string(token.secret.size(), '\0'),
                              "pct_" + std::string(10, '\'') + token.secret.substr(14)};
  for (const auto& secret : rows) {
    SCOPED_TRACE(secret);
    EXPECT_FALSE(good(secret));
  }
  EXPECT_TRUE(good(token.secret));
}

TEST_P(TokenContract, EndsWhenItExpiresOrIsRevoked) {
  const auto token = create(Role::viewer, 100);
  EXPECT_TRUE(good(token.secret, 99));
  EXPECT_FALSE(good(token.secret, 100));
  const auto other = create();
  EXPECT_TRUE(value(records_->tokens().revoke(other.record.id, at(5), event("token-revoked"))));
  EXPECT_FALSE(good(other.secret, 5));
  EXPECT_FALSE(value(records_->tokens().revoke(other.record.id, at(6), event("token-revoked"))));
  EXPECT_FALSE(value(records_->tokens().revoke("nobody", at(6), event("token-revoked"))));
  EXPECT_EQ(value(records_->events({.actions = {"token-revoked"}})).size(), 1u);
  for (const auto& record : value(records_->tokens().list())) {
    EXPECT_EQ(record.revoked.has_value(), record.id == other.record.id);
  }
}

TEST_P(TokenContract, UseIsNotedToTheMinute) {
  const auto token = create();
  const auto used_after = [&](std::chrono::milliseconds time) {
    EXPECT_TRUE(value(records_->tokens().verify(token.secret, at(0) + time)));
    return value(records_->tokens().list()).at(0).last_used;
  };
  EXPECT_EQ(used_after(minutes(1)), at(0) + minutes(1));
  EXPECT_EQ(used_after(minutes(2) - std::chrono::milliseconds(1)), at(0) + minutes(1));
  EXPECT_EQ(used_after(minutes(2)), at(0) + minutes(2));
}

TEST_P(TokenContract, ReaderVerifiesWithoutWriting) {
  const auto token = create();
  auto reader = backend_->open(OpenMode::existing_read_only);
  ASSERT_TRUE(reader);
  EXPECT_TRUE(value((*reader)->tokens().verify(token.secret, at(1))));
  EXPECT_FALSE(value(records_->tokens().list()).at(0).last_used);
}

TEST(Role, HasTwoNames) {
  for (const auto role : {Role::viewer, Role::operator_}) EXPECT_EQ(parse_role(to_string(role)), role);
  for (const auto* text : {"", "admin", "Viewer", "operator_"}) EXPECT_FALSE(parse_role(text)) << text;
}

TEST_P(TokenContract, SecretsDiffer) {
  std::set<std::string> secrets;
  for (int i = 0; i < 20; ++i) secrets.insert(create().secret.substr(15));
  EXPECT_EQ(secrets.size(), 20u);
}

}  // namespace
}  // namespace portcullis::records
