// SPDX-License-Identifier: Apache-2.0
//
// What holds for every route: who may use it, how errors look, what is read strictly.
#include <gmock/gmock.h>

#include <algorithm>
#include <regex>
#include <set>

#include "fixture.hpp"

namespace portcullis::api {
namespace {

using records::Role;
using testing::HasSubstr;

/// A path that fits the pattern.
std::string path_of(const RouteInfo& route) {
  auto path = std::regex_replace(std::string(route.path), std::regex("\\{digest\\}"),
                                 "sha256:" + std::string(64, 'a'));
  return std::regex_replace(path, std::regex("\\{(id|file|rule)\\}"), "d1");
}

TEST_F(ApiTest, EveryRouteKnowsWhoMayUseIt) {
  for (const auto& route : routes()) {
    SCOPED_TRACE(std::string(route.method) + " " + std::string(route.path));
    const auto path = path_of(route);
    const std::string method(route.method);
    const std::string body = route.body ? "{}" : "";
    if (!route.role) {
      EXPECT_LT(ask(method, path, std::nullopt, body).status, 300);
      continue;
    }
    const auto nobody = ask(method, path, std::nullopt, body);
    problem_of(nobody, 401);
    EXPECT_THAT(nobody.headers, testing::Contains(testing::Key("WWW-Authenticate")));
    const auto as_viewer = ask(method, path, viewer_, body);
    if (*route.role == Role::operator_) {
      EXPECT_THAT(problem_of(as_viewer, 403).at("detail"), HasSubstr("operator"));
    } else {
      EXPECT_NE(as_viewer.status, 401);
      EXPECT_NE(as_viewer.status, 403);
    }
    const auto as_operator = ask(method, path, operator_, body);
    EXPECT_NE(as_operator.status, 401);
    EXPECT_NE(as_operator.status, 403);
    EXPECT_LT(as_operator.status, 500) << as_operator.body;
  }
}

TEST_F(ApiTest, WhatOnlyReadsIsOpenToViewersAndWhatChangesIsNot) {
  for (const auto& route : routes()) {
    if (route.path == "/session" || route.path == "/openapi.json") continue;
    const bool tokens = route.path.starts_with("/tokens");
    EXPECT_EQ(route.role, route.method == "GET" && !tokens ? Role::viewer : Role::operator_)
        << route.method << " " << route.path;
  }
}

TEST_F(ApiTest, EveryRouteRefusesWhatItDoesNotKnow) {
  for (const auto& route : routes()) {
    SCOPED_TRACE(std::string(route.method) + " " + std::string(route.path));
    const auto path = path_of(route);
    const std::string method(route.method);
    const auto unknown = problem_of(ask(method, path + "?no_such=1", operator_), 400);
    EXPECT_THAT(unknown.at("detail"), HasSubstr("unknown parameter no_such; known here: "));
    for (const auto name : route.parameters) EXPECT_THAT(unknown.at("detail"), HasSubstr(std::string(name)));
    EXPECT_EQ(ask(method, path, operator_, route.body ? "[]" : "{}").status, 400);
    const auto other = ask("PATCH", path, operator_);
    problem_of(other, 405);
    EXPECT_THAT(other.headers, testing::Contains(testing::Key("Allow")));
  }
  problem_of(ask("GET", "/nothing", operator_), 404);
  problem_of(ask("GET", "/decisions/", operator_), 404);
  problem_of(ask("GET", "/decisions/%zz", operator_), 404);
  problem_of(ask("GET", "/decisions/no-such", operator_), 404);
}

TEST_F(ApiTest, WrongValuesAreQuotedWithWhatIsExpected) {
  struct Row {
    const char* name;
    const char* target;
    const char* expected;
  };
  const Row rows[] = {
      {"time", "/pulls?from=yesterday", "from: expected a time such as"},
      {"action", "/pulls?action=blok", "action: expected allow, warn or block, saw \"blok\""},
      {"digest", "/pulls?manifest=sha256:00", "manifest: expected a digest"},
      {"empty", "/pulls?host=", "host: expected a value"},
      {"limit zero", "/pulls?limit=0", "limit: expected a number from 1 to 500"},
      {"limit large", "/images?limit=501", "limit: expected a number from 1 to 500"},
      {"limit text", "/events?limit=1x", "limit: expected a number"},
      {"cursor", "/pulls?cursor=1", "cursor: expected what"},
      {"cursor with more", "/images?cursor=1.2.3", "cursor: expected what"},
      {"cursor of files",
       "/layers/sha256:"
       "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa/files?cursor=q",
       "cursor: expected what"},
      {"twice", "/pulls?host=a&host=b", "host is given twice"},
      {"escape", "/pulls?text=%4", "percent escape"},
      {"nul is a byte like any other", "/pulls?from=%00", "saw \"\\x00\""},
      {"severity", "/events?severity=hot", "severity: expected info, low"},
      {"order", "/images?order=size", "order: expected one of newest_decision, newest_pull"},
      {"state", "/waivers?state=old", "state: expected one of all, active"},
      {"format", "/export?format=xml", "format: expected one of csv, jsonl"},
      {"period", "/overview?from=2026-11-26T00:00:00Z&until=2026-11-25T00:00:00Z", "before until"},
      {"buckets", "/overview?from=2020-01-01T00:00:00Z&width=1", "width: expected at least"},
      {"client", "/client-config?client=apt", "client: expected one of docker"},
      {"no client", "/client-config", "client: expected one of docker"},
      {"url", "/client-config?client=docker&url=ftp://x", "url: expected http"},
      {"hash and path", "/files?hash=a&path=b", "either hash or path"},
      {"neither", "/files", "either hash or path"},
      {"stream", "/events/stream?after=-1", "after: expected the number of an event"},
      {"digest of the path", "/images/latest", "expected a digest"},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.name);
    EXPECT_THAT(problem_of(ask("GET", row.target, viewer_), 400).at("detail"), HasSubstr(row.expected));
  }
}

TEST_F(ApiTest, BodiesAreReadStrictly) {
  struct Row {
    const char* name;
    std::string body;
    const char* expected;
  };
  const Row rows[] = {
      {"no JSON", "{\"name\": ", "it is no JSON from byte"},
      {"trailing", "{} {}", "it is no JSON"},
      {"array", "[]", "expected an object, saw an array"},
      {"string", "\"x\"", "expected an object, saw a string"},
      {"number", R"({"name": 1})", R"("name" must be a string, saw a number)"},
      {"null", R"({"name": null})", R"("name" must be a string, saw null)"},
      {"nested", R"({"name": {"a": "b"}})", R"("name" must be a string, saw an object)"},
      {"deep", "{\"name\":" + std::string(5000, '['), "must be a string, saw an array"},
      {"twice", R"({"name": "a", "name": "b"})", R"("name" is there twice)"},
      {"unknown", R"({"nmae": "a"})", R"(unknown member "nmae"; known here: name, role, expires)"},
      {"case", R"({"Name": "a"})", "unknown member"},
      {"not UTF-8", "{\"name\": \"\xff\"}", "it is no JSON"},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.name);
    EXPECT_THAT(problem_of(ask("POST", "/tokens", operator_, row.body), 400).at("detail"),
                HasSubstr(row.expected));
  }
  problem_of(ask("POST", "/tokens", operator_, "{\"name\": \"" + std::string(20'000, 'a') + "\"}"), 413);
  const auto form = api_->answer({.method = "POST",
                                  .target = "/api/v1/tokens",
                                  .content_type = "text/plain",
                                  .body = "{}",
                                  .caller = operator_});
  problem_of(form, 415);  // what a form of another site could send
}

TEST_F(ApiTest, TheOpenApiDocumentAndTheRoutesAreTheSame) {
  const auto document = nlohmann::json::parse(ask("GET", "/openapi.json", std::nullopt).body);
  std::set<std::string> described;
  for (const auto& [path, item] : document.at("paths").items()) {
    for (const auto& [method, operation] : item.items()) {
      auto upper = method;
      std::ranges::transform(upper, upper.begin(), ::toupper);
      described.insert(upper + " " + path);
    }
  }
  std::set<std::string> existing;
  for (const auto& route : routes()) {
    const auto name = std::string(route.method) + " " + std::string(route.path);
    SCOPED_TRACE(name);
    existing.insert(name);
    if (!described.contains(name)) continue;
    auto lower = std::string(route.method);
    std::ranges::transform(lower, lower.begin(), ::tolower);
    const auto& operation = document["paths"][std::string(route.path)][lower];
    std::set<std::string> parameters;
    std::set<std::string> in_path;
    for (const auto& parameter : operation.value("parameters", nlohmann::json::array())) {
      (parameter["in"] == "query" ? parameters : in_path).insert(parameter["name"].get<std::string>());
    }
    EXPECT_EQ(parameters, std::set<std::string>(route.parameters.begin(), route.parameters.end()));
    for (const auto& name_in_path : in_path)
      EXPECT_THAT(std::string(route.path), HasSubstr("{" + name_in_path + "}"));
    EXPECT_EQ(std::ranges::count(route.path, '{'), static_cast<std::ptrdiff_t>(in_path.size()));
    EXPECT_EQ(operation.contains("requestBody"), route.body);
    EXPECT_EQ(operation.value("x-role", ""), route.role ? records::to_string(*route.role) : "");
    EXPECT_EQ(operation.contains("security"), !route.role);
  }
  EXPECT_EQ(described, existing);
}

}  // namespace
}  // namespace portcullis::api
