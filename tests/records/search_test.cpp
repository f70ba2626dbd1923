// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <functional>

#include "contract.hpp"

namespace portcullis::records {
namespace {

using namespace samples;
using findings::Action;
using std::chrono::hours;
using std::chrono::minutes;

const std::string kHash(64, 'e');

class SearchContract : public Contract {
 protected:
  DecisionRecord image(const std::string& repository, const std::string& manifest, const std::string& layer,
                       Action action = Action::allow) {
    auto record = decision("d-" + repository + manifest + std::to_string(++count_), manifest);
    record.repository = repository;
    record.decision = {};
    record.decision.action = action;
    record.decision.reasons.push_back({action, findings::Severity::high, "rule:r_" + manifest, "text", ""});
    record.blobs = {{digest("config of " + manifest), "c", "config", 1}, {digest(layer), "l", "layer 1", 1}};
    done(records_->put_decision(record, event("image-allowed")));
    return record;
  }
  void pulled(const std::string& repository, const std::string& manifest, const std::string& address,
              const std::string& user = "", std::int64_t minute = 0, Action action = Action::allow) {
    auto p = pull();
    p.host = "ghcr.io";
    p.repository = repository;
    p.manifest = digest(manifest);
    p.client_address = address;
    p.client_user = user;
    p.client_agent = "docker/27";
    p.action = action;
    p.first = p.last = at(0) + minutes(minute);
    done(records_->put_pulls({p}));
  }
  std::string images(const ImageQuery& query) {
    std::string text;
    for (const auto& row : value(records_->search().images(query)).images) {
      text += row.repository + '@' + short_name(row.manifest) + ' ';
    }
    return text;
  }
  std::string pulls(const PullQuery& query) {
    std::string text;
    for (const auto& row : value(records_->search().pulls(query)).pulls) {
      text += row.repository + '<' + row.client_address + ' ';
    }
    return text;
  }
  static std::string short_name(const oci::Digest& manifest) {
    for (const auto* known : {"one", "two", "three", "four"}) {
      if (digest(known) == manifest) return known;
    }
    return "?";
  }

 private:
  int count_ = 0;
};

INSTANTIATE_TEST_SUITE_P(Backends, SearchContract, testing::ValuesIn(all_backends()),
                         [](const auto& row) { return std::string(row.param.name); });

TEST_P(SearchContract, ImagesShowTheirCurrentDecisionTagsAndLastPull) {
  image("app/web", "one", "base", Action::allow);
  auto current = image("app/web", "one", "base", Action::block);
  for (const auto* name : {"v1", "latest"}) {
    auto t = tag("one");
    t.host = "ghcr.io";
    t.repository = "app/web";
    t.tag = name;
    done(records_->put_tag(t));
  }
  auto elsewhere = tag("one");
  done(records_->put_tag(elsewhere));
  pulled("app/web", "one", "10.0.0.1", "", 7);
  const auto page = value(records_->search().images({}));
  ASSERT_EQ(page.images.size(), 1u);
  EXPECT_TRUE(page.next.empty());
  const auto& row = page.images[0];
  EXPECT_EQ(row.host, "ghcr.io");
  EXPECT_EQ(row.decision_id, current.id);
  EXPECT_EQ(row.action, Action::block);
  EXPECT_EQ(row.profile, current.profile);
  EXPECT_EQ(row.decided, current.at);
  EXPECT_EQ(row.tags, (std::vector<std::string>{"latest", "v1"}));
  EXPECT_EQ(row.last_pull, at(0) + minutes(7));
}

TEST_P(SearchContract, ImagesByEachTerm) {
  image("app/web", "one", "base");
  image("app/db", "two", "base", Action::block);
  image("Other/X", "three", "third", Action::warn);
  auto waived = decision("waived", "four");
  waived.repository = "Other/X";
  waived.profile = "profile-9";
  waived.policy = "policy-9";
  waived.blobs = {{digest("fourth layer"), "l", "layer 1", 1}};
  done(records_->put_decision(waived, event("image-warned")));
  pulled("app/db", "two", "10.0.0.1", "carol");
  pulled("app/web", "one", "10.0.0.2", "", 5);
  done(records_->inventory().put(
      {digest("base"),
       {{"usr/bin/xmrig", kHash, 7, "elf"}, {"./opt/y.sh", std::string(64, '1'), 7, "script"}},
       false,
       at(0)}));
  auto bad = scan("third");
  bad.result.findings = {finding("r"), finding("r")};
  bad.result.findings[1].path = "/opt/z";
  bad.result.findings[0].file_hash = std::string(64, 'f');
  bad.result.findings[0].path = "opt/run.sh";
  done(records_->put_scan(bad));

  struct Row {
    const char* name;
    ImageQuery query;
    const char* found;
  };
  const Row rows[] = {
      {"all", {}, "Other/X@four Other/X@three app/db@two app/web@one "},
      {"host", {.host = "ghcr.io"}, "Other/X@four Other/X@three app/db@two app/web@one "},
      {"another host", {.host = "quay.io"}, ""},
      {"repository", {.repository = "app/web"}, "app/web@one "},
      {"text", {.text = "IO/other/x"}, "Other/X@four Other/X@three "},
      {"text is no pattern", {.text = "app%"}, ""},
      {"glob", {.glob = "ghcr.io/APP/*"}, "app/db@two app/web@one "},
      {"glob of one character", {.glob = "ghcr.io/app/d?"}, "app/db@two "},
      {"glob is of the whole", {.glob = "app/*"}, ""},
      {"glob is no pattern of SQL", {.glob = "ghcr.io/app/_%"}, ""},
      {"manifest", {.digest = digest("two").text()}, "app/db@two "},
      {"layer", {.digest = digest("base").text()}, "app/db@two app/web@one "},
      {"digest of nothing", {.digest = "sha256:x"}, ""},
      {"file hash in the inventory", {.file_hash = kHash}, "app/db@two app/web@one "},
      {"file hash of a finding", {.file_hash = std::string(64, 'f')}, "Other/X@three "},
      {"path", {.path = "usr/bin/xmrig"}, "app/db@two app/web@one "},
      {"file name", {.path = "xmrig"}, "app/db@two app/web@one "},
      {"path that was written with a dot", {.path = "opt/y.sh"}, "app/db@two app/web@one "},
      {"path of a finding that was written with a slash", {.path = "opt/z"}, "Other/X@three "},
      {"path of a finding", {.path = "opt/run.sh"}, "Other/X@three "},
      {"another path", {.path = "bin/xmrig"}, ""},
      {"rule", {.rule = "r_two"}, "app/db@two "},
      {"rule with its kind", {.rule = "rule:r_three"}, "Other/X@three "},
      {"client address", {.client = "10.0.0.2"}, "app/web@one "},
      {"client user", {.client = "carol"}, "app/db@two "},
      {"waiver", {.waiver = "w1"}, "Other/X@four "},
      {"other profiles", {.not_profile = "profile-1"}, "Other/X@four "},
      {"other policies", {.not_policy = waived.policy}, "Other/X@three app/db@two app/web@one "},
      {"action", {.action = Action::block}, "app/db@two "},
      {"other actions", {.not_action = Action::block}, "Other/X@four Other/X@three app/web@one "},
      {"all terms",
       {.repository = "app/db", .file_hash = kHash, .client = "carol", .action = Action::block},
       "app/db@two "},
      {"terms that disagree", {.file_hash = kHash, .client = "carol", .action = Action::allow}, ""},
      {"by pull",
       {.order = ImageQuery::Order::newest_pull},
       "app/web@one app/db@two Other/X@four Other/X@three "},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.name);
    EXPECT_EQ(images(row.query), row.found);
    EXPECT_EQ(value(records_->search().count_images(row.query)),
              std::ranges::count(std::string(row.found), ' '));
  }
}

TEST_P(SearchContract, ImagesAreFoundByWhatTheCurrentDecisionSaysAndNotByOldOnes) {
  image("app/web", "one", "base", Action::block);
  auto clean = decision("clean", "one");
  clean.repository = "app/web";
  clean.decision = {};
  clean.decision.action = Action::allow;
  done(records_->put_decision(clean, event("image-allowed")));
  EXPECT_EQ(images({.rule = "r_one"}), "");
  EXPECT_EQ(images({.action = Action::block}), "");
  EXPECT_EQ(images({.action = Action::allow}), "app/web@one ");
}

TEST_P(SearchContract, ImagesComeInPages) {
  for (const auto* name : {"one", "two", "three", "four"}) image("app/web", name, "base");
  pulled("app/web", "two", "10.0.0.1");
  for (const auto order : {ImageQuery::Order::newest_decision, ImageQuery::Order::newest_pull}) {
    std::string all;
    ImageQuery query{.order = order, .limit = 1};
    for (int page = 0; page < 10; ++page) {
      const auto found = value(records_->search().images(query));
      for (const auto& row : found.images) all += short_name(row.manifest) + ' ';
      if (found.next.empty()) break;
      query.after = found.next;
    }
    EXPECT_EQ(all,
              order == ImageQuery::Order::newest_decision ? "four three two one " : "two four three one ");
  }
}

TEST_P(SearchContract, PullsByEachTerm) {
  image("app/db", "two", "layer", Action::block);
  pulled("app/web", "one", "10.0.0.1", "carol", 1);
  pulled("app/db", "two", "10.0.0.1", "dave", 2, Action::block);
  pulled("app/web", "one", "10.0.0.2", "dave", 3);
  pulled("Other/X", "three", "10.0.0.3", "", 4, Action::warn);
  struct Row {
    const char* name;
    PullQuery query;
    const char* found;
  };
  const Row rows[] = {
      {"all", {}, "Other/X<10.0.0.3 app/web<10.0.0.2 app/db<10.0.0.1 app/web<10.0.0.1 "},
      {"from", {.from = at(0) + minutes(3)}, "Other/X<10.0.0.3 app/web<10.0.0.2 "},
      {"until", {.until = at(0) + minutes(2)}, "app/web<10.0.0.1 "},
      {"range",
       {.from = at(0) + minutes(2), .until = at(0) + minutes(4)},
       "app/web<10.0.0.2 app/db<10.0.0.1 "},
      {"allowed", {.action = Action::allow}, "app/web<10.0.0.2 app/web<10.0.0.1 "},
      {"blocked", {.action = Action::block}, "app/db<10.0.0.1 "},
      {"repository", {.host = "ghcr.io", .repository = "app/web"}, "app/web<10.0.0.2 app/web<10.0.0.1 "},
      {"host", {.host = "ghcr.io"}, "Other/X<10.0.0.3 app/web<10.0.0.2 app/db<10.0.0.1 app/web<10.0.0.1 "},
      {"another host", {.host = "quay.io"}, ""},
      {"manifest", {.manifest = digest("two")}, "app/db<10.0.0.1 "},
      {"client", {.client = "10.0.0.1"}, "app/db<10.0.0.1 app/web<10.0.0.1 "},
      {"user", {.user = "dave"}, "app/web<10.0.0.2 app/db<10.0.0.1 "},
      {"client and user", {.client = "10.0.0.1", .user = "dave"}, "app/db<10.0.0.1 "},
      {"rule", {.rule = "r_two"}, "app/db<10.0.0.1 "},
      {"code of a reason", {.rule = "rule:r_two"}, "app/db<10.0.0.1 "},
      {"rule of nothing", {.rule = "r_"}, ""},
      {"rule and another client", {.client = "10.0.0.2", .rule = "r_two"}, ""},
      {"text in the name", {.text = "OTHER/"}, "Other/X<10.0.0.3 "},
      {"text in the user", {.text = "Dave"}, "app/web<10.0.0.2 app/db<10.0.0.1 "},
      {"text in both", {.text = "o"}, "Other/X<10.0.0.3 app/web<10.0.0.2 app/db<10.0.0.1 app/web<10.0.0.1 "},
      {"text and action", {.action = Action::block, .text = "10.0.0"}, "app/db<10.0.0.1 "},
      {"text of nothing", {.text = "a_p"}, ""},
      {"all terms",
       {.from = at(0),
        .until = at(0) + minutes(9),
        .action = Action::block,
        .host = "ghcr.io",
        .repository = "app/db",
        .manifest = digest("two"),
        .client = "10.0.0.1",
        .user = "dave",
        .rule = "r_two",
        .text = "app/"},
       "app/db<10.0.0.1 "},
      {"terms that disagree", {.repository = "app/web", .client = "10.0.0.3"}, ""},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.name);
    EXPECT_EQ(pulls(row.query), row.found);
  }
}

/// More repositories, images and clients than are walked one by one, in one place each.
TEST_P(SearchContract, PullsOfVeryManyClientsAndRepositories) {
  std::vector<PullRecord> many;
  for (int i = 0; i < 100; ++i) {
    auto record = image("team/" + std::to_string(i), "shared", "layer");
    record.host = "docker.io";
    record.id += "hub";
    done(records_->put_decision(record, event("image-allowed")));
    auto p = pull();
    p.repository = "team/" + std::to_string(i);
    p.manifest = digest("shared");
    p.client_address = "10.0.0.1";
    p.client_user = "user";
    p.client_agent = "agent/" + std::to_string(i);
    p.first = p.last = at(0) + minutes(i);
    many.push_back(p);
  }
  done(records_->put_pulls(many));
  const PullQuery rows[] = {
      {.host = "docker.io"},
      {.manifest = digest("shared")},
      {.client = "10.0.0.1"},
      {.user = "user"},
      {.rule = "r_shared"},
      {.text = "TEAM/"},
      {.text = "agent"},
      {.host = "docker.io", .manifest = digest("shared"), .client = "10.0.0.1", .text = "e"}};
  int row = 0;
  for (auto query : rows) {
    SCOPED_TRACE(row++);
    query.limit = 30;
    std::vector<std::string> found;
    for (int page = 0; page < 10; ++page) {
      const auto answer = value(records_->search().pulls(query));
      for (const auto& p : answer.pulls) found.push_back(p.repository);
      if (answer.next.empty()) break;
      query.after = answer.next;
    }
    ASSERT_EQ(found.size(), 100u);
    for (int i = 0; i < 100; ++i)
      EXPECT_EQ(found[static_cast<std::size_t>(i)], "team/" + std::to_string(99 - i));
  }
}

TEST_P(SearchContract, WhoPulledAManifest) {
  pulled("app/web", "one", "10.0.0.1", "carol", 1);
  pulled("app/web", "one", "10.0.0.1", "carol", 60);
  pulled("app/web", "one", "10.0.0.2", "", 30, Action::block);
  pulled("mirror/web", "one", "10.0.0.3", "", 2);
  pulled("app/web", "two", "10.0.0.4", "", 2);
  const auto who = value(records_->search().pullers({.manifest = digest("one")}));
  ASSERT_EQ(who.size(), 3u);
  EXPECT_EQ(who[0].address, "10.0.0.1");
  EXPECT_EQ(who[0].user, "carol");
  EXPECT_EQ(who[0].agent, "docker/27");
  EXPECT_EQ(who[0].first, at(0) + minutes(1));
  EXPECT_EQ(who[0].last, at(0) + minutes(60));
  EXPECT_EQ(who[0].requests, 2u);
  EXPECT_EQ(who[1].action, Action::block);
  EXPECT_EQ(who[2].repository, "mirror/web");
  EXPECT_EQ(value(records_->search().pullers({.manifest = digest("one"), .repository = "app/web"})).size(),
            2u);
  EXPECT_EQ(value(records_->search().pullers({.client = "carol"})).size(), 1u);
  EXPECT_EQ(value(records_->search().pullers({.manifest = digest("one"), .skip = 2, .limit = 5})).size(), 1u);
}

TEST_P(SearchContract, WhichImagesContainAFileAndWhoPulledThem) {
  image("app/web", "one", "base");
  image("app/db", "two", "base");
  image("app/clean", "three", "other");
  pulled("app/web", "one", "10.0.0.1");
  pulled("app/clean", "three", "10.0.0.9");
  done(records_->inventory().put(
      {digest("base"),
       {{"usr/bin/x", kHash, 7, "elf"}, {"usr/bin/y", std::string(64, '1'), 8, "elf"}},
       false,
       at(0)}));
  auto bad = scan("base");
  bad.result.findings = {finding("r"), finding("r")};
  bad.result.findings[0].path = "usr/bin/x";  // the inventory has it
  bad.result.findings[1].path = "opt/app.jar!/x";
  for (auto& f : bad.result.findings) f.file_hash = kHash;
  done(records_->put_scan(bad));
  const auto found = value(records_->search().exposure(kHash, 100));
  EXPECT_FALSE(found.truncated);
  ASSERT_EQ(found.places.size(), 2u);
  EXPECT_EQ(found.places[0].path, "opt/app.jar!/x");
  EXPECT_EQ(found.places[1].path, "usr/bin/x");
  EXPECT_EQ(found.places[1].size, 7u);
  EXPECT_EQ(found.places[1].layer, digest("base"));
  ASSERT_EQ(found.images.size(), 2u);
  ASSERT_EQ(found.pullers.size(), 1u);
  EXPECT_EQ(found.pullers[0].address, "10.0.0.1");
  EXPECT_EQ(found.pullers[0].repository, "app/web");
  EXPECT_TRUE(value(records_->search().exposure(kHash, 1)).truncated);
  const auto nothing = value(records_->search().exposure(std::string(64, '0'), 100));
  EXPECT_TRUE(nothing.places.empty() && nothing.images.empty() && nothing.pullers.empty());
}

TEST_P(SearchContract, FilesByHashNameAndPath) {
  done(records_->inventory().put(
      {digest("base"), {{"usr/bin/x", kHash, 7, "elf"}, {"x", "", 1, "script"}}, false, at(0)}));
  EXPECT_EQ(value(records_->search().files(kHash, 10)).size(), 1u);
  EXPECT_EQ(value(records_->search().files("x", 10)).size(), 2u);
  EXPECT_EQ(value(records_->search().files("usr/bin/x", 10)).size(), 1u);
  EXPECT_EQ(value(records_->search().files("bin/x", 10)).size(), 0u);
  EXPECT_EQ(value(records_->search().files("x", 1)).size(), 1u);
}

TEST_P(SearchContract, OverviewCountsRequestsByActionInBuckets) {
  const auto start = std::chrono::floor<hours>(at(0));
  const auto offset = std::chrono::duration_cast<minutes>(start - at(0)).count();
  pulled("a/a", "one", "10.0.0.1", "", offset + 1);
  pulled("a/a", "one", "10.0.0.1", "", offset + 1);
  pulled("a/a", "one", "10.0.0.2", "", offset + 61, Action::block);
  pulled("a/a", "one", "10.0.0.2", "", offset + 125, Action::warn);
  pulled("a/a", "one", "10.0.0.2", "", offset + 60 * 5);
  const auto by_hour = value(records_->search().overview({start, start + hours(3)}, hours(1)));
  ASSERT_EQ(by_hour.size(), 3u);
  EXPECT_EQ(by_hour[0].start, start);
  EXPECT_EQ(by_hour[0].allowed, 2u);
  EXPECT_EQ(by_hour[1].blocked, 1u);
  EXPECT_EQ(by_hour[2].warned, 1u);
  EXPECT_EQ(by_hour[2].allowed + by_hour[2].blocked, 0u);
  const auto wide = value(records_->search().overview({start, start + hours(6)}, hours(4)));
  ASSERT_EQ(wide.size(), 2u);
  EXPECT_EQ(wide[0].allowed, 2u);
  EXPECT_EQ(wide[0].blocked, 1u);
  EXPECT_EQ(wide[1].allowed, 1u);
  EXPECT_EQ(value(records_->search().overview({start, start + hours(10'000'000)}, hours(0))).size(), 10'000u)
      << "bounded whatever is asked";
}

TEST_P(SearchContract, TopRulesAndNames) {
  image("a/a", "one", "base", Action::block);
  image("a/a", "one", "base", Action::block);
  image("a/a", "two", "base", Action::warn);
  image("a/a", "three", "base", Action::allow);
  const Period day{at(0), at(0) + hours(1)};
  const auto rules = value(records_->search().top_rules(day, 10));
  ASSERT_EQ(rules.size(), 2u) << "what asked for nothing does not count";
  EXPECT_EQ(rules[0].name, "rule:r_one");
  EXPECT_EQ(rules[0].count, 2u);
  EXPECT_EQ(rules[1].name, "rule:r_two");
  EXPECT_EQ(value(records_->search().top_rules(day, 1)).size(), 1u);
  EXPECT_TRUE(value(records_->search().top_rules({at(0) + hours(48), at(0) + hours(72)}, 10)).empty());

  pulled("a/a", "one", "10.0.0.1", "", 0, Action::block);
  for (int i = 0; i < 3; ++i) pulled("b/b", "two", "10.0.0.1", "", i);
  const auto names = value(records_->search().top_names(day, std::nullopt, 10));
  ASSERT_EQ(names.size(), 2u);
  EXPECT_EQ(names[0].name, "ghcr.io/b/b");
  EXPECT_EQ(names[0].count, 3u);
  const auto blocked = value(records_->search().top_names(day, Action::block, 10));
  ASSERT_EQ(blocked.size(), 1u);
  EXPECT_EQ(blocked[0].name, "ghcr.io/a/a");
}

TEST_P(SearchContract, AnInventoryReplacesTheOneBeforeAndIsBounded) {
  EXPECT_EQ(value(records_->inventory().state(digest("base"))), InventoryState::unknown);
  LayerInventory inventory{digest("base"), {}, false, at(0)};
  for (int i = 0; i < 4'100; ++i) {
    inventory.files.push_back({"bin/" + std::to_string(10'000 + i), kHash, UINT64_MAX, "elf" + hostile()});
  }
  done(records_->inventory().put(inventory));
  EXPECT_EQ(value(records_->inventory().state(digest("base"))), InventoryState::whole);
  done(records_->inventory().put(inventory));
  EXPECT_EQ(backend_->number("SELECT COUNT(*) FROM layer_files"), 4'100);
  auto files = value(records_->inventory().files(digest("base"), "bin/10001", 2));
  ASSERT_EQ(files.size(), 2u);
  EXPECT_EQ(files[0].path, "bin/10002");
  EXPECT_EQ(files[0].hash, kHash);
  EXPECT_EQ(files[0].size, UINT64_MAX);
  EXPECT_EQ(files[0].type, "elf" + hostile());

  inventory.files = {{"only " + hostile(), kHash, 1, "script"}};
  inventory.truncated = true;
  done(records_->inventory().put(inventory));
  files = value(records_->inventory().files(digest("base"), "", 10));
  ASSERT_EQ(files.size(), 1u);
  EXPECT_EQ(files[0].path, "only " + hostile());
  EXPECT_EQ(backend_->number("SELECT COUNT(*) FROM layer_files"), 1);
  EXPECT_EQ(value(records_->inventory().state(digest("base"))), InventoryState::in_part);
  done(records_->inventory().put({digest("empty"), {}, false, at(0)}));
  EXPECT_EQ(value(records_->inventory().state(digest("empty"))), InventoryState::whole);
}

}  // namespace
}  // namespace portcullis::records
