// SPDX-License-Identifier: Apache-2.0
//
// How long one name takes against 10,000 protected ones. `naming RULES_NAMES`. See scripts/bench.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <random>
#include <string>
#include <vector>

#include "portcullis/naming/name_index.hpp"

namespace {

using Clock = std::chrono::steady_clock;
using portcullis::naming::NameIndex;
using Name = std::pair<std::string, std::string>;  // host, repository

constexpr std::size_t kProtected = 10'000;
constexpr std::size_t kAsked = 20'000;

double micros(Clock::duration time) { return std::chrono::duration<double, std::micro>(time).count(); }

void measure(const char* what, const NameIndex& index, const std::vector<Name>& names) {
  std::vector<double> times;
  std::size_t suspected = 0;
  for (int round = 0; round < 2; ++round) {  // the first one warms up
    times.clear();
    suspected = 0;
    for (const auto& [host, repository] : names) {
      const auto start = Clock::now();
      suspected += index.judge(host, repository).empty() ? 0 : 1;
      times.push_back(micros(Clock::now() - start));
    }
  }
  std::sort(times.begin(), times.end());
  std::printf("%-34s median %6.1f us   p99 %6.1f us   worst %7.1f us   %5.1f %% suspected\n", what,
              times[times.size() / 2], times[times.size() * 99 / 100], times.back(),
              100.0 * static_cast<double>(suspected) / static_cast<double>(names.size()));
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: naming RULES_NAMES\n");
    return 64;
  }
  auto data = portcullis::naming::load_reference_data(argv[1]);
  if (!data) {
    std::fprintf(stderr, "%s\n", data.error().message.c_str());
    return 1;
  }
  std::mt19937 random(1);
  const auto letter = [&] { return static_cast<char>('a' + random() % 26); };
  // Names are made of real words, so that neighbourhoods are as crowded as in life.
  std::vector<std::string> words;
  for (const auto& row : data->repositories) words.push_back(row.name.substr(row.name.find('/') + 1));
  while (data->repositories.size() < kProtected) {
    const auto rank = static_cast<std::uint32_t>(data->repositories.size() + 1);
    data->repositories.push_back({"org" + std::to_string(rank % 3000) + "/" + words[random() % words.size()] +
                                      "-" + words[random() % words.size()],
                                  rank});
  }
  const auto start = Clock::now();
  const auto index = NameIndex::build(*data);
  if (!index) return 1;
  std::printf("%zu protected names, index built in %.0f ms (goal: a name under 50 us)\n", kProtected,
              micros(Clock::now() - start) / 1000);

  std::vector<Name> exact;
  std::vector<Name> squats;
  std::vector<Name> honest;
  std::vector<Name> hosts;
  for (std::size_t i = 0; i < kAsked; ++i) {
    const auto& row = data->repositories[random() % kProtected].name;
    exact.emplace_back("docker.io", row);
    auto squat = row;
    squat[random() % row.size()] = letter();
    squats.emplace_back("docker.io", squat);
    honest.emplace_back("docker.io",
                        "team" + std::to_string(i) + "/" + words[random() % words.size()] + "-api");
    hosts.emplace_back("registry" + std::to_string(i) + ".corp.example", "team/app");
  }
  measure("protected names", *index, exact);
  measure("one letter changed", *index, squats);
  measure("names of strangers", *index, honest);
  measure("unknown registry hosts", *index, hosts);
  return 0;
}
