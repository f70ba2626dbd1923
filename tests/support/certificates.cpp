// SPDX-License-Identifier: Apache-2.0
#include "support/certificates.hpp"

#include "support/process.hpp"
#include "support/temp_dir.hpp"

namespace portcullis::test {
namespace {

/// `openssl ca`, because `openssl x509` of OpenSSL 3.0 cannot date back.
constexpr const char* kCaConfig =
    "[ca]\ndefault_ca=x\n[x]\nnew_certs_dir=.\ndatabase=index\nserial=serial\ndefault_md=sha256\n"
    "policy=p\nunique_subject=no\nemail_in_dn=no\nrand_serial=yes\ncopy_extensions=copy\n[p]\n"
    "organizationName=optional\ncommonName=supplied\n";

}  // namespace

TestCa::TestCa(const std::filesystem::path& directory, const std::string& name)
    : directory_(directory / name), own_{directory_ / "ca.pem", directory_ / "ca.key"} {
  std::filesystem::create_directories(directory_);
  write_file(directory_ / "index", "");
  write_file(directory_ / "config", kCaConfig);
  run_ok({.argv = {"openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
                   "-nodes", "-keyout", own_.key.string(), "-out", own_.cert.string(), "-days", "30", "-subj",
                   "/CN=Test CA " + name}});
}

KeyPair TestCa::server(const std::string& name, const std::string& not_after) const {
  return issue(name, "/CN=127.0.0.1", "subjectAltName=IP:127.0.0.1,DNS:localhost", not_after);
}

KeyPair TestCa::client(const std::string& name, const std::string& subject) const {
  return issue(name, subject, "extendedKeyUsage=clientAuth", {});
}

KeyPair TestCa::issue(const std::string& name, const std::string& subject, const std::string& extensions,
                      const std::string& not_after) const {
  const KeyPair pair{directory_ / (name + ".pem"), directory_ / (name + ".key")};
  const auto request = (directory_ / (name + ".csr")).string();
  run_ok({.argv = {"openssl", "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                   "-keyout", pair.key.string(), "-out", request, "-subj", subject, "-addext", extensions}});
  Command sign{
      .argv = {"openssl", "ca", "-batch", "-notext", "-config", "config", "-cert", own_.cert.string(),
               "-keyfile", own_.key.string(), "-in", request, "-out", pair.cert.string()},
      .cwd = directory_};
  if (not_after.empty()) {
    sign.argv.insert(sign.argv.end(), {"-days", "20"});
  } else {
    sign.argv.insert(sign.argv.end(), {"-startdate", "20190101000000Z", "-enddate", not_after});
  }
  run_ok(sign);
  return pair;
}

}  // namespace portcullis::test
