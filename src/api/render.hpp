// SPDX-License-Identifier: Apache-2.0
//
// Records as the JSON of the API. The names are those of the OpenAPI document.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "portcullis/oci/manifest.hpp"
#include "portcullis/records/inventory.hpp"
#include "portcullis/records/records.hpp"
#include "portcullis/records/search.hpp"
#include "portcullis/records/tokens.hpp"
#include "portcullis/records/waivers.hpp"
#include "portcullis/scan/service.hpp"

namespace portcullis::api {

using Json = nlohmann::ordered_json;

/// Text from an image, a registry or a client.
std::string hostile(std::string_view text);
/// A line that was made of safe text already; what is not printable in it is rendered all the same.
std::string finished(std::string_view line);

Json to_json(util::TimePoint time);
Json to_json(const std::optional<util::TimePoint>& time);  ///< null when there is none
Json to_json(const findings::Finding& finding);
Json to_json(const findings::Reason& reason);
/// With what `decision` made of it.
Json to_json(const findings::NameVerdict& verdict, const findings::Decision& decision);
Json to_json(const records::RetroAlert& alert);
Json to_json(const records::ScanRecord& scan);
Json to_json(const records::ImageRow& image);
Json to_json(const records::PullRow& pull);
Json to_json(const records::Puller& puller);
Json to_json(const records::FilePlace& place);
Json to_json(const records::Event& event);
Json to_json(const records::Ranked& ranked);
Json to_json(const records::TokenRecord& token);
Json to_json(const records::WaiverRecord& waiver, util::TimePoint now);
Json to_json(const oci::ImageConfig& config);
Json to_json(const scan::SetAside& aside);
/// Hostile ones, as many as a page can bear.
Json texts(const std::vector<std::string>& items);

template <class Item>
Json list(const std::vector<Item>& items) {
  Json all = Json::array();
  for (const auto& item : items) all.push_back(to_json(item));
  return all;
}

/// `host/repository`, what the globs of waivers and policy are over.
std::string image_name(std::string_view host, std::string_view repository);

}  // namespace portcullis::api
