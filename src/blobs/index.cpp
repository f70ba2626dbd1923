// SPDX-License-Identifier: Apache-2.0
#include "index.hpp"

namespace portcullis::blobs {

Index::Entry& Index::add(const oci::Digest& digest, std::uint64_t size) {
  if (Entry* known = find(digest)) {
    use(*known);
    return *known;
  }
  Entry& entry = entries_[digest];
  entry.size = size;
  entry.place = order_.insert(order_.end(), digest);
  bytes_ += size;
  return entry;
}

Index::Entry* Index::find(const oci::Digest& digest) {
  const auto it = entries_.find(digest);
  return it == entries_.end() ? nullptr : &it->second;
}

bool Index::remove(const oci::Digest& digest) {
  const auto it = entries_.find(digest);
  if (it == entries_.end()) return false;
  bytes_ -= it->second.size;
  order_.erase(it->second.place);
  entries_.erase(it);
  return true;
}

std::vector<oci::Digest> Index::shrink(std::uint64_t max_bytes, const oci::Digest& keep) {
  std::vector<oci::Digest> gone;
  for (auto it = order_.begin(); it != order_.end() && bytes_ > max_bytes;) {
    const oci::Digest digest = *it++;
    if (digest == keep || !find(digest)->file.expired()) continue;
    remove(digest);
    gone.push_back(digest);
  }
  return gone;
}

}  // namespace portcullis::blobs
