// SPDX-License-Identifier: Apache-2.0
#include "portcullis/util/text.hpp"
#include "report_json.hpp"
#include "report_page.hpp"
#include "report_words.hpp"
#include "scan_diff.hpp"

namespace portcullis::cli {
namespace {

/// Of one list, for people and for programs.
constexpr std::size_t kMostLines = 40;
constexpr std::size_t kMostListed = 10'000;

const char* word_of(SettingChange::Kind kind) {
  constexpr const char* kWords[] = {"added", "removed", "changed"};
  return kWords[static_cast<std::size_t>(kind)];
}

std::string sentence(const SettingChange& change) {
  std::string text = change.setting + " " + word_of(change.kind) + ": ";
  if (!change.before.empty()) text += "'" + shown(change.before, kProseLimit) + "'";
  if (!change.before.empty() && !change.after.empty()) text += " -> ";
  return change.after.empty() ? text : text + "'" + shown(change.after, kProseLimit) + "'";
}

std::string sentence(const PlacedFile& file) {
  return shown(file.file->path, kPathLimit) + "  " + shown(file.file->type) + ", " +
         util::format_size(file.file->size) + ", " + file.place;
}

std::string sentence(const PlacedFinding& found) {
  const findings::Finding& finding = *found.finding;
  std::string text = std::string(findings::to_string(finding.severity)) + "  " + shown(finding.rule) + "  " +
                     shown(finding.description) + ": ";
  if (!finding.path.empty()) text += shown(finding.path, kPathLimit) + " in ";
  return text + found.place;
}

std::string sentence(const std::string& path) { return shown(path, kPathLimit); }

template <class T>
void put_list(Page& page, const char* mark, const std::vector<T>& list) {
  for (const T& item : list) {
    if (&item == list.data() + kMostLines) {
      page.raw("  " + std::string(mark) + " and " + std::to_string(list.size() - kMostLines) +
               " more; --format json lists them");
      break;
    }
    page.line("  " + std::string(mark) + " ", "      ", sentence(item));
  }
}

template <class T>
std::string counts(const char* title, const std::vector<T>& more, const std::vector<T>& fewer) {
  return std::string(title) + ": " + std::to_string(more.size()) + " new, " + std::to_string(fewer.size()) +
         " gone";
}

void put_image(Page& page, const char* which, const Report& report) {
  std::string text = std::string("  ") + which + "  " + shown(report.image, kPathLimit);
  if (!report.platform.empty()) text += "  " + shown(report.platform);
  if (!report.digest.empty()) text += "  " + shown(report.digest);
  page.raw(text);
}

void put_differences(Page& page, const ScanDiff& diff) {
  const bool configs = diff.before.config && diff.after.config;
  if (diff.layers_before + diff.layers_after != 0) {
    page.line("  ", "  ",
              counted(diff.layers_after, "layer", "layers") + ", " + std::to_string(diff.layers_shared) +
                  " of them in the old image too; it has " + std::to_string(diff.layers_before) +
                  ", of which the first " + std::to_string(diff.base_shared) + " stayed");
  }
  page.blank();
  page.raw(page.bold(counts("findings", diff.findings_new, diff.findings_gone)));
  put_list(page, "+", diff.findings_new);
  put_list(page, "-", diff.findings_gone);
  const std::string changes =
      diff.settings.empty() ? "none changed" : std::to_string(diff.settings.size()) + " changed";
  page.raw(page.bold("settings: " + (configs ? changes : "not compared")));
  put_list(page, "~", diff.settings);
  page.raw(page.bold(counts("setuid programs", diff.setuid_added, diff.setuid_removed)));
  put_list(page, "+", diff.setuid_added);
  put_list(page, "-", diff.setuid_removed);
  page.raw(page.bold("executables and scripts: " + std::to_string(diff.files_added.size()) + " new, " +
                     std::to_string(diff.files_changed.size()) + " changed, " +
                     std::to_string(diff.files_removed.size()) + " gone"));
  put_list(page, "+", diff.files_added);
  put_list(page, "~", diff.files_changed);
  put_list(page, "-", diff.files_removed);
}

Json to_json(const PlacedFile& file) {
  return {{"path", util::safe_text(file.file->path, kProseLimit)},
          {"type", util::safe_text(file.file->type)},
          {"size", file.file->size},
          {"sha256", util::safe_text(file.file->hash)},
          {"place", file.place}};
}

Json to_json(const PlacedFinding& found) {
  return {{"rule", util::safe_text(found.finding->rule)},
          {"severity", findings::to_string(found.finding->severity)},
          {"description", util::safe_text(found.finding->description, kProseLimit)},
          {"path", util::safe_text(found.finding->path, kProseLimit)},
          {"place", found.place}};
}

Json to_json(const std::string& path) { return util::safe_text(path, kProseLimit); }

template <class T>
Json list_of(const std::vector<T>& items, bool& truncated) {
  Json list = Json::array();
  for (const T& item : items) {
    if (list.size() == kMostListed) {
      truncated = true;
      break;
    }
    list.push_back(to_json(item));
  }
  return list;
}

template <class T>
Json list_of(const std::vector<T>& items) {
  bool bounded_already = false;  // by how much is kept of a scan
  return list_of(items, bounded_already);
}

Json settings_of(const ScanDiff& diff) {
  Json list = Json::array();
  for (const SettingChange& change : diff.settings) {
    Json json{{"setting", change.setting}, {"change", word_of(change.kind)}};
    if (!change.before.empty()) json["old"] = util::safe_text(change.before, kProseLimit);
    if (!change.after.empty()) json["new"] = util::safe_text(change.after, kProseLimit);
    list.push_back(std::move(json));
  }
  return list;
}

}  // namespace

std::string render_text(const ScanDiff& diff, const Style& style) {
  Page page(style);
  page.raw(page.bold(shown(diff.after.image, kPathLimit)) + ": " +
           page.paint(colour_of(diff.after.verdict), headline(diff.after)) + ", compared with " +
           shown(diff.before.image, kPathLimit));
  put_image(page, "old", diff.before);
  put_image(page, "new", diff.after);
  if (!diff.after.message.empty()) page.line("  ", "  ", shown(diff.after.message, kProseLimit));
  if (diff.comparable) put_differences(page, diff);
  for (const std::string& note : diff.notes) page.line("  note: ", "    ", note);
  page.blank();
  page.line(conclusion(diff.after));
  if (const std::string next = next_step(diff.after); !next.empty()) page.line(next);
  if (!diff.comparable) page.line("The two could not be compared: see the notes.");
  return std::move(page).text();
}

std::string render_json(const ScanDiff& diff) {
  bool truncated = false;
  Json files{{"added", list_of(diff.files_added, truncated)},
             {"changed", list_of(diff.files_changed, truncated)},
             {"removed", list_of(diff.files_removed, truncated)}};
  files["truncated"] = truncated;
  Json json{{"schema", "portcullis.scan-diff/1"}, {"verdict", name_of(diff.after.verdict)}};
  json["old"] = to_json(diff.before);
  json["new"] = to_json(diff.after);
  json["comparable"] = diff.comparable;
  if (!diff.notes.empty()) json["notes"] = diff.notes;
  json["layers"] = {{"old", diff.layers_before},
                    {"new", diff.layers_after},
                    {"shared", diff.layers_shared},
                    {"shared_base", diff.base_shared}};
  json["settings"] = settings_of(diff);
  json["files"] = std::move(files);
  json["setuid"] = {{"added", list_of(diff.setuid_added)}, {"removed", list_of(diff.setuid_removed)}};
  json["findings"] = {{"new", list_of(diff.findings_new)}, {"gone", list_of(diff.findings_gone)}};
  return dump_for_logs(json);
}

}  // namespace portcullis::cli
