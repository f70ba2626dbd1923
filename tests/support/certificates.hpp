// SPDX-License-Identifier: Apache-2.0
//
// A certificate authority of the test's own, by the openssl program.
#pragma once

#include <filesystem>
#include <string>

namespace portcullis::test {

struct KeyPair {
  std::filesystem::path cert;
  std::filesystem::path key;
};

class TestCa {
 public:
  /// Its files go below `directory`.
  explicit TestCa(const std::filesystem::path& directory, const std::string& name = "ca");

  const std::filesystem::path& cert() const { return own_.cert; }
  /// For 127.0.0.1 and localhost. `not_after` such as "20200101000000Z" makes one that has expired.
  KeyPair server(const std::string& name, const std::string& not_after = {}) const;
  /// `subject` such as "/O=Example/CN=runner-7".
  KeyPair client(const std::string& name, const std::string& subject) const;

 private:
  KeyPair issue(const std::string& name, const std::string& subject, const std::string& extensions,
                const std::string& not_after) const;

  std::filesystem::path directory_;
  KeyPair own_;
};

}  // namespace portcullis::test
