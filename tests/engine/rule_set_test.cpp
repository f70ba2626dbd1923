// SPDX-License-Identifier: Apache-2.0
#include "portcullis/engine/rule_set.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "portcullis/util/fd.hpp"
#include "support/temp_dir.hpp"

namespace portcullis {
namespace {

using engine::RuleFile;
using findings::Outcome;
using findings::Severity;

std::unique_ptr<engine::RuleSet> compile(const std::vector<RuleFile>& files,
                                         const findings::RuleAdjustments& adjustments = {}) {
  auto rules = engine::compile(files, adjustments);
  if (!rules) throw std::runtime_error(rules.error().message);
  return std::move(*rules);
}

engine::FileVerdict scan(const engine::RuleSet& rules, const std::string& content,
                         const engine::FileContext& context = {"f", 0},
                         std::chrono::seconds timeout = std::chrono::seconds(60)) {
  auto scanner = rules.scanner();
  if (!scanner) throw std::runtime_error(scanner.error().message);
  return engine::together((*scanner)->scan_all(util::as_bytes(content), context, timeout));
}

TEST(Adjustments, DisableAndSetSeverities) {
  const std::vector<RuleFile> files{
      {"d/one.yar", "rule same { condition: true } rule uses { condition: same }"},
      {"two.yar",
       "rule same { meta: severity = \"low\" condition: true } rule p { condition: filename == \"f\" }"}};
  const auto base = (compile)(files);
  struct Row {
    const char* name;
    findings::RuleAdjustments adjustments;
    std::vector<std::string> expected;  ///< file:rule severity
    std::vector<std::string> idle;
  };
  const Row rows[] = {
      {"nothing",
       {},
       {"d/one.yar:same medium", "d/one.yar:uses medium", "two.yar:same low", "two.yar:p medium"},
       {}},
      {"a rule by its name, in each file, and what leans on it", {{"same"}, {}}, {"two.yar:p medium"}, {}},
      {"a rule of one file",
       {{"two.yar:same"}, {}},
       {"d/one.yar:same medium", "d/one.yar:uses medium", "two.yar:p medium"},
       {}},
      {"a file", {{"d/*:*"}, {}}, {"two.yar:same low", "two.yar:p medium"}, {}},
      {"the longest pattern counts",
       {{}, {{"*", Severity::info}, {"same", Severity::high}, {"two.yar:same", Severity::critical}}},
       {"d/one.yar:same high", "d/one.yar:uses info", "two.yar:same critical", "two.yar:p info"},
       {}},
      {"single rules count before patterns, letter by letter",
       {{},
        {{"*", Severity::info}},
        {{"d/one.yar:same", Severity::high}, {"two.yar:p", std::nullopt}, {"two.yar:same", Severity::low}}},
       {"d/one.yar:same high", "d/one.yar:uses info", "two.yar:same low"},
       {}},
      {"what the configuration disables stays disabled",
       {{"two.yar:*"}, {}, {{"two.yar:p", Severity::high}}},
       {"d/one.yar:same medium", "d/one.yar:uses medium"},
       {}},
      {"single rules that are not there",
       {{}, {}, {{"d/*:same", std::nullopt}, {"same", Severity::high}}},
       {"d/one.yar:same medium", "d/one.yar:uses medium", "two.yar:same low", "two.yar:p medium"},
       {"d/*:same", "same"}},
      {"what fits no rule",
       {{"other", "x:same"}, {{"sam", Severity::high}}},
       {"d/one.yar:same medium", "d/one.yar:uses medium", "two.yar:same low", "two.yar:p medium"},
       {"other", "x:same", "sam"}},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.name);
    const auto rules = engine::compile(files, row.adjustments);
    ASSERT_TRUE(rules);
    std::vector<std::string> found;
    for (const auto& finding : scan(**rules, "x").findings) {
      found.push_back(finding.rule_namespace + ":" + finding.rule + " " +
                      std::string(findings::to_string(finding.severity)));
    }
    EXPECT_EQ(found, row.expected);
    EXPECT_EQ((*rules)->idle_patterns(), row.idle);
    const auto& [disable, severity, single] = row.adjustments;
    const bool changes = row.idle.empty() && !(disable.empty() && severity.empty() && single.empty());
    EXPECT_EQ((*rules)->hash() != base->hash(), changes);
  }
  const auto none = engine::compile(files, {{"*"}, {}});
  ASSERT_TRUE(none);
  EXPECT_EQ((*none)->rule_count(), 0u) << "disabled rules are no rules";
  EXPECT_TRUE((*none)->describe().front().disabled);
}

TEST(RuleFilesTest, HiddenNamesAreLeftOut) {
  const test::TempDir dir;
  for (const char* name :
       {"a.yar", "d/b.yara", "c.txt", ".git/x.yar", "..2026/a.yar", ".a.yar.swp", "d/.#b.yar"}) {
    dir.write(name, "rule a { condition: true }");
  }
  const auto files = engine::read_rule_files({dir.path(), dir.path()});
  ASSERT_TRUE(files) << files.error().message;
  std::vector<std::string> names;
  for (const auto& file : files->files) names.push_back(file.name);
  EXPECT_THAT(names, ::testing::ElementsAre("a.yar", "d/b.yara", "a.yar#2", "d/b.yara#2"));
}

TEST(Modules, AreThoseThatRulesMayImport) {
  const auto modules = engine::modules();
  EXPECT_THAT(modules, ::testing::IsSupersetOf({"pe", "elf", "math", "hash", "dotnet", "time"}));
  EXPECT_THAT(modules, ::testing::Not(::testing::Contains("magic")));
}

TEST(ForeignPacks, LoadWithWhatTheyNeed) {
  const auto rules = compile(
      {{"neo.yar",
        "import \"pe\" import \"math\" import \"hash\"\nrule neo { meta: score = 75 author = \"n\" "
        "condition: "
        "math.entropy(0, filesize) >= 0 and hash.md5(0, 0) != \"\" and not pe.is_pe and filepath != \"\" }"},
       {"elastic.yar", "rule elastic { meta: severity = 100 license = \"E\" condition: true }"},
       {"capa.yar",
        "import \"elf\" import \"dotnet\" import \"time\"\nrule capa { meta: sev = 3 condition: "
        "time.now() > 0 and not dotnet.is_dotnet and elf.number_of_sections >= 0 or true }"},
       {"level.yar", "rule level { meta: threat_level = 2 condition: true }"},
       {"magic.yar", "import \"magic\" rule m { condition: magic.type() contains \"x\" }"},
       {"cuckoo.yar", "import \"cuckoo\" rule c { condition: true }"}});
  EXPECT_EQ(rules->set_aside().size(), 2u);
  std::map<std::string, Severity> severities;
  for (const auto& finding : scan(*rules, "text").findings) severities[finding.rule] = finding.severity;
  EXPECT_EQ(severities, (std::map<std::string, Severity>{{"neo", Severity::high},
                                                         {"elastic", Severity::critical},
                                                         {"capa", Severity::low},
                                                         {"level", Severity::low}}));
}

TEST(CostMeter, MeasuresFilesApart) {
  const auto meter =
      engine::make_cost_meter({{"a.yar", "rule a { strings: $a = /[a-z ]{2,40}[0-9]/ condition: #a > 5 }"},
                               {"bad.yar", "rule bad { condition: nonsense }"},
                               {"b.yar", "rule b { condition: filename == \"x\" } rule c { condition: b }"}},
                              {{"c"}, {}});
  ASSERT_TRUE(meter) << meter.error().message;
  ASSERT_THAT((*meter)->files(), ::testing::ElementsAre("a.yar", "b.yar"));
  EXPECT_EQ((*meter)->rule_count(1), 1u) << "without the disabled one";
  const std::string content(1 << 18, 'x');
  using Rules = engine::CostMeter::Rules;
  const auto time = [&](Rules which, std::size_t file) {
    const auto measured = (*meter)->measure(which, file, util::as_bytes(content), {"x", 0});
    EXPECT_TRUE(measured.complete);
    return measured.time;
  };
  // A hundred times apart, not a matter of a busy machine.
  EXPECT_GT(time(Rules::one_file, 0), time(Rules::one_file, 1));
  EXPECT_GT(time(Rules::all, 0), time(Rules::none, 0));
}

struct BadFile {
  const char* name;
  std::string text;
  const char* message;
};
class SetAside : public ::testing::TestWithParam<BadFile> {};

TEST_P(SetAside, TheFileAndNotItsNeighbours) {
  const auto rules = compile({{"a.yar", "rule a { condition: true }"},
                              {"bad.yar", GetParam().text},
                              {"z.yar", "rule z { condition: true }"}});
  EXPECT_EQ(rules->rule_count(), 2u);
  EXPECT_EQ(rules->file_count(), 2u);
  ASSERT_EQ(rules->set_aside().size(), 1u);
  EXPECT_EQ(rules->set_aside().front().file, "bad.yar");
  EXPECT_THAT(rules->set_aside().front().message, ::testing::HasSubstr(GetParam().message));
  EXPECT_EQ(scan(*rules, "x").findings.size(), 2u);
}

INSTANTIATE_TEST_SUITE_P(
    All, SetAside,
    ::testing::Values(
        BadFile{"Syntax", "rule x {\n strings: \n}", "line 3"},
        BadFile{"UnknownIdentifier", "rule x { condition: nonsense }", "nonsense"},
        BadFile{"SecondRuleBroken", "rule ok { condition: true } rule x { condition: y }", "y"},
        BadFile{"Include", "include \"/etc/passwd\"\nrule x { condition: true }", "include"},
        BadFile{"Magic", "import \"magic\"\nrule x { condition: magic.type() contains \"a\" }", "magic"},
        BadFile{"Cuckoo", "import \"cuckoo\"\nrule x { condition: true }", "cuckoo"},
        BadFile{"NoSuchModule", "import \"androguard\"\nrule x { condition: true }", "androguard"},
        BadFile{"Nul", std::string("rule x { condition: true }\0rule y {}", 36), "NUL"}),
    [](const auto& row) { return row.param.name; });

TEST(RuleSet, CommentedImportIsFine) {
  EXPECT_TRUE(compile({{"a.yar", "// import \"magic\"\nrule a { condition: true }"}})->set_aside().empty());
}

TEST(RuleSet, EachFileHasItsOwnNamespace) {
  const auto rules =
      compile({{"one.yar", "rule same { condition: true }"}, {"d/two.yar", "rule same { condition: true }"}});
  const auto verdict = scan(*rules, "x");
  ASSERT_EQ(verdict.findings.size(), 2u);
  EXPECT_EQ(verdict.findings[0].rule_namespace, "one.yar");
  EXPECT_EQ(verdict.findings[1].rule_namespace, "d/two.yar");
}

TEST(RuleSet, PrivateRulesAreNotReported) {
  const auto rules = compile({{"a.yar", "private rule p { condition: true } rule a { condition: p }"}});
  EXPECT_EQ(scan(*rules, "x").findings.size(), 1u);
}

TEST(RuleSet, HashTellsTextsAndNamesApart) {
  const auto hash = [](const char* name, const char* text) { return compile({{name, text}})->hash(); };
  const auto base = hash("a.yar", "rule a { condition: true }");
  EXPECT_EQ(base, hash("a.yar", "rule a { condition: true }"));
  EXPECT_NE(base, hash("b.yar", "rule a { condition: true }"));
  EXPECT_NE(base, hash("a.yar", "rule a { condition: false }"));
}

TEST(RuleSet, ABrokenFileChangesNothingForTheOthers) {
  const std::vector<RuleFile> good{{"a.yar", "rule a { strings: $a = /.{0,9}a./ condition: $a }"},
                                   {"path.yar", "rule p { condition: filename == \"x\" }"},
                                   {"word.yar", "rule w { strings: $a = \"the owner of\" condition: $a }"}};
  auto with_bad = good;
  with_bad.insert(with_bad.begin() + 1, {"bad.yar", "rule x { condition: nonsense }"});
  const auto alone = (compile)(good);
  const auto beside = (compile)(with_bad);
  EXPECT_EQ(alone->hash(), beside->hash());
  ASSERT_EQ(alone->warnings().size(), beside->warnings().size());
  EXPECT_EQ(alone->warnings().front().file, beside->warnings().front().file);
  for (const auto group : {engine::RuleGroup::content, engine::RuleGroup::path})
    EXPECT_EQ(alone->rule_count(group), beside->rule_count(group));
  EXPECT_EQ(alone->rule_count(engine::RuleGroup::content), 2u)
      << "a word in a string is no use of an external";
}

TEST(RuleSet, ExternalsFollowTheFile) {
  const auto rules = compile({{"a.yar",
                               "rule name { condition: filename == \"x.sh\" }\n"
                               "rule path { condition: filepath == \"/opt/x.sh\" }\n"
                               "rule ext { condition: extension == \".sh\" }\n"
                               "rule type { condition: filetype == \"ELF\" }\n"
                               "rule root { condition: owner == \"root\" }"}});
  const std::string program = "\177ELF....";
  EXPECT_EQ(scan(*rules, program, {"./opt/x.sh", 0}).findings.size(), 5u);
  EXPECT_EQ(scan(*rules, "text", {"opt/x.sh", 1000}).findings.size(), 3u);
  EXPECT_EQ(scan(*rules, "text", {"a.jar!/x.sh", 1000}).findings.size(), 2u)
      << "name and extension of the member";
  EXPECT_EQ(scan(*rules, "text", {"", 1000}).findings.size(), 0u);
}

struct GroupRow {
  const char* name;
  const char* text;
  engine::RuleGroup group;
};
class RuleGroups : public ::testing::TestWithParam<GroupRow> {};

TEST_P(RuleGroups, FollowWhatAFileReallyUses) {
  const auto rules = compile({{"a.yar", GetParam().text}});
  ASSERT_TRUE(rules->set_aside().empty()) << rules->set_aside().front().message;
  EXPECT_EQ(rules->rule_count(GetParam().group), rules->rule_count());
  // Each group has the findings of its own rules and no others.
  auto scanner = rules->scanner();
  ASSERT_TRUE(scanner);
  const auto bytes = util::as_bytes("filename");
  const engine::FileContext context{"d/x.sh", 0};
  const auto both = (*scanner)->scan_all(bytes, context, std::chrono::seconds(60));
  const auto path = (*scanner)->scan_path(bytes, context, std::chrono::seconds(60));
  const bool is_path = GetParam().group == engine::RuleGroup::path;
  EXPECT_EQ(both.content.findings.size(), is_path ? 0 : rules->rule_count());
  EXPECT_EQ(both.path.findings.size(), is_path ? rules->rule_count() : 0);
  EXPECT_EQ(path.findings.size(), both.path.findings.size());
  for (const auto* verdict : {&both.content, &both.path, &path})
    EXPECT_EQ(verdict->outcome, Outcome::complete);
}

INSTANTIATE_TEST_SUITE_P(
    All, RuleGroups,
    ::testing::Values(
        GroupRow{"Plain", "rule a { condition: true }", engine::RuleGroup::content},
        GroupRow{"InAComment", "// filename\nrule a { condition: true /* filepath */ }",
                 engine::RuleGroup::content},
        GroupRow{"InAString", "rule a { strings: $a = \"filename\" condition: $a }",
                 engine::RuleGroup::content},
        GroupRow{"InAMeta", "rule a { meta: filename = \"extension\" condition: true }",
                 engine::RuleGroup::content},
        GroupRow{"AsALoopVariable", "rule a { condition: for any owner in (1..3) : (owner == 2) }",
                 engine::RuleGroup::content},
        GroupRow{"Filename", "rule a { condition: filename == \"x.sh\" }", engine::RuleGroup::path},
        GroupRow{"Filepath", "rule a { condition: filepath contains \"/d/\" }", engine::RuleGroup::path},
        GroupRow{"Extension", "rule a { condition: extension == \".sh\" }", engine::RuleGroup::path},
        GroupRow{"Filetype", "rule a { condition: filetype == \"\" }", engine::RuleGroup::path},
        GroupRow{"Owner", "rule a { condition: owner == \"root\" }", engine::RuleGroup::path},
        GroupRow{"WholeFile", "rule a { condition: true } rule b { condition: filename != \"\" }",
                 engine::RuleGroup::path}),
    [](const auto& row) { return row.param.name; });

TEST(RuleSet, LoopWithoutAnEndIsToldOfAndStopped) {
  const auto rules = compile({{"a.yar", "rule a { condition: true }"},
                              {"loop.yar",
                               "rule loop { condition: for all i in (0..2000000000) : ( "
                               "for all j in (0..2000000000) : ( i + j >= 0 ) ) }"}});
  EXPECT_EQ(rules->rule_count(), 2u);
  ASSERT_EQ(rules->warnings().size(), 1u);
  EXPECT_EQ(rules->warnings().front().file, "loop.yar");
  EXPECT_THAT(rules->warnings().front().message, ::testing::HasSubstr("every scan will time out"));
  EXPECT_EQ(scan(*rules, "", {"f", 0}, std::chrono::seconds(1)).outcome, Outcome::timed_out);
}

TEST(RuleSet, RuleCalledLikeAnExternalIsSetAside) {
  const auto rules =
      compile({{"a.yar", "rule extension { condition: true }"}, {"b.yar", "rule b { condition: true }"}});
  ASSERT_EQ(rules->set_aside().size(), 1u);
  EXPECT_EQ(rules->set_aside().front().file, "a.yar");
  EXPECT_THAT(rules->set_aside().front().message,
              ::testing::HasSubstr("duplicated identifier \"extension\""));
  EXPECT_EQ(scan(*rules, "").findings.size(), 1u);
}

TEST(RuleSet, GroupsTogetherAreAllRules) {
  const auto rules = compile({{"a.yar", "rule a { condition: filename == \"x\" }"},
                              {"bad.yar", "rule b { condition: filename == nonsense }"},
                              {"c.yar", "rule c { condition: true }"}});
  EXPECT_EQ(rules->rule_count(engine::RuleGroup::path), 1u);
  EXPECT_EQ(rules->rule_count(engine::RuleGroup::content), 1u);
  ASSERT_EQ(rules->set_aside().size(), 1u);
  EXPECT_THAT(rules->set_aside().front().message, ::testing::HasSubstr("nonsense"));
  EXPECT_EQ(scan(*rules, "", {"x", 0}).findings.size(), 2u);
}

TEST(RuleSet, OnePassTellsTheGroupsApart) {
  // Disabled and private rules are in the way of whoever counts; the files are not in the order of groups.
  const auto rules =
      compile({{"a.yar", "rule a { condition: filename == \"x\" } private rule h { condition: true }"},
               {"b.yar", "rule b { condition: true } rule off { condition: true }"},
               {"c.yar", "rule c { condition: filepath == \"/d/x\" }"}},
              {.disable = {"off"}, .severity = {}, .rules = {}});
  auto scanner = rules->scanner();
  ASSERT_TRUE(scanner);
  const auto names = [](const engine::FileVerdict& verdict) {
    std::vector<std::string> all;
    for (const auto& finding : verdict.findings) all.push_back(finding.rule);
    return all;
  };
  const auto both = (*scanner)->scan_all({}, {"d/x", 0}, std::chrono::seconds(60));
  EXPECT_THAT(names(both.content), ::testing::ElementsAre("b"));
  EXPECT_THAT(names(both.path), ::testing::UnorderedElementsAre("a", "c"));
  EXPECT_THAT(names((*scanner)->scan_path({}, {"d/x", 0}, std::chrono::seconds(60))),
              ::testing::UnorderedElementsAre("a", "c"));
}

TEST(RuleSet, LimitCountsForBothGroups) {
  const auto rules = compile({{"a.yar", "rule a { strings: $a = /aaaa/ condition: $a }"},
                              {"p.yar", "rule p { condition: filename == \"x\" }"}});
  auto scanner = rules->scanner();
  ASSERT_TRUE(scanner);
  const std::string many(2'000'000, 'a');
  const auto both = (*scanner)->scan_all(util::as_bytes(many), {"y", 0}, std::chrono::seconds(60));
  EXPECT_EQ(both.content.outcome, Outcome::limit);
  EXPECT_EQ(both.path.outcome, Outcome::limit) << "nobody may call it clean for the path rules either";
}

TEST(ExternalValues, AreTheSameForTheSameValuesOnly) {
  const auto values = [](const std::string& content, const engine::FileContext& context) {
    return engine::external_values(util::as_bytes(content), context);
  };
  const auto base = values("text", {"opt/x.sh", 0});
  EXPECT_EQ(base, values("other text", {"./opt/x.sh", 0}));
  EXPECT_NE(base, values("text", {"opt/y.sh", 0}));
  EXPECT_NE(base, values("text", {"usr/x.sh", 0}));
  EXPECT_NE(base, values("text", {"opt/x.sh", 1}));
  EXPECT_NE(base, values("\177ELF", {"opt/x.sh", 0}));
}

TEST(RuleSet, WholeFileSemantics) {
  const auto rules = compile(
      {{"a.yar", "rule a { strings: $a = \"needle\" condition: filesize == 1000006 and $a at 1000000 }"}});
  EXPECT_EQ(scan(*rules, std::string(1'000'000, 'x').append("needle")).findings.size(), 1u);
  EXPECT_EQ(scan(*rules, "").findings.size(), 0u);
}

TEST(RuleSet, KeepsFewAndShortStrings) {
  std::string text = "rule a { strings: ";
  for (char c = 'a'; c < 'm'; ++c)
    text.append("$").append(1, c).append(" = /").append(3, c).append("[0-9]{100}/ ");
  const auto rules = compile({{"a.yar", text + "condition: all of them }"}});
  std::string content;
  for (char c = 'a'; c < 'm'; ++c) content.append(3, c).append(100, '7');
  const auto verdict = scan(*rules, content);
  ASSERT_EQ(verdict.findings.size(), 1u);
  ASSERT_EQ(verdict.findings[0].strings.size(), 8u);
  EXPECT_EQ(verdict.findings[0].strings[1].identifier, "$b");
  EXPECT_EQ(verdict.findings[0].strings[1].offset, 103u);
  EXPECT_EQ(verdict.findings[0].strings[1].data.size(), 64u);
}

TEST(RuleSet, KeepsWhatStandsAroundAMatch) {
  const auto rules = compile({{"a.yar", "rule a { strings: $a = /MATCH[0-9]*/ condition: $a }"}});
  const std::string front(100, 'f');
  const std::string back(100, 'b');
  const std::string digits(100, '7');
  struct Row {
    const char* name;
    std::string content;
    findings::MatchedString expected;
  };
  const Row rows[] = {
      {"in the middle", front + "MATCH" + back, {"$a", 100, "MATCH", front.substr(68), back.substr(68)}},
      {"alone", "MATCH", {"$a", 0, "MATCH", "", ""}},
      {"near both ends", "fMATCHb", {"$a", 1, "MATCH", "f", "b"}},
      {"longer than is kept",
       "f" + ("MATCH" + digits) + "b",
       {"$a", 1, ("MATCH" + digits).substr(0, 64), "f", digits.substr(68)}},
      {"raw bytes", std::string("\0\xff", 2) + "MATCH\n", {"$a", 2, "MATCH", std::string("\0\xff", 2), "\n"}},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.name);
    const auto verdict = scan(*rules, row.content);
    ASSERT_EQ(verdict.findings.size(), 1u);
    const auto& got = verdict.findings[0].strings.at(0);
    EXPECT_EQ(got.offset, row.expected.offset);
    EXPECT_EQ(got.data, row.expected.data);
    EXPECT_EQ(got.before, row.expected.before);
    EXPECT_EQ(got.after, row.expected.after);
  }
}

TEST(RuleSet, SlowRuleIsATimeout) {
  const auto rules = compile({{"a.yar", "rule a { strings: $a = /(a+)+b/ condition: $a }"}});
  const auto verdict = scan(*rules, std::string(2 << 20, 'a'), {"f", 0}, std::chrono::seconds(1));
  EXPECT_EQ(verdict.outcome, Outcome::timed_out);
}

TEST(RuleSet, TooManyMatchesAreNotClean) {
  const auto rules = compile({{"a.yar", "rule a { strings: $a = \"ab\" condition: #a > 5000000 }"}});
  std::string content;
  for (int i = 0; i < 1'100'000; ++i) content += "ab";
  EXPECT_EQ(scan(*rules, content).outcome, Outcome::limit);
  EXPECT_EQ(scan(*rules, "ab").outcome, Outcome::complete);
}

TEST(RuleSet, WarningsNameTheFile) {
  const auto rules = compile({{"slow.yar", "rule a { strings: $a = /.{0,9}a./ condition: $a }"}});
  ASSERT_FALSE(rules->warnings().empty());
  EXPECT_EQ(rules->warnings().front().file, "slow.yar");
}

struct MetaRow {
  const char* name;
  const char* metas;
  Severity severity;
};
class SeverityMetas : public ::testing::TestWithParam<MetaRow> {};

TEST_P(SeverityMetas, Map) {
  const std::string metas = GetParam().metas;
  const auto rules = compile({{"a.yar", "rule a { meta: x = 1 " + metas + " condition: true }"}});
  EXPECT_EQ(scan(*rules, "x").findings.at(0).severity, GetParam().severity);
}

INSTANTIATE_TEST_SUITE_P(
    All, SeverityMetas,
    ::testing::Values(MetaRow{"Nothing", "", Severity::medium},
                      MetaRow{"Word", "severity = \"Critical\"", Severity::critical},
                      MetaRow{"Alias", "sev = \"moderate\"", Severity::medium},
                      MetaRow{"Nonsense", "severity = \"purple\"", Severity::medium},
                      MetaRow{"Score75", "score = 75", Severity::high},
                      MetaRow{"Score10", "score = 10", Severity::low},
                      MetaRow{"Severity100", "severity = 100", Severity::critical},
                      MetaRow{"Threat8", "threat_level = 8", Severity::high},
                      MetaRow{"NumberAsText", "score = \"60\"", Severity::medium},
                      MetaRow{"WordBeforeScore", "score = 100 severity = \"low\"", Severity::low},
                      MetaRow{"NonsenseThenScore", "severity = \"purple\" score = 80", Severity::high}),
    [](const auto& row) { return row.param.name; });

TEST(RuleFiles, AreFoundRecursivelyAndNamedBelowTheirDirectory) {
  const test::TempDir dir;
  dir.write("b/two.yara", "rule two { condition: true }");
  dir.write("one.yar", "rule one { condition: true }");
  dir.write("readme.md", "not a rule");
  const auto read = engine::read_rule_files({dir.path(), dir / "one.yar"});
  ASSERT_TRUE(read);
  std::vector<std::string> names;
  for (const auto& file : read->files) names.push_back(file.name);
  EXPECT_THAT(names, ::testing::ElementsAre("b/two.yara", "one.yar", "one.yar#2"));
  EXPECT_FALSE(engine::read_rule_files({dir / "missing"}));
}

}  // namespace
}  // namespace portcullis
