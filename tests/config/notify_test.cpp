// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "portcullis/config/config.hpp"
#include "support/temp_dir.hpp"

namespace portcullis::config {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using namespace std::chrono_literals;

TEST(Notify, EveryTypeIsRead) {
  const test::TempDir dir;
  const auto secret = dir.write("secret", "s3cret\n").string();
  const auto url = dir.write("url", "https://hooks.example.com/services/T0/B0/x?token=y\n").string();
  const auto config = load(dir.write("p.toml", R"(
[admin]
public_url = "https://gate.example.com"
[[notify]]
name = "archive"
type = "file"
path = "/var/log/portcullis/events.jsonl"
from = "start"
[[notify]]
name = "out"
type = "stdout"
[[notify]]
name = "siem"
type = "syslog"
address = "tcp:[2001:db8::1]:6514"
facility = "authpriv"
timeout = "3s"
behind_events = 10
behind_time = "1m"
[[notify]]
name = "hook"
type = "webhook"
url = "http://10.0.0.1/x?y=z"
secret_file = ")" + secret + R"("
token_file = ")" + secret + R"("
ca_file = "/etc/ca.pem"
[[notify]]
name = "slack"
type = "webhook"
format = "slack"
url_file = ")" + url + R"("
actions = ["pull-blocked"]
min_severity = "high"
repositories = ["docker.io/library/*"]
longest_retry = "1m"
refusals = 2
keep_for = "1d"
)"),
                           {});
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->admin_public_url, "https://gate.example.com");
  ASSERT_EQ(config->notify.size(), 5u);
  const auto& [archive, out, siem, hook, slack] =
      std::tie(config->notify[0], config->notify[1], config->notify[2], config->notify[3], config->notify[4]);
  EXPECT_EQ(archive.name, "archive");
  EXPECT_EQ(std::get<notify::FileOptions>(archive.to).path, "/var/log/portcullis/events.jsonl");
  EXPECT_EQ(archive.start, notify::Start::beginning);
  EXPECT_TRUE(std::holds_alternative<notify::StdoutOptions>(out.to));
  EXPECT_EQ(out.start, notify::Start::now);
  const auto& syslog = std::get<notify::SyslogOptions>(siem.to);
  EXPECT_EQ(syslog.transport, notify::SyslogTransport::tcp);
  EXPECT_EQ(syslog.host, "2001:db8::1");
  EXPECT_EQ(syslog.port, 6514);
  EXPECT_EQ(syslog.facility, 10);
  EXPECT_EQ(syslog.timeout, 3s);
  EXPECT_EQ(siem.pace.behind_events, 10);
  EXPECT_EQ(siem.pace.behind_time, 1min);
  const auto& generic = std::get<notify::WebhookOptions>(hook.to);
  EXPECT_EQ(generic.url, "http://10.0.0.1/x?y=z");
  EXPECT_EQ(generic.format, notify::WebhookFormat::generic);
  EXPECT_EQ(generic.secret, "s3cret");
  EXPECT_EQ(generic.token, "s3cret");
  EXPECT_EQ(generic.ca_file, "/etc/ca.pem");
  const auto& chat = std::get<notify::WebhookOptions>(slack.to);
  EXPECT_EQ(chat.url, "https://hooks.example.com/services/T0/B0/x?token=y");
  EXPECT_EQ(chat.format, notify::WebhookFormat::slack);
  EXPECT_THAT(slack.filter.actions, ElementsAre("pull-blocked"));
  EXPECT_EQ(slack.filter.min_severity, findings::Severity::high);
  EXPECT_THAT(slack.filter.repositories, ElementsAre("docker.io/library/*"));
  EXPECT_EQ(slack.pace.longest_retry, 1min);
  EXPECT_EQ(slack.pace.refusals, 2);
  EXPECT_EQ(slack.pace.keep_for, 24h);
}

struct Bad {
  const char* name;
  const char* lines;  ///< behind [[notify]]
  const char* message;
};
class BadTarget : public testing::TestWithParam<Bad> {};

TEST_P(BadTarget, IsRefusedWithWhatToDo) {
  const test::TempDir dir;
  dir.write("empty", "\n");
  dir.write("two_lines", "hunter2\nhunter3");
  std::string lines = GetParam().lines;
  for (auto at = lines.find("DIR"); at != lines.npos; at = lines.find("DIR")) {
    lines.replace(at, 3, dir.path().string());
  }
  const auto config = load(dir.write("p.toml", "[[notify]]\n" + lines), {});
  ASSERT_FALSE(config);
  EXPECT_THAT(config.error().message, HasSubstr(GetParam().message));
  EXPECT_THAT(config.error().message, Not(HasSubstr("hunter")));
}

const Bad kBad[] = {
    {"no_name", "type = \"stdout\"\n", "notify[1].name: expected a name of up to 40 small letters"},
    {"name", "name = \"My hook\"\ntype = \"stdout\"\n", ":2: notify[1].name: expected a name of up to 40"},
    {"name_twice", "name = \"a\"\ntype = \"stdout\"\n[[notify]]\nname = \"a\"\ntype = \"stdout\"\n",
     ":5: notify[2].name: expected each name once, saw \"a\" again"},
    {"no_type", "name = \"a\"\n", "notify[1].type: expected one of file, stdout, syslog, webhook, saw none"},
    {"type", "name = \"a\"\ntype = \"mail\"\n",
     "expected one of file, stdout, syslog, webhook, saw \"mail\""},
    {"key_of_another_type", "name = \"a\"\ntype = \"stdout\"\npath = \"x\"\n",
     ":4: notify[1].path: unknown key"},
    {"file_without_path", "name = \"a\"\ntype = \"file\"\n", "notify[1].path: expected the path of a file"},
    {"syslog_address", "name = \"a\"\ntype = \"syslog\"\naddress = \"logs.example.com\"\n",
     "notify[1].address: expected unix:/dev/log, udp:HOST:PORT or tcp:HOST:PORT, saw \"logs.example.com\""},
    {"facility", "name = \"a\"\ntype = \"syslog\"\nfacility = \"local9\"\n", "expected a syslog facility"},
    {"severity", "name = \"a\"\ntype = \"stdout\"\nmin_severity = \"bad\"\n", "expected one of info, low"},
    {"from", "name = \"a\"\ntype = \"stdout\"\nfrom = \"end\"\n", "expected now or start, saw \"end\""},
    {"no_url", "name = \"a\"\ntype = \"webhook\"\n", "notify[1].url: expected a URL"},
    {"url", "name = \"a\"\ntype = \"webhook\"\nurl = \"ftp://x\"\n", "notify[1].url: expected a URL"},
    {"both_urls", "name = \"a\"\ntype = \"webhook\"\nurl = \"http://a\"\nurl_file = \"DIR/two_lines\"\n",
     "notify[1].url_file: expected either it or url, saw both"},
    {"url_file", "name = \"a\"\ntype = \"webhook\"\nurl_file = \"DIR/two_lines\"\n",
     "expected a file with a URL"},
    {"inline_secret", "name = \"a\"\ntype = \"webhook\"\nurl = \"http://a\"\nsecret = \"hunter2\"\n",
     "expected secret_file = \"FILE\""},
    {"inline_token", "name = \"a\"\ntype = \"webhook\"\nurl = \"http://a\"\ntoken = \"hunter2\"\n",
     "expected token_file = \"FILE\""},
    {"empty_secret", "name = \"a\"\ntype = \"webhook\"\nurl = \"http://a\"\nsecret_file = \"DIR/empty\"\n",
     "notify[1].secret_file: expected a secret, saw an empty file"},
    {"token_of_two_lines",
     "name = \"a\"\ntype = \"webhook\"\nurl = \"http://a\"\ntoken_file = \"DIR/two_lines\"\n",
     "notify[1].token_file: expected a token in one line"},
    {"timeout", "name = \"a\"\ntype = \"webhook\"\nurl = \"http://a\"\ntimeout = \"31s\"\n",
     "expected a duration from \"100ms\" to \"30s\""},
};
INSTANTIATE_TEST_SUITE_P(Table, BadTarget, testing::ValuesIn(kBad),
                         [](const auto& row) { return std::string(row.param.name); });

}  // namespace
}  // namespace portcullis::config
