// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "portcullis/oci/digest.hpp"
#include "portcullis/oci/reference.hpp"

namespace portcullis::oci {
namespace {

const std::string kHex64(64, 'a');

/// Every message gives the rule, an example and the (bounded) input.
template <class T>
void expect_helpful(const util::Result<T>& result, const std::string& input) {
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().kind, util::ErrorKind::invalid);
  const std::string& message = result.error().message;
  EXPECT_NE(message.find("e.g. "), std::string::npos) << message;
  EXPECT_NE(message.find("saw: "), std::string::npos) << message;
  EXPECT_NE(message.find(input.substr(0, 100)), std::string::npos) << message;
  EXPECT_LT(message.size(), 600u);
}

TEST(Digest, AcceptsTheRegisteredAlgorithms) {
  const auto sha256 = Digest::parse("sha256:" + kHex64);
  ASSERT_TRUE(sha256);
  EXPECT_EQ(sha256->algorithm(), util::HashAlgorithm::sha256);
  EXPECT_EQ(sha256->hex(), kHex64);
  EXPECT_EQ(sha256->text(), "sha256:" + kHex64);
  EXPECT_EQ(sha256->short_hex(), std::string(12, 'a'));
  const auto sha512 = Digest::parse("sha512:" + kHex64 + kHex64);
  ASSERT_TRUE(sha512);
  EXPECT_EQ(sha512->algorithm(), util::HashAlgorithm::sha512);
  EXPECT_NE(*sha256, *sha512);
}

TEST(Digest, RefusesTheRest) {
  for (const std::string& text :
       {std::string(), std::string("sha256"), std::string("sha256:"), "sha256:" + kHex64.substr(1),
        "sha256:" + kHex64 + "a", "sha256:" + std::string(64, 'A'), "SHA256:" + kHex64, "sha512:" + kHex64,
        "sha256:" + kHex64 + kHex64, "sha256:" + std::string(64, 'g'), "md5:" + kHex64.substr(32),
        "sha256:../" + kHex64.substr(3), " sha256:" + kHex64, "sha256:" + kHex64 + "\n", kHex64}) {
    SCOPED_TRACE(text);
    expect_helpful(Digest::parse(text), text);
  }
}

TEST(Digest, OfContent) {
  EXPECT_EQ(Digest::of("").text(), "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

TEST(Repository, GoodRows) {
  for (const std::string& text :
       {std::string("a"), std::string("library/nginx"), std::string("a/b/c/d/e/f"), std::string("a.b"),
        std::string("a_b"), std::string("a__b"), std::string("a-b"), std::string("a------b"),
        std::string("0/1"), std::string("a1.b2_c3__d4-e5"), std::string(255, 'a')}) {
    const auto parsed = Repository::parse(text);
    ASSERT_TRUE(parsed) << text;
    EXPECT_EQ(parsed->text(), text);
  }
}

TEST(Repository, BadRows) {
  for (const std::string& text :
       {std::string(),          std::string("/"),     std::string("/a"),    std::string("a/"),
        std::string("a//b"),    std::string("A"),     std::string("a___b"), std::string("a..b"),
        std::string("a._b"),    std::string("a_-b"),  std::string("-a"),    std::string("a-"),
        std::string(".a"),      std::string("a_/b"),  std::string(".."),    std::string("a/../b"),
        std::string("a b"),     std::string("a%2fb"), std::string("a\\b"),  std::string("caf\xc3\xa9"),
        std::string("a\0b", 3), std::string("a:b"),   std::string("a@b"),   std::string(256, 'a')}) {
    SCOPED_TRACE(text);
    expect_helpful(Repository::parse(text), text);
  }
}

TEST(Tag, GoodRows) {
  for (const std::string& text : {std::string("latest"), std::string("1.25-alpine"), std::string("_"),
                                  std::string("A_b-c.D"), std::string("0"), std::string(128, 'x')}) {
    const auto parsed = Tag::parse(text);
    ASSERT_TRUE(parsed) << text;
    EXPECT_EQ(parsed->text(), text);
  }
}

TEST(Tag, BadRows) {
  for (const std::string& text :
       {std::string(), std::string("."), std::string("-a"), std::string(".a"), std::string("a b"),
        std::string("a/b"), std::string("a:b"), std::string("a+b"), std::string("\xc3\xa9"),
        std::string("a\0", 2), std::string(129, 'x')}) {
    SCOPED_TRACE(text);
    expect_helpful(Tag::parse(text), text);
  }
}

TEST(TagOrDigest, AColonMakesADigest) {
  EXPECT_TRUE(std::holds_alternative<Tag>(parse_tag_or_digest("v1").value()));
  EXPECT_TRUE(std::holds_alternative<Digest>(parse_tag_or_digest("sha256:" + kHex64).value()));
  EXPECT_FALSE(parse_tag_or_digest("sha256:short"));
  for (const std::string& text : {std::string("v1"), "sha256:" + kHex64}) {
    EXPECT_EQ(to_string(parse_tag_or_digest(text).value()), text);
  }
}

TEST(Host, LooksLikeOne) {
  for (const char* host : {"ghcr.io", "a.b", "localhost", "localhost:5000", "x:1", "[::1]:5000"}) {
    EXPECT_TRUE(looks_like_host(host)) << host;
  }
  for (const char* path : {"library", "", "localhost2", "bitnami"})
    EXPECT_FALSE(looks_like_host(path)) << path;
}

TEST(Host, Table) {
  struct Row {
    std::string text;
    std::optional<std::string> host;
  };
  const Row rows[] = {
      {"ghcr.io", "ghcr.io"},
      {"GHCR.io", "ghcr.io"},
      {"localhost", "localhost"},
      {"localhost:5000", "localhost:5000"},
      {"127.0.0.1:65535", "127.0.0.1:65535"},
      {"[::1]", "[::1]"},
      {"[2001:DB8::1]:443", "[2001:db8::1]:443"},
      {"xn--80ak6aa92e.com", "xn--80ak6aa92e.com"},
      {std::string(63, 'a') + ".io", std::string(63, 'a') + ".io"},
      {std::string(64, 'a') + ".io", std::nullopt},
      {"", std::nullopt},
      {"a..b", std::nullopt},
      {"a.", std::nullopt},
      {".a", std::nullopt},
      {"-a.io", std::nullopt},
      {"a-.io", std::nullopt},
      {"a_b.io", std::nullopt},
      {"a:0", std::nullopt},
      {"a:65536", std::nullopt},
      {"a:", std::nullopt},
      {"a:+1", std::nullopt},
      {"a:1:2", std::nullopt},
      {"::1", std::nullopt},
      {"[]", std::nullopt},
      {"[::1", std::nullopt},
      {"user@a.io", std::nullopt},
      {"a.io/x", std::nullopt},
      {"a.io?x", std::nullopt},
      {"a.io\r\nX: y", std::nullopt},
      {"g\xd1\x95.io", std::nullopt},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.text);
    const auto parsed = parse_host(row.text);
    ASSERT_EQ(parsed.has_value(), row.host.has_value());
    if (row.host) {
      EXPECT_EQ(*parsed, *row.host);
    } else {
      expect_helpful(parsed, row.text);
    }
  }
}

TEST(Reference, NormalisesAsDockerDoes) {
  const std::string digest = "sha256:" + kHex64;
  struct Row {
    std::string typed;
    std::string canonical;
    std::string target;
  };
  const Row rows[] = {
      {"nginx", "docker.io/library/nginx:latest", "latest"},
      {"nginx:1.25", "docker.io/library/nginx:1.25", "1.25"},
      {"bitnami/redis:7", "docker.io/bitnami/redis:7", "7"},
      {"docker.io/nginx", "docker.io/library/nginx:latest", "latest"},
      {"docker.io/library/nginx", "docker.io/library/nginx:latest", "latest"},
      {"index.docker.io/nginx", "docker.io/library/nginx:latest", "latest"},
      {"Docker.io/nginx", "docker.io/library/nginx:latest", "latest"},
      {"docker.io:443/nginx", "docker.io:443/nginx:latest", "latest"},
      {"ghcr.io/owner/app@" + digest, "ghcr.io/owner/app@" + digest, digest},
      {"ghcr.io/owner/app:v1@" + digest, "ghcr.io/owner/app:v1@" + digest, digest},
      {"ghcr.io/app", "ghcr.io/app:latest", "latest"},
      {"localhost/app", "localhost/app:latest", "latest"},
      {"localhost:5000/a/b:c", "localhost:5000/a/b:c", "c"},
      {"localhost:5000", "docker.io/library/localhost:5000", "5000"},
      {"[::1]:5000/a", "[::1]:5000/a:latest", "latest"},
      {"a/b/c", "docker.io/a/b/c:latest", "latest"},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.typed);
    const auto parsed = Reference::parse(row.typed);
    ASSERT_TRUE(parsed) << parsed.error().message;
    EXPECT_EQ(parsed->canonical(), row.canonical);
    EXPECT_EQ(to_string(parsed->target()), row.target);
    EXPECT_EQ(parsed->original(), row.typed);
    const auto again = Reference::parse(parsed->canonical());
    ASSERT_TRUE(again) << again.error().message;
    EXPECT_EQ(again->canonical(), row.canonical);
  }
}

TEST(Reference, RefusesWithTheInput) {
  for (const std::string& text :
       {std::string(), std::string(":1"), std::string("@sha256:aa"), std::string("NGINX"),
        std::string("nginx:"), std::string("nginx:a:b"), std::string("nginx@"), std::string("nginx@latest"),
        "nginx@sha256:" + kHex64 + "@sha256:" + kHex64, std::string("ghcr.io/"),
        std::string("ghcr.io"
                    "//x"),
        std::string("/nginx"), std::string("a_b.io/x"), std::string("nginx latest"),
        std::string("docker.io/")}) {
    SCOPED_TRACE(text);
    const auto parsed = Reference::parse(text);
    ASSERT_FALSE(parsed);
    EXPECT_EQ(parsed.error().kind, util::ErrorKind::invalid);
    EXPECT_NE(parsed.error().message.find(text.substr(0, 100)), std::string::npos) << parsed.error().message;
  }
}

TEST(Reference, NamesCommonMistakes) {
  EXPECT_NE(Reference::parse("https://ghcr.io/a").error().message.find("scheme"), std::string::npos);
  EXPECT_NE(Reference::parse(kHex64).error().message.find("image id"), std::string::npos);
}

}  // namespace
}  // namespace portcullis::oci
