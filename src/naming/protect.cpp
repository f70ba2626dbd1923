// SPDX-License-Identifier: Apache-2.0
#include "protect.hpp"

#include "portcullis/oci/reference.hpp"
#include "portcullis/util/text.hpp"

namespace portcullis::naming {
namespace {

constexpr std::string_view kAll = "/*";

}  // namespace

std::string Target::full() const {
  std::string text = host + '/';
  if (!name_space.empty()) text += name_space + '/';
  return text + repository;
}

Target target_of(std::string_view host, std::string_view repository, std::uint32_t rank) {
  Target target{.host = util::to_lower_ascii(host), .name_space = {}, .repository = {}, .rank = rank};
  target.repository = util::to_lower_ascii(repository);
  const auto slash = target.repository.find('/');
  if (slash == std::string::npos) return target;
  target.name_space = target.repository.substr(0, slash);
  target.repository.erase(0, slash + 1);
  return target;
}

util::Result<Protected> parse_protected(const std::vector<std::string>& entries) {
  Protected result;
  for (const std::string& entry : entries) {
    const bool all = entry.ends_with(kAll);
    const auto name =
        util::to_lower_ascii(std::string_view(entry).substr(0, entry.size() - (all ? kAll.size() : 0)));
    const bool whole_host = name.find('/') == std::string::npos && oci::looks_like_host(name);
    if (whole_host) {
      const auto host = oci::parse_host(name);
      if (!host) return util::fail("names.protect", host.error());
      result.hosts.push_back(*host);
      continue;
    }
    const auto reference = oci::Reference::parse(name);
    if (!reference) return util::fail("names.protect", reference.error());
    const Target target = target_of(reference->host(), reference->repository().text(), kOwnRank);
    if (all) {
      // Reference fills in library/ where only the namespace was written.
      result.namespaces.push_back(target.name_space == "library" ? target.repository : target.name_space);
    } else {
      result.repositories.push_back(target);
    }
  }
  return result;
}

}  // namespace portcullis::naming
