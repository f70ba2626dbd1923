// SPDX-License-Identifier: Apache-2.0
#include "scan_images.hpp"

#include <algorithm>

#include "scan_upstreams.hpp"

namespace portcullis::cli {
namespace {

/// Of one index; each is a judgement of its own.
constexpr std::size_t kMostImages = 256;
/// An index in an index is as deep as real ones go.
constexpr int kIndexDepth = 2;

Report to_report(const Source& source, const gate::Gate::Judgement& judgement) {
  Report report = could_not_judge(source, judgement.answer.message);
  report.report_id = judgement.answer.report_id;
  if (judgement.answer.digest) report.digest = judgement.answer.digest->text();
  for (const policy::ScannedBlob& blob : judgement.blobs) {
    report.blobs.push_back({blob.digest.text(), blob.place, blob.result});
  }
  const bool decided =
      judgement.answer.status == gate::Status::served || judgement.answer.status == gate::Status::blocked;
  if (decided && judgement.record) {
    const findings::Decision& decision = judgement.record->decision;
    report.digest = judgement.record->manifest.text();
    report.reasons = decision.reasons;
    report.verdict = verdict_of(decision);
    report.enforcement = decision.would_block ? Enforcement::audit : Enforcement::enforce;
    report.message = decision.summary;
  } else if (judgement.answer.status == gate::Status::blocked) {  // for its name, and nothing was fetched
    report.verdict = Verdict::block;
  }
  return report;
}

/// Where its layers come from and how it is started, for the report; the gate has looked at it already.
std::optional<oci::ImageConfig> config_of(blobs::Store& store, const Report& report) {
  const auto place = std::ranges::find(report.blobs, "config", &ReportedBlob::place);
  const auto digest =
      place == report.blobs.end() ? std::nullopt : std::optional(oci::Digest::parse(place->digest));
  if (!digest || !*digest) return std::nullopt;
  const auto blob = store.find(**digest);
  if (!blob || blob->size > oci::kMaxDocumentBytes) return std::nullopt;
  std::string text(static_cast<std::size_t>(blob->size), '\0');
  const auto got = util::read_full_at(blob->file->get(),
                                      std::as_writable_bytes(std::span<char>(text.data(), text.size())), 0);
  if (!got || *got != text.size()) return std::nullopt;
  const auto config = oci::parse_image_config(text);
  return config ? std::optional(*config) : std::nullopt;
}

std::string platform_of(const oci::Descriptor& entry) {
  return entry.platform ? entry.platform->text() : std::string("an image without a platform");
}

std::string platforms_of(const oci::Index& index) {
  std::string all;
  for (const oci::Descriptor& child : index.manifests) {
    if (child.platform) all.append(all.empty() ? "" : ", ").append(child.platform->text());
  }
  return all.empty() ? "none" : all;
}

/// Judges what one gate is asked for, with the images of an index.
class ImageJudge {
 public:
  ImageJudge(const ScanContext& context, const Source& source, gate::Gate& gate)
      : context_(context), source_(source), gate_(gate) {}

  std::vector<Report> judge(gate::ManifestRequest request) {
    add(request, "", kIndexDepth);
    return std::move(reports_);
  }

 private:
  void add(gate::ManifestRequest& request, const std::string& platform, int depth) {
    if (context_.activity.cancelled()) return add_failure("the scan was ended", platform);
    context_.activity.begin("judging " + (platform.empty() ? std::string("the image") : platform));
    auto judgement = gate_.judge(request);
    const bool index = judgement.answer.status == gate::Status::served &&
                       oci::classify(judgement.answer.media_type) == oci::MediaClass::index;
    if (index) return add_children(request, judgement, depth);
    Report report = to_report(source_, judgement);
    report.platform = platform;
    report.names = context_.stack.names().judge(request.host, request.repository.text());
    report.config = config_of(context_.stack.store(), report);
    if (platform.empty() && is_for_another_platform(report)) {
      return add_failure("it is an image for " + report.config->platform.text() +
                         ", and --platform asks for " + context_.settings.asked_platform->text());
    }
    if (context_.settings.contents == Contents::listed) {
      auto& inventory = context_.stack.records().inventory();
      for (ReportedBlob& blob : report.blobs) blob.files = files_in(blob.digest, inventory);
    }
    reports_.push_back(std::move(report));
  }

  /// What is bad is bad on any platform.
  bool is_for_another_platform(const Report& report) const {
    const auto& asked = context_.settings.asked_platform;
    return asked && report.config && report.verdict != Verdict::block &&
           !report.config->platform.satisfies(*asked);
  }

  void add_children(gate::ManifestRequest& request, const gate::Gate::Judgement& judgement, int depth) {
    const auto document = oci::parse_document(*judgement.answer.body, judgement.answer.media_type);
    if (!document || !std::holds_alternative<oci::Index>(*document)) {
      return add_failure("the index cannot be read");
    }
    const auto& index = std::get<oci::Index>(*document);
    if (depth == 0) return add_failure("an index in an index in an index is not followed");
    const auto& wanted = context_.settings.platform;
    const auto unwanted = [&](const oci::Descriptor& d) {
      return wanted && !(d.platform && d.platform->satisfies(*wanted));
    };
    auto children = index.manifests;
    std::erase_if(children, unwanted);
    if (children.empty()) {
      return add_failure("it has no image for " + (wanted ? wanted->text() : "any platform") + ", only for " +
                         platforms_of(index) + "; choose one with --platform, or all with --all-platforms");
    }
    if (wanted) children.erase(children.begin() + 1, children.end());  // a client takes the first that fits
    if (children.size() > kMostImages) {
      return add_failure("the index lists " + std::to_string(children.size()) + " images, at most " +
                         std::to_string(kMostImages) + " are judged");
    }
    for (const oci::Descriptor& child : children) {
      request.reference = child.digest;
      add(request, platform_of(child), depth - 1);
    }
  }

  void add_failure(std::string why, const std::string& platform = {}) {
    reports_.push_back(could_not_judge(source_, std::move(why)));
    reports_.back().platform = platform;
  }

  const ScanContext& context_;
  const Source& source_;
  gate::Gate& gate_;
  std::vector<Report> reports_;
};

/// `nginx:1.27` and `docker.io/library/nginx:1.27` are one name.
bool same_name(const std::string& a, const std::string& b) {
  if (a == b) return true;
  const auto left = oci::Reference::parse(a);
  const auto right = oci::Reference::parse(b);
  return left && right && left->canonical() == right->canonical();
}

gate::ManifestRequest request_for(std::string host, const oci::Repository& repository,
                                  const oci::TagOrDigest& reference) {
  return {std::move(host), repository, reference, gate::Method::get, {"", "", "portcullis-scan"}, {}};
}

}  // namespace

std::vector<Report> judge_reference(const ScanContext& context, const Source& source) {
  const auto reference = oci::Reference::parse(source.place);
  if (!reference) return {could_not_judge(source, reference.error().message)};
  const auto host = upstream_name(context.settings.config, reference->host());
  const Activity::Watching watching(context.activity, context.stack.gate());
  return ImageJudge(context, source, context.stack.gate())
      .judge(request_for(host, reference->repository(), reference->target()));
}

LayoutName layout_name(std::string_view kind, const std::optional<oci::Reference>& called) {
  if (called) return {called->host(), called->repository()};
  return {std::string(kind), *oci::Repository::parse("image")};
}

util::Result<std::vector<LayoutImage>> images_of(const upstream::Layout& layout, const Source& source) {
  std::vector<LayoutImage> images;
  std::string names;
  for (const oci::Descriptor& entry : layout.images()) {
    const auto annotation = entry.annotations.find(upstream::kLayoutNameAnnotation);
    const std::string name = annotation == entry.annotations.end() ? "" : annotation->second;
    if (!name.empty()) names.append(names.empty() ? "" : ", ").append(name);
    if (!source.name.empty() && (name.empty() || !same_name(name, source.name))) continue;
    // A saved image is listed once for each of its tags.
    if (std::ranges::find(images, entry.digest, &LayoutImage::digest) != images.end()) continue;
    const bool one = !source.name.empty() || layout.images().size() == 1;
    const std::string rest = name.empty() ? "@" + entry.digest.text() : ":" + name;
    const bool piped = source.kind == SourceKind::standard_input && !name.empty();
    images.push_back({entry.digest, piped ? name + " (" + source.original + ")"
                                    : one ? source.original
                                          : source.original + rest});
  }
  if (source.name.empty() && images.empty()) {
    return util::fail(util::ErrorKind::absent, layout.options().url + ": there is no image in it");
  }
  if (images.empty()) {
    // A lone image without a name, and the digest of one.
    const auto digest = oci::Digest::parse(source.name);
    const bool lone = layout.images().size() == 1 && (names.empty() || source.name == "latest");
    for (const oci::Descriptor& entry : layout.images()) {
      if (lone || (digest && entry.digest == *digest)) images.push_back({entry.digest, source.original});
    }
  }
  if (images.empty()) {
    return util::fail(util::ErrorKind::absent,
                      layout.options().url + ": there is no image named " + source.name +
                          (names.empty() ? "; none has a name" : "; there is: " + names));
  }
  if (images.size() > kMostImages) {
    return util::fail(util::ErrorKind::limit, layout.options().url + ": it lists " +
                                                  std::to_string(images.size()) + " images, at most " +
                                                  std::to_string(kMostImages) + " are judged");
  }
  return images;
}

std::vector<Report> judge_layout_images(const ScanContext& context, const Source& source,
                                        upstream::Layout& layout, const oci::Repository& repository,
                                        const std::vector<LayoutImage>& images) {
  const Activity::Ending ending(context.activity, [&layout] { layout.stop(); });
  const auto gate = context.stack.gate_before(layout);
  const Activity::Watching watching(context.activity, *gate);
  std::vector<Report> all;
  for (const LayoutImage& image : images) {
    const auto request = request_for(layout.options().name, repository, image.digest);
    for (Report& report : ImageJudge(context, source, *gate).judge(request)) {
      report.image = image.label;
      all.push_back(std::move(report));
    }
  }
  return all;
}

}  // namespace portcullis::cli
