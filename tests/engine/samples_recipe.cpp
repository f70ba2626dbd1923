// SPDX-License-Identifier: Apache-2.0
#include "samples_recipe.hpp"

#include <map>

namespace portcullis::test {
namespace {

std::string mixed(const Recipe& recipe, std::size_t without) {
  std::string text = recipe.head;
  for (std::size_t i = 0; i < recipe.parts.size(); ++i) {
    if (i != without) text += recipe.parts[i] + "\n";
  }
  return text;
}

}  // namespace

std::vector<Sample> cook(const std::vector<Recipe>& recipes) {
  std::vector<Sample> samples;
  std::map<std::string, int> turns;
  for (const auto& recipe : recipes) {
    const std::string name = recipe.rule + "_" + std::to_string(++turns[recipe.rule]);
    auto hit = recipe.also;
    hit.push_back(recipe.rule);
    const std::string whole = mixed(recipe, recipe.parts.size());
    samples.push_back({name, whole, hit, recipe.path});
    if (recipe.head.empty()) {
      samples.push_back({name + "_elsewhere", whole, {}, "usr/share/doc/x.txt"});
    } else {
      samples.push_back(
          {name + "_in_a_manual", "Seen on a host:\n" + whole.substr(recipe.head.size()), {}, recipe.path});
    }
    for (std::size_t i = 0; i < recipe.parts.size() && recipe.parts.size() > 1; ++i) {
      samples.push_back({name + "_without_" + std::to_string(i), mixed(recipe, i), recipe.also, recipe.path});
    }
    for (std::size_t i = 0; i < recipe.near.size(); ++i) {
      samples.push_back(
          {name + "_near_" + std::to_string(i), recipe.head + recipe.near[i] + "\n", {}, recipe.path});
    }
  }
  return samples;
}

}  // namespace portcullis::test
