// SPDX-License-Identifier: Apache-2.0
//
// Numbers for texts that very many rows repeat: repositories, clients, images. Inside a write
// transaction; writers go one after the other, so a number looked up is not made twice.
#pragma once

#include <soci/soci.h>

#include <map>
#include <string>
#include <tuple>

#include "portcullis/oci/digest.hpp"
#include "portcullis/records/pull.hpp"

namespace portcullis::records {

/// Remembers what it looked up; lives for one transaction.
class Dimensions {
 public:
  explicit Dimensions(soci::session& session) : session_(session) {}

  long long name(const std::string& host, const std::string& repository);
  /// `manifest` is its digest, or empty for what is about the name alone.
  long long image(long long name, const std::string& manifest);
  long long client(const PullRecord& pull);

 private:
  soci::session& session_;
  std::map<std::pair<std::string, std::string>, long long> names_;
  std::map<std::pair<long long, std::string>, long long> images_;
  std::map<std::tuple<std::string, std::string, std::string>, long long> clients_;
};

}  // namespace portcullis::records
