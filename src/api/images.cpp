// SPDX-License-Identifier: Apache-2.0
//
// What was judged here: images, their layers, the files in them.
#include <algorithm>

#include "body.hpp"
#include "story.hpp"

namespace portcullis::api {
namespace {

constexpr std::size_t kShared = 20;  ///< images that a layer is looked for in
constexpr std::size_t kPullers = 200;

/// `{digest}` of the path.
std::string_view word_for(records::InventoryState state) {
  switch (state) {
    case records::InventoryState::unknown:
      return "unknown";
    case records::InventoryState::in_part:
      return "in_part";
    case records::InventoryState::whole:
      return "whole";
  }
  return "unknown";
}

Outcome<oci::Digest> digest_of(const Call& call) {
  const auto& text = call.path.find("digest")->second;
  auto digest = oci::Digest::parse(text);
  if (!digest) return bad_request("expected a digest such as sha256:<64 hex digits>, saw " + hostile(text));
  return *std::move(digest);
}

Json page_json(const records::ImagePage& page) {
  return {{"images", list(page.images)}, {"next", to_text(page.next)}};
}

/// The blobs of a decision, each with the other images that have it.
util::Result<Json> shared_blobs(Service& service, const records::DecisionRecord& decision) {
  Json all = Json::array();
  for (const auto& blob : decision.blobs) {
    const auto scan = scan_of(service, blob, decision.profile);
    if (!scan) return tl::unexpected(scan.error());
    const auto page =
        service.parts.records->search().images({.digest = blob.digest.text(), .limit = kShared + 1});
    if (!page) return tl::unexpected(page.error());
    Json others = Json::array();
    for (const auto& image : page->images) {
      if (image.manifest == decision.manifest && image.repository == decision.repository &&
          image.host == decision.host) {
        continue;
      }
      if (others.size() < kShared) {
        others.push_back({{"name", image_name(image.host, image.repository)},
                          {"manifest", image.manifest.text()},
                          {"decision", hostile(image.decision_id)},
                          {"action", findings::to_string(image.action)}});
      }
    }
    auto json = blob_json(blob, *scan);
    json["shared_with"] = std::move(others);
    json["shared_with_more"] = page->images.size() > kShared;
    all.push_back(std::move(json));
  }
  return all;
}

}  // namespace

Outcome<Answer> list_images(Service& service, Call& call) {
  static constexpr std::string_view kOrders[] = {"newest_decision", "newest_pull"};
  auto& q = call.query;
  records::ImageQuery query{.host = q.text("host"),
                            .repository = q.text("repository"),
                            .text = q.text("text"),
                            .digest = q.text("digest"),
                            .file_hash = q.text("file_hash"),
                            .path = q.text("path"),
                            .rule = q.text("rule"),
                            .client = q.text("client"),
                            .waiver = q.text("waiver"),
                            .action = q.action("action"),
                            .after = q.page(),
                            .limit = q.limit()};
  if (q.choice("order", kOrders) == kOrders[1]) query.order = records::ImageQuery::Order::newest_pull;
  if (q.problem()) return tl::unexpected(*q.problem());
  const auto page = service.parts.records->search().images(query);
  if (!page) return unavailable("images", page.error());
  return json_answer(page_json(*page));
}

Outcome<Answer> get_image(Service& service, Call& call) {
  const auto digest = digest_of(call);
  if (!digest) return tl::unexpected(digest.error());
  const auto host = call.query.text("host");
  const auto repository = call.query.text("repository");
  if (call.query.problem()) return tl::unexpected(*call.query.problem());
  auto& records = *service.parts.records;
  auto page = records.search().images(
      {.host = host, .repository = repository, .digest = digest->text(), .limit = kMaxLimit});
  if (!page) return unavailable("images", page.error());
  std::erase_if(page->images, [&](const auto& image) { return image.manifest != *digest; });
  if (page->images.empty())
    return not_found("no image with the manifest " + digest->text() + " was judged here");
  const auto decision = records.find_decision(page->images.front().decision_id);
  if (!decision) return unavailable("decision", decision.error());
  Json blobs = Json::array();
  if (*decision) {
    auto shared = shared_blobs(service, **decision);
    if (!shared) return unavailable("layers", shared.error());
    blobs = *std::move(shared);
  }
  const auto pullers = records.search().pullers(
      {.manifest = *digest, .host = host, .repository = repository, .limit = kPullers});
  if (!pullers) return unavailable("pullers", pullers.error());
  return json_answer({{"manifest", digest->text()},
                      {"images", list(page->images)},
                      {"blobs", std::move(blobs)},
                      {"pullers", list(*pullers)}});
}

Outcome<Answer> rescan_image(Service& service, Call& call) {
  static constexpr std::string_view kMembers[] = {"host", "repository", "digest"};
  const auto body = Body::parse(call.request, kMembers);
  if (!body) return tl::unexpected(body.error());
  const auto digest = oci::Digest::parse(body->text("digest"));
  if (!digest) return bad_request("digest: " + digest.error().message);
  const auto name = image_name(body->text("host"), body->text("repository"));
  const auto queued = service.parts.gate->rescan(body->text("host"), body->text("repository"), *digest);
  if (!queued) {
    switch (queued.error().kind) {
      case util::ErrorKind::absent:
        return not_found(queued.error().message);
      case util::ErrorKind::invalid:
        return bad_request(queued.error().message);
      default:
        return unavailable("rescan", queued.error());
    }
  }
  auto event = audit_event(service, call, "rescan-requested", name + " is to be scanned again");
  event.host = body->text("host");
  event.repository = body->text("repository");
  event.manifest = digest->text();
  if (auto written = service.parts.records->put_event(event); !written) {
    return unavailable("it will be scanned again, but no event could be written", written.error());
  }
  return json_answer({{"queued", true}}, 202);
}

Outcome<Answer> get_layer(Service& service, Call& call) {
  const auto digest = digest_of(call);
  if (!digest) return tl::unexpected(digest.error());
  const records::ImageQuery query{
      .digest = digest->text(), .after = call.query.page(), .limit = call.query.limit()};
  if (call.query.problem()) return tl::unexpected(*call.query.problem());
  auto& records = *service.parts.records;
  const auto page = records.search().images(query);
  if (!page) return unavailable("images", page.error());
  // How it was scanned depends on the media type that a manifest gives it.
  Json blob = nullptr;
  for (const auto& image : page->images) {
    const auto decision = records.find_decision(image.decision_id);
    if (!decision) return unavailable("decision", decision.error());
    if (!*decision) continue;
    const auto found = std::ranges::find((*decision)->blobs, *digest, &records::ImageBlob::digest);
    if (found == (*decision)->blobs.end()) continue;
    const auto scan = scan_of(service, *found, (*decision)->profile);
    if (!scan) return unavailable("scan", scan.error());
    blob = blob_json(*found, *scan);
    if (*scan) break;
  }
  if (blob.is_null() && query.after.empty()) {
    return not_found("no image that was judged here has the layer " + digest->text());
  }
  const auto state = records.inventory().state(*digest);
  if (!state) return unavailable("inventory", state.error());
  auto json = page_json(*page);
  json["blob"] = std::move(blob);
  json["inventory"] = word_for(*state);
  return json_answer(json);
}

Outcome<Answer> list_layer_files(Service& service, Call& call) {
  const auto digest = digest_of(call);
  if (!digest) return tl::unexpected(digest.error());
  const auto after = call.query.bytes("cursor");
  const auto limit = call.query.limit();
  if (call.query.problem()) return tl::unexpected(*call.query.problem());
  auto& inventory = service.parts.records->inventory();
  const auto state = inventory.state(*digest);
  if (!state) return unavailable("inventory", state.error());
  if (*state == records::InventoryState::unknown)
    return not_found("the files of layer " + digest->text() + " are not known here");
  auto files = inventory.files(*digest, after, limit + 1);
  if (!files) return unavailable("inventory", files.error());
  const bool more = files->size() > limit;
  if (more) files->resize(limit);
  Json all = Json::array();
  for (const auto& file : *files) {
    all.push_back({{"path", hostile(file.path)},
                   {"hash", hostile(file.hash)},
                   {"size", file.size},
                   {"type", hostile(file.type)},
                   {"setuid", file.setuid}});
  }
  return json_answer(
      {{"files", std::move(all)}, {"next", more ? to_hex(files->back().path) : std::string()}});
}

Outcome<Answer> find_files(Service& service, Call& call) {
  const auto hash = call.query.text("hash");
  const auto path = call.query.text("path");
  const auto limit = call.query.limit();
  if (call.query.problem()) return tl::unexpected(*call.query.problem());
  if (hash.empty() == path.empty()) return bad_request("expected either hash or path");
  auto& search = service.parts.records->search();
  records::Exposure exposure;
  if (!hash.empty()) {
    auto found = search.exposure(hash, limit);
    if (!found) return unavailable("files", found.error());
    exposure = *std::move(found);
  } else {
    auto places = search.files(path, limit);
    if (!places) return unavailable("files", places.error());
    auto images = search.images({.path = path, .limit = limit});
    if (!images) return unavailable("images", images.error());
    exposure = {*std::move(places), std::move(images->images), {}, !images->next.empty()};
    exposure.truncated |= exposure.places.size() >= limit;
  }
  return json_answer({{"places", list(exposure.places)},
                      {"images", list(exposure.images)},
                      {"pullers", list(exposure.pullers)},
                      {"truncated", exposure.truncated}});
}

}  // namespace portcullis::api
