// SPDX-License-Identifier: Apache-2.0
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/un.h>

#include <cstring>

#include "address.hpp"
#include "challenge.hpp"
#include "portcullis/upstream/registry.hpp"
#include "portcullis/util/metrics.hpp"
#include "support/temp_dir.hpp"
#include "url.hpp"

namespace portcullis::upstream {
namespace {

TEST(Challenges, AreReadAsTheyAreSent) {
  struct Row {
    const char* name;
    const char* header;
    std::string rendered;  ///< scheme{name=value;...} of each
  };
  const Row rows[] = {
      {"docker hub",
       R"(Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:library/nginx:pull")",
       "bearer{realm=https://auth.docker.io/token;scope=repository:library/"
       "nginx:pull;service=registry.docker.io;}"},
      {"spaces and case", R"(BEARER  Realm = "r" ,  SERVICE=s)", "bearer{realm=r;service=s;}"},
      {"comma and escape inside quotes", R"(Bearer realm="a,\"b\" c",scope="x:y:pull,push")",
       R"(bearer{realm=a,"b" c;scope=x:y:pull,push;})"},
      {"two challenges", R"(Basic realm="x", Bearer realm="y",service="z")",
       "basic{realm=x;}bearer{realm=y;service=z;}"},
      {"scheme alone", "Negotiate", "negotiate{}"},
      {"scheme alone, then another", R"(Negotiate, Basic realm="x")", "negotiate{}basic{realm=x;}"},
      {"first value of a repeated name counts", R"(Bearer realm="a",realm="b")", "bearer{realm=a;}"},
      {"quote never closed", R"(Bearer realm="https://x)", "bearer{}"},
      {"ends in a backslash", "Bearer realm=\"x\\", "bearer{}"},
      {"parameters without a scheme", R"(="x", realm="y")", ""},
      {"empty", "", ""},
      {"only separators", " ,, \t", ""},
      {"control bytes", "Bearer \x01realm=x", "bearer{}"},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.name);
    std::string rendered;
    for (const auto& challenge : parse_challenges(row.header)) {
      rendered += challenge.scheme + "{";
      for (const auto& [name, value] : challenge.params) rendered += name + "=" + value + ";";
      rendered += "}";
    }
    EXPECT_EQ(rendered, row.rendered);
  }
}

TEST(Addresses, OnlyThePublicInternetIsPublic) {
  struct Row {
    const char* address;
    bool is_public;
  };
  const Row rows[] = {
      {"8.8.8.8", true},
      {"1.1.1.1", true},
      {"172.15.255.255", true},
      {"172.32.0.0", true},
      {"100.63.255.255", true},
      {"100.128.0.0", true},
      {"223.255.255.255", true},
      {"11.0.0.0", true},
      {"0.0.0.0", false},
      {"0.1.2.3", false},
      {"10.0.0.1", false},
      {"10.255.255.255", false},
      {"100.64.0.1", false},
      {"100.100.100.200", false},
      {"127.0.0.1", false},
      {"127.255.255.254", false},
      {"169.254.169.254", false},
      {"172.16.0.1", false},
      {"172.31.255.255", false},
      {"192.168.0.1", false},
      {"192.0.0.192", false},
      {"198.18.0.1", false},
      {"198.19.255.255", false},
      {"224.0.0.1", false},
      {"239.255.255.255", false},
      {"240.0.0.1", false},
      {"255.255.255.255", false},
      {"2606:4700::1111", true},
      {"2a00:1450::1", true},
      {"::ffff:8.8.8.8", true},
      {"64:ff9b::8.8.8.8", true},
      {"2002:808:808::1", true},
      {"::", false},
      {"::1", false},
      {"::ffff:127.0.0.1", false},
      {"::ffff:10.0.0.1", false},
      {"::ffff:169.254.169.254", false},
      {"::127.0.0.1", false},
      {"64:ff9b::10.0.0.1", false},
      {"64:ff9b:1::1", false},
      {"2002:7f00:1::1", false},
      {"2002:a00:1::1", false},
      {"2001::1", false},
      {"2001:db8::1", false},
      {"fe80::1", false},
      {"fec0::1", false},
      {"fc00::1", false},
      {"fd12:3456::1", false},
      {"ff02::1", false},
      {"100::1", false},
      {"4000::1", false},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.address);
    sockaddr_storage storage{};
    sockaddr_in v4{};
    sockaddr_in6 v6{};
    if (::inet_pton(AF_INET, row.address, &v4.sin_addr) == 1) {
      v4.sin_family = AF_INET;
      std::memcpy(&storage, &v4, sizeof v4);
    } else {
      ASSERT_EQ(::inet_pton(AF_INET6, row.address, &v6.sin6_addr), 1);
      v6.sin6_family = AF_INET6;
      std::memcpy(&storage, &v6, sizeof v6);
    }
    EXPECT_EQ(is_public_address(reinterpret_cast<const sockaddr&>(storage)), row.is_public);
  }
  sockaddr_un local{};
  local.sun_family = AF_UNIX;
  EXPECT_FALSE(is_public_address(reinterpret_cast<const sockaddr&>(local)));
}

TEST(Addresses, HostsOfUrlsAreTold) {
  const std::pair<const char*, HostKind> rows[] = {
      {"http://localhost/", HostKind::loopback},
      {"http://127.0.0.1/", HostKind::loopback},
      {"http://127.1/", HostKind::loopback},
      {"http://2130706433/", HostKind::loopback},
      {"http://0x7f.0.0.1/", HostKind::loopback},
      {"http://[::1]:5000/", HostKind::loopback},
      {"http://10.1.2.3/", HostKind::private_address},
      {"http://[fd00::1]/", HostKind::private_address},
      {"http://[::ffff:10.0.0.1]/", HostKind::private_address},
      {"http://8.8.8.8/", HostKind::public_address},
      {"http://[2606:4700::1111]/", HostKind::public_address},
      {"http://ghcr.io/", HostKind::name},
      {"http://127.0.0.1.example.com/", HostKind::name},
  };
  for (const auto& [text, kind] : rows) {
    SCOPED_TRACE(text);
    const auto url = parse_url(text);
    ASSERT_TRUE(url) << url.error().message;
    EXPECT_EQ(host_kind(url->host), kind) << url->host;
  }
}

TEST(Urls, AreResolvedAsLocationHeadersAre) {
  const auto base = *parse_url("https://Registry.example:8443/v2/a/blobs/x?old=1");
  EXPECT_EQ(base.host, "registry.example");
  const std::pair<const char*, const char*> good[] = {
      {"https://cdn.example/blob?sig=abc#part", "https://cdn.example:443/blob?sig=abc"},
      {"/other/place", "https://registry.example:8443/other/place"},
      {"y?new=2", "https://registry.example:8443/v2/a/blobs/y?new=2"},
      {"//cdn.example/z", "https://cdn.example:443/z"},
      {"http://cdn.example/z", "http://cdn.example:80/z"},
  };
  for (const auto& [location, expected] : good) {
    SCOPED_TRACE(location);
    const auto url = resolve_url(base, location);
    ASSERT_TRUE(url) << url.error().message;
    EXPECT_EQ(url->text(), expected);
  }
  for (const char* bad : {"file:///etc/passwd", "ftp://x/y", "gopher://x/", "https://user:secret@x/",
                          "https://user@x/", "http://", "https://x:99999/", "http://a b/"}) {
    const auto url = resolve_url(base, bad);
    EXPECT_FALSE(url) << bad;
    if (!url) {
      EXPECT_EQ(url.error().message.find("secret"), std::string::npos) << url.error().message;
    }
  }
}

TEST(Connect, RefusesWhatCannotWork) {
  const test::TempDir dir;
  test::write_file(dir / "empty.pem", "nothing here");
  struct Row {
    const char* name;
    const char* url;
    std::string ca_file;
    const char* message;
  };
  const Row rows[] = {
      {"no scheme", "ghcr.io", "", "unusable URL"},
      {"other scheme", "ftp://ghcr.io", "", "only http and https"},
      {"password", "https://me:hunter2@ghcr.io", "", "configure credentials"},
      {"query", "https://ghcr.io/?a=b", "", "must not have a query"},
      {"plain http elsewhere", "http://registry.example", "", "plain http"},
      {"no CA file", "https://ghcr.io", "/nonexistent/ca.pem", "/nonexistent/ca.pem"},
      {"not a CA file", "https://ghcr.io", (dir / "empty.pem").string(), "no PEM certificate"},
  };
  util::MemoryMetrics metrics;
  for (const auto& row : rows) {
    SCOPED_TRACE(row.name);
    Options options;
    options.name = "up";
    options.url = row.url;
    options.ca_file = row.ca_file;
    const auto registry = connect(options, metrics);
    ASSERT_FALSE(registry);
    EXPECT_NE(registry.error().message.find(row.message), std::string::npos) << registry.error().message;
    EXPECT_NE(registry.error().message.find("upstream up"), std::string::npos) << registry.error().message;
    EXPECT_EQ(registry.error().message.find("hunter2"), std::string::npos) << registry.error().message;
  }
  Options plain;
  plain.name = "lab";
  plain.url = "http://registry.lab:5000/";
  plain.allow_plain_http = true;
  EXPECT_TRUE(connect(plain, metrics));
}

TEST(Defaults, AreTenUsableUpstreams) {
  const auto upstreams = default_upstreams();
  ASSERT_EQ(upstreams.size(), 10u);
  EXPECT_EQ(upstreams[0].name, "docker.io");
  EXPECT_EQ(upstreams[0].token_hosts, std::vector<std::string>{"auth.docker.io"});
  util::MemoryMetrics metrics;
  for (const auto& options : upstreams) {
    EXPECT_EQ(options.url.substr(0, 8), "https://") << options.name;
    EXPECT_TRUE(connect(options, metrics)) << options.name;
  }
}

}  // namespace
}  // namespace portcullis::upstream
