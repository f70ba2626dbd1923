// SPDX-License-Identifier: Apache-2.0
#include "portcullis/checks/config.hpp"

#include <algorithm>
#include <array>

#include "accounts.hpp"
#include "catalogue.hpp"
#include "portcullis/oci/manifest.hpp"

namespace portcullis::checks {
namespace {

constexpr std::array<std::string_view, 16> kSecretNames = {"AWS_SECRET_ACCESS_KEY",
                                                           "AWS_SESSION_TOKEN",
                                                           "AZURE_CLIENT_SECRET",
                                                           "AZURE_STORAGE_KEY",
                                                           "CI_JOB_TOKEN",
                                                           "DIGITALOCEAN_ACCESS_TOKEN",
                                                           "DOCKER_AUTH_CONFIG",
                                                           "GH_TOKEN",
                                                           "GITHUB_TOKEN",
                                                           "GITLAB_TOKEN",
                                                           "HF_TOKEN",
                                                           "NPM_TOKEN",
                                                           "OPENAI_API_KEY",
                                                           "PRIVATE_KEY",
                                                           "SSH_PRIVATE_KEY",
                                                           "VAULT_TOKEN"};

/// Shorter ones are placeholders: `changeme`, `none`.
constexpr std::size_t kShortestSecret = 16;

bool is_secret(std::string_view name, std::string_view value) {
  if (value.find("PRIVATE KEY-----") != std::string_view::npos) return true;
  return value.size() >= kShortestSecret && value.find_first_of("$<{") == std::string_view::npos &&
         std::ranges::find(kSecretNames, name) != kSecretNames.end();
}

void check_environment(const std::vector<std::string>& environment, std::vector<findings::Finding>& found) {
  std::string secrets;
  for (const std::string_view variable : environment) {
    const std::size_t length = std::min(variable.find('='), variable.size());
    const std::string_view name = variable.substr(0, length);
    const std::string_view value = variable.substr(std::min(length + 1, variable.size()));
    // The value stays out of the finding: reports travel further than images.
    if (is_secret(name, value)) secrets.append(secrets.empty() ? "" : ", ").append(name);
    if (name != "LD_PRELOAD") continue;
    const Preload preload = read_preload(value, Comments::none);
    if (!preload.hidden.empty())
      found.push_back(make_finding(Check::config_preload_hidden, kConfigPath, preload.hidden));
  }
  if (!secrets.empty()) found.push_back(make_finding(Check::config_secret, kConfigPath, secrets));
}

void render_list(std::string& text, std::string_view keyword, const std::vector<std::string>& words) {
  if (words.empty()) return;
  text += keyword;
  for (const std::string& word : words) text.append(" ").append(word);
  text += '\n';
}

std::string render(const oci::ImageConfig& config) {
  std::string text;
  for (const std::string& variable : config.env) text.append("ENV ").append(variable).append("\n");
  render_list(text, "ENTRYPOINT", config.entrypoint);
  render_list(text, "CMD", config.cmd);
  for (const oci::HistoryEntry& entry : config.history) {
    if (!entry.created_by.empty()) text.append("HISTORY ").append(entry.created_by).append("\n");
  }
  return text.empty() ? text : "#!/bin/sh\n" + text;
}

}  // namespace

std::optional<ConfigReport> check_config(std::string_view json) {
  const auto config = oci::parse_image_config(json);
  if (!config) return std::nullopt;
  ConfigReport report;
  report.rendered = render(*config);
  check_environment(config->env, report.findings);
  return report;
}

}  // namespace portcullis::checks
