// SPDX-License-Identifier: Apache-2.0
//
// Manifests as tools write them, for the tests of the reader.
#pragma once

#include <string>

#include "portcullis/oci/digest.hpp"

namespace portcullis::oci::documents {

inline std::string digest_text(char fill) { return "sha256:" + std::string(64, fill); }

inline std::string descriptor(const std::string& media_type, char fill, const std::string& more = "") {
  return R"({"mediaType":")" + media_type + R"(","size":1234,"digest":")" + digest_text(fill) + "\"" + more +
         "}";
}

/// What `docker push` uploads.
inline std::string docker_manifest() {
  return R"({
   "schemaVersion": 2,
   "mediaType": "application/vnd.docker.distribution.manifest.v2+json",
   "config": )" +
         descriptor("application/vnd.docker.container.image.v1+json", 'a') + R"(,
   "layers": [
      )" +
         descriptor("application/vnd.docker.image.rootfs.diff.tar.gzip", 'b') + ",\n      " +
         descriptor("application/vnd.docker.image.rootfs.diff.tar.gzip", 'c') + "\n   ]\n}";
}

/// What buildah and umoci write: no mediaType of its own.
inline std::string oci_manifest() {
  return R"({"schemaVersion":2,"config":)" + descriptor("application/vnd.oci.image.config.v1+json", 'a') +
         R"(,"layers":[)" + descriptor("application/vnd.oci.image.layer.v1.tar+gzip", 'b') +
         R"(],"annotations":{"org.opencontainers.image.base.name":"x","Layers":"free map","layers":"too"}})";
}

/// What BuildKit pushes: two platforms, one with its attestation.
inline std::string buildkit_index() {
  const std::string type = "application/vnd.oci.image.manifest.v1+json";
  return R"({"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[)" +
         descriptor(type, 'a', R"(,"platform":{"architecture":"amd64","os":"linux"})") + "," +
         descriptor(type, 'b', R"(,"platform":{"architecture":"arm64","os":"linux","variant":"v8"})") + "," +
         descriptor(type, 'c',
                    R"(,"annotations":{"vnd.docker.reference.digest":")" + digest_text('a') +
                        R"(","vnd.docker.reference.type":"attestation-manifest"},)"
                        R"("platform":{"architecture":"unknown","os":"unknown"})") +
         "]}";
}

inline std::string docker_list() {
  return R"({"schemaVersion":2,"mediaType":"application/vnd.docker.distribution.manifest.list.v2+json","manifests":[)" +
         descriptor("application/vnd.docker.distribution.manifest.v2+json", 'a',
                    R"(,"platform":{"architecture":"amd64","os":"windows","os.version":"10.0.17763.1",)"
                    R"("os.features":["win32k"]})") +
         "]}";
}

inline std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const auto at = text.find(from);
  return at == std::string::npos ? text : text.replace(at, from.size(), to);
}

}  // namespace portcullis::oci::documents
