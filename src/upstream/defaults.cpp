// SPDX-License-Identifier: Apache-2.0
#include "portcullis/upstream/registry.hpp"

namespace portcullis::upstream {

std::vector<std::string> default_aliases(const std::string& name) {
  if (name == "docker.io") return {"registry-1.docker.io", "index.docker.io"};
  return {};
}

std::vector<Options> default_upstreams() {
  struct Row {
    const char* name;
    const char* url;
    std::vector<std::string> token_hosts;
  };
  const Row rows[] = {
      {"docker.io", "https://registry-1.docker.io", {"auth.docker.io"}},
      {"ghcr.io", "https://ghcr.io", {}},
      {"quay.io", "https://quay.io", {}},
      {"gcr.io", "https://gcr.io", {}},
      {"registry.k8s.io", "https://registry.k8s.io", {}},
      {"mcr.microsoft.com", "https://mcr.microsoft.com", {}},
      {"public.ecr.aws", "https://public.ecr.aws", {}},
      {"registry.gitlab.com", "https://registry.gitlab.com", {"gitlab.com"}},
      {"nvcr.io", "https://nvcr.io", {"authn.nvidia.com"}},
      {"docker.elastic.co", "https://docker.elastic.co", {"docker-auth.elastic.co"}},
  };
  std::vector<Options> upstreams;
  for (const Row& row : rows) {
    Options options;
    options.name = row.name;
    options.url = row.url;
    options.token_hosts = row.token_hosts;
    options.aliases = default_aliases(options.name);
    upstreams.push_back(std::move(options));
  }
  return upstreams;
}

}  // namespace portcullis::upstream
