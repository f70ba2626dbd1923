// SPDX-License-Identifier: Apache-2.0
#include "pullers.hpp"

#include <nlohmann/json.hpp>

namespace portcullis::notify {
namespace {

std::string* member(Puller& puller, std::string_view name) {
  if (name == "address") return &puller.address;
  if (name == "user") return &puller.user;
  if (name == "agent") return &puller.agent;
  if (name == "first") return &puller.first;
  if (name == "last") return &puller.last;
  return nullptr;
}

}  // namespace

std::optional<std::vector<Puller>> parse_pullers(std::string_view json) {
  const auto parsed = nlohmann::json::parse(json, nullptr, false);
  if (!parsed.is_array() || parsed.size() > kMaxPullers) return std::nullopt;
  std::vector<Puller> pullers;
  for (const auto& item : parsed) {
    if (!item.is_object()) return std::nullopt;
    Puller& puller = pullers.emplace_back();
    for (const auto& [name, value] : item.items()) {
      if (name == "requests" && value.is_number_unsigned()) {
        puller.requests = value.get<std::uint64_t>();
        continue;
      }
      std::string* const text = member(puller, name);
      if (text == nullptr || !value.is_string()) return std::nullopt;
      *text = value.get<std::string>();
    }
  }
  return pullers;
}

}  // namespace portcullis::notify
