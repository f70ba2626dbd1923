// SPDX-License-Identifier: Apache-2.0
#include "scan_diff.hpp"

#include <algorithm>
#include <set>
#include <tuple>

#include "portcullis/gate/drift.hpp"
#include "report_words.hpp"

namespace portcullis::cli {
namespace {

std::vector<const ReportedBlob*> layers_of(const Report& report) {
  std::vector<const ReportedBlob*> layers;
  for (const ReportedBlob& blob : report.blobs) {
    if (blob.place != "config") layers.push_back(&blob);
  }
  return layers;
}

bool was_read(const Report& report) { return !report.blobs.empty(); }

gate::ImageFacts facts_of(const Report& report) {
  gate::ImageFacts facts;
  facts.config = report.config;
  facts.setuid.emplace();
  for (const ReportedBlob* layer : layers_of(report)) {
    if (auto digest = oci::Digest::parse(layer->digest)) {
      facts.layers.push_back({*std::move(digest), layer->result.counts.bytes_in});
    }
    for (const findings::Finding& finding : layer->result.findings) {
      if (!gate::flags_setuid(finding)) continue;
      facts.flagged_setuid.push_back(finding.path);
      if (facts.setuid) facts.setuid->push_back(finding.path);  // it may be none of the files that are kept
    }
    if (!layer->files || layer->files->truncated) facts.setuid.reset();
    if (!facts.setuid) continue;
    for (const findings::LayerFile& file : layer->files->files) {
      if (file.setuid) facts.setuid->push_back(file.path);
    }
  }
  return facts;
}

/// From what the gate says of a tag that moved.
std::vector<SettingChange> settings_of(const std::map<std::string, std::string>& fields) {
  const auto value = [&fields](const std::string& key) {
    const auto found = fields.find("drift." + key);
    return found == fields.end() ? std::string() : found->second;
  };
  using enum SettingChange::Kind;
  std::vector<SettingChange> all;
  for (const std::string name : {"entrypoint", "cmd", "user"}) {
    const std::string from = value(name + ".from");
    const std::string to = value(name + ".to");
    if (from.empty() && to.empty()) continue;
    all.push_back({from.empty() ? added : to.empty() ? removed : changed, name, from, to});
  }
  struct List {
    const char* key;
    const char* name;
  };
  for (const auto& [key, name] :
       {List{"ports", "ports"}, List{"env", "environment"}, List{"labels", "labels"}}) {
    const std::string prefix(key);
    if (const auto names = value(prefix + ".added"); !names.empty()) all.push_back({added, name, "", names});
    if (const auto names = value(prefix + ".removed"); !names.empty())
      all.push_back({removed, name, names, ""});
    if (const auto names = value(prefix + ".changed"); !names.empty())
      all.push_back({changed, name, "", names});
  }
  return all;
}

using Files = std::map<std::string_view, PlacedFile>;

Files files_of(const Report& report, const char* which, std::vector<std::string>& notes) {
  Files files;
  for (const ReportedBlob* layer : layers_of(report)) {
    const std::string title = title_of(report, *layer);
    if (!layer->files) {
      notes.push_back("which files are in " + title + " of the " + which + " image is not known");
      continue;
    }
    if (layer->files->truncated)
      notes.push_back(title + " of the " + which + " image has more files than are listed");
    for (const findings::LayerFile& file : layer->files->files) {
      files.insert_or_assign(file.path, PlacedFile{&file, title});
    }
  }
  return files;
}

void compare_files(ScanDiff& diff) {
  const Files before = files_of(diff.before, "old", diff.notes);
  const Files after = files_of(diff.after, "new", diff.notes);
  for (const auto& [path, file] : after) {
    const auto old = before.find(path);
    if (old == before.end()) {
      diff.files_added.push_back(file);
    } else if (old->second.file->hash != file.file->hash) {
      diff.files_changed.push_back(file);
    }
  }
  for (const auto& [path, file] : before) {
    if (!after.contains(path)) diff.files_removed.push_back(file);
  }
}

/// The same rule for the same bytes under the same path is the same finding.
using FindingKey = std::tuple<std::string, std::string_view, std::string_view>;
FindingKey key_of(const findings::Finding& finding) {
  return {code_of(finding), finding.path, finding.file_hash};
}

std::vector<PlacedFinding> only_in(const Report& report, const Report& other) {
  std::set<FindingKey> known;
  for (const ReportedBlob& blob : other.blobs) {
    for (const findings::Finding& finding : blob.result.findings) known.insert(key_of(finding));
  }
  std::vector<PlacedFinding> fresh;
  for (const Found& found : worst_first(report)) {
    if (!known.contains(key_of(*found.finding)))
      fresh.push_back({found.finding, title_of(report, *found.blob)});
  }
  return fresh;
}

void compare_layers(ScanDiff& diff, const gate::ImageFacts& before, const gate::ImageFacts& after) {
  diff.layers_before = before.layers.size();
  diff.layers_after = after.layers.size();
  const auto same = [](const gate::ImageLayer& a, const gate::ImageLayer& b) { return a.digest == b.digest; };
  const auto stop = std::ranges::mismatch(before.layers, after.layers, same);
  diff.base_shared = static_cast<std::size_t>(stop.in1 - before.layers.begin());
  diff.layers_shared = static_cast<std::size_t>(std::ranges::count_if(after.layers, [&](const auto& layer) {
    return std::ranges::find(before.layers, layer.digest, &gate::ImageLayer::digest) != before.layers.end();
  }));
}

std::vector<std::string> missing_in(const std::vector<std::string>& all,
                                    const std::vector<std::string>& known) {
  const std::set<std::string> there(known.begin(), known.end());
  std::set<std::string> fresh;
  for (const std::string& path : all) {
    if (!there.contains(path)) fresh.insert(path);
  }
  return {fresh.begin(), fresh.end()};
}

void note_unread(ScanDiff& diff, const Report& report, const char* which) {
  if (was_read(report)) return;
  diff.notes.push_back(std::string("nothing was read of the ") + which + " image" +
                       (report.message.empty() ? "" : ": " + shown(report.message, kProseLimit)));
}

void note_unfinished(ScanDiff& diff, const Report& report, const char* which) {
  for (const ReportedBlob& blob : report.blobs) {
    if (blob.result.outcome == findings::Outcome::complete) continue;
    diff.notes.push_back("the check of " + title_of(report, blob) + " of the " + which +
                         " image did not end (" + std::string(findings::to_string(blob.result.outcome)) +
                         "), so not all of its findings are known");
  }
}

}  // namespace

ScanDiff compare(const Report& before, const Report& after) {
  ScanDiff diff{before, after};
  note_unread(diff, before, "old");
  note_unread(diff, after, "new");
  diff.comparable = was_read(before) && was_read(after);
  if (!diff.comparable) return diff;
  note_unfinished(diff, before, "old");
  note_unfinished(diff, after, "new");
  const gate::ImageFacts old_facts = facts_of(before);
  const gate::ImageFacts new_facts = facts_of(after);
  compare_layers(diff, old_facts, new_facts);
  if (before.config && after.config) {
    diff.settings = settings_of(gate::difference(old_facts, new_facts).fields);
  } else {
    diff.notes.emplace_back("the config of one of the two is not at hand, so settings were not compared");
  }
  compare_files(diff);
  const bool known = old_facts.setuid && new_facts.setuid;
  const auto& old_setuid = known ? *old_facts.setuid : old_facts.flagged_setuid;
  const auto& new_setuid = known ? *new_facts.setuid : new_facts.flagged_setuid;
  diff.setuid_added = missing_in(new_setuid, old_setuid);
  diff.setuid_removed = missing_in(old_setuid, new_setuid);
  diff.findings_new = only_in(after, before);
  diff.findings_gone = only_in(before, after);
  return diff;
}

}  // namespace portcullis::cli
