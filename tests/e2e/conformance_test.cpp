// SPDX-License-Identifier: Apache-2.0
//
// The pull half of the distribution specification, answer by answer: the same request to docker-registry
// and to Portcullis in front of it. Status, error code, the headers that clients read and the content are
// the same, or the difference is named in the table with its reason; one that is named and not there
// fails too.
#include <algorithm>
#include <nlohmann/json.hpp>
#include <ostream>

#include "support/require.hpp"
#include "world.hpp"

namespace portcullis::test {
namespace {

/// Why the two differ, and in what. A status of 0: the same; of headers, those beside the status.
struct Intended {
  const char* reason = nullptr;
  int theirs = 0;
  int ours = 0;
  std::string_view our_code = {};
  std::vector<std::string> headers = {};
  bool content = false;  ///< the bodies of two successes differ
};

struct Row {
  const char* name;
  std::string target;
  HttpHeaders headers = {};
  Intended intended = {};
  std::vector<std::string> methods = {"GET", "HEAD"};
};

const std::vector<std::string> kCompared = {
    "Content-Type",  "Content-Length", "Docker-Content-Digest",           "ETag", "Accept-Ranges",
    "Content-Range", "Location",       "Docker-Distribution-API-Version", "Link"};

bool is_error(const HttpResponse& answer) { return answer.status >= 400; }

std::string code_of(const HttpResponse& answer) {
  const auto json = nlohmann::json::parse(answer.body, nullptr, false);
  return json.is_object() && json.contains("errors") ? json["errors"].at(0).value("code", "") : "";
}

/// A parameter of the type (charset, boundary) says nothing here.
std::string compared_value(const HttpResponse& answer, const std::string& header) {
  const auto value = answer.header(header);
  return header == "Content-Type" ? value.substr(0, value.find(';')) : value;
}

bool is_multipart(const HttpResponse& answer) {
  return answer.header("Content-Type").starts_with("multipart/byteranges");
}

/// "bytes 0-4/112: <the bytes>" of each part.
std::vector<std::string> parts_of(const HttpResponse& answer) {
  const auto type = answer.header("Content-Type");
  const auto delimiter = "--" + type.substr(type.find("boundary=") + 9);
  std::vector<std::string> parts;
  for (auto at = answer.body.find(delimiter); at != std::string::npos;) {
    const auto next = answer.body.find(delimiter, at + delimiter.size());
    if (next == std::string::npos) break;
    const auto part = answer.body.substr(at, next - at - 2);
    const auto range = part.find("Content-Range: ") + 15;
    parts.push_back(part.substr(range, part.find('\r', range) - range) + ": " +
                    part.substr(part.find("\r\n\r\n") + 4));
    at = next;
  }
  return parts;
}

std::vector<std::string> different_headers(const HttpResponse& theirs, const HttpResponse& ours) {
  std::vector<std::string> names;
  for (const auto& name : kCompared) {
    // The text of an error is ours, and with it its length and type; boundaries are chance.
    const bool length_or_type = name == "Content-Length" || name == "Content-Type";
    if (length_or_type && (is_error(ours) || is_multipart(ours))) continue;
    if (compared_value(theirs, name) != compared_value(ours, name)) names.push_back(name);
  }
  return names;
}

bool same_content(const HttpResponse& theirs, const HttpResponse& ours) {
  if (is_multipart(theirs) || is_multipart(ours)) return parts_of(theirs) == parts_of(ours);
  return theirs.body == ours.body;
}

void compare(const HttpResponse& theirs, const HttpResponse& ours, const Row& row,
             const std::string& method) {
  const auto& intended = row.intended;
  EXPECT_TRUE(ours.complete);
  if (is_error(ours) && method == "GET") {
    EXPECT_EQ(compared_value(ours, "Content-Type"), "application/json");
    EXPECT_NE(code_of(ours), "") << "every error is one of the specification: " << ours.body;
  }
  if (intended.ours != 0) {
    ASSERT_NE(intended.theirs, intended.ours);
    EXPECT_EQ(theirs.status, intended.theirs) << "the difference is stale: " << intended.reason;
    EXPECT_EQ(ours.status, intended.ours) << intended.reason;
    if (method == "GET" && is_error(ours)) {
      EXPECT_EQ(code_of(ours), intended.our_code) << intended.reason;
    }
    return;
  }
  EXPECT_EQ(theirs.status, ours.status) << ours.body;
  if (is_error(ours) && method == "GET") {
    EXPECT_EQ(code_of(ours), intended.our_code.empty() ? code_of(theirs) : intended.our_code);
  }
  EXPECT_EQ(different_headers(theirs, ours), intended.headers) << (intended.reason ? intended.reason : "");
  if (!is_error(ours) && method == "GET") {
    EXPECT_EQ(same_content(theirs, ours), !intended.content) << ours.body;
  }
}

// The reasons.
constexpr auto kOneName = "one resource has one address: nothing is redirected to a cleaned path";
constexpr auto kSpecError =
    "the specification has an error code for it; docker-registry's router answers in plain text, or 500";
constexpr auto kAccept =
    "what was judged is served, whatever Accept says; docker-registry hides OCI documents from old clients";
constexpr auto kRangeOnHead = "Range is defined for GET only (RFC 9110, 14.2)";
constexpr auto kBadRange =
    "a Range that makes no sense is ignored (RFC 9110, 14.2); docker-registry's 416 has a broken length";
constexpr auto kPullOnly = "Portcullis is for pulling only";
constexpr auto kPageSize = "n must be a number (PAGINATION_NUMBER_INVALID); docker-registry 2.8 ignores it";
constexpr auto kReferrers = "docker-registry 2.8 has no referrers API; an empty list keeps clients here";
constexpr auto kConditional = "a 304 names what it is about (RFC 9110, 15.4.5)";

class Conformance : public ::testing::Test {
 protected:
  void SetUp() override {
    PORTCULLIS_REQUIRE_TOOL("docker-registry");
    world_.emplace();
    const auto port = world_->registry.port();
    for (const auto* tag : {"1", "2", "3"}) push(port, "team/app", tag, image_);
    push(port, "team/app", "oci", oci_image_);
    push(port, "team/app", "many", index_);
    // Judged, so that their blobs may leave.
    ASSERT_TRUE(pulls(world_->server.port(), "team/app", "1", image_));
    ASSERT_TRUE(pulls(world_->server.port(), "team/app", "oci", oci_image_));
  }

  void check(const std::vector<Row>& rows) const {
    for (const auto& row : rows) {
      for (const auto& method : row.methods) {
        SCOPED_TRACE(std::string(row.name) + ": " + method + " " + row.target);
        HttpRequest request{.method = method, .target = row.target, .headers = row.headers};
        // Container runtimes are told no in ways of their own; everybody else by the specification.
        request.headers.emplace_back("User-Agent", "curl/7.88.1");
        compare(http_request(world_->registry.port(), request), http_request(world_->server.port(), request),
                row, method);
      }
    }
  }

  void check_what_is_no_resource() const;
  void check_blobs() const;
  void check_a_blob_that_was_not_judged() const;
  void check_ranges() const;
  void check_tags() const;
  void check_referrers() const;
  void check_other_methods() const;

  static std::string manifest(const std::string& reference) { return "/v2/team/app/manifests/" + reference; }
  static HttpHeaders accept(std::string_view type) { return {{"Accept", std::string(type)}}; }

  const Image image_ = clean_image();
  const Image oci_image_ = ImageBuilder().layer({{"etc/motd", "hello\n"}}).build();
  const IndexImage index_ = make_index({oci_image_});
  const std::string blob_ = "/v2/team/app/blobs/" + image_.layers.front().digest().text();
  const std::string nothing_ = "sha256:" + std::string(64, '0');
  std::optional<World> world_;
};

void Conformance::check_what_is_no_resource() const {
  check({
      {"ping", "/v2/"},
      {"ping without slash", "/v2", {}, {kOneName, 301, 200}},
      {"root", "/", {}, {"there is nothing there; docker-registry's health check", 200, 404, "UNSUPPORTED"}},
      {"no manifest named", "/v2/team/app/manifests", {}, {kSpecError, 0, 0, "UNSUPPORTED"}},
      {"a repository alone", "/v2/team/app/", {}, {kSpecError, 0, 0, "UNSUPPORTED"}},
      {"catalog",
       "/v2/_catalog",
       {},
       {"a proxy has no repositories of its own", 200, 404, "UNSUPPORTED"},
       {"GET"}},
      {"an upload", "/v2/team/app/blobs/uploads/x", {}, {kPullOnly, 0, 0, "UNSUPPORTED"}, {"GET"}},
  });
}

TEST_F(Conformance, Manifests) {
  const auto docker = accept(oci::kDockerManifest);
  const auto oci_type = accept(oci::kOciManifest);
  const auto digest = image_.digest().text();
  const auto oci_digest = oci_image_.digest().text();
  check({
      {"by tag", manifest("1"), docker},
      {"by digest", manifest(digest), docker},
      {"oci by tag", manifest("oci"), oci_type},
      {"oci by digest", manifest(oci_digest), oci_type},
      {"index by tag", manifest("many"), accept(oci::kOciIndex)},
      {"index by digest", manifest(index_.digest().text()), accept(oci::kOciIndex)},
      {"several types", manifest("oci"), {docker[0], oci_type[0], {"Accept", std::string(oci::kOciIndex)}}},
      {"types in one line", manifest("oci"),
       accept(std::string(oci::kOciIndex) + ", " + std::string(oci::kOciManifest))},
      {"no Accept, docker type",
       manifest("2"),
       {},
       {"schema 1 cannot be judged; docker-registry makes one for clients that name no type",
        0,
        0,
        "",
        {"Content-Type", "Content-Length", "Docker-Content-Digest", "ETag"},
        true}},
      {"no Accept", manifest("oci"), {}, {kAccept, 404, 200}},
      {"other Accept", manifest("oci"), docker, {kAccept, 404, 200}},
      {"any type", manifest("oci"), accept("*/*"), {kAccept, 404, 200}},
      {"gzip is never used", manifest("oci"), {oci_type[0], {"Accept-Encoding", "gzip"}}},
      {"percent-encoded", "/v2/team/%61pp/manifests/1", docker},
      {"unknown tag", manifest("nope"), docker},
      {"unknown digest", manifest(nothing_), docker},
      {"unknown repository", "/v2/team/nope/manifests/1", docker},
      {"known elsewhere only", "/v2/team/nope/manifests/" + digest, docker},
      {"short digest", manifest("sha256:12"), docker, {kSpecError, 500, 400, "DIGEST_INVALID"}},
      {"unknown algorithm",
       manifest("md5:" + std::string(32, '0')),
       docker,
       {kSpecError, 500, 400, "DIGEST_INVALID"}},
      {"bad tag", manifest(".bad"), docker, {kSpecError, 404, 400, "TAG_INVALID"}},
      {"long tag", manifest(std::string(129, 'a')), docker, {kSpecError, 404, 400, "TAG_INVALID"}},
      {"no tag", manifest(""), docker, {kSpecError, 404, 400, "TAG_INVALID"}},
      {"upper case", "/v2/Team/App/manifests/1", docker, {kSpecError, 404, 400, "NAME_INVALID"}},
      {"bad separators", "/v2/team/a..b/manifests/1", docker, {kSpecError, 404, 400, "NAME_INVALID"}},
      {"no name", "/v2//manifests/1", docker, {kOneName, 301, 400, "NAME_INVALID"}},
      {"empty component", "/v2/team//app/manifests/1", docker, {kOneName, 301, 400, "NAME_INVALID"}},
      {"dots", "/v2/team/../team/app/manifests/1", docker, {kOneName, 301, 400, "NAME_INVALID"}},
      {"trailing slash", manifest("1/"), docker, {kOneName, 301, 404, "UNSUPPORTED"}},
      {"not modified",
       manifest("1"),
       {docker[0], {"If-None-Match", "\"" + digest + "\""}},
       {kConditional, 0, 0, "", {"Docker-Content-Digest", "ETag"}}},
      {"modified", manifest("1"), {docker[0], {"If-None-Match", "\"x\""}}},
      {"entity tag without quotes",
       manifest("1"),
       {docker[0], {"If-None-Match", digest}},
       {"an entity tag has quotes (RFC 9110, 8.8.3); the whole answer is always right", 304, 200}},
  });
}

void Conformance::check_blobs() const {
  const auto etag = "\"" + image_.layers.front().digest().text() + "\"";
  check({
      {"whole", blob_},
      {"config", "/v2/team/app/blobs/" + image_.id().text()},
      {"gzip is never used", blob_, {{"Accept-Encoding", "gzip"}}},
      {"unknown", "/v2/team/app/blobs/" + nothing_},
      {"of another repository", "/v2/team/nope/blobs/" + image_.layers.front().digest().text()},
      {"short digest", "/v2/team/app/blobs/sha256:12"},
      {"unknown algorithm", "/v2/team/app/blobs/md5:" + std::string(32, '0')},
      {"no digest", "/v2/team/app/blobs/xyz", {}, {kSpecError, 404, 400, "DIGEST_INVALID"}},
      {"trailing slash", blob_ + "/", {}, {kOneName, 301, 404, "UNSUPPORTED"}},
      {"not modified", blob_, {{"If-None-Match", etag}}, {kConditional, 0, 0, "", {"Accept-Ranges"}}},
      {"modified", blob_, {{"If-None-Match", "\"x\""}}},
      {"matches", blob_, {{"If-Match", etag}}},
      {"does not match",
       blob_,
       {{"If-Match", "\"x\""}},
       {"an error has a body of the specification", 0, 0, "UNSUPPORTED", {"Docker-Content-Digest", "ETag"}}},
  });
}

void Conformance::check_a_blob_that_was_not_judged() const {
  const auto other = ImageBuilder().layer({{"etc/motd", "not judged"}}).build();
  push(world_->registry.port(), "team/app", "other", other);
  check({{"not judged",
          "/v2/team/app/blobs/" + other.layers.front().digest().text(),
          {},
          {"nothing leaves before its image was judged", 200, 404, "BLOB_UNKNOWN"}}});
}

void Conformance::check_ranges() const {
  const auto etag = "\"" + image_.layers.front().digest().text() + "\"";
  const auto size = image_.layers.front().bytes.size();
  const auto past = std::to_string(size) + "-";
  std::vector<Row> rows = {
      {"closed", "bytes=0-9"},
      {"one byte", "bytes=7-7"},
      {"open-ended", "bytes=10-"},
      {"suffix", "bytes=-5"},
      {"longer than the blob", "bytes=0-" + past.substr(0, past.size() - 1) + "0"},
      {"suffix longer than the blob", "bytes=-" + std::to_string(size + 1)},
      {"two", "bytes=0-0,5-6"},
      {"three, the last open-ended", "bytes=0-4, 10-14, 20-"},
      {"one inside, one past the end", "bytes=0-4," + past},
      {"past the end",
       "bytes=" + past,
       {},
       {"an error is not the blob and does not carry its name",
        0,
        0,
        "RANGE_INVALID",
        {"Docker-Content-Digest", "ETag"}}},
      {"empty", "bytes="},
      {"nothing from the end",
       "bytes=-0",
       {},
       {"there is no such byte (RFC 9110, 14.1.2)", 206, 416, "RANGE_INVALID"}},
      {"backwards", "bytes=5-4", {}, {kBadRange, 416, 200}},
      {"no numbers", "bytes=a-b", {}, {kBadRange, 416, 200}},
      {"other unit", "items=0-4", {}, {kBadRange, 416, 200}},
      {"overlapping",
       "bytes=0-9,5-12",
       {},
       {"ranges that overlap are an old way to make servers work hard (RFC 9110, 17.15)", 206, 200}},
      {"as long as it is the same", "bytes=0-4", {{"If-Range", etag}}},
      {"it is another", "bytes=0-4", {{"If-Range", "\"x\""}}},
  };
  std::vector<Row> on_head;
  for (auto& row : rows) {
    row.headers.emplace_back("Range", std::exchange(row.target, blob_));
    row.methods = {"GET"};
    if (std::string_view(row.name) == "it is another" || std::string_view(row.name) == "empty") continue;
    on_head.push_back(row);
    auto& intended = on_head.back().intended;
    const bool refused = intended.theirs == 416 || intended.our_code == "RANGE_INVALID";
    intended = {kRangeOnHead, refused && intended.theirs != 206 ? 416 : 206, 200};
    on_head.back().methods = {"HEAD"};
  }
  check(rows);
  check(on_head);
}

void Conformance::check_tags() const {
  const std::string list = "/v2/team/app/tags/list";
  const Intended by_head{"a list can be asked for its length", 405, 200};
  check({
      {"all", list, {}, {}, {"GET"}},
      {"by HEAD", list, {}, by_head, {"HEAD"}},
      {"a page", list + "?n=2", {}, {}, {"GET"}},
      {"the next page", list + "?last=2&n=2", {}, {}, {"GET"}},
      {"after a tag", list + "?last=3", {}, {}, {"GET"}},
      {"after the last", list + "?last=zzz", {}, {}, {"GET"}},
      {"exactly all", list + "?n=5", {}, {}, {"GET"}},
      {"more than there are", list + "?n=100000", {}, {}, {"GET"}},
      {"more than a number holds", list + "?n=99999999999999999999", {}, {}, {"GET"}},
      {"none",
       list + "?n=0",
       {},
       {"n=0 is an empty list in the specification", 0, 0, "", {"Content-Length"}, true},
       {"GET"}},
      {"negative", list + "?n=-1", {}, {kPageSize, 200, 400, "PAGINATION_NUMBER_INVALID"}, {"GET"}},
      {"no number", list + "?n=abc", {}, {kPageSize, 200, 400, "PAGINATION_NUMBER_INVALID"}, {"GET"}},
      {"empty number", list + "?n=", {}, {kPageSize, 200, 400, "PAGINATION_NUMBER_INVALID"}, {"GET"}},
      {"unknown repository", "/v2/team/nope/tags/list", {}, {}, {"GET"}},
      {"bad name", "/v2/Team/tags/list", {}, {kSpecError, 404, 400, "NAME_INVALID"}, {"GET"}},
      {"trailing slash", list + "/", {}, {kOneName, 301, 404, "UNSUPPORTED"}},
      {"no list", "/v2/team/app/tags", {}, {kSpecError, 0, 0, "UNSUPPORTED"}},
  });
}

void Conformance::check_referrers() const {
  const std::string list = "/v2/team/app/referrers/";
  check({
      {"none", list + image_.digest().text(), {}, {kReferrers, 404, 200}},
      {"of a type", list + image_.digest().text() + "?artifactType=a/b", {}, {kReferrers, 404, 200}},
      {"no digest", list + "1", {}, {kReferrers, 404, 400, "DIGEST_INVALID"}},
  });
}

void Conformance::check_other_methods() const {
  const Intended refused{kPullOnly, 0, 405, "UNSUPPORTED"};
  const auto row = [&](const char* method, const std::string& target, int theirs) {
    auto intended = refused;
    intended.theirs = theirs;
    if (theirs == 405) intended = {kPullOnly, 0, 0, "UNSUPPORTED"};
    return Row{kPullOnly, target, {}, intended, {method}};
  };
  check({
      row("PUT", "/v2/", 200),
      row("DELETE", "/v2/", 200),
      row("PUT", manifest("1"), 400),
      row("POST", manifest("1"), 405),
      row("PATCH", manifest("1"), 405),
      row("DELETE", manifest("1"), 400),
      row("PUT", blob_, 405),
      row("POST", blob_, 405),
      row("OPTIONS", blob_, 200),
      row("POST", "/v2/team/app/tags/list", 405),
      row("POST", "/v2/team/app/blobs/uploads/", 202),
      row("PUT", "/v2/team/app/blobs/uploads/", 404),
  });
}

TEST_F(Conformance, Blobs) {
  check_blobs();
  check_a_blob_that_was_not_judged();
  check_ranges();
}

TEST_F(Conformance, EverythingElse) {
  check_what_is_no_resource();
  check_tags();
  check_referrers();
  check_other_methods();
}

}  // namespace
}  // namespace portcullis::test
