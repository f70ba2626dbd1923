// SPDX-License-Identifier: Apache-2.0
#include "portcullis/gate/drift.hpp"

#include <algorithm>
#include <iterator>
#include <set>

#include "portcullis/util/safe_text.hpp"
#include "portcullis/util/text.hpp"

namespace portcullis::gate {
namespace {

/// Of one value, and of one list.
constexpr std::size_t kMaxValue = 512;
constexpr std::size_t kMaxListed = 32;

/// Labels that say where an image comes from.
constexpr std::string_view kOrigin[] = {
    "org.opencontainers.image.source",      "org.opencontainers.image.url",
    "org.opencontainers.image.vendor",      "org.opencontainers.image.authors",
    "org.opencontainers.image.title",       "org.opencontainers.image.base.name",
    "org.opencontainers.image.base.digest", "maintainer"};

std::string clipped(std::string text) {
  if (text.size() > kMaxValue) text.resize(kMaxValue);
  return text;
}

std::string joined(const std::vector<std::string>& texts, const char* between) {
  std::string all;
  for (const auto& text : texts) {
    if (all.size() > kMaxValue) break;
    all.append(all.empty() ? "" : between).append(text);
  }
  return clipped(std::move(all));
}

std::string listed(const std::vector<std::string>& texts) {
  if (texts.size() <= kMaxListed) return joined(texts, ", ");
  std::vector<std::string> first(texts.begin(), texts.begin() + kMaxListed);
  first.push_back("and " + std::to_string(texts.size() - kMaxListed) + " more");
  return joined(first, ", ");
}

std::string counted(std::size_t count, const char* one, const char* many) {
  return std::to_string(count) + ' ' + (count == 1 ? one : many);
}

using Values = std::map<std::string, std::string>;

Values environment(const oci::ImageConfig& config) {
  Values all;
  for (const auto& entry : config.env) {
    const auto equals = std::min(entry.find('='), entry.size());
    all[entry.substr(0, equals)] = entry.substr(equals);
  }
  return all;
}

std::vector<std::string> only_in(const std::vector<std::string>& all, const std::vector<std::string>& known) {
  const std::set<std::string> before(known.begin(), known.end());
  const std::set<std::string> sorted(all.begin(), all.end());
  std::vector<std::string> fresh;
  std::ranges::set_difference(sorted, before, std::back_inserter(fresh));
  return fresh;
}

/// Collects fields, and the words that the summary says of them.
class Comparison {
 public:
  void configs(const oci::ImageConfig& before, const oci::ImageConfig& after) {
    changed("entrypoint", joined(before.entrypoint, " "), joined(after.entrypoint, " "));
    changed("cmd", joined(before.cmd, " "), joined(after.cmd, " "));
    changed("user", before.user, after.user);
    lists("ports", before.exposed_ports, after.exposed_ports, "port", "ports");
    variables(environment(before), environment(after));
    origin(before.labels, after.labels);
  }

  void layers(const std::vector<ImageLayer>& before, const std::vector<ImageLayer>& after) {
    const auto total = [](const std::vector<ImageLayer>& layers) {
      std::uint64_t size = 0;
      for (const auto& layer : layers) size += layer.size;
      return size;
    };
    const auto stop = std::ranges::mismatch(before, after, {}, &ImageLayer::digest, &ImageLayer::digest);
    const auto kept = static_cast<std::size_t>(stop.in1 - before.begin());
    put("layers.kept", std::to_string(kept));
    put("layers.from", std::to_string(before.size()));
    put("layers.to", std::to_string(after.size()));
    put("size.from", std::to_string(total(before)));
    put("size.to", std::to_string(total(after)));
    tail_ = "the first " + std::to_string(kept) + " of " + counted(before.size(), "layer", "layers") +
            " stayed, now " + std::to_string(after.size()) + "; " + util::format_size(total(before)) +
            " became " + util::format_size(total(after));
    if (kept == 0) tail_.replace(0, tail_.find(" stayed"), "no base layer");
  }

  void setuid(const std::vector<std::string>& before, const std::vector<std::string>& after) {
    const auto fresh = only_in(after, before);
    if (fresh.empty()) return;
    put("setuid.added", listed(fresh));
    words_.push_back(counted(fresh.size(), "new setuid file", "new setuid files"));
  }

  void unknown(std::string what) { words_.push_back(std::move(what)); }

  Drift result() && {
    std::string text = words_.empty() ? "no setting changed" : joined(words_, ", ");
    drift_.summary = clipped(text + "; " + tail_);  // what is hostile in it was made safe word by word
    return std::move(drift_);
  }

 private:
  void put(const std::string& key, std::string value) {
    if (!value.empty()) drift_.fields.emplace("drift." + key, clipped(std::move(value)));
  }

  void changed(const std::string& key, const std::string& from, const std::string& to) {
    if (from == to) return;
    put(key + ".from", from);
    put(key + ".to", to);
    words_.push_back(key + " was '" + util::safe_text(from, 60) + "', is '" + util::safe_text(to, 60) + "'");
  }

  void lists(const std::string& key, const std::vector<std::string>& before,
             const std::vector<std::string>& after, const char* one, const char* many) {
    const auto added = only_in(after, before);
    const auto removed = only_in(before, after);
    put(key + ".added", listed(added));
    put(key + ".removed", listed(removed));
    if (!added.empty()) words_.push_back(counted(added.size(), one, many) + " added: " + safe(added));
    if (!removed.empty()) words_.push_back(counted(removed.size(), one, many) + " removed");
  }

  void variables(const Values& before, const Values& after) {
    std::vector<std::string> names[2];
    for (const auto& [name, value] : before) names[0].push_back(name);
    for (const auto& [name, value] : after) names[1].push_back(name);
    lists("env", names[0], names[1], "environment variable", "environment variables");
    std::vector<std::string> other;
    for (const auto& [name, value] : after) {
      const auto old = before.find(name);
      if (old != before.end() && old->second != value) other.push_back(name);
    }
    put("env.changed", listed(other));
    if (!other.empty()) {
      words_.push_back(counted(other.size(), "environment variable", "environment variables") +
                       " changed: " + safe(other));
    }
  }

  void origin(const Values& before, const Values& after) {
    const auto value = [](const Values& labels, std::string_view name) {
      const auto found = labels.find(std::string(name));
      return found == labels.end() ? std::string() : found->second;
    };
    std::vector<std::string> changes;
    for (const auto name : kOrigin) {
      const auto from = value(before, name);
      const auto to = value(after, name);
      if (from != to) changes.push_back(std::string(name) + ": '" + from + "' -> '" + to + "'");
    }
    put("labels.changed", joined(changes, ", "));
    if (!changes.empty())
      words_.push_back(counted(changes.size(), "label", "labels") + " of its origin changed");
  }

  static std::string safe(const std::vector<std::string>& texts) {
    return util::safe_text(listed(texts), 80);
  }

  Drift drift_;
  std::vector<std::string> words_;
  std::string tail_;
};

}  // namespace

bool flags_setuid(const findings::Finding& finding) {
  return finding.source == findings::Source::layer_check && finding.rule.find("setuid") != std::string::npos;
}

Drift difference(const ImageFacts& before, const ImageFacts& after) {
  Comparison comparison;
  if (before.setuid && after.setuid) {
    comparison.setuid(*before.setuid, *after.setuid);
  } else {
    comparison.setuid(before.flagged_setuid, after.flagged_setuid);
  }
  if (before.config && after.config) {
    comparison.configs(*before.config, *after.config);
  } else {
    comparison.unknown("the config of one of the two is not at hand, so settings were not compared");
  }
  comparison.layers(before.layers, after.layers);
  return std::move(comparison).result();
}

}  // namespace portcullis::gate
