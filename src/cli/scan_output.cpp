// SPDX-License-Identifier: Apache-2.0
#include "scan_output.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <set>

#include "portcullis/util/files.hpp"
#include "report_schema.hpp"
#include "scan_diff.hpp"

namespace portcullis::cli {
namespace {

namespace fs = std::filesystem;

struct NamedFormat {
  const char* name;
  Format format;
};
constexpr NamedFormat kFormats[] = {{"text", Format::text},         {"json", Format::json},
                                    {"sarif", Format::sarif},       {"junit", Format::junit},
                                    {"markdown", Format::markdown}, {"github", Format::github}};

std::optional<Format> parse_format(std::string_view name) {
  const auto found = std::ranges::find(kFormats, name, &NamedFormat::name);
  return found == std::end(kFormats) ? std::nullopt : std::optional(found->format);
}

std::string format_names() {
  std::string names;
  for (const NamedFormat& format : kFormats) names.append(names.empty() ? "" : ", ").append(format.name);
  return names;
}

tl::unexpected<util::Error> refuse(const std::string& output, const std::string& what) {
  return util::fail(util::ErrorKind::invalid, "--output \"" + output + "\": " + what);
}

/// Found out before the scan, which may take minutes.
util::Result<void> check_place(const std::string& output, const fs::path& file) {
  std::error_code ignored;
  if (fs::is_directory(file, ignored)) return refuse(output, "this is a directory; name a file in it");
  const fs::path parent = file.has_parent_path() ? file.parent_path() : fs::path(".");
  if (!fs::is_directory(parent, ignored)) {
    return refuse(output, "there is no directory " + parent.string() + "; make it first");
  }
  const bool special = fs::exists(file, ignored) && !fs::is_regular_file(file, ignored);
  if (access(special ? file.c_str() : parent.c_str(), W_OK) != 0) {
    return refuse(output, "no permission to write to " + (special ? file : parent).string());
  }
  return {};
}

Style style_of_stdout() {
  if (isatty(STDOUT_FILENO) != 1) return {};
  const char* no_colour = std::getenv("NO_COLOR");
  const bool plain = no_colour != nullptr && *no_colour != '\0';
  winsize size{};
  const bool known = ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0;
  return {plain ? Colour::off : Colour::on, known ? size.ws_col : std::size_t{0}};
}

std::string render(Format format, const std::vector<Report>& reports, Asked asked, const Style& style) {
  switch (format) {
    case Format::text:
      break;
    case Format::json:
      return render_json(reports, asked);
    case Format::sarif:
      return render_sarif(reports);
    case Format::junit:
      return render_junit(reports, util::SystemClock().now());
    case Format::markdown:
      return render_markdown(reports);
    case Format::github:
      return render_github(reports);
  }
  return render_text(reports, style);
}

std::string render_diff(Format format, const ScanDiff& diff, const Style& style) {
  return format == Format::json ? render_json(diff) : render_text(diff, style);
}

/// A pipe or a device must not be replaced by a file.
util::Result<void> write(const fs::path& file, const std::string& text) {
  std::error_code ignored;
  if (!fs::exists(file, ignored) || fs::is_regular_file(file, ignored)) {
    return util::write_file_atomically(file, text);
  }
  std::ofstream stream(file, std::ios::binary | std::ios::app);
  stream.write(text.data(), static_cast<std::streamsize>(text.size())).flush();
  if (stream) return {};
  return util::fail(util::ErrorKind::io, "writing to " + file.string() + " failed");
}

}  // namespace

void ScanOutput::add_flags(CLI::App& command) {
  std::vector<std::string> names;
  for (const NamedFormat& format : kFormats) names.emplace_back(format.name);
  command.add_option("--format", format_, "Of the report: " + format_names() + "; default text")
      ->type_name("FORMAT")
      ->check(CLI::IsMember(names));
  command
      .add_option("--output", outputs_,
                  "Write the report there instead of to the standard output; with FORMAT= in front, write a "
                  "further report there; repeatable")
      ->type_name("[FORMAT=]FILE")
      ->expected(1)
      ->take_all()
      ->allow_extra_args(false);
  command.add_flag("--diff", diff_,
                   "Of two sources, OLD and NEW: what NEW adds, with its verdict; text and json only");
  // As --version: asked for alone, without a source.
  const std::string_view schema = kScanReportSchema.substr(0, kScanReportSchema.find_last_of('}') + 1);
  command.set_version_flag("--schema", std::string(schema),
                           "Print the JSON schema of --format json and exit");
}

util::Result<std::vector<ScanOutput::Target>> ScanOutput::targets() const {
  std::vector<Target> all = {{*parse_format(format_), ""}};
  for (const std::string& output : outputs_) {
    const std::size_t equals = output.find('=');
    const std::string name = output.substr(0, equals == std::string::npos ? 0 : equals);
    const bool word =
        !name.empty() && std::ranges::all_of(name, [](unsigned char c) { return std::isalnum(c); });
    if (!word) {
      if (output.empty()) return refuse(output, "expected FILE or FORMAT=FILE");
      if (!all.front().file.empty()) {
        return refuse(output, "one report goes to " + all.front().file +
                                  " already; a further one needs its format in front, as in json=FILE");
      }
      all.front().file = output;
      continue;
    }
    const auto format = parse_format(name);
    if (!format) {
      return refuse(output, "no format is called \"" + name + "\"; there are " + format_names() +
                                " (a file of that name is ./" + output + ")");
    }
    if (equals + 1 == output.size()) return refuse(output, "a file name is missing behind the =");
    all.push_back({*format, output.substr(equals + 1)});
  }
  return all;
}

util::Result<void> ScanOutput::check(std::size_t sources) const {
  const auto all = targets();
  if (!all) return tl::unexpected(all.error());
  if (diff_ && sources != 2) {
    return util::fail(util::ErrorKind::invalid,
                      "--diff: expected two sources, OLD and NEW, saw " + std::to_string(sources));
  }
  for (const Target& target : *all) {
    if (!diff_ || target.format == Format::text || target.format == Format::json) continue;
    return util::fail(util::ErrorKind::invalid, "--diff: a comparison is written as text or json only");
  }
  std::set<fs::path> files;
  for (const Target& target : *all) {
    if (target.file.empty()) continue;
    if (target.file == "-") {
      return refuse(target.file,
                    "the standard output has the report that --format names; a file of that name is ./-");
    }
    if (auto fine = check_place(target.file, target.file); !fine) return fine;
    if (!files.insert(fs::absolute(target.file).lexically_normal()).second) {
      return refuse(target.file, "two reports would be written there");
    }
  }
  return {};
}

ExitCode ScanOutput::deliver(const std::vector<Report>& reports, Asked asked) const {
  const auto all = targets();
  if (!all) return static_cast<ExitCode>(fail(kUsage, all.error().message));
  if (diff_ && reports.size() != 2) {
    return static_cast<ExitCode>(fail(kUsage, "--diff: OLD and NEW stand for " +
                                                  std::to_string(reports.size()) +
                                                  " images; name one each (with its tag, or --platform)"));
  }
  ExitCode code = kClean;
  for (const Target& target : *all) {
    const Style style = target.file.empty() ? style_of_stdout() : Style{};
    const std::string text = diff_ ? render_diff(target.format, compare(reports[0], reports[1]), style)
                                   : render(target.format, reports, asked, style);
    if (target.file.empty()) {
      if (print(text) != kClean) code = kCannotWrite;
    } else if (auto written = write(target.file, text); !written) {
      code = static_cast<ExitCode>(fail(kCannotWrite, "--output: " + written.error().message));
    }
  }
  return code;
}

ExitCode ScanOutput::exit_code_of(const std::vector<Report>& reports) const {
  if (!diff_) return exit_code(reports);
  const ExitCode code = exit_code(reports.back());
  return code == kClean && !compare(reports.front(), reports.back()).comparable ? kCouldNotJudge : code;
}

}  // namespace portcullis::cli
