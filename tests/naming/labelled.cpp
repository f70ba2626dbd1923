// SPDX-License-Identifier: Apache-2.0
#include "labelled.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "portcullis/oci/reference.hpp"
#include "portcullis/util/files.hpp"
#include "portcullis/util/text.hpp"
#include "support/paths.hpp"

namespace portcullis::naming::labelled {
namespace {

using Variant = std::pair<std::string, std::string>;  // operation, text

const std::map<char, std::string> kKeyboard{
    {'a', "qs"}, {'b', "vn"}, {'c', "xv"}, {'d', "sf"}, {'e', "wr"}, {'f', "dg"}, {'g', "fh"},
    {'h', "gj"}, {'i', "uo"}, {'j', "hk"}, {'k', "jl"}, {'l', "k"},  {'m', "n"},  {'n', "bm"},
    {'o', "ip"}, {'p', "o"},  {'q', "w"},  {'r', "et"}, {'s', "ad"}, {'t', "ry"}, {'u', "yi"},
    {'v', "cb"}, {'w', "qe"}, {'x', "zc"}, {'y', "tu"}, {'z', "x"}};

std::string with(std::string text, std::size_t at, std::size_t length, std::string_view replacement) {
  return text.replace(at, length, replacement);
}

/// What a finger does: at the first, a middle and the last place where it can.
std::vector<Variant> typing(const std::string& name) {
  std::vector<Variant> out;
  const std::set<std::size_t> places{0, name.size() / 2, name.size() - 1};
  for (const auto at : places) {
    out.emplace_back("omission", with(name, at, 1, ""));
    out.emplace_back("insertion", with(name, at, 0, name[at] == 'e' ? "o" : "e"));
    out.emplace_back("doubled-letter", with(name, at, 0, name.substr(at, 1)));
    if (at + 1 < name.size()) {
      out.emplace_back("adjacent-swap", with(name, at, 2, std::string{name[at + 1], name[at]}));
    }
    if (const auto keys = kKeyboard.find(name[at]); keys != kKeyboard.end()) {
      for (const char key : keys->second) {
        out.emplace_back("keyboard-neighbour", with(name, at, 1, std::string(1, key)));
      }
    }
  }
  return out;
}

/// What only somebody with a purpose does.
std::vector<Variant> disguises(const std::string& name) {
  std::vector<Variant> out;
  for (const auto& [from, to] : std::initializer_list<std::pair<std::string, std::string>>{
           {"m", "rn"}, {"rn", "m"}, {"o", "0"}, {"0", "o"}, {"l", "1"}, {"1", "l"}, {"w", "vv"}}) {
    const auto at = name.find(from);
    if (at != std::string::npos) out.emplace_back("look-alike", with(name, at, from.size(), to));
  }
  const auto separator = name.find_first_of("-_.");
  if (separator != std::string::npos) {
    for (const char* other : {"-", "_", ".", ""}) {
      out.emplace_back("separator-change", with(name, separator, 1, other));
    }
    const std::string front = name.substr(0, separator);
    if (name.find_first_of("-_.", separator + 1) == std::string::npos) {
      out.emplace_back("word-swap", name.substr(separator + 1) + name[separator] + front);
    }
  } else {
    out.emplace_back("separator-change", with(name, name.size() / 2, 0, "-"));
  }
  out.emplace_back("plural", name.ends_with('s') ? name.substr(0, name.size() - 1) : name + "s");
  for (const char* digits : {"2", "3", "-2"}) out.emplace_back("version-digits", name + digits);
  for (const char* suffix : {"-official", "-latest", "-docker"}) out.emplace_back("affix", name + suffix);
  for (const char* prefix : {"docker-", "my", "my-"}) out.emplace_back("affix", prefix + name);
  return out;
}

std::vector<Variant> every_operation(const std::string& name) {
  auto out = typing(name);
  for (auto& variant : disguises(name)) out.push_back(std::move(variant));
  return out;
}

class Collector {
 public:
  explicit Collector(const ReferenceData& data) {
    for (const auto& row : data.repositories) trusted_.insert(row.name);
  }
  void add(const std::string& form, const std::string& operation, const std::string& repository,
           const std::string& target) {
    if (!oci::Repository::parse(repository) || trusted_.count(repository) != 0) return;
    if (seen_.insert(form + repository).second) {
      squats_.push_back({form, operation, "docker.io", repository, target});
    }
  }
  std::vector<Squat> take() { return std::move(squats_); }

 private:
  std::set<std::string> trusted_;
  std::set<std::string> seen_;
  std::vector<Squat> squats_;
};

}  // namespace

ReferenceData reference_data() {
  auto data = load_reference_data(test::source_path("rules/names"));
  EXPECT_TRUE(data) << data.error().message;
  return data ? *std::move(data) : ReferenceData();
}

std::vector<Squat> generated(const ReferenceData& data, std::size_t count) {
  Collector collector(data);
  for (const auto& row : data.repositories) {
    if (row.rank > count) continue;
    const auto slash = row.name.find('/');
    const std::string space = row.name.substr(0, slash);
    const std::string name = row.name.substr(slash + 1);
    if (space == "library") {
      for (const auto& [operation, text] : every_operation(name)) {
        collector.add("official", operation, "library/" + text, row.name);
        collector.add("stranger", operation, "jsmith42/" + text, row.name);
      }
      collector.add("official elsewhere", "official-name-elsewhere", "jsmith42/" + name, row.name);
      continue;
    }
    for (const auto& [operation, text] : every_operation(space)) {
      collector.add("namespace", operation, text + "/" + name, row.name);
    }
    for (const auto& [operation, text] : typing(name)) {
      collector.add("own namespace", operation, space + "/" + text, row.name);
    }
  }
  return collector.take();
}

std::vector<Squat> generated_hosts(const ReferenceData& data) {
  std::set<std::string> known;
  for (const auto& row : data.registries) known.insert(row.pattern);
  std::vector<Squat> squats;
  for (const auto& row : data.registries) {
    if (row.pattern.find('*') != std::string::npos || row.pattern != row.canonical) continue;
    const bool below_another = known.count(row.pattern.substr(row.pattern.find('.') + 1)) != 0;
    if (below_another) continue;  // us.gcr.io: what is changed still belongs to the owner of gcr.io
    for (const auto& [operation, text] : typing(row.pattern)) {
      if (!oci::parse_host(text) || !oci::looks_like_host(text) || !known.insert(text).second) continue;
      squats.push_back({"registry", operation, text, "library/nginx", row.pattern});
    }
  }
  return squats;
}

std::vector<Squat> written_by_hand() {
  const auto content = util::read_file(test::source_path("tests/naming/squats.tsv"), 1u << 20);
  std::vector<Squat> squats;
  if (!content) ADD_FAILURE() << content.error().message;
  if (!content) return squats;
  for (const auto line : util::split(*content, '\n')) {
    if (line.empty() || line.front() == '#') continue;
    const auto columns = util::split(line, '\t');
    EXPECT_GE(columns.size(), 3U) << line;
    const auto reference = oci::Reference::parse(columns[0]);
    EXPECT_TRUE(reference) << line;
    if (columns.size() < 3 || !reference) continue;
    squats.push_back({"by hand", std::string(columns[1]), reference->host(), reference->repository().text(),
                      std::string(columns[2])});
  }
  return squats;
}

}  // namespace portcullis::naming::labelled
