// SPDX-License-Identifier: Apache-2.0
//
// What is in an image: its blobs and their scans, remembered or new.
#include <algorithm>
#include <array>
#include <functional>
#include <numeric>
#include <thread>

#include "judge.hpp"
#include "portcullis/policy/explanation.hpp"
#include "portcullis/util/text.hpp"
#include "structure.hpp"

namespace portcullis::gate {
namespace {

/// Work in the background waits so long, before each blob, for clients that wait for a verdict.
constexpr std::chrono::seconds kMakeWay{30};
constexpr std::chrono::milliseconds kLookAgain{20};

bool is_rescan(Purpose purpose) { return purpose != Purpose::asked && purpose != Purpose::decide_again; }

Scans::Believe believe(Purpose purpose) {
  if (purpose == Purpose::afresh) return Scans::Believe::nothing;
  return is_rescan(purpose) ? Scans::Believe::all_but_luck : Scans::Believe::remembered;
}

/// The largest is asked for first: what takes longest must not be what everybody waits for at the end.
std::vector<std::size_t> largest_first(const std::vector<ImagePart>& parts) {
  std::vector<std::size_t> order(parts.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, std::greater(), [&](std::size_t i) { return parts[i].descriptor.size; });
  return order;
}

}  // namespace

Attempt<std::optional<findings::Decision>> Judge::look_inside(const Task& task, const oci::Manifest& manifest,
                                                              policy::Inputs& inputs, Judged& judged) {
  auto parts = image_parts(manifest);
  // Blocked as it stands: nothing is fetched. Audit mode and allowed repositories serve it all the
  // same, so there the rest is scanned too.
  // That decision is then the final one: made again, under other terms, it could serve what nobody scanned.
  const auto now = parts_.clock->now();
  auto as_it_stands = policy::decide(*task.policy, inputs, now);
  const bool by_name = policy::decide_name(*task.policy, inputs, now).action == findings::Action::block;
  if ((by_name || !inputs.structure.empty()) && as_it_stands.action == findings::Action::block)
    return as_it_stands;
  std::erase_if(parts, [](const ImagePart& part) { return !part.descriptor.urls.empty(); });

  const auto older = use_older_scans(task, parts, inputs);
  if (!older) return tl::unexpected(older.error());
  if (*older) {
    judged.record.profile = task.before->profile;
  } else if (auto scanned = scan_parts(task, parts, inputs); !scanned) {
    return tl::unexpected(scanned.error());
  }
  if (manifest.is_image()) {
    if (auto checked = check_documents(task, manifest, inputs); !checked)
      return tl::unexpected(checked.error());
    if (auto read = read_config(task, manifest.config, inputs); !read) return tl::unexpected(read.error());
  }
  return std::nullopt;
}

Attempt<void> Judge::scan_parts(const Task& task, const std::vector<ImagePart>& parts,
                                policy::Inputs& inputs) {
  const auto repository = *oci::Repository::parse(task.key.repository);
  task.line.plan(parts);
  std::vector<std::shared_future<Scans::Result>> scans(parts.size());
  for (const std::size_t i : largest_first(parts)) {
    if (task.purpose != Purpose::asked) make_way();
    if (task.purpose != Purpose::asked && stopping_) {
      return tl::unexpected(Problem{Status::failed, "shutting down", std::nullopt});
    }
    auto running = scans_.scan(task.registry, repository, parts[i], believe(task.purpose));
    scans[i] = running.result;
    task.line.begin(i, std::move(running));
    // In the background one after the other: clients find the other scanners free.
    if (task.purpose != Purpose::asked && !scans[i].get()) return tl::unexpected(scans[i].get().error());
  }
  std::optional<Problem> trouble;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const auto& result = scans[i].get();
    if (!result) {
      if (!trouble) trouble = result.error();
      continue;
    }
    if (task.purpose == Purpose::rescan && Scans::may_be_bad_luck(result->outcome)) {
      trouble =
          Problem{Status::failed,
                  util::safe_text(parts[i].place + " could not be scanned again: " +
                                  std::string(findings::to_string(result->outcome)) + ", " + result->reason),
                  std::nullopt};
    }
    inputs.blobs.push_back({parts[i].descriptor.digest, parts[i].place, *result});
  }
  if (trouble) return tl::unexpected(*trouble);
  return {};
}

void Judge::make_way() const {
  const auto until = std::chrono::steady_clock::now() + kMakeWay;
  while (!stopping_ && memory_.board.busy() && std::chrono::steady_clock::now() < until) {
    std::this_thread::sleep_for(kLookAgain);
  }
}

Attempt<bool> Judge::use_older_scans(const Task& task, const std::vector<ImagePart>& parts,
                                     policy::Inputs& inputs) {
  const auto& before = task.before;
  if (is_rescan(task.purpose) || !before || before->profile == task.profile || !may_stand(*before)) {
    return false;
  }
  bool all_present = true;
  std::vector<policy::ScannedBlob> older;
  for (const auto& part : parts) {
    auto present = scans_.remembered(part, task.profile, Scans::Believe::remembered);
    if (!present) return tl::unexpected(present.error());
    all_present = all_present && *present;
    if (*present) {
      // Another image showed that the present rules find something in it: they decide.
      policy::Inputs alone{task.key.host, task.key.repository, task.key.manifest, {}, {}, {}, {}, {}, {}};
      alone.waivers = inputs.waivers;
      alone.blobs.push_back({part.descriptor.digest, part.place, **present});
      const auto decision = policy::decide(*task.policy, alone, parts_.clock->now());
      if (decision.action == findings::Action::block || decision.would_block) return false;
    }
    auto old = scans_.remembered(part, before->profile, Scans::Believe::remembered);
    if (!old) return tl::unexpected(old.error());
    if (!*old) return false;
    older.push_back({part.descriptor.digest, part.place, **std::move(old)});
  }
  if (all_present) return false;  // no need for older ones
  inputs.blobs = std::move(older);
  return true;
}

bool Judge::read_before(const Task& task) const {
  constexpr std::array kFromBytes = {"config:config_too_large", "config:config_unreadable",
                                     "manifest:manifest_unlisted_layer_type"};
  // A cooldown also asks what the config says of its age.
  const auto settings = policy::effective(*task.policy, task.key.host + '/' + task.key.repository);
  if (!task.before || task.before->decision.action == findings::Action::block ||
      settings.cooldown.count() > 0) {
    return false;
  }
  return std::ranges::none_of(task.before->decision.reasons, [&](const findings::Reason& reason) {
    return std::ranges::find(kFromBytes, reason.code) != kFromBytes.end();
  });
}

Attempt<void> Judge::read_config(const Task& task, const oci::Descriptor& config, policy::Inputs& inputs) {
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
  const auto text = read_blob(task, config, config.size);
  if (!text) return tl::unexpected(text.error());
  if (!*text) return {};
  const auto parsed = oci::parse_image_config(**text);
  if (!parsed) {
    refuse("config_unreadable", parsed.error().message);
    return {};
  }
  inputs.created = util::parse_rfc3339(parsed->created);
  return {};
}

Attempt<void> Judge::check_documents(const Task& task, const oci::Manifest& manifest,
                                     policy::Inputs& inputs) {
  for (std::size_t i = 0; i < manifest.layers.size(); ++i) {
    const auto& layer = manifest.layers[i];
    if (!is_document_type(layer.media_type) || !layer.urls.empty()) continue;
    const auto head = read_blob(task, layer, kTarBlock);
    if (!head) return tl::unexpected(head.error());
    if (*head && !begins_as_document(**head)) {
      inputs.structure.push_back(unlisted_layer_type("layer " + std::to_string(i + 1), layer.media_type));
    }
  }
  return {};
}

Attempt<std::optional<std::string>> Judge::read_blob(const Task& task, const oci::Descriptor& wanted,
                                                     std::size_t size) {
  if (read_before(task) && !parts_.store->contains(wanted.digest)) return std::nullopt;
  const auto blob = scans_.fetch(task.registry, *oci::Repository::parse(task.key.repository), wanted)->wait();
  if (!blob) return problem("fetching blob " + wanted.digest.short_hex(), blob.error());
  std::string text(std::min<std::uint64_t>(blob->size, size), '\0');
  const auto got = util::read_full_at(blob->file->get(),
                                      std::as_writable_bytes(std::span<char>(text.data(), text.size())), 0);
  if (!got) return failure("a blob cannot be read from the store", got.error());
  text.resize(*got);
  return text;
}

}  // namespace portcullis::gate
