// SPDX-License-Identifier: Apache-2.0
#include "metric_help.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace portcullis::http {
namespace {

using Entry = std::pair<std::string_view, std::string_view>;

constexpr std::array kTexts = {
    Entry{"portcullis_admin_refused_total", "Requests to the admin side that were turned away, by reason."},
    Entry{"portcullis_answers_total", "Answers of the gate by status."},
    Entry{"portcullis_blob_cache_bytes", "Bytes of committed blobs on disk."},
    Entry{"portcullis_blob_cache_limit_bytes", "Bytes of blobs above which the least recently used go."},
    Entry{"portcullis_blob_evictions_total", "Blobs removed to stay under the size limit."},
    Entry{"portcullis_blob_fetched_bytes_total",
          "Bytes of blobs received from an upstream, also of transfers that failed."},
    Entry{"portcullis_blob_hits_total",
          "Blobs that were asked for, by clients or by a scan, and already there."},
    Entry{"portcullis_blob_misses_total", "Blobs that were asked for and had to be fetched."},
    Entry{"portcullis_blob_transfers_total", "Blob downloads by outcome."},
    Entry{"portcullis_build_info", "1; the label says which version runs."},
    Entry{"portcullis_clients_refused_total", "Requests of clients that may not pull, by reason."},
    Entry{"portcullis_data_free_bytes",
          "Free space on the file system of the data directory, as an ordinary user sees it."},
    Entry{"portcullis_data_size_bytes", "Size of the file system of the data directory."},
    Entry{"portcullis_database_errors_total",
          "Transactions of the records that failed, by fault and access."},
    Entry{"portcullis_database_transaction_seconds",
          "Transactions of the records from the wait for a connection to the end, by access."},
    Entry{"portcullis_decisions_total", "Verdicts on manifests by action."},
    Entry{"portcullis_events_total", "Events recorded by this process, by action."},
    Entry{"portcullis_findings_total", "Findings of scans by severity, before any policy."},
    Entry{"portcullis_http_connections", "Open client connections."},
    Entry{"portcullis_http_connections_active", "Client connections whose request is being worked on."},
    Entry{"portcullis_http_connections_limit",
          "Client connections beyond which idle ones are closed and new ones turned away."},
    Entry{"portcullis_http_connections_sending",
          "Client connections parked because the client is slow to take its answer."},
    Entry{"portcullis_http_rejected_total",
          "Connections and requests turned away before any handler saw them, by reason."},
    Entry{"portcullis_http_request_seconds",
          "Time from the complete request to the end of its answer, by kind of request."},
    Entry{"portcullis_http_requests_total", "Answered requests by method and class of status code."},
    Entry{"portcullis_http_sent_bytes_total", "Bytes sent to clients, heads included, by kind of request."},
    Entry{"portcullis_image_queue_depth", "Images waiting to be judged."},
    Entry{"portcullis_images_running", "Images being judged: fetched, scanned, decided."},
    Entry{"portcullis_inventories_total", "File inventories of layers by what became of them."},
    Entry{"portcullis_judge_seconds", "Time to judge an image, downloads and scans included, by result."},
    Entry{"portcullis_judging_failures_total",
          "Requests without an answer because their image could not be judged."},
    Entry{"portcullis_known_clean_disagreements_total",
          "Known-clean files that the rules did find something in; the table was dropped."},
    Entry{"portcullis_known_clean_entries", "Statements in the table of known-clean files."},
    Entry{"portcullis_known_clean_hits_total", "Files that were known to be clean and not scanned again."},
    Entry{"portcullis_lookup_queue_depth", "Tags waiting to be asked for at an upstream."},
    Entry{"portcullis_name_refusals_total", "Names that were refused for what they resemble, by component."},
    Entry{"portcullis_notify_behind_seconds", "Age of the oldest event that a target has not been sent."},
    Entry{"portcullis_notify_events_total",
          "Events by target and outcome: sent, failed (attempts), set_aside, expired."},
    Entry{"portcullis_notify_waiting_events",
          "Events that a target has not been sent, those it filters out included."},
    Entry{"portcullis_pull_queue_depth", "Pulls waiting to be committed to the records."},
    Entry{"portcullis_pulls_total",
          "Pulls by upstream and verdict; requests of one client for one manifest in one minute are one."},
    Entry{"portcullis_ready", "Whether a part works, as /readyz shows it; some seconds old."},
    Entry{"portcullis_records_errors_total", "Operations on the records that failed."},
    Entry{"portcullis_referrers_total", "Lists of referrers asked of upstreams, by result."},
    Entry{"portcullis_refusals_total",
          "Manifests and blobs that were not served, by the style of the answer and by why."},
    Entry{"portcullis_refused_total", "Requests that the gate did not take up, by reason."},
    Entry{"portcullis_reloads_total", "Reloads of configuration and rules by result."},
    Entry{"portcullis_rescans_left", "Images that are served on a decision under older rules."},
    Entry{"portcullis_rescans_total", "Images judged again in the background, by result."},
    Entry{"portcullis_rescans_waiting", "Images that could not be judged again and are tried later."},
    Entry{"portcullis_retro_alerts_total", "Images that were served and then blocked, by cause."},
    Entry{"portcullis_rule_files", "Rule files in use."},
    Entry{"portcullis_rule_files_set_aside", "Rule files that are not in use because they do not compile."},
    Entry{"portcullis_rules", "Rules in use."},
    Entry{"portcullis_rules_info",
          "1; the label says which scan profile (rules, scanner, limits) verdicts depend on."},
    Entry{"portcullis_scan_files_total", "Files seen in scanned layers, members of archives included."},
    Entry{"portcullis_scan_queue_depth", "Layers waiting for a scanner."},
    Entry{"portcullis_scan_queue_seconds", "Time that scans waited for a worker."},
    Entry{"portcullis_scan_reused_total", "Layers whose recorded scan was still valid."},
    Entry{"portcullis_scan_seconds",
          "Time of layer scans, the wait for a worker and for the bytes included."},
    Entry{"portcullis_scan_unpacked_bytes_total", "Bytes of layers and nested archives after unpacking."},
    Entry{"portcullis_scan_workers_limit", "Scan workers that may run at the same time."},
    Entry{"portcullis_scan_workers_running",
          "Scan workers at work; one that waits for bytes may be beyond the limit."},
    Entry{"portcullis_scanner_restarts_total", "Times the scanner had to be started again."},
    Entry{"portcullis_scans_total", "Layer scans by outcome."},
    Entry{"portcullis_stale_answers_total", "Tags answered from memory because the upstream was down."},
    Entry{"portcullis_tag_resolutions_total", "Tags resolved at the upstream by outcome."},
    Entry{"portcullis_tls_certificate_expiry_timestamp_seconds",
          "When the certificate of a listener expires, in seconds since 1970."},
    Entry{"portcullis_transfer_queue_depth", "Blobs waiting to be downloaded."},
    Entry{"portcullis_transfers_running", "Blobs being downloaded."},
    Entry{"portcullis_upstream_failures_in_a_row",
          "Requests to an upstream that failed since the last success."},
    Entry{"portcullis_upstream_last_success_timestamp_seconds",
          "When an upstream last answered as it should, in seconds since 1970."},
    Entry{"portcullis_upstream_ratelimit_limit", "What the upstream said its rate limit is."},
    Entry{"portcullis_upstream_ratelimit_remaining", "What the upstream said is left of its rate limit."},
    Entry{"portcullis_upstream_ratelimit_window_seconds", "The time for which the upstream counts."},
    Entry{"portcullis_upstream_request_seconds",
          "Time of requests to an upstream, redirects and the body included."},
    Entry{"portcullis_upstream_requests_total", "Requests to upstream registries by outcome."},
    Entry{"portcullis_upstream_up", "Whether the last request to an upstream was answered as it should be."},
    Entry{"portcullis_waivers", "Waivers in the records by state."},
    Entry{"portcullis_waivers_active", "Waivers that count now."},
    Entry{"portcullis_waivers_expired_total", "Waivers whose expiry was announced here."},
    Entry{"portcullis_waivers_expiring_soon",
          "Active waivers that expire within three days; at most a thousand are counted."},
    Entry{"process_cpu_seconds_total", "User and system time of this process, scan workers not included."},
    Entry{"process_max_fds", "File descriptors that may be open."},
    Entry{"process_open_fds", "File descriptors that are open."},
    Entry{"process_resident_memory_bytes", "Resident memory of this process, scan workers not included."},
    Entry{"process_start_time_seconds", "When this process started, in seconds since 1970."},
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
