// SPDX-License-Identifier: Apache-2.0
//
// Which requests take a proxy.
#include <cstdlib>

#include "fake_upstream.hpp"
#include "upstream_fixture.hpp"

namespace portcullis::upstream {
namespace {

/// An environment variable while it lives.
class Variable {
 public:
  Variable(const char* name, const std::string& value) : name_(name) {
    if (const char* before = std::getenv(name)) before_ = before;
    ::setenv(name, value.c_str(), 1);
  }
  ~Variable() {
    if (before_) {
      ::setenv(name_, before_->c_str(), 1);
    } else {
      ::unsetenv(name_);
    }
  }

 private:
  const char* name_;
  std::optional<std::string> before_;
};

struct ProxyCase {
  const char* name;
  const char* host;
  bool in_environment;
  const char* environment_except;  ///< NO_PROXY
  const char* proxy;               ///< of the upstream; PROXY stands for the proxy's URL
  std::vector<std::string> no_proxy;
  bool proxied;
};

TEST_F(UpstreamTest, TheProxyIsTheUpstreamsOwnOrTheEnvironments) {
  const ProxyCase cases[] = {
      {"nothing said", "registry.localhost", false, "", "", {}, false},
      {"environment", "registry.localhost", true, "", "", {}, true},
      {"environment, excepted", "registry.localhost", true, "registry.localhost", "", {}, false},
      {"environment, but loopback", "127.0.0.1", true, "", "", {}, false},
      {"environment, but direct", "registry.localhost", true, "", "direct", {}, false},
      {"own", "registry.localhost", false, "", "PROXY", {}, true},
      {"own, for loopback too", "127.0.0.1", false, "", "PROXY", {}, true},
      {"own, the environment's exceptions are not its own",
       "registry.localhost",
       false,
       "*",
       "PROXY",
       {},
       true},
      {"own, excepted", "registry.localhost", false, "", "PROXY", {"other.example", "localhost"}, false},
  };
  const std::string manifest = R"({"schemaVersion":2})";
  for (const auto& row : cases) {
    SCOPED_TRACE(row.name);
    const auto answer = [&](const FakeRequest&, FakeConnection& client) { client.answer(200, {}, manifest); };
    FakeUpstream origin(answer);
    FakeUpstream proxy(answer);
    const Variable http_proxy("http_proxy", row.in_environment ? proxy.url() : "");
    const Variable no_proxy("NO_PROXY", row.environment_except);
    const Variable lower_no_proxy("no_proxy", row.environment_except);
    auto options = options_for("http://" + std::string(row.host) + ":" + std::to_string(origin.port()));
    options.allow_plain_http = true;
    options.proxy = std::string(row.proxy) == "PROXY" ? proxy.url() : row.proxy;
    options.no_proxy = row.no_proxy;
    connect_to(options);
    const auto document = registry_->manifest(repository(), tag());
    ASSERT_TRUE(document) << document.error().message;
    EXPECT_EQ(proxy.requests().size(), row.proxied ? 1u : 0u);
    EXPECT_EQ(origin.requests().size(), row.proxied ? 0u : 1u);
  }
}

}  // namespace
}  // namespace portcullis::upstream
