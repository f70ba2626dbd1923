// SPDX-License-Identifier: Apache-2.0
//
// Kubernetes: the files of containerd and CRI-O in a ConfigMap, and a DaemonSet that puts them on every
// node.
#include <algorithm>

#include "portcullis/api/client_config.hpp"

namespace portcullis::api {
namespace {

/// What a key of a ConfigMap may hold (`[-._a-zA-Z0-9]+`).
std::string key_of(std::string path) {
  path.erase(0, 1);
  std::ranges::replace_if(
      path, [](char c) { return c == '/' || c == ':' || c == '[' || c == ']'; }, '_');
  return path;
}

std::string indented(const std::string& text, const std::string& by) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const auto end = std::min(text.find('\n', at), text.size());
    if (end != at) out += by + text.substr(at, end - at);
    out += '\n';
    at = end + 1;
  }
  return out;
}

std::string config_map(const std::vector<ConfigFile>& files) {
  std::string text =
      "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: portcullis-client\n  namespace: "
      "kube-system\ndata:\n";
  for (const ConfigFile& file : files) {
    text += "  \"" + key_of(file.path) + "\": |\n" + indented(file.content, "    ");
  }
  return text;
}

std::string daemon_set(const std::vector<ConfigFile>& files) {
  std::string items;
  for (const ConfigFile& file : files) {
    items += "              - key: \"" + key_of(file.path) + "\"\n                path: \"" +
             file.path.substr(1) + "\"\n";
  }
  return R"(apiVersion: apps/v1
kind: DaemonSet
metadata:
  name: portcullis-client
  namespace: kube-system
spec:
  selector:
    matchLabels: {app: portcullis-client}
  template:
    metadata:
      labels: {app: portcullis-client}
    spec:
      tolerations: [{operator: Exists}]
      automountServiceAccountToken: false
      initContainers:
        - name: install
          image: docker.io/library/busybox:stable
          command:
            - sh
            - -euc
            - |
              # -L: the files of a ConfigMap are links.
              if [ -d /host/containerd ]; then mkdir -p /host/containerd/certs.d; cp -RL /files/etc/containerd/certs.d/. /host/containerd/certs.d/; fi
              if [ -d /host/containers ]; then cp -RL /files/etc/containers/. /host/containers/; fi
          volumeMounts:
            - {name: files, mountPath: /files}
            - {name: containerd, mountPath: /host/containerd}
            - {name: containers, mountPath: /host/containers}
      containers:
        - name: pause
          image: registry.k8s.io/pause:3.9
      volumes:
        - name: containerd
          hostPath: {path: /etc/containerd}
        - name: containers
          hostPath: {path: /etc/containers, type: DirectoryOrCreate}
        - name: files
          configMap:
            name: portcullis-client
            items:
)" + items;
}

}  // namespace

ClientConfig kubernetes_config(const ClientConfigJob& job) {
  ClientConfig out;
  out.notes = {
      "kubernetes: images are pulled by the container runtime of each node, so the files below go to the "
      "nodes:",
      "by what makes your nodes (best: then a node never pulls without them), or by the DaemonSet, with",
      "`kubectl apply -f`. With them a refusal holds and the origin is never contacted, even while "
      "Portcullis",
      "is down. containerd must have config_path = \"/etc/containerd/certs.d\" (see client-config "
      "containerd),",
      "CRI-O reads its file on SIGHUP. Pods that run before the DaemonSet does are pulled as before, and",
      "whoever can change a node's files can change these: egress control closes both.",
  };
  auto files = containerd_config(job).files;
  for (auto& file : podman_config(job).files) files.push_back(std::move(file));
  out.files.push_back({"portcullis-client.yaml", config_map(files) + "---\n" + daemon_set(files)});
  return out;
}

}  // namespace portcullis::api
