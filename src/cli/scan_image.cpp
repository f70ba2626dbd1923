// SPDX-License-Identifier: Apache-2.0
//
// Images: through the gate, as a pull would go.
#include <algorithm>

#include "portcullis/oci/reference.hpp"
#include "portcullis/upstream/layout.hpp"
#include "scan_job.hpp"
#include "stack.hpp"

namespace portcullis::cli {
namespace {

Report could_not(const ScanJob& job, std::string why) {
  Report report;
  report.image = job.source.original;
  report.message = std::move(why);
  return report;
}

Report to_report(const ScanJob& job, const gate::Gate::Judgement& judgement) {
  Report report = could_not(job, judgement.answer.message);
  report.report_id = judgement.answer.report_id;
  if (judgement.answer.digest) report.digest = judgement.answer.digest->text();
  for (const policy::ScannedBlob& blob : judgement.blobs) {
    report.blobs.push_back({blob.digest.text(), blob.place, blob.result});
  }
  const bool decided =
      judgement.answer.status == gate::Status::served || judgement.answer.status == gate::Status::blocked;
  if (decided && judgement.record) {
    report.digest = judgement.record->manifest.text();
    report.reasons = judgement.record->decision.reasons;
    report.verdict = verdict_of(judgement.record->decision);
    report.message = judgement.record->decision.summary;
  } else if (judgement.answer.status == gate::Status::blocked) {  // for its name, and nothing was fetched
    report.verdict = Verdict::block;
  }
  return report;
}

std::string platforms_of(const oci::Index& index) {
  std::string all;
  for (const oci::Descriptor& child : index.manifests) {
    if (child.platform) all.append(all.empty() ? "" : ", ").append(child.platform->text());
  }
  return all.empty() ? "none" : all;
}

/// The manifest of an index that a client on `wanted` would take.
const oci::Descriptor* pick(const oci::Index& index, const oci::Platform& wanted) {
  const auto fits = [&](const oci::Descriptor& d) { return d.platform && d.platform->satisfies(wanted); };
  const auto found = std::find_if(index.manifests.begin(), index.manifests.end(), fits);
  return found == index.manifests.end() ? nullptr : &*found;
}

Report judge(const ScanJob& job, std::vector<std::unique_ptr<upstream::Registry>> others,
             const std::string& host, const oci::Repository& repository, const oci::TagOrDigest& reference) {
  util::MemoryMetrics metrics;
  config::Config config = job.config;
  auto stack = Stack::open(config, metrics, std::move(others));
  if (!stack) return could_not(job, stack.error().message);

  gate::ManifestRequest request{host, repository, reference, gate::Method::get, {"", "", "portcullis-scan"},
                                {}};
  auto judgement = (*stack)->gate().judge(request);
  const bool index = judgement.answer.status == gate::Status::served &&
                     oci::classify(judgement.answer.media_type) == oci::MediaClass::index;
  if (!index) return to_report(job, judgement);

  const auto document = oci::parse_document(*judgement.answer.body, judgement.answer.media_type);
  if (!document || !std::holds_alternative<oci::Index>(*document)) {
    return could_not(job, "the index cannot be read");
  }
  const oci::Descriptor* child = pick(std::get<oci::Index>(*document), job.platform);
  if (child == nullptr) {
    return could_not(job, "it has no image for " + job.platform.text() + ", only for " +
                              platforms_of(std::get<oci::Index>(*document)) + "; choose one with --platform");
  }
  request.reference = child->digest;
  return to_report(job, (*stack)->gate().judge(request));
}

/// The upstream of that name or alias. A host that is in no configuration: the person named it, so it is
/// asked, at its own address and with tokens from nowhere else.
const std::string& make_known(const std::string& host, const std::vector<std::string>& plain_http,
                              config::Config& config) {
  const bool plain = std::find(plain_http.begin(), plain_http.end(), host) != plain_http.end();
  const auto is_it = [&](const upstream::Options& upstream) {
    const auto& aliases = upstream.aliases;
    return upstream.name == host || std::find(aliases.begin(), aliases.end(), host) != aliases.end();
  };
  auto upstream = std::find_if(config.upstreams.begin(), config.upstreams.end(), is_it);
  if (upstream == config.upstreams.end()) {
    upstream = config.upstreams.emplace(config.upstreams.end());
    upstream->name = host;
    upstream->url = "https://" + host;
    upstream->docker_config = config.docker_config;
  }
  if (plain) {
    upstream->url = "http://" + host;
    upstream->allow_plain_http = true;
  }
  return upstream->name;
}

}  // namespace

Report judge_reference(const ScanJob& job) {
  const auto reference = oci::Reference::parse(job.source.place);
  if (!reference) return could_not(job, reference.error().message);
  ScanJob known = job;
  const std::string host = make_known(reference->host(), job.plain_http, known.config);
  return judge(known, {}, host, reference->repository(), reference->target());
}

Report judge_layout(const ScanJob& job) {
  auto layout = upstream::open_layout(job.source.place);
  if (!layout) return could_not(job, layout.error().message);
  const auto repository = oci::Repository::parse("layout");
  auto tag = oci::parse_tag_or_digest(job.source.tag.empty() ? "latest" : job.source.tag);
  if (!tag) return could_not(job, tag.error().message);
  const std::string host = (*layout)->options().name;
  std::vector<std::unique_ptr<upstream::Registry>> others;
  others.push_back(*std::move(layout));
  return judge(job, std::move(others), host, *repository, *tag);
}

}  // namespace portcullis::cli
