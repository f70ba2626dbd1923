// SPDX-License-Identifier: Apache-2.0
#include "table.hpp"

#include <fstream>
#include <regex>
#include <sstream>
#include <stdexcept>

namespace portcullis::architecture {
namespace {

namespace fs = std::filesystem;

struct Library {
  const char* prefix;          ///< of the header's name
  std::set<std::string> libs;  ///< a part needs one of these in LIBS
};

const std::vector<Library>& libraries() {
  static const std::vector<Library> all = {
      {"openssl/", {"OpenSSL::Crypto", "OpenSSL::SSL"}},
      {"spdlog/", {"spdlog::spdlog"}},
      {"nlohmann/", {"nlohmann_json::nlohmann_json"}},
      {"curl/", {"CURL::libcurl"}},
      {"archive", {"LibArchive::LibArchive"}},
      {"isa-l", {"PkgConfig::isal"}},
      {"zstd", {"PkgConfig::zstd"}},
      {"yara", {"PkgConfig::yara"}},
      {"seccomp", {"PkgConfig::seccomp"}},
      {"soci/", {"soci"}},
      {"sqlite3", {"soci"}},
      {"libpq", {"soci"}},
      {"httplib", {"PkgConfig::httplib"}},
      {"prometheus/", {"prometheus-cpp::core"}},
      {"toml++/", {"tomlplusplus::tomlplusplus"}},
      {"CLI/", {"CLI11::CLI11"}},
      {"unicode/", {"ICU::uc", "ICU::i18n"}},
      {"yaml-cpp/", {"yaml-cpp"}},
      {"crypt.h", {"crypt"}},
  };
  return all;
}

/// Kernel and C library: every part may use them.
bool is_system(const std::string& header) {
  static const std::regex directories("(arpa|asm|linux|net|netinet|sys)/.*\\.h");
  static const std::set<std::string> files = {"dirent.h", "dlfcn.h",  "fcntl.h", "grp.h",     "ifaddrs.h",
                                              "malloc.h", "netdb.h",  "poll.h",  "pthread.h", "pwd.h",
                                              "sched.h",  "signal.h", "spawn.h", "syscall.h", "termios.h",
                                              "time.h",   "unistd.h"};
  return std::regex_match(header, directories) || files.contains(header);
}

bool is_standard(const std::string& header) {
  static const std::regex plain("[a-z_0-9]+");
  return std::regex_match(header, plain);
}

const Library* library_of(const std::string& header) {
  for (const Library& library : libraries()) {
    if (header.starts_with(library.prefix)) return &library;
  }
  return nullptr;
}

/// `portcullis/<part>/x.hpp` -> `<part>`; empty for anything else.
std::string part_of_public(const std::string& target) {
  static const std::regex form("portcullis/([a-z_]+)/.*");
  std::smatch match;
  return std::regex_match(target, match, form) ? match[1].str() : "";
}

/// The sentence about one include, empty when it is fine.
std::string judge(const Table& table, const Include& include, const fs::path& source_dir) {
  const auto row = table.find(include.part);
  if (row == table.end()) return "this directory is no part in CMakeLists.txt";
  if (!include.angled) {
    if (const std::string other = part_of_public(include.target); !other.empty()) {
      const bool allowed = other == include.part || row->second.parts.contains(other);
      return allowed ? "" : include.part + " may not include " + other + " (PARTS in CMakeLists.txt)";
    }
    if (include.in_public_header) return "a public header may include public headers only";
    const bool own = include.target.find("..") == std::string::npos &&
                     fs::exists(source_dir / "src" / include.part / include.target);
    return own ? "" : "not a private header of " + include.part;
  }
  if (include.target == "tl/expected.hpp" || is_standard(include.target) || is_system(include.target))
    return "";
  const Library* library = library_of(include.target);
  if (library == nullptr) return "unknown third-party header; add it to tests/architecture/table.cpp";
  if (include.in_public_header) return "a third-party header in a public header";
  for (const std::string& lib : library->libs) {
    if (row->second.libs.contains(lib)) return "";
  }
  return include.part + " does not name " + *library->libs.begin() + " in LIBS";
}

}  // namespace

Table parse_table(const std::string& cmake) {
  static const std::regex comment("#[^\n]*");
  static const std::regex call("portcullis_part\\(([^)]*)\\)");
  const std::string text = std::regex_replace(cmake, comment, "");
  Table table;
  for (std::sregex_iterator it(text.begin(), text.end(), call), end; it != end; ++it) {
    std::istringstream words((*it)[1].str());
    std::string word;
    words >> word;
    Part& part = table[word];
    std::set<std::string>* list = nullptr;
    while (words >> word) {
      if (word == "PARTS") {
        list = &part.parts;
      } else if (word == "LIBS") {
        list = &part.libs;
      } else if (list != nullptr) {
        list->insert(word);
      }
    }
  }
  if (table.empty()) throw std::runtime_error("no portcullis_part() line found");
  return table;
}

std::set<std::string> closure(const Table& table, const std::string& part) {
  std::set<std::string> reached{part};
  std::vector<std::string> todo{part};
  while (!todo.empty()) {
    const std::string current = todo.back();
    todo.pop_back();
    for (const std::string& next : table.at(current).parts) {
      if (reached.insert(next).second) todo.push_back(next);
    }
  }
  return reached;
}

std::vector<Include> read_includes(const fs::path& source_dir) {
  static const std::regex form("\\s*#\\s*include\\s*([<\"])([^>\"]+)[>\"].*");
  std::vector<Include> includes;
  for (const fs::path& root : {source_dir / "include/portcullis", source_dir / "src"}) {
    for (const auto& entry : fs::recursive_directory_iterator(root)) {
      const std::string extension = entry.path().extension();
      if (extension != ".hpp" && extension != ".cpp") continue;
      std::ifstream file(entry.path());
      Include include;
      include.file = fs::relative(entry.path(), source_dir);
      include.part = fs::relative(entry.path(), root).begin()->string();
      include.in_public_header = root.filename() == "portcullis";
      std::string line;
      while (std::getline(file, line)) {
        ++include.line;
        std::smatch match;
        if (!std::regex_match(line, match, form)) continue;
        include.angled = match[1] == "<";
        include.target = match[2];
        includes.push_back(include);
      }
    }
  }
  return includes;
}

std::vector<std::string> violations(const Table& table, const std::vector<Include>& includes,
                                    const fs::path& source_dir) {
  std::vector<std::string> found;
  for (const Include& include : includes) {
    const std::string wrong = judge(table, include, source_dir);
    if (wrong.empty()) continue;
    found.push_back(include.file + ":" + std::to_string(include.line) + ": " + include.target + ": " + wrong);
  }
  return found;
}

std::vector<std::string> stale_rows(const Table& table, const std::vector<Include>& includes) {
  std::map<std::string, std::set<std::string>> used;
  for (const Include& include : includes) used[include.part].insert(part_of_public(include.target));
  std::vector<std::string> stale;
  for (const auto& [name, part] : table) {
    for (const std::string& other : part.parts) {
      if (!used[name].contains(other)) stale.push_back(name + " PARTS " + other);
    }
  }
  return stale;
}

}  // namespace portcullis::architecture
