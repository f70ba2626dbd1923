// SPDX-License-Identifier: Apache-2.0
//
// Reading the file of users, and checking passwords without letting anybody guess or wait for ever.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <future>
#include <string>
#include <vector>

#include "basic_auth.hpp"
#include "http/users.hpp"
#include "password_check.hpp"
#include "support/temp_dir.hpp"

namespace portcullis::http {
namespace {

using namespace std::chrono_literals;
using portcullis::test::TempDir;
using test::kAlice;
using testing::HasSubstr;

struct BadUsers {
  const char* name;
  std::string text;
  const char* message;  ///< after the name of the file
};

class BadUsersTable : public testing::TestWithParam<BadUsers> {};

TEST_P(BadUsersTable, SaysLineAndWhatWasExpected) {
  const TempDir dir;
  const auto file = dir.write("users", GetParam().text);
  const auto users = Htpasswd::read(file);
  ASSERT_FALSE(users);
  EXPECT_THAT(users.error().message, HasSubstr("htpasswd " + file.string() + GetParam().message));
  EXPECT_EQ(users.error().message.find("hunter2"), std::string::npos) << "a line may hold a password";
}

INSTANTIATE_TEST_SUITE_P(
    Rows, BadUsersTable,
    testing::Values(BadUsers{"empty", "\n# nobody\n", ": names no user"},
                    BadUsers{"plain_password", "\nbob:hunter2\n", ":2: expected a bcrypt hash"},
                    BadUsers{"no_colon", "hunter2\n", ":1: expected a bcrypt hash"},
                    BadUsers{"apache_md5", "bob:$apr1$hunter2$abc\n", ":1: expected a bcrypt hash"},
                    BadUsers{"no_name", ":hunter2\n", ":1: expected NAME:HASH"},
                    BadUsers{"control_character", "b\x01:hunter2\n", ":1: expected NAME:HASH"},
                    BadUsers{"twice", std::string(kAlice) + kAlice, ":2: expected each name once"},
                    BadUsers{"cost_of_days", "bob:$2y$31$" + std::string(53, 'a') + "\n",
                             ":1: expected a bcrypt cost from 4 to 14, saw 31"},
                    BadUsers{"cut_short", std::string(kAlice).substr(0, 40), ":1: expected a bcrypt hash"}),
    [](const auto& row) { return std::string(row.param.name); });

TEST(Htpasswd, AFileThatIsNotThereIsNamed) {
  const auto users = Htpasswd::read("/nonexistent/users");
  ASSERT_FALSE(users);
  EXPECT_THAT(users.error().message, HasSubstr("/nonexistent/users"));
}

TEST(Htpasswd, EveryWayToWriteBcryptCounts) {
  const TempDir dir;
  const auto line = [](const std::string& name, const std::string& version) {
    auto text = std::string(kAlice).replace(0, 5, name);
    return text.replace(text.find("$2b$"), 4, version);
  };
  const auto users = Htpasswd::read(
      dir.write("users", line("a", "$2a$") + line("b", "$2b$") + "\r\n# c\r\n" + line("y", "$2y$")));
  ASSERT_TRUE(users) << users.error().message;
  for (const char* name : {"a", "b", "y"}) {
    EXPECT_TRUE(password_fits("wonder", users->hash_for(name))) << name;
    EXPECT_FALSE(password_fits("wonder ", users->hash_for(name))) << name;
    EXPECT_FALSE(password_fits(std::string_view("wonder\0x", 8), users->hash_for(name))) << name;
  }
  EXPECT_FALSE(password_fits("wonder", users->hash_for("nobody")));
  EXPECT_EQ(users->hash_for("nobody").substr(0, 7), users->hash_for("a").substr(0, 7)) << "takes as long";
}

struct Header {
  const char* name;
  const char* value;
  const char* user;  ///< null: refused
  const char* password;
};

class BasicTable : public testing::TestWithParam<Header> {};

TEST_P(BasicTable, Parse) {
  const auto parsed = parse_basic(GetParam().value);
  ASSERT_EQ(parsed.has_value(), GetParam().user != nullptr);
  if (!parsed) return;
  EXPECT_EQ(parsed->user, GetParam().user);
  EXPECT_EQ(parsed->password, GetParam().password);
}

INSTANTIATE_TEST_SUITE_P(Rows, BasicTable,
                         testing::Values(Header{"good", "Basic YWxpY2U6d29uZGVy", "alice", "wonder"},
                                         Header{"any_case", "bAsIc YWxpY2U6d29uZGVy", "alice", "wonder"},
                                         Header{"colons_in_password", "Basic YTpiOmM=", "a", "b:c"},
                                         Header{"empty_both", "Basic Og==", "", ""},
                                         Header{"bearer", "Bearer YWxpY2U6d29uZGVy", nullptr, ""},
                                         Header{"nothing", "", nullptr, ""},
                                         Header{"no_value", "Basic ", nullptr, ""},
                                         Header{"no_colon", "Basic YWxpY2U=", nullptr, ""},
                                         Header{"not_base64", "Basic YWxp*2U6", nullptr, ""},
                                         Header{"white_space", "Basic YWxp Y2U6d29", nullptr, ""},
                                         Header{"padding_inside", "Basic YQ==YWxp", nullptr, ""},
                                         Header{"only_padding", "Basic ====", nullptr, ""},
                                         Header{"cut", "Basic YWxpY2U6d29uZGV", nullptr, ""}),
                         [](const auto& row) { return std::string(row.param.name); });

class PasswordTest : public testing::Test {
 protected:
  PasswordCheck make(const PasswordLimits& limits = {}) {
    return PasswordCheck(Htpasswd::read(dir_.write("users", kAlice)).value(), limits);
  }
  TempDir dir_;
  const PasswordCheck::Clock::time_point now_{};
};

TEST_F(PasswordTest, GoodAndBad) {
  auto check = make();
  EXPECT_EQ(check.check("alice", "wonder", "a", now_), Credentials::good);
  EXPECT_EQ(check.check("alice", "wonder", "a", now_), Credentials::good) << "remembered";
  EXPECT_EQ(check.check("alice", "Wonder", "a", now_), Credentials::bad);
  EXPECT_EQ(check.check("bob", "wonder", "a", now_), Credentials::bad);
  EXPECT_EQ(check.check("alice", "", "a", now_), Credentials::bad);
}

TEST_F(PasswordTest, WhoGuessesWaitsAndOthersDoNot) {
  auto check = make({.guesses = {.failures = 3, .age = 60s}});
  EXPECT_EQ(check.check("alice", "wonder", "known", now_), Credentials::good);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(check.check("alice", "x", "evil", now_), Credentials::bad);
  EXPECT_EQ(check.check("alice", "x", "evil", now_), Credentials::guessing);
  EXPECT_EQ(check.check("alice", "x", "elsewhere", now_), Credentials::bad);
  EXPECT_EQ(check.check("alice", "wonder", "evil", now_), Credentials::good)
      << "a fleet behind one address is not locked out by one of it";
  EXPECT_EQ(check.check("alice", "x", "evil", now_ + 61s), Credentials::bad);
}

TEST_F(PasswordTest, AGuessThatFitsIsNotLookedAt) {
  auto check = make({.guesses = {.failures = 1}});
  EXPECT_EQ(check.check("alice", "x", "evil", now_), Credentials::bad);
  EXPECT_EQ(check.check("alice", "wonder", "evil", now_), Credentials::guessing);
}

TEST_F(PasswordTest, WhatIsRememberedEnds) {
  auto check = make({.remember = 300s, .guesses = {.failures = 1}});
  EXPECT_EQ(check.check("alice", "wonder", "a", now_), Credentials::good);
  EXPECT_EQ(check.check("alice", "x", "a", now_), Credentials::bad);
  // From here on only what is remembered gets in.
  EXPECT_EQ(check.check("alice", "wonder", "a", now_ + 50s), Credentials::good);
  EXPECT_EQ(check.check("alice", "x", "a", now_ + 290s), Credentials::bad);
  EXPECT_EQ(check.check("alice", "wonder", "a", now_ + 301s), Credentials::guessing);
}

TEST_F(PasswordTest, FailuresOfMoreAddressesThanAreCountedForgetTheOldest) {
  auto check = make({.guesses = {.failures = 1, .addresses = 2}});
  for (const char* site : {"a", "b", "c"}) EXPECT_EQ(check.check("alice", "x", site, now_), Credentials::bad);
  EXPECT_EQ(check.check("alice", "x", "c", now_), Credentials::guessing);
  EXPECT_EQ(check.check("alice", "x", "a", now_), Credentials::bad);
}

TEST_F(PasswordTest, ManyAtOnceEndInOneOfTheAnswers) {
  auto check = make({.checks = 1, .waiting = 2, .guesses = {.failures = 1000}});
  std::vector<std::future<Credentials>> outcomes;
  for (int i = 0; i < 16; ++i) {
    outcomes.push_back(std::async(std::launch::async, [&, i] {
      return check.check("alice", i % 2 == 0 ? "wonder" : "x", "a" + std::to_string(i), now_);
    }));
  }
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    EXPECT_THAT(outcomes[i].get(),
                testing::AnyOf(i % 2 == 0 ? Credentials::good : Credentials::bad, Credentials::busy));
  }
  EXPECT_EQ(check.check("alice", "wonder", "a", now_), Credentials::good) << "and the turn came free";
}

TEST_F(PasswordTest, WhenNobodyMayWaitTheAnswerIsBusy) {
  auto check = make({.checks = 0, .waiting = 0});
  EXPECT_EQ(check.check("alice", "wonder", "a", now_), Credentials::busy);
}

}  // namespace
}  // namespace portcullis::http
