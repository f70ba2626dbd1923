// SPDX-License-Identifier: Apache-2.0
//
// FROM, COPY --from, RUN --mount=from= and the syntax directive of a Dockerfile.
#include <algorithm>
#include <set>

#include "image_names.hpp"
#include "portcullis/util/text.hpp"

namespace portcullis::cli {
namespace {

struct Instruction {
  std::string text;
  std::size_t line = 0;
};

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words;
  std::string word;
  for (const char c : text) {
    if (c != ' ' && c != '\t') {
      word += c;
    } else if (!word.empty()) {
      words.push_back(std::move(word));
      word.clear();
    }
  }
  if (!word.empty()) words.push_back(std::move(word));
  return words;
}

std::string unquoted(std::string_view text) {
  const bool quoted =
      text.size() > 1 && (text.front() == '"' || text.front() == '\'') && text.front() == text.back();
  return std::string(quoted ? text.substr(1, text.size() - 2) : text);
}

/// The end marks of the here-documents that an instruction opens: `RUN <<EOF`, `COPY <<-"A" <<B /x`.
std::vector<std::string> here_documents(const std::vector<std::string>& words) {
  const auto opens = util::to_lower_ascii(words.front());
  if (opens != "run" && opens != "copy" && opens != "add") return {};
  std::vector<std::string> marks;
  for (std::string_view word : words) {
    // `<<EOF`, also behind a descriptor (`3<<EOF`); `<<<` is something else.
    const auto at = word.find("<<");
    if (at == std::string_view::npos || word.substr(at).starts_with("<<<")) continue;
    word.remove_prefix(at + 2);
    if (word.starts_with('-')) word.remove_prefix(1);
    const auto end = word.find_first_of(";|&>)");
    if (!word.substr(0, end).empty()) marks.push_back(unquoted(word.substr(0, end)));
  }
  return marks;
}

class Dockerfile {
 public:
  explicit Dockerfile(std::string_view content) : lines_(util::split(content, '\n')) {}

  ImageNames read() {
    directives();
    while (auto instruction = next()) take(*instruction);
    return std::move(found_);
  }

 private:
  /// `# syntax=...` and `# escape=...`; comments in front of everything else.
  void directives() {
    for (; at_ < lines_.size(); ++at_) {
      const auto line = trimmed(lines_[at_]);
      const auto equals = line.find('=');
      if (!line.starts_with('#') || equals == std::string_view::npos) return;
      const auto key = util::to_lower_ascii(trimmed(line.substr(1, equals - 1)));
      const auto value = trimmed(line.substr(equals + 1));
      if (key == "syntax") {
        found_.names.push_back({std::string(value), at_ + 1});
      } else if (key == "escape" && value.size() == 1) {
        escape_ = value.front();
      } else if (key != "check") {
        return;
      }
    }
  }

  std::optional<Instruction> next() {
    Instruction instruction;
    bool goes_on = false;
    for (; at_ < lines_.size(); ++at_) {
      auto line = trimmed(lines_[at_]);
      if (line.empty() || line.starts_with('#')) continue;  // also between the lines of one instruction
      if (!goes_on) instruction.line = at_ + 1;
      goes_on = line.back() == escape_;
      if (goes_on) line.remove_suffix(1);
      instruction.text.append(line) += ' ';
      if (goes_on) continue;
      ++at_;
      return instruction;
    }
    if (instruction.text.empty()) return std::nullopt;
    return instruction;
  }

  void take(const Instruction& instruction) {
    auto words = words_of(instruction.text);
    if (words.empty()) return;
    for (const auto& mark : here_documents(words)) skip_to(mark);
    if (util::to_lower_ascii(words.front()) == "onbuild") words.erase(words.begin());
    if (words.size() < 2) return;
    const auto verb = util::to_lower_ascii(words.front());
    if (verb == "from") {
      from(words, instruction.line);
    } else if (verb == "arg" && !in_stage_) {
      // Only arguments in front of the first FROM count for FROM.
      for (auto word = words.begin() + 1; word != words.end(); ++word) argument(*word);
    } else if (verb == "copy" || verb == "add" || verb == "run") {
      flags(words, instruction.line);
    }
  }

  void argument(std::string_view word) {
    const auto equals = word.find('=');
    if (equals == std::string_view::npos) return;
    const auto value = expand_variables(unquoted(word.substr(equals + 1)), arguments_);
    if (value) arguments_[std::string(word.substr(0, equals))] = *value;
  }

  void from(const std::vector<std::string>& words, std::size_t line) {
    in_stage_ = true;
    auto word =
        std::find_if(words.begin() + 1, words.end(), [](const auto& w) { return !w.starts_with("--"); });
    if (word == words.end()) return;
    image(*word, line);
    if (words.end() - word == 3 && util::to_lower_ascii(word[1]) == "as") {
      stages_.insert(util::to_lower_ascii(word[2]));
    }
  }

  void flags(const std::vector<std::string>& words, std::size_t line) {
    for (auto word = words.begin() + 1; word != words.end() && word->starts_with("--"); ++word) {
      if (word->starts_with("--from=")) image(word->substr(7), line);
      if (!word->starts_with("--mount=")) continue;
      for (const auto part : util::split(std::string_view(*word).substr(8), ',')) {
        if (part.starts_with("from=")) image(std::string(part.substr(5)), line);
      }
    }
  }

  void image(const std::string& written, std::size_t line) {
    const auto name = expand_variables(unquoted(written), arguments_);
    if (!name || name->empty()) {
      found_.skipped.push_back({written, line});
      return;
    }
    const bool stage_number = name->find_first_not_of("0123456789") == std::string::npos;
    if (*name == "scratch" || stage_number || stages_.count(util::to_lower_ascii(*name)) != 0) return;
    found_.names.push_back({*name, line});
  }

  void skip_to(const std::string& mark) {
    while (at_ < lines_.size() && trimmed(lines_[at_]) != mark) ++at_;
    if (at_ < lines_.size()) ++at_;
  }

  std::vector<std::string_view> lines_;
  std::size_t at_ = 0;
  char escape_ = '\\';
  bool in_stage_ = false;
  std::map<std::string, std::string> arguments_;
  std::set<std::string> stages_;
  ImageNames found_;
};

}  // namespace

util::Result<ImageNames> dockerfile_images(std::string_view content) {
  auto found = Dockerfile(content).read();
  if (found.names.empty() && found.skipped.empty() && content.find("FROM") == std::string_view::npos &&
      content.find("from") == std::string_view::npos) {
    return util::fail(util::ErrorKind::invalid,
                      "no FROM in it: expected a Dockerfile, or YAML under a name that ends in .yaml or .yml "
                      "(for a list of names use --file)");
  }
  return found;
}

}  // namespace portcullis::cli
