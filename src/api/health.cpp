// SPDX-License-Identifier: Apache-2.0
#include "health.hpp"

#include "portcullis/util/safe_text.hpp"

namespace portcullis::api {
namespace {

template <class Number>
Json or_null(const std::optional<Number>& number) {
  return number ? Json(*number) : Json(nullptr);
}

Json to_json(const std::optional<upstream::RateLimit>& limit) {
  if (!limit) return nullptr;
  return {{"limit", or_null(limit->limit)},
          {"remaining", or_null(limit->remaining)},
          {"window_seconds", limit->window ? Json(limit->window->count()) : Json(nullptr)},
          {"source", hostile(limit->source)},
          {"at", api::to_json(limit->at)}};
}

/// One sentence each.
Json concerns(const Service& service, policy::Mode mode, const gate::RescanProgress& rescans) {
  Json all = Json::array();
  const auto counted = [](std::size_t count, const char* one, const char* many) {
    return std::to_string(count) + (count == 1 ? one : many);
  };
  const auto profile = service.parts.scanner->profile();
  if (!service.parts.scanner->ready()) {
    all.push_back("The scanner is not ready: what was not scanned before is not served.");
  }
  if (mode == policy::Mode::audit) all.push_back("Audit mode: nothing is blocked.");
  if (!profile.set_aside.empty()) {
    all.push_back(counted(profile.set_aside.size(), " rule file is", " rule files are") +
                  " set aside because of mistakes, the first " + hostile(profile.set_aside.front().file) +
                  ".");
  }
  for (const auto* registry : service.parts.registries) {
    const auto health = registry->status();
    const auto name = hostile(registry->options().name);
    if (health.failures_in_a_row > 0) {
      all.push_back("Registry " + name + " does not answer as it should: " + hostile(health.last_error));
    }
    if (health.rate_limit && health.rate_limit->remaining && *health.rate_limit->remaining == 0) {
      all.push_back("The rate limit of registry " + name + " is used up.");
    }
  }
  if (rescans.failed > 0) {
    all.push_back(counted(rescans.failed, " image", " images") +
                  " could not be scanned again with the present rules: " + finished(rescans.last_failure));
  }
  return all;
}

}  // namespace

Json to_json(const records::WaiverCounts& counts) {
  return {{"active", counts.active}, {"expired", counts.expired}, {"revoked", counts.revoked}};
}

Json upstreams_json(const Service& service) {
  Json all = Json::array();
  for (const auto* registry : service.parts.registries) {
    const auto health = registry->status();
    all.push_back(
        {{"name", hostile(registry->options().name)},
         {"url", hostile(registry->options().url)},
         {"well", health.failures_in_a_row == 0},
         {"last_success", api::to_json(health.last_success)},
         {"last_failure", api::to_json(health.last_failure)},
         {"last_error", hostile(health.last_error)},
         {"failures_in_a_row", health.failures_in_a_row},
         {"rate_limit", to_json(health.rate_limit)},
         {"retry_after_seconds", health.retry_after ? Json(health.retry_after->count()) : Json(nullptr)}});
  }
  return all;
}

Json scanner_json(const scan::Service& scanner) {
  const auto profile = scanner.profile();
  return {{"ready", scanner.ready()},
          {"profile", hostile(profile.id)},
          {"rules", profile.rules},
          {"rule_files", profile.files},
          {"set_aside", list(profile.set_aside)},
          {"protections", texts(profile.protections)}};
}

Json judging_json(const gate::Gate& gate) {
  Json all = Json::array();
  for (const auto& image : gate.judging()) {
    all.push_back({{"name", image_name(image.host, image.repository)},
                   {"reference", hostile(image.reference)},
                   {"manifest", image.manifest.text()},
                   {"why", image.why == gate::JudgingNow::Why::rescan ? "rescan" : "asked"},
                   {"since", api::to_json(image.since)},
                   {"blobs", image.blobs},
                   {"blobs_done", image.blobs_done},
                   {"bytes", image.bytes},
                   {"bytes_done", image.bytes_done}});
  }
  return all;
}

Json rescans_json(const gate::RescanProgress& progress) {
  return {{"profile", hostile(progress.profile)},
          {"since", api::to_json(progress.since)},
          {"until", api::to_json(progress.until)},
          {"total", progress.total},
          {"done", progress.done},
          {"left", progress.left},
          {"failed", progress.failed},
          {"last_failure", finished(progress.last_failure)},
          {"current", texts(progress.current)}};
}

Json protection_json(const Service& service) {
  const auto mode = service.parts.policy().mode;
  const auto rescans = service.parts.gate->rescans();
  auto worries = concerns(service, mode, rescans);
  return {{"well", worries.empty()},
          {"concerns", std::move(worries)},
          {"mode", policy::to_string(mode)},
          {"scanner", scanner_json(*service.parts.scanner)},
          {"upstreams", upstreams_json(service)},
          {"rescans", rescans_json(rescans)}};
}

}  // namespace portcullis::api
