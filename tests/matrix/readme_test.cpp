// SPDX-License-Identifier: Apache-2.0
//
// README.md says about clients what matrix_test.cpp expects of them.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "readme.hpp"
#include "support/paths.hpp"
#include "support/temp_dir.hpp"

namespace portcullis::matrix {
namespace {

const std::filesystem::path kReadme = std::filesystem::path(test::source_path()) / "README.md";
constexpr std::string_view kBegin = "<!-- client matrix: written by tests/matrix -->\n";
constexpr std::string_view kEnd = "<!-- client matrix: end -->\n";

TEST(ClientMatrix, ReadmeSaysTheSame) {
  const auto text = test::slurp(kReadme);
  const auto begin = text.find(kBegin);
  const auto end = text.find(kEnd);
  ASSERT_NE(begin, std::string::npos) << "README.md lacks the line " << kBegin;
  ASSERT_NE(end, std::string::npos) << "README.md lacks the line " << kEnd;
  const auto from = begin + kBegin.size();
  if (std::getenv("PORTCULLIS_UPDATE") != nullptr) {
    test::write_file(kReadme, text.substr(0, from) + as_markdown() + text.substr(end));
    return;
  }
  EXPECT_EQ(text.substr(from, end - from), as_markdown())
      << "tests/matrix/expected.cpp and README.md differ. To write the README from the table:\n"
         "  PORTCULLIS_UPDATE=1 build/tests/portcullis_matrix_test --gtest_filter='*ReadmeSaysTheSame'";
}

}  // namespace
}  // namespace portcullis::matrix
