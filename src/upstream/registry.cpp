// SPDX-License-Identifier: Apache-2.0
#include "portcullis/upstream/registry.hpp"

#include <algorithm>
#include <exception>

#include "address.hpp"
#include "client.hpp"
#include "download.hpp"
#include "portcullis/oci/media_type.hpp"

namespace portcullis::upstream {
namespace {

using util::ErrorKind;

/// Documents are small: whoever needs longer is stalling.
constexpr std::chrono::milliseconds kDocumentTimeout{60'000};
constexpr std::size_t kMaxQuery = 1024;

tl::unexpected<Failure> failed(ErrorKind kind, std::string message, int status = 0) {
  Failure failure;
  failure.kind = kind;
  failure.status = status;
  failure.message = std::move(message);
  return tl::unexpected<Failure>(std::move(failure));
}

std::string accept_header() {
  std::string line = "Accept: ";
  for (const auto type : {oci::kOciIndex, oci::kDockerList, oci::kOciManifest, oci::kDockerManifest}) {
    line += std::string(type) + ", ";
  }
  return line + "application/json;q=0.1";
}

oci::Digest digest_like(const oci::Digest& wanted, const std::string& bytes) {
  if (wanted.algorithm() == util::HashAlgorithm::sha256) return oci::Digest::of(bytes);
  util::Hasher hasher(wanted.algorithm());
  hasher.update(bytes);
  return *oci::Digest::parse("sha512:" + hasher.finish_hex());
}

bool looks_like_json(const std::string& body) {
  const auto first = body.find_first_not_of(" \t\r\n");
  return first != std::string::npos && body[first] == '{';
}

/// `<https://host/v2/x/tags/list?last=b>; rel="next"` without the host; empty when it makes no sense.
std::string without_host(const Url& base, const std::string& link) {
  const auto end = link.find('>');
  if (link.empty() || link.front() != '<' || end == std::string::npos) return {};
  const auto target = resolve_url(base, link.substr(1, end - 1));
  if (!target) return {};
  const std::string query = target->query.empty() ? "" : "?" + target->query;
  return "<" + target->path + query + ">" + link.substr(end + 1);
}

class RemoteRegistry final : public Registry {
 public:
  RemoteRegistry(Options options, Url base, std::unique_ptr<Transport> transport, util::Metrics& metrics)
      : client_(std::move(options), std::move(base), std::move(transport), metrics) {}

  const Options& options() const override { return client_.options(); }
  Answer<Resolved> resolve(const oci::Repository& repository, const oci::TagOrDigest& reference) override;
  Answer<RawDocument> manifest(const oci::Repository& repository, const oci::TagOrDigest& reference) override;
  Answer<void> blob(const oci::Repository& repository, const oci::Digest& digest, std::uint64_t expected_size,
                    util::ByteSink& sink) override {
    return download(client_, repository, digest, expected_size, sink);
  }
  Answer<Passthrough> tags(const oci::Repository& repository, const std::string& query) override {
    return pass_through("tags", repository, "tags/list", query);
  }
  Answer<Passthrough> referrers(const oci::Repository& repository, const oci::Digest& digest,
                                const std::string& query) override {
    return pass_through("referrers", repository, "referrers/" + digest.text(), query);
  }
  Health status() const override { return client_.status(); }
  void stop() override { client_.transport().stop(); }

 private:
  struct Document {
    Head head;
    std::string body;
  };
  Answer<Document> document(Call call);
  Answer<Passthrough> pass_through(const std::string& kind, const oci::Repository& repository,
                                   const std::string& path, const std::string& query);
  std::string name_of(const oci::Repository& repository, const oci::TagOrDigest& reference) const {
    return options().name + ": manifest " + repository.text() + "/manifests/" + oci::to_string(reference);
  }

  Client client_;
};

Call manifest_call(Method method, const oci::Repository& repository, const oci::TagOrDigest& reference) {
  Call call;
  call.method = method;
  call.kind = "manifest";
  call.repository = repository.text();
  call.path = "manifests/" + oci::to_string(reference);
  call.headers = {accept_header()};
  return call;
}

Answer<RemoteRegistry::Document> RemoteRegistry::document(Call call) {
  Document out;
  call.total_timeout = kDocumentTimeout;
  call.on_body = [&out](const Head&, std::span<const std::byte> bytes) -> util::Result<void> {
    if (out.body.size() + bytes.size() > oci::kMaxDocumentBytes) {
      return util::fail(ErrorKind::limit, "the document is larger than 4 MiB");
    }
    out.body.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    return {};
  };
  auto head = client_.persist(call, [&out] { out.body.clear(); });
  if (!head) return tl::unexpected(std::move(head.error().failure));
  out.head = std::move(*head);
  return out;
}

Answer<Resolved> RemoteRegistry::resolve(const oci::Repository& repository,
                                         const oci::TagOrDigest& reference) {
  auto head = document(manifest_call(Method::head, repository, reference));
  const bool head_unsupported = !head && (head.error().status == 405 || head.error().status == 501);
  if (!head && !head_unsupported) return tl::unexpected(std::move(head.error()));
  if (head) {
    auto digest = oci::Digest::parse(head->head.header("docker-content-digest"));
    const auto size = head->head.number("content-length");
    const std::string& type = head->head.header("content-type");
    if (digest && size && !type.empty()) {
      const auto* asked = std::get_if<oci::Digest>(&reference);
      if (asked && *asked != *digest) {
        return failed(ErrorKind::corrupt,
                      name_of(repository, reference) + ": it answers with another digest, " + digest->text());
      }
      return Resolved{std::move(*digest), oci::without_parameters(type), *size};
    }
  }
  auto whole = manifest(repository, reference);
  if (!whole) return tl::unexpected(std::move(whole.error()));
  return Resolved{whole->digest, whole->media_type, whole->bytes.size()};
}

Answer<RawDocument> RemoteRegistry::manifest(const oci::Repository& repository,
                                             const oci::TagOrDigest& reference) {
  auto answer = document(manifest_call(Method::get, repository, reference));
  if (!answer) return tl::unexpected(std::move(answer.error()));
  const std::string& type = answer->head.header("content-type");
  if (!looks_like_json(answer->body)) {
    return failed(ErrorKind::corrupt,
                  name_of(repository, reference) + ": the answer is no JSON document, Content-Type: " + type,
                  answer->head.status);
  }
  // The digest asked for must match; for a tag, the one the registry says.
  std::optional<oci::Digest> wanted;
  if (const auto* asked = std::get_if<oci::Digest>(&reference)) {
    wanted = *asked;
  } else if (auto said = oci::Digest::parse(answer->head.header("docker-content-digest"))) {
    wanted = std::move(*said);
  }
  const auto actual = wanted ? digest_like(*wanted, answer->body) : oci::Digest::of(answer->body);
  if (wanted && actual != *wanted) {
    return failed(ErrorKind::corrupt,
                  name_of(repository, reference) + ": the bytes received have the digest " + actual.text() +
                      ", expected " + wanted->text(),
                  answer->head.status);
  }
  return RawDocument{actual, oci::without_parameters(type), std::move(answer->body)};
}

Answer<Registry::Passthrough> RemoteRegistry::pass_through(const std::string& kind,
                                                           const oci::Repository& repository,
                                                           const std::string& path,
                                                           const std::string& query) {
  const bool clean =
      query.size() <= kMaxQuery && std::all_of(query.begin(), query.end(), [](char c) {
        return c > ' ' && c <= '~' && c != '#' && c != '"' && c != '<' && c != '>' && c != '\\';
      });
  if (!clean) {
    return failed(ErrorKind::invalid, options().name + ": " + kind + " " + repository.text() +
                                          ": a query is at most 1024 printable characters, saw: " + query);
  }
  Call call;
  call.kind = kind;
  call.repository = repository.text();
  call.path = path;
  call.query = query;
  call.headers = {"Accept: application/json, " + std::string(oci::kOciIndex)};
  auto answer = document(std::move(call));
  if (!answer) return tl::unexpected(std::move(answer.error()));
  if (!looks_like_json(answer->body)) {
    return failed(ErrorKind::corrupt,
                  options().name + ": " + kind + " " + repository.text() + ": the answer is no JSON document",
                  answer->head.status);
  }
  return Passthrough{answer->head.status, answer->head.header("content-type"),
                     without_host(client_.base(), answer->head.header("link")), std::move(answer->body)};
}

}  // namespace

util::Result<std::unique_ptr<Registry>> connect(Options options, util::Metrics& metrics) {
  const std::string where = "upstream " + options.name;
  auto base = parse_url(options.url);
  if (!base) return util::fail(where, std::move(base.error()));
  if (!base->query.empty()) {
    return util::fail(ErrorKind::invalid, where + ": the URL must not have a query (e.g. https://ghcr.io)");
  }
  while (!base->path.empty() && base->path.back() == '/') base->path.pop_back();
  if (!base->is_https() && host_kind(base->host) != HostKind::loopback && !options.allow_plain_http) {
    return util::fail(ErrorKind::invalid, where +
                                              ": plain http to a host that is not loopback needs plain http "
                                              "allowed for it explicitly, saw: " +
                                              base->origin());
  }
  options.attempts = std::max(1, options.attempts);
  try {
    auto transport = Transport::create(options, *base);
    if (!transport) return util::fail(where, std::move(transport.error()));
    return std::make_unique<RemoteRegistry>(std::move(options), std::move(*base), std::move(*transport),
                                            metrics);
  } catch (const std::exception& e) {
    return util::fail(ErrorKind::internal, where + ": " + e.what());
  }
}

}  // namespace portcullis::upstream
