// SPDX-License-Identifier: Apache-2.0
#include "waive_text.hpp"

#include <string_view>

#include "portcullis/util/safe_text.hpp"

namespace portcullis::cli {
namespace {

using Json = nlohmann::ordered_json;
using util::safe_text;

constexpr std::size_t kLongText = 1000;

std::string_view state_word(records::WaiverState state) {
  switch (state) {
    case records::WaiverState::active:
      return "active";
    case records::WaiverState::expired:
      return "expired";
    case records::WaiverState::revoked:
      break;
  }
  return "revoked";
}

std::string counted(std::size_t count, std::string_view word) {
  return std::to_string(count) + ' ' + std::string(word) + (count == 1 ? "" : "s");
}

std::string grounds_text(const findings::Waiver& waiver) {
  return "  scope:  " + gate::describe_scope(waiver) + "\n  reason: " + safe_text(waiver.reason, kLongText) +
         "\n  author: " + safe_text(waiver.author, kLongText);
}

std::string image_effect_text(const gate::WaiverEffect::Image& image) {
  const char* state = image.passes ? "would pass" : image.blocked ? "stays blocked" : "is served in any case";
  std::string text =
      "  " + image_text(image.host + '/' + image.repository, image.tags, image.manifest) + ' ' + state + '\n';
  for (const auto& reason : image.covered) text += "      waived: " + safe_text(reason, kLongText) + '\n';
  for (const auto& reason : image.left) text += "      blocks: " + safe_text(reason, kLongText) + '\n';
  return text;
}

}  // namespace

std::string image_text(const std::string& name, const std::vector<std::string>& tags,
                       const std::string& manifest) {
  std::string text = safe_text(name);
  for (std::size_t i = 0; i < tags.size(); ++i) text += (i == 0 ? ":" : ", :") + safe_text(tags[i]);
  return text + " (" + manifest + ')';
}

std::string waiver_text(const records::WaiverRecord& record, util::TimePoint now) {
  const auto& waiver = record.waiver;
  std::string text = safe_text(waiver.id) + "  " + std::string(state_word(record.state(now))) + ", until " +
                     util::to_rfc3339(waiver.expires) + '\n' + grounds_text(waiver) + ", " +
                     util::to_rfc3339(waiver.created) + '\n';
  if (record.revoked_at) {
    text += "  revoked by " + safe_text(record.revoked_by, kLongText) + ", " +
            util::to_rfc3339(*record.revoked_at) + ": " + safe_text(record.revoked_why, kLongText) + '\n';
  }
  return text;
}

std::string proposal_text(const findings::Waiver& waiver) {
  return "New waiver, until " + util::to_rfc3339(waiver.expires) + '\n' + grounds_text(waiver) + '\n';
}

Json proposal_json(const findings::Waiver& waiver) {
  Json json;
  const auto put = [&](const char* name, const std::string& value) {
    if (!value.empty()) json[name] = safe_text(value, kLongText);
  };
  put("rule", waiver.rule);
  put("repository", waiver.repository);
  put("digest", waiver.digest);
  put("file_hash", waiver.file_hash);
  put("reason", waiver.reason);
  put("author", waiver.author);
  json["created"] = util::to_rfc3339(waiver.created);
  json["expires"] = util::to_rfc3339(waiver.expires);
  return json;
}

Json waiver_json(const records::WaiverRecord& record, util::TimePoint now) {
  Json json{{"id", safe_text(record.waiver.id)}, {"state", state_word(record.state(now))}};
  json.update(proposal_json(record.waiver));
  if (record.revoked_at) {
    json["revoked"] = {{"at", util::to_rfc3339(*record.revoked_at)},
                       {"by", safe_text(record.revoked_by, kLongText)},
                       {"why", safe_text(record.revoked_why, kLongText)}};
  }
  return json;
}

std::string effect_text(const gate::WaiverEffect& effect) {
  if (effect.changes_nothing()) {
    return std::string("Nothing on record is covered by this") +
           (effect.complete ? "" : " in the images that were looked at") +
           ": look whether rule, repository and digest are meant so.\n";
  }
  std::string text = "Would let " + counted(effect.passing, "blocked image") + " pass";
  if (effect.still_blocked > 0) text += ", " + std::to_string(effect.still_blocked) + " more stay blocked";
  if (effect.not_blocked > 0) {
    text += ", " + std::to_string(effect.not_blocked) +
            (effect.passing + effect.still_blocked > 0 ? " more" : "") + " served in any case";
  }
  text += "; covers " + counted(effect.findings, "finding");
  if (effect.worst) text += ", worst " + std::string(findings::to_string(*effect.worst));
  text += ".\n";
  for (const auto& image : effect.images) text += image_effect_text(image);
  const auto all = effect.passing + effect.still_blocked + effect.not_blocked;
  if (all > effect.images.size()) {
    text += "  and " + counted(all - effect.images.size(), "more image") + '\n';
  }
  if (!effect.complete) text += "  There are more images than were looked at; these may be covered too.\n";
  return text;
}

Json effect_json(const gate::WaiverEffect& effect) {
  const auto safe = [](const std::vector<std::string>& texts) {
    Json list = Json::array();
    for (const auto& text : texts) list.push_back(safe_text(text, kLongText));
    return list;
  };
  Json images = Json::array();
  for (const auto& image : effect.images) {
    images.push_back({{"name", safe_text(image.host + '/' + image.repository)},
                      {"tags", safe(image.tags)},
                      {"manifest", image.manifest},
                      {"report", safe_text(image.decision_id)},
                      {"blocked", image.blocked},
                      {"passes", image.passes},
                      {"waived", safe(image.covered)},
                      {"blocks", safe(image.left)}});
  }
  Json json{{"passing", effect.passing},
            {"still_blocked", effect.still_blocked},
            {"not_blocked", effect.not_blocked},
            {"findings", effect.findings}};
  if (effect.worst) json["worst"] = findings::to_string(*effect.worst);
  json["complete"] = effect.complete;
  json["images"] = std::move(images);
  return json;
}

}  // namespace portcullis::cli
