// SPDX-License-Identifier: Apache-2.0
#include "judge.hpp"

#include <algorithm>
#include <functional>
#include <numeric>

#include "portcullis/util/log.hpp"
#include "portcullis/util/text.hpp"
#include "structure.hpp"

namespace portcullis::gate {
namespace {

constexpr std::size_t kReportIdLength = 8;

std::string media_type_of(const oci::Document& document, const std::string& declared) {
  const auto& written =
      std::visit([](const auto& d) -> const std::string& { return d.media_type; }, document);
  if (!written.empty()) return written;
  const bool index = std::holds_alternative<oci::Index>(document);
  const auto wanted = index ? oci::MediaClass::index : oci::MediaClass::manifest;
  if (oci::classify(declared) == wanted) return oci::without_parameters(declared);
  return std::string(index ? oci::kOciIndex : oci::kOciManifest);
}

bool same(const findings::Decision& a, const findings::Decision& b) {
  return a.action == b.action && a.would_block == b.would_block && a.summary == b.summary &&
         std::ranges::equal(a.reasons, b.reasons, [](const findings::Reason& x, const findings::Reason& y) {
           return x.action == y.action && x.code == y.code && x.text == y.text && x.waiver == y.waiver;
         });
}

std::string_view image_event(findings::Action action) {
  switch (action) {
    case findings::Action::allow:
      return "image-allowed";
    case findings::Action::warn:
      return "image-warned";
    case findings::Action::block:
      break;
  }
  return "image-blocked";
}

}  // namespace

Judge::Judge(const Parts& parts, const Options& options, Scans& scans, policy::Policy policy)
    : parts_(parts), options_(options), scans_(scans) {
  set_policy(std::move(policy));
}

void Judge::set_policy(policy::Policy policy) {
  auto fresh = std::make_shared<const policy::Policy>(std::move(policy));
  std::lock_guard lock(policy_mutex_);
  policy_fingerprint_ = fresh->fingerprint();
  policy_ = std::move(fresh);
}

std::shared_ptr<const policy::Policy> Judge::policy() const {
  std::lock_guard lock(policy_mutex_);
  return policy_;
}

bool Judge::current(const Judged& judged) const {
  if (judged.valid_until && parts_.clock->now() >= *judged.valid_until) return false;
  {
    std::lock_guard lock(policy_mutex_);
    if (judged.record.policy != policy_fingerprint_) return false;
  }
  return judged.record.profile == parts_.scanner->profile().id;
}

Attempt<Judge::Document> Judge::load(upstream::Registry& registry, const ImageKey& key,
                                     const std::optional<records::DecisionRecord>& before) {
  // A digest is no permission: our own copy is used only when this repository was seen to hold it.
  if (before) {
    if (const auto blob = parts_.store->find(key.manifest); blob && blob->size <= oci::kMaxDocumentBytes) {
      std::string body(blob->size, '\0');
      const auto got = util::read_full_at(
          blob->file->get(), std::as_writable_bytes(std::span<char>(body.data(), body.size())), 0);
      if (got && *got == body.size() && oci::Digest::of(body) == key.manifest) {
        return Document{std::make_shared<const std::string>(std::move(body)), before->manifest_media_type};
      }
      util::log::error("a stored manifest is damaged, asking the upstream",
                       {{"digest", key.manifest.text()}});
      parts_.store->remove(key.manifest);
    }
  }
  const auto repository = oci::Repository::parse(key.repository);
  auto answer = registry.manifest(*repository, key.manifest);
  if (!answer) return problem(answer.error());
  if (auto stored = parts_.store->put(answer->bytes); !stored) {
    return failure("the manifest could not be stored", stored.error());
  }
  return Document{std::make_shared<const std::string>(std::move(answer->bytes)), answer->media_type};
}

Attempt<Judge::Verdict> Judge::judge(upstream::Registry& registry, const ImageKey& key,
                                     const std::string& reference) {
  const auto before = parts_.records->find_decision(key.host, key.repository, key.manifest);
  if (!before) return failure("the decision records cannot be read", before.error());
  auto document = load(registry, key, *before);
  if (!document) return tl::unexpected(document.error());

  auto judged = std::make_shared<Judged>(Judged{.record = {.host = key.host,
                                                           .repository = key.repository,
                                                           .reference = reference,
                                                           .manifest = key.manifest,
                                                           .profile = parts_.scanner->profile().id},
                                                .body = document->body});
  policy::Inputs inputs{key.host, key.repository, key.manifest, {}, {}, {}, {}, {}, {}};

  // One policy for the whole judgement: a reload in the middle must not decide what another one looked at.
  const auto policy = this->policy();
  const auto waivers = parts_.records->active_waivers(parts_.clock->now());
  if (!waivers) return failure("the waivers cannot be read", waivers.error());
  inputs.waivers = *waivers;
  const auto first_seen = parts_.records->first_seen(inputs.manifest);
  if (!first_seen) return failure("the records cannot be read", first_seen.error());
  inputs.first_seen = *first_seen;

  std::optional<findings::Decision> as_it_stands;
  UnderWay::Stay stay;  // until the decision is on record
  auto parsed = oci::parse_document(*document->body, document->declared_type);
  if (!parsed && !*before && oci::parse_document(*document->body, "")) {
    // Only the Content-Type is wrong, and that is no fact about the digest to remember.
    return tl::unexpected(
        Problem{Status::unreachable,
                util::safe_text(key.host + ": manifest " + key.repository + "@" + key.manifest.short_hex() +
                                ": it is not what its Content-Type " + document->declared_type + " says"),
                std::nullopt});
  }
  if (!parsed) {
    judged->media_type = oci::without_parameters(document->declared_type);
    inputs.structure.push_back(manifest_finding("manifest_unreadable", parsed.error().message));
  } else {
    judged->media_type = media_type_of(*parsed, document->declared_type);
    if (const auto* index = std::get_if<oci::Index>(&*parsed)) {
      judged->children = index->manifests;
    } else {
      const auto& manifest = std::get<oci::Manifest>(*parsed);
      inputs.structure = check_structure(manifest, options_);
      judged->needs_its_config = inputs.structure.empty() && needs_its_config(manifest);
      for (const auto& [descriptor, place, kind] : image_parts(manifest)) {
        judged->record.blobs.push_back({descriptor.digest, descriptor.media_type, place, descriptor.size});
      }
      stay = under_way_.enter(*judged);
      auto looked = look_inside(*policy, registry, key, manifest, inputs);
      if (!looked) return tl::unexpected(looked.error());
      as_it_stands = *std::move(looked);
    }
  }
  judged->record.manifest_media_type = judged->media_type;
  if (auto done = conclude(*policy, inputs, as_it_stands, *before, *judged); !done)
    return tl::unexpected(done.error());
  return Verdict{std::move(judged), std::move(inputs.blobs)};
}

Attempt<std::optional<findings::Decision>> Judge::look_inside(const policy::Policy& policy,
                                                              upstream::Registry& registry,
                                                              const ImageKey& key,
                                                              const oci::Manifest& manifest,
                                                              policy::Inputs& inputs) {
  auto parts = image_parts(manifest);
  // Blocked as it stands: nothing is fetched. Audit mode and allowed repositories serve it all the
  // same, so there the rest is scanned too.
  // That decision is then the final one: made again, under other terms, it could serve what nobody scanned.
  auto as_it_stands = policy::decide(policy, inputs, parts_.clock->now());
  if (!inputs.structure.empty() && as_it_stands.action == findings::Action::block) return as_it_stands;
  std::erase_if(parts, [](const ImagePart& part) { return !part.descriptor.urls.empty(); });

  const auto repository = *oci::Repository::parse(key.repository);
  // The largest is asked for first: what takes longest must not be what everybody waits for at the end.
  std::vector<std::size_t> order(parts.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, std::greater(), [&](std::size_t i) { return parts[i].descriptor.size; });
  std::vector<std::shared_future<Scans::Result>> scans(parts.size());
  for (const std::size_t i : order) scans[i] = scans_.scan(registry, repository, parts[i]);
  std::optional<Problem> trouble;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const auto& result = scans[i].get();
    if (result) {
      inputs.blobs.push_back({parts[i].descriptor.digest, parts[i].place, *result});
    } else if (!trouble) {
      trouble = result.error();
    }
  }
  if (trouble) return tl::unexpected(*trouble);
  if (manifest.is_image()) {
    if (auto checked = check_documents(registry, key, manifest, inputs); !checked)
      return tl::unexpected(checked.error());
    if (auto read = read_config(registry, key, manifest.config, inputs); !read)
      return tl::unexpected(read.error());
  }
  return std::nullopt;
}

Attempt<void> Judge::read_config(upstream::Registry& registry, const ImageKey& key,
                                 const oci::Descriptor& config, policy::Inputs& inputs) {
  auto refuse = [&](const char* rule, std::string why) {
    auto finding = manifest_finding(rule, std::move(why));
    finding.source = findings::Source::config_check;
    finding.path = "config";
    inputs.structure.push_back(std::move(finding));
  };
  if (config.size > oci::kMaxDocumentBytes) {
    refuse("config_too_large", "the image config has " + util::format_size(config.size) + ", at most " +
                                   util::format_size(oci::kMaxDocumentBytes) + " are read");
    return {};
  }
  const auto text = read_blob(registry, key, config, config.size);
  if (!text) return tl::unexpected(text.error());
  const auto parsed = oci::parse_image_config(*text);
  if (!parsed) {
    refuse("config_unreadable", parsed.error().message);
    return {};
  }
  inputs.created = util::parse_rfc3339(parsed->created);
  return {};
}

Attempt<void> Judge::check_documents(upstream::Registry& registry, const ImageKey& key,
                                     const oci::Manifest& manifest, policy::Inputs& inputs) {
  for (std::size_t i = 0; i < manifest.layers.size(); ++i) {
    const auto& layer = manifest.layers[i];
    if (!is_document_type(layer.media_type) || !layer.urls.empty()) continue;
    const auto head = read_blob(registry, key, layer, kTarBlock);
    if (!head) return tl::unexpected(head.error());
    if (!begins_as_document(*head)) {
      inputs.structure.push_back(unlisted_layer_type("layer " + std::to_string(i + 1), layer.media_type));
    }
  }
  return {};
}

Attempt<std::string> Judge::read_blob(upstream::Registry& registry, const ImageKey& key,
                                      const oci::Descriptor& wanted, std::size_t size) {
  const auto blob = scans_.fetch(registry, *oci::Repository::parse(key.repository), wanted)->wait();
  if (!blob) return problem("fetching blob " + wanted.digest.short_hex(), blob.error());
  std::string text(std::min<std::uint64_t>(blob->size, size), '\0');
  const auto got = util::read_full_at(blob->file->get(),
                                      std::as_writable_bytes(std::span<char>(text.data(), text.size())), 0);
  if (!got) return failure("a blob cannot be read from the store", got.error());
  text.resize(*got);
  return text;
}

Attempt<void> Judge::conclude(const policy::Policy& policy, const policy::Inputs& inputs,
                              const std::optional<findings::Decision>& as_it_stands,
                              const std::optional<records::DecisionRecord>& before, Judged& judged) {
  const auto now = parts_.clock->now();
  auto& record = judged.record;
  record.policy = policy.fingerprint();
  record.decision = as_it_stands ? *as_it_stands : policy::decide(policy, inputs, now);
  record.at = now;
  judged.valid_until = policy::next_change(policy, inputs, now);

  // What a blocked layer said of its files is not believed any longer.
  if (record.decision.action == findings::Action::block) {
    for (const auto& blob : inputs.blobs) {
      const bool spotless =
          blob.result.outcome == findings::Outcome::complete && blob.result.findings.empty();
      if (!spotless) parts_.scanner->revoke(blob.digest.text());
    }
  }

  if (before && before->profile == record.profile && before->policy == record.policy &&
      same(before->decision, record.decision)) {
    record.id = before->id;
    record.at = before->at;
    return {};
  }
  record.id = util::random_id(kReportIdLength);
  records::Event event;
  event.at = now;
  event.action = image_event(record.decision.action);
  event.host = record.host;
  event.repository = record.repository;
  event.reference = record.reference;
  event.manifest = record.manifest.text();
  event.decision_id = record.id;
  event.message = record.decision.summary.empty() ? "clean" : record.decision.summary;
  if (auto written = parts_.records->put_decision(record, event); !written) {
    parts_.metrics->count("portcullis_records_errors_total", {{"what", "decisions"}});
    return failure("the decision could not be recorded", written.error());
  }
  parts_.metrics->count("portcullis_decisions_total",
                        {{"action", findings::to_string(record.decision.action)}});
  util::log::info("image judged", {{"image", record.host + '/' + record.repository},
                                   {"reference", record.reference},
                                   {"digest", record.manifest.text()},
                                   {"verdict", findings::to_string(record.decision.action)},
                                   {"reason", event.message},
                                   {"report", record.id}});
  return {};
}

}  // namespace portcullis::gate
