// SPDX-License-Identifier: Apache-2.0
#include "listings.hpp"

#include <variant>

#include "portcullis/oci/listing.hpp"
#include "portcullis/util/log.hpp"

namespace portcullis::gate {
namespace {

/// Lists of one upstream that are asked for at once, and that wait for it.
constexpr std::size_t kThreads = 4;
constexpr std::size_t kQueued = 256;
constexpr int kMaxPages = 16;
constexpr std::size_t kMaxReferrers = 10'000;
/// Beyond either bound the memory starts anew.
constexpr std::size_t kMaxRemembered = 1024;
constexpr std::size_t kMaxRememberedDescriptors = 50'000;
constexpr std::chrono::seconds kTroubleTtl{5};
constexpr std::chrono::seconds kRetrySlow{30};

using Descriptors = std::vector<oci::Descriptor>;

Problem bad_answer(const upstream::Registry& registry, const std::string& what, const std::string& why) {
  return {Status::unreachable, util::safe_text(registry.options().name + ": " + what + ": " + why),
          std::nullopt};
}

/// The query of `<PATH?QUERY>; rel="next"`; empty when the link is no such thing. Where the path leads does
/// not matter: we ask at the place we know.
std::string next_query(const std::string& link) {
  const auto end = link.find('>');
  const auto question = link.find('?');
  if (!link.starts_with('<') || end == std::string::npos || question == std::string::npos || question > end) {
    return {};
  }
  if (link.find("rel=\"next\"", end) == std::string::npos &&
      link.find("rel=next", end) == std::string::npos) {
    return {};
  }
  return link.substr(question + 1, end - question - 1);
}

Attempt<void> add_index(const upstream::Registry& registry, const std::string& body,
                        const std::string& media_type, Descriptors& all) {
  auto document = oci::parse_document(body, media_type);
  if (!document) return tl::unexpected(bad_answer(registry, "list of referrers", document.error().message));
  auto* index = std::get_if<oci::Index>(&*document);
  if (index == nullptr) {
    return tl::unexpected(bad_answer(registry, "list of referrers", "it is no index"));
  }
  for (auto& entry : index->manifests) {
    if (all.size() == kMaxReferrers) {
      return tl::unexpected(bad_answer(registry, "list of referrers", "it has more than 10000 entries"));
    }
    entry.urls.clear();
    // A client would use it instead of a pull, and nobody would have scanned it.
    entry.data.reset();
    all.push_back(std::move(entry));
  }
  return {};
}

/// The list that clients keep under a tag at registries without the API. A client that is answered here
/// does not look for it any more, so we do.
Attempt<Descriptors> by_tag(upstream::Registry& registry, const oci::Repository& repository,
                            const oci::Digest& subject) {
  Descriptors all;
  const auto resolved = registry.resolve(repository, oci::referrers_tag(subject));
  if (!resolved && resolved.error().kind == util::ErrorKind::absent) return all;
  if (!resolved) return problem(resolved.error());
  // Anybody may give any manifest such a name.
  if (oci::classify(resolved->media_type) != oci::MediaClass::index) return all;
  const auto document = registry.manifest(repository, resolved->digest);
  if (!document) return problem(document.error());
  if (auto added = add_index(registry, document->bytes, document->media_type, all); !added) {
    return tl::unexpected(added.error());
  }
  return all;
}

bool has_no_api(const upstream::Failure& failure) {
  return failure.kind == util::ErrorKind::absent || failure.status == 405 || failure.status == 501;
}

Attempt<Descriptors> ask(upstream::Registry& registry, const oci::Repository& repository,
                         const oci::Digest& subject) {
  Descriptors all;
  std::string query;
  for (int page = 0; page < kMaxPages; ++page) {
    const auto answer = registry.referrers(repository, subject, query);
    if (!answer && page == 0 && has_no_api(answer.error())) return by_tag(registry, repository, subject);
    if (!answer) return problem(answer.error());
    if (auto added = add_index(registry, answer->body, answer->content_type, all); !added) {
      return tl::unexpected(added.error());
    }
    query = next_query(answer->link);
    if (query.empty()) return all;
  }
  return tl::unexpected(bad_answer(registry, "list of referrers", "it has more than 16 pages"));
}

template <class Value, class Work>
Attempt<Value> wait_for(SingleFlight<Attempt<Value>>& flight, const std::string& host, const std::string& key,
                        Work work, Listings::Deadline deadline) {
  const auto running = flight.run(host, key, std::move(work));
  if (!running) {
    return tl::unexpected(Problem{Status::failed, "too many lists are being asked for", kRetrySlow});
  }
  if (running->wait_until(deadline) == std::future_status::timeout) {
    return tl::unexpected(
        Problem{Status::unreachable, "the upstream registry takes too long to answer", kRetrySlow});
  }
  return running->get();
}

}  // namespace

Listings::Listings(const Parts& parts, std::chrono::milliseconds ttl)
    : parts_(parts), ttl_(ttl), pool_(kThreads, kQueued), referrers_flight_(pool_), tags_flight_(pool_) {}

void Listings::stop() {
  pool_.close(util::LanePool::Queued::run);
  pool_.join();
}

Attempt<Listings::Referrers> Listings::referrers(upstream::Registry& registry,
                                                 const ReferrersRequest& request, Deadline deadline) {
  const auto key = request.host + '/' + request.repository.text() + '@' + request.subject.text();
  {
    const std::lock_guard lock(mutex_);
    const auto known = remembered_.find(key);
    if (known != remembered_.end() && parts_.clock->now() < known->second.until) return known->second.answer;
  }
  auto work = [this, &registry, key, repository = request.repository,
               subject = request.subject]() -> Attempt<Referrers> {
    auto answer = ask(registry, repository, subject).map([](Descriptors all) {
      return std::make_shared<const Descriptors>(std::move(all));
    });
    if (!answer) {
      util::log::warn("the upstream did not say what refers to an image",
                      {{"image", key}, {"reason", answer.error().message}});
    }
    parts_.metrics->count("portcullis_referrers_total", {{"result", answer ? "ok" : "failed"}});
    remember(key, answer);
    return answer;
  };
  return wait_for<Referrers>(referrers_flight_, request.host, key, std::move(work), deadline);
}

void Listings::remember(const std::string& key, const Attempt<Referrers>& answer) {
  const std::size_t weight = answer ? (*answer)->size() : 0;
  const std::lock_guard lock(mutex_);
  if (remembered_.size() >= kMaxRemembered || remembered_descriptors_ + weight > kMaxRememberedDescriptors) {
    remembered_.clear();
    remembered_descriptors_ = 0;
  }
  const auto ttl = answer ? ttl_ : std::min<std::chrono::milliseconds>(ttl_, kTroubleTtl);
  remembered_.insert_or_assign(key, Remembered{answer, parts_.clock->now() + ttl});
  remembered_descriptors_ += weight;  // what was replaced counts on until the next new start
}

Attempt<Listings::TagPage> Listings::tags(upstream::Registry& registry, const TagsRequest& request,
                                          Deadline deadline) {
  auto work = [&registry, repository = request.repository, query = request.query]() -> Attempt<TagPage> {
    const auto answer = registry.tags(repository, query);
    if (!answer) return problem(answer.error());
    auto tags = oci::parse_tag_list(answer->body);
    if (!tags) return tl::unexpected(bad_answer(registry, "list of tags", tags.error().message));
    return TagPage{*std::move(tags), next_query(answer->link)};
  };
  const auto key = request.host + '/' + request.repository.text() + '?' + request.query;
  return wait_for<TagPage>(tags_flight_, request.host, key, std::move(work), deadline);
}

}  // namespace portcullis::gate
