// SPDX-License-Identifier: Apache-2.0
//
// What `portcullis policy test` and `policy show` print.
#pragma once

#include <string>
#include <vector>

#include "portcullis/config/policy_files.hpp"
#include "portcullis/policy/explanation.hpp"

namespace portcullis::cli {

enum class Answer { allowed, warned, would_block, blocked, unknown };

/// `would_block`: audit mode serves it.
struct PolicyTest {
  std::string file;   ///< of the policy
  std::string image;  ///< as `docker.io/library/nginx:latest`
  util::TimePoint at{};
  Answer answer = Answer::unknown;
  std::vector<std::string> notes;
  const policy::Policy& policy;
  policy::Explanation explanation;
};

std::string render_text(const PolicyTest& test);
/// Schema `portcullis.policy-test/1`.
std::string render_json(const PolicyTest& test);

std::string render_text(const std::string& file, const config::PolicyFile& policy);
/// Schema `portcullis.policy/1`.
std::string render_json(const std::string& file, const config::PolicyFile& policy);

}  // namespace portcullis::cli
