// SPDX-License-Identifier: Apache-2.0
//
// Every `image:` of YAML documents: compose, all kinds of Kubernetes workloads, Helm values.
#include <yaml-cpp/yaml.h>

#include "image_names.hpp"
#include "portcullis/util/text.hpp"

namespace portcullis::cli {
namespace {

// An alias may stand for a tree many times, so that a small file has more nodes than memory.
constexpr std::size_t kMaxNodes = 1'000'000;
constexpr std::size_t kMaxDepth = 200;
constexpr std::string_view kTemplate = "__template__";

/// A Helm template as YAML: lines that are only a template go, other templates become a mark.
std::string without_templates(std::string_view content) {
  std::string out;
  for (std::string_view line : util::split(content, '\n')) {
    const auto text = trimmed(line);
    const bool only =
        text.starts_with("{{") && text.ends_with("}}") && text.find("{{", 2) == std::string_view::npos;
    if (!only) {
      while (true) {
        const auto open = line.find("{{");
        const auto close = line.find("}}", open == std::string_view::npos ? line.size() : open);
        out += line.substr(0, open);
        if (open == std::string_view::npos || close == std::string_view::npos) break;
        out += kTemplate;
        line.remove_prefix(close + 2);
      }
    }
    out += '\n';
  }
  return out;
}

std::string scalar(const YAML::Node& map, const char* key) {
  const auto value = map[key];
  return value && value.IsScalar() ? value.Scalar() : std::string();
}

class Walk {
 public:
  /// False when there is too much of it.
  bool visit(const YAML::Node& node, std::size_t depth) {
    if (++nodes_ > kMaxNodes || depth > kMaxDepth) return false;
    if (node.IsSequence()) {
      for (const auto& item : node) {
        if (!visit(item, depth + 1)) return false;
      }
    }
    if (!node.IsMap()) return true;
    for (const auto& pair : node) {
      if (pair.first.IsScalar() && pair.first.Scalar() == "image") image(pair.second);
      if (!visit(pair.second, depth + 1)) return false;
    }
    return true;
  }
  ImageNames found = {};

 private:
  void image(const YAML::Node& value) {
    const std::size_t line = static_cast<std::size_t>(value.Mark().line) + 1;
    if (value.IsScalar()) {
      add(value.Scalar(), line);
    } else if (value.IsMap()) {
      // An image volume of Kubernetes, or the values of a Helm chart.
      const std::string reference = scalar(value, "reference");
      const std::string repository = scalar(value, "repository");
      if (!reference.empty()) {
        add(reference, line);
      } else if (!repository.empty()) {
        const std::string registry = scalar(value, "registry");
        const std::string tag = scalar(value, "tag");
        const std::string digest = scalar(value, "digest");
        add((registry.empty() ? "" : registry + "/") + repository + (tag.empty() ? "" : ":" + tag) +
                (digest.empty() ? "" : "@" + digest),
            line);
      }
    }
  }

  void add(const std::string& text, std::size_t line) {
    if (text.empty()) return;  // Helm values that leave the image to somebody else
    const auto name = expand_variables(text, {});
    if (!name || name->empty() || name->find(kTemplate) != std::string::npos) {
      found.skipped.push_back({text, line});
    } else {
      found.names.push_back({*name, line});
    }
  }

  std::size_t nodes_ = 0;
};

}  // namespace

util::Result<ImageNames> yaml_images(const std::string& content) {
  const bool templated = content.find("{{") != std::string::npos;
  Walk walk;
  try {
    for (const auto& document : YAML::LoadAll(templated ? without_templates(content) : content)) {
      if (!walk.visit(document, 0)) {
        return util::fail(util::ErrorKind::limit, "more than " + std::to_string(kMaxNodes) + " values or " +
                                                      std::to_string(kMaxDepth) + " levels of YAML");
      }
    }
  } catch (const YAML::Exception& error) {
    return util::fail(util::ErrorKind::invalid,
                      std::string("no valid YAML") +
                          (templated ? ", and templates in it; give the output of `helm template`: " : ": ") +
                          error.what());
  }
  return std::move(walk.found);
}

}  // namespace portcullis::cli
