// SPDX-License-Identifier: Apache-2.0
#include "scan_session.hpp"

#include <fcntl.h>

#include <algorithm>

#include "archive_layout.hpp"
#include "portcullis/util/files.hpp"
#include "scan_images.hpp"
#include "scan_spool.hpp"

namespace portcullis::cli {
namespace {

std::vector<Report> only(Report report) {
  std::vector<Report> one;
  one.push_back(std::move(report));
  return one;
}

/// Which images the person means, and what he calls the one he named.
std::optional<oci::Reference> called(const Source& source) {
  const bool daemon = source.kind == SourceKind::docker_daemon;
  if (!daemon && source.kind != SourceKind::docker_archive) return std::nullopt;
  const std::string& name = daemon ? source.place : source.name;
  if (name.empty() || is_image_id(name)) return std::nullopt;
  const auto reference = oci::Reference::parse(name);
  return reference ? std::optional(*reference) : std::nullopt;
}

std::string_view kind_name(SourceKind kind) {
  switch (kind) {
    case SourceKind::docker_daemon:
      return "docker-daemon";
    case SourceKind::oci_layout:
      return "oci-layout";
    case SourceKind::oci_archive:
      return "oci-archive";
    default:
      return "docker-archive";
  }
}

/// Why an archive with these documents is not what it was called; empty: it is.
std::string wrong_kind(SourceKind kind, bool docker, bool oci) {
  if (!docker && !oci) {
    return "there is neither manifest.json (docker save) nor index.json (OCI) in it, so it is no image "
           "archive, or "
           "not all of one; a layer alone is layer:FILE";
  }
  if (kind == SourceKind::oci_archive && !oci)
    return "this is what docker save writes; use docker-archive:FILE";
  const bool want_docker = kind == SourceKind::docker_archive || kind == SourceKind::docker_daemon;
  if (want_docker && !docker) return "this is an OCI image layout; use oci-archive:FILE";
  return {};
}

/// Judges the images of layouts, and those that are in two of them once.
class LayoutJudge {
 public:
  LayoutJudge(const ScanContext& context, const Source& source) : context_(context), source_(source) {}

  /// Of those in the layout the ones that `wanted` names.
  void add(util::Result<std::unique_ptr<upstream::Layout>> layout, const oci::Repository& repository,
           const Source& wanted) {
    if (!layout) return fail(layout.error());
    auto images = images_of(**layout, wanted);
    if (!images) return fail(images.error());
    for (Report& report : judge_layout_images(context_, source_, **layout, repository, *images)) {
      if (!is_known(report)) reports_.push_back(std::move(report));
    }
  }
  void fail(const util::Error& error) { reports_.push_back(could_not_judge(source_, error.message)); }
  std::vector<Report> take() { return std::move(reports_); }

 private:
  /// docker writes its images down in both ways, with the same blobs.
  bool is_known(const Report& report) const {
    return std::ranges::any_of(reports_, [&](const Report& before) {
      return !report.blobs.empty() && before.verdict == report.verdict &&
             std::ranges::equal(before.blobs, report.blobs, {}, &ReportedBlob::digest, &ReportedBlob::digest);
    });
  }

  const ScanContext& context_;
  const Source& source_;
  std::vector<Report> reports_;
};

}  // namespace

Report could_not_judge(const Source& source, std::string why) {
  Report report;
  report.image = source.original;
  report.message = std::move(why);
  return report;
}

util::Result<std::unique_ptr<ScanSession>> ScanSession::open(ScanSettings settings,
                                                             util::MemoryMetrics& metrics,
                                                             Activity& activity) {
  std::unique_ptr<ScanSession> session(new ScanSession(std::move(settings), activity));
  ScanSettings& own = session->settings_;
  if (own.more_waivers) {
    activity.begin("asking " + own.more_waivers->base + " for its waivers");
    auto fetched = fetch_waivers(*own.more_waivers, util::SystemClock().now());
    if (!fetched) return tl::unexpected(fetched.error());
    own.waivers.insert(own.waivers.end(), fetched->begin(), fetched->end());
  }
  activity.begin("loading the rules");
  auto stack = Stack::open(own.config, metrics, own.waivers);
  if (!stack) return tl::unexpected(stack.error());
  session->stack_ = *std::move(stack);
  session->ending_.emplace(activity, [to_end = session->stack_.get()] { to_end->cancel(); });
  return session;
}

std::vector<Report> ScanSession::judge(const Source& source) {
  const ScanContext context{*stack_, settings_, activity_};
  const bool named_by_the_step = source.kind == SourceKind::standard_input;
  activity_.source(named_by_the_step ? "" : source.original);
  if (activity_.cancelled()) return only(could_not_judge(source, "the scan was ended before this was begun"));
  switch (source.kind) {
    case SourceKind::reference:
      return judge_reference(context, source);
    case SourceKind::layer:
      return only(judge_layer(context, source));
    case SourceKind::directory:
      return only(judge_directory(context, source));
    case SourceKind::oci_layout: {
      LayoutJudge judge(context, source);
      judge.add(upstream::open_layout(source.place), layout_name(kind_name(source.kind)).repository, source);
      return judge.take();
    }
    default:
      return judge_archive(source);
  }
}

util::Result<util::UniqueFd> ScanSession::fetch_archive(const Source& source) {
  const ScanContext context{*stack_, settings_, activity_};
  switch (source.kind) {
    case SourceKind::docker_daemon:
      return spool_from_daemon(context, source);
    case SourceKind::standard_input:
      return spool_from_stdin(context);
    default:
      return util::open_file(source.place, O_RDONLY | O_NONBLOCK);  // a fifo must not hold us
  }
}

std::vector<Report> ScanSession::judge_archive(const Source& source) {
  const ScanContext context{*stack_, settings_, activity_};
  LayoutJudge judge(context, source);
  auto file = fetch_archive(source);
  if (!file) {
    judge.fail(file.error());
    return judge.take();
  }
  const std::string name = source.kind == SourceKind::standard_input  ? "the standard input"
                           : source.kind == SourceKind::docker_daemon ? source.original
                                                                      : source.place;
  const auto archive = ArchiveFile::open(context, *std::move(file), name);
  if (!archive) {
    judge.fail(archive.error());
    return judge.take();
  }
  const bool docker = has_docker_images(**archive);
  const bool oci = has_oci_images(**archive);
  if (const auto wrong = wrong_kind(source.kind, docker, oci); !wrong.empty()) {
    judge.fail({util::ErrorKind::invalid, name + ": " + wrong});
    return judge.take();
  }
  // Some programs read one of the two documents and some the other: an archive that has both must be clean
  // for either. A name is looked up in the one that was asked for; of the other all images are judged.
  Source whole = source;
  whole.name.clear();
  if (docker) {
    const auto about = layout_name(kind_name(source.kind), called(source));
    auto files = docker_layout_of(*archive, activity_);
    judge.add(files ? upstream::open_layout(*std::move(files), about.host) : tl::unexpected(files.error()),
              about.repository, source.kind == SourceKind::oci_archive ? whole : source);
  }
  if (oci) {
    const auto about = layout_name("oci-archive");
    judge.add(upstream::open_layout(oci_layout_of(*archive), about.host), about.repository,
              source.kind == SourceKind::oci_archive ? source : whole);
  }
  return judge.take();
}

}  // namespace portcullis::cli
