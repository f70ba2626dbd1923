// SPDX-License-Identifier: Apache-2.0
#include "listings.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

#include "portcullis/oci/listing.hpp"
#include "portcullis/util/text.hpp"
#include "registry_errors.hpp"

namespace portcullis::http {
namespace {

constexpr std::size_t kMostTags = 1000;
constexpr std::chrono::seconds kRetry{30};

/// Parameters of the query that are for us and not for the upstream.
bool is_ours(std::string_view name) { return name == "ns" || name == "n" || name == kHopParameter; }

std::string percent_encoded(std::string_view text) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '.' || c == '_' || c == '~';
    if (plain) {
      out += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      out.append({'%', kHex[byte >> 4], kHex[byte & 15]});
    }
  }
  return out;
}

Answer refusal(gate::Status status, const std::string& message, std::optional<std::chrono::seconds> retry,
               std::string_view unknown_code) {
  switch (status) {
    case gate::Status::absent:
      return registry_error(404, unknown_code, message);
    case gate::Status::denied:
    case gate::Status::refused:
    case gate::Status::blocked:
      return registry_error(403, "DENIED", message);
    default:
      break;
  }
  auto answer = registry_error(503, "DENIED", message.empty() ? "internal error" : message);
  answer.headers.emplace_back("Retry-After", std::to_string(retry.value_or(kRetry).count()));
  return answer;
}

/// The number of tags wanted; nullopt when `n` is no such number.
std::optional<std::size_t> page_size(const Target& target) {
  const auto text = target.parameter("n");
  if (!text) return target.repeats("n") ? std::nullopt : std::optional(kMostTags);
  std::size_t value = 0;
  const auto* end = text->data() + text->size();
  const auto [stop, error] = std::from_chars(text->data(), end, value);
  const bool too_many = error == std::errc::result_out_of_range;
  if (text->empty() || stop != end || (error != std::errc() && !too_many)) return std::nullopt;
  return too_many ? kMostTags : std::min(value, kMostTags);
}

/// `n` first, then what the client had from us in a link: `last` at most registries, a token at others.
std::string upstream_query(const Target& target, std::size_t count) {
  std::string query = "n=" + std::to_string(count);
  for (const auto& [name, value] : target.query) {
    if (!is_ours(name)) query += "&" + percent_encoded(name) + "=" + percent_encoded(value);
  }
  return query;
}

}  // namespace

Answer tags_answer(const Target& target, const TagsTarget& wanted, gate::Gate& gate,
                   std::chrono::milliseconds patience) {
  const auto& route = wanted.route;
  const auto count = page_size(target);
  if (!count) {
    return registry_error(400, "PAGINATION_NUMBER_INVALID", "n must be one number of tags, such as n=100");
  }
  Answer answer;
  answer.content_type = "application/json";
  const auto got = gate.tags(
      {route.host, route.repository, upstream_query(target, std::max<std::size_t>(*count, 1)), patience});
  if (got.status != gate::Status::served) {
    return refusal(got.status, got.message, got.retry_after, "NAME_UNKNOWN");
  }
  if (*count == 0) {
    answer.body = oci::render_tag_list(wanted.name, {});
    return answer;
  }
  answer.body = oci::render_tag_list(wanted.name, got.tags);
  if (!got.next.empty()) {
    std::string link = "</v2/" + wanted.name + "/tags/list?" + presentable(got.next);
    if (route.ns) link += "&ns=" + percent_encoded(*route.ns);
    answer.headers.emplace_back("Link", link + ">; rel=\"next\"");
  }
  return answer;
}

Answer referrers_answer(const Target& target, const ReferrersTarget& wanted, gate::Gate& gate,
                        std::chrono::milliseconds patience) {
  const auto& route = wanted.route;
  if (target.repeats("artifactType")) {
    return registry_error(400, "UNSUPPORTED", "the parameter artifactType is given more than once");
  }
  const auto type = target.parameter("artifactType");
  const auto got = gate.referrers({route.host, route.repository, wanted.subject, patience});
  const bool known = got.status == gate::Status::served && got.referrers;
  const bool absent = got.status == gate::Status::absent;
  if (!known && !absent && route.kind == RouteKind::prefix) {
    return refusal(got.status, got.message, got.retry_after, "MANIFEST_UNKNOWN");
  }
  std::vector<oci::Descriptor> chosen;
  if (known) {
    std::ranges::copy_if(*got.referrers, std::back_inserter(chosen), [&](const oci::Descriptor& entry) {
      return !type || type->empty() || entry.artifact_type == *type;
    });
  }
  Answer answer;
  answer.content_type = oci::kOciIndex;
  answer.body = oci::render_index(chosen);
  if (type && !type->empty()) answer.headers.emplace_back("OCI-Filters-Applied", "artifactType");
  if (!known && !absent) {
    answer.headers.emplace_back(
        "Warning", warning_value("Portcullis: the list of referrers is not known: " + got.message));
    answer.headers.emplace_back("Cache-Control", "no-store");
  }
  return answer;
}

Answer no_catalog() {
  return registry_error(404, "UNSUPPORTED",
                        "Portcullis lists no repositories: it stands in front of registries and has none");
}

}  // namespace portcullis::http
