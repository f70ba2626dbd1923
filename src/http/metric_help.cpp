// SPDX-License-Identifier: Apache-2.0
#include "metric_help.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace portcullis::http {
namespace {

using Entry = std::pair<std::string_view, std::string_view>;

constexpr std::array kTexts = {
    Entry{"portcullis_answers_total", "Answers of the gate by status."},
    Entry{"portcullis_blob_cache_bytes", "Bytes of committed blobs on disk."},
    Entry{"portcullis_blob_evictions_total", "Blobs removed to stay under the size limit."},
    Entry{"portcullis_blob_hits_total", "Blobs that were asked for and already there."},
    Entry{"portcullis_blob_transfers_total", "Blob downloads by outcome."},
    Entry{"portcullis_clients_refused_total", "Requests of clients that may not pull, by reason."},
    Entry{"portcullis_database_errors_total",
          "Transactions of the records that failed, by fault and access."},
    Entry{"portcullis_decisions_total", "Verdicts on manifests by action."},
    Entry{"portcullis_http_connections", "Open client connections."},
    Entry{"portcullis_http_rejected_total",
          "Connections and requests turned away before any handler saw them, by reason."},
    Entry{"portcullis_http_request_seconds", "Time from the complete request to the end of its answer."},
    Entry{"portcullis_http_requests_total", "Answered requests by method and class of status code."},
    Entry{"portcullis_known_clean_disagreements_total",
          "Known-clean files that the rules did find something in; the table was dropped."},
    Entry{"portcullis_known_clean_entries", "Statements in the table of known-clean files."},
    Entry{"portcullis_known_clean_hits_total", "Files that were known to be clean and not scanned again."},
    Entry{"portcullis_records_errors_total", "Operations on the records that failed."},
    Entry{"portcullis_referrers_total", "Lists of referrers asked of upstreams, by result."},
    Entry{"portcullis_refusals_total",
          "Manifests and blobs that were not served, by the style of the answer and by why."},
    Entry{"portcullis_rescans_left", "Images that are served on a decision under older rules."},
    Entry{"portcullis_rescans_total", "Images judged again in the background, by result."},
    Entry{"portcullis_rescans_waiting", "Images that could not be judged again and are tried later."},
    Entry{"portcullis_retro_alerts_total", "Images that were served and then blocked, by cause."},
    Entry{"portcullis_scan_queue_depth", "Layers waiting for a scanner."},
    Entry{"portcullis_scan_reused_total", "Layers whose recorded scan was still valid."},
    Entry{"portcullis_scan_seconds", "Duration of layer scans."},
    Entry{"portcullis_scanner_restarts_total", "Times the scanner had to be started again."},
    Entry{"portcullis_scans_total", "Layer scans by outcome."},
    Entry{"portcullis_stale_answers_total", "Tags answered from memory because the upstream was down."},
    Entry{"portcullis_tag_resolutions_total", "Tags resolved at the upstream by outcome."},
    Entry{"portcullis_tls_certificate_expiry_seconds",
          "When the certificate of a listener expires, in seconds since 1970."},
    Entry{"portcullis_upstream_failures_in_a_row",
          "Requests to an upstream that failed since the last success."},
    Entry{"portcullis_upstream_last_success_seconds",
          "When an upstream last answered as it should, Unix time."},
    Entry{"portcullis_upstream_ratelimit_limit", "What the upstream said its rate limit is."},
    Entry{"portcullis_upstream_ratelimit_remaining", "What the upstream said is left of its rate limit."},
    Entry{"portcullis_upstream_ratelimit_window_seconds", "The time for which the upstream counts."},
    Entry{"portcullis_upstream_requests_total", "Requests to upstream registries by outcome."},
    Entry{"portcullis_upstream_up", "Whether the last request to an upstream was answered as it should be."},
    Entry{"portcullis_waivers_active", "Waivers that count now."},
    Entry{"portcullis_waivers_expired_total", "Waivers whose expiry was announced here."},
};

}  // namespace

std::string help_text(std::string_view metric) {
  const auto* found =
      std::find_if(kTexts.begin(), kTexts.end(), [&](const Entry& entry) { return entry.first == metric; });
  if (found != kTexts.end()) return std::string(found->second);
  std::string words(metric);
  std::replace(words.begin(), words.end(), '_', ' ');
  return words + ".";
}

}  // namespace portcullis::http
