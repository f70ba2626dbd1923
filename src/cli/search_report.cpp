// SPDX-License-Identifier: Apache-2.0
#include "search_report.hpp"

#include <nlohmann/json.hpp>
#include <set>

#include "portcullis/util/safe_text.hpp"
#include "portcullis/util/text.hpp"

namespace portcullis::cli {
namespace {

using Json = nlohmann::ordered_json;
using util::safe_text;

constexpr std::size_t kPathLimit = 1000;
constexpr std::size_t kProseLimit = 1000;

std::string name_of(const std::string& host, const std::string& repository) {
  return safe_text(host) + "/" + safe_text(repository);
}

std::string counted(std::size_t count, const char* one, const char* many) {
  return std::to_string(count) + " " + (count == 1 ? one : many);
}

std::string text_of(const records::ImageRow& image) {
  std::string text = name_of(image.host, image.repository);
  for (std::size_t i = 0; i < image.tags.size(); ++i)
    text += (i == 0 ? ":" : ", :") + safe_text(image.tags[i]);
  text += "  " + std::string(findings::to_string(image.action));
  if (image.would_block) text += " (would block)";
  text += "\n    " + image.manifest.text() + "\n";
  if (!image.summary.empty()) text += "    " + safe_text(image.summary, kProseLimit) + "\n";
  text += "    decided " + util::to_rfc3339(image.decided);
  text +=
      image.last_pull ? ", last pull " + util::to_rfc3339(*image.last_pull) : std::string(", never pulled");
  return text + ", report " + safe_text(image.decision_id) + "\n";
}

std::string text_of(const records::FilePlace& place) {
  std::string text = safe_text(place.path, kPathLimit);
  if (text.empty()) text = "(the whole blob)";
  // What only a finding names comes without them.
  if (!place.type.empty()) text += "  " + safe_text(place.type) + ", " + util::format_size(place.size);
  text += "\n    in layer " + place.layer.text() + "\n";
  if (!place.hash.empty()) text += "    sha256 " + safe_text(place.hash) + "\n";
  return text;
}

std::string text_of(const records::Puller& puller) {
  std::string text = puller.address.empty() ? "(no address)" : safe_text(puller.address);
  if (!puller.user.empty()) text += "  user " + safe_text(puller.user);
  if (!puller.agent.empty()) text += "  " + safe_text(puller.agent);
  text += "\n    " + name_of(puller.host, puller.repository);
  if (puller.manifest) text += "@" + puller.manifest->text();
  text += "\n    ";
  text += counted(puller.requests, "request", "requests") + ", " + util::to_rfc3339(puller.first) + " to " +
          util::to_rfc3339(puller.last) + ", last answer: ";
  return text.append(findings::to_string(puller.action)) + "\n";
}

/// One that pulled several images, or with several programs, has several rows.
std::size_t count_clients(const std::vector<records::Puller>& pullers) {
  std::set<std::pair<std::string, std::string>> clients;
  for (const auto& puller : pullers) clients.emplace(puller.address, puller.user);
  return clients.size();
}

template <class Row>
std::string section(const char* title, const std::vector<Row>& rows, const char* none) {
  std::string text = std::string(title) + "\n";
  if (rows.empty()) return text + "  " + none + "\n";
  for (const Row& row : rows) text += "  " + text_of(row);
  return text;
}

Json to_json(const records::ImageRow& image) {
  Json json{{"image", name_of(image.host, image.repository)},
            {"digest", image.manifest.text()},
            {"tags", Json::array()},
            {"action", findings::to_string(image.action)},
            {"would_block", image.would_block},
            {"summary", safe_text(image.summary, kProseLimit)},
            {"decided", util::to_rfc3339(image.decided)},
            {"last_pull", image.last_pull ? Json(util::to_rfc3339(*image.last_pull)) : Json()},
            {"report_id", safe_text(image.decision_id)}};
  for (const std::string& tag : image.tags) json["tags"].push_back(safe_text(tag));
  return json;
}

Json to_json(const records::FilePlace& place) {
  const bool listed = !place.type.empty();
  return {{"layer", place.layer.text()},
          {"path", safe_text(place.path, kPathLimit)},
          {"sha256", safe_text(place.hash)},
          {"type", listed ? Json(safe_text(place.type)) : Json()},
          {"size", listed ? Json(place.size) : Json()}};
}

Json to_json(const records::Puller& puller) {
  return {{"address", safe_text(puller.address)},
          {"user", safe_text(puller.user)},
          {"agent", safe_text(puller.agent)},
          {"image", name_of(puller.host, puller.repository)},
          {"digest", puller.manifest ? Json(puller.manifest->text()) : Json()},
          {"first", util::to_rfc3339(puller.first)},
          {"last", util::to_rfc3339(puller.last)},
          {"requests", puller.requests},
          {"last_action", findings::to_string(puller.action)}};
}

template <class Row>
Json list(const std::vector<Row>& rows) {
  Json json = Json::array();
  for (const Row& row : rows) json.push_back(to_json(row));
  return json;
}

}  // namespace

std::string render_text(const SearchReport& report) {
  std::string text;
  if (report.files) text += section("Files", *report.files, "none") + "\n";
  text += section("Images", report.images, "none") + "\n";
  if (report.pullers) text += section("Pulled by", *report.pullers, "nobody") + "\n";
  text += counted(report.images.size(), "image", "images");
  if (report.files) text += ", " + counted(report.files->size(), "file", "files");
  if (report.pullers) text += ", " + counted(count_clients(*report.pullers), "client", "clients");
  text += report.truncated ? "; there is more: raise --limit\n" : "\n";
  return text;
}

std::string render_json(const SearchReport& report) {
  Json json{{"schema", "portcullis.search/1"}, {"images", list(report.images)}};
  if (report.files) json["files"] = list(*report.files);
  if (report.pullers) json["pullers"] = list(*report.pullers);
  json["truncated"] = report.truncated;
  return json.dump(2) + "\n";
}

}  // namespace portcullis::cli
