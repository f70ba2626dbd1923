// SPDX-License-Identifier: Apache-2.0
//
// One fixture for everything that every backend must do; its tests stand in several files.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

#include "backend.hpp"
#include "portcullis/records/inventory.hpp"
#include "portcullis/records/search.hpp"
#include "portcullis/records/tokens.hpp"
#include "portcullis/records/waivers.hpp"
#include "samples.hpp"
#include "show.hpp"
#include "support/require.hpp"

namespace portcullis::records {

template <class T>
T value(util::Result<T> result) {
  if (!result) throw std::runtime_error(result.error().message);
  return std::move(*result);
}

inline void done(const util::Result<void>& result) { ASSERT_TRUE(result) << result.error().message; }

template <class T>
std::string shown(const util::Result<std::optional<T>>& result) {
  if (!result) return "error: " + result.error().message;
  return *result ? show(**result) : "nothing";
}

class Contract : public testing::TestWithParam<BackendKind> {
 protected:
  void SetUp() override {
    PORTCULLIS_REQUIRE(GetParam().available(), "the database server of Debian's package postgresql");
    backend_ = GetParam().make();
    reopen();
  }

  void reopen(OpenMode mode = OpenMode::create) {
    records_.reset();
    auto opened = backend_->open(mode);
    ASSERT_TRUE(opened) << opened.error().message;
    records_ = std::move(*opened);
  }

  std::vector<PullRow> pulls_of(const std::string& host, const std::string& repository, std::size_t limit) {
    PullQuery query;
    query.host = host;
    query.repository = repository;
    query.limit = limit;
    return value(records_->search().pulls(query)).pulls;
  }

  std::unique_ptr<Backend> backend_;
  std::unique_ptr<Records> records_;
};

}  // namespace portcullis::records
