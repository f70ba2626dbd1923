// SPDX-License-Identifier: Apache-2.0
//
// `portcullis scan --server`: exceptions of a server that runs.
#include <csignal>

#include "scan_fixture.hpp"
#include "support/http_get.hpp"
#include "support/require.hpp"
#include "support/wait.hpp"

namespace portcullis::cli {
namespace {

using testing::HasSubstr;

class ScanWithServer : public ScanFixture {
 protected:
  void SetUp() override {
    server_.emplace(setup_.command());
    ASSERT_TRUE(test::wait_until([&] { return test::http_ok(setup_.admin_port, "/readyz"); }))
        << setup_.log();
    const auto made = at_server({"token", "create", "--name", "ci", "--role", "viewer"});
    ASSERT_EQ(made.exit_code, 0) << made.err;
    token_ = dir_.write("token", made.out).string();
  }
  void TearDown() override { stop(); }
  void stop() {
    if (!server_) return;
    server_->signal(SIGTERM);
    EXPECT_EQ(server_->wait_for(std::chrono::seconds(30)), 0) << setup_.log();
    server_.reset();
  }
  test::RunResult at_server(std::vector<std::string> arguments) const {
    arguments.insert(arguments.end(), {"--data", setup_.data.string()});
    return test::run(portcullis(std::move(arguments)));
  }
  std::string url() const { return "http://" + ServeSetup::address(setup_.admin_port); }
  test::RunResult scan_with(const std::string& token) const {
    return scan({"--server", url(), "--token-file", token, source_});
  }

  ServeSetup setup_{dir_};
  std::optional<test::Process> server_;
  std::string token_;
  const std::string source_ = "oci:" + layout("infected", image(true)) + ":v1";
};

TEST_F(ScanWithServer, ItsWaiversCountWhileItAnswers) {
  EXPECT_EQ(scan_with(token_).exit_code, 1) << "there is no waiver yet";
  const auto waived =
      at_server({"waive", "add", "--rule", "eicar_test_file", "--digest", image(true).digest().text(),
                 "--for", "7d", "--reason", "a known test", "--author", "ann@example", "--yes"});
  ASSERT_EQ(waived.exit_code, 0) << waived.err;
  const auto let_through = scan_with(token_);
  EXPECT_EQ(let_through.exit_code, 0) << let_through.out << let_through.err;
  EXPECT_THAT(let_through.out,
              HasSubstr("eicar_test_file (critical) matched usr/bin/dropper in layer 2; waived by w-"));
  auto by_environment = command({"--server", url() + "/", source_});
  by_environment.env["PORTCULLIS_TOKEN"] = test::slurp(token_);
  EXPECT_EQ(test::run(by_environment).exit_code, 0);
  EXPECT_EQ(scan({source_}).exit_code, 1) << "exceptions of one call must not stay for the next";

  const auto guessed = scan_with(dir_.write("guessed", "pct_guessed").string());
  EXPECT_EQ(guessed.exit_code, 2);
  EXPECT_THAT(guessed.out, HasSubstr("does not accept the token"));
  stop();
  const auto down = scan_with(token_);
  EXPECT_EQ(down.exit_code, 2) << "nobody knows what the exceptions are";
  EXPECT_THAT(down.out, HasSubstr("--server: " + url() + ": nobody answers there"));
}

TEST_F(ScanWithServer, TokensDoNotTravelInTheClear) {
  const auto far = scan({"--server", "http://portcullis.example:5050", "--token-file", token_, source_});
  EXPECT_EQ(far.exit_code, 64);
  EXPECT_THAT(far.err, HasSubstr("would send the token unencrypted"));
  auto without = command({"--server", url(), source_});
  without.env["PORTCULLIS_TOKEN"] = "";
  const auto none = test::run(without);
  EXPECT_EQ(none.exit_code, 64);
  EXPECT_THAT(none.err, HasSubstr("needs a token with the role viewer"));
}

}  // namespace
}  // namespace portcullis::cli
