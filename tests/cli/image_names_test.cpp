// SPDX-License-Identifier: Apache-2.0
#include "image_names.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace portcullis::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::vector<std::string> texts(const std::vector<ImageName>& names) {
  std::vector<std::string> out;
  for (const auto& name : names) out.push_back(name.text + " " + std::to_string(name.line));
  return out;
}

TEST(ImageNames, OfADockerfile) {
  const auto found = image_names_of("dir/Dockerfile", R"(# syntax=docker/dockerfile:1
# a comment
ARG BASE=alpine TAG="3.20"
ARG REGISTRY
FROM --platform=$BUILDPLATFORM golang:1.23 AS Build
RUN <<EOF
FROM not-an-instruction
EOF
RUN --mount=type=bind,from=busybox:1,target=/x true
from ${BASE}:${TAG} \
  # a comment in between
  as second
FROM ${REGISTRY}/app
COPY --from=build /a /a
COPY --from=0 /a /a
COPY --chown=1 --from=nginx:latest /a /a
FROM second
FROM scratch
FROM ${OTHER:-debian}:12
ONBUILD COPY --from=redis /a /a
)");
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_THAT(texts(found->names),
              ElementsAre("docker/dockerfile:1 1", "golang:1.23 5", "busybox:1 9", "alpine:3.20 10",
                          "nginx:latest 16", "debian:12 19", "redis 20"));
  EXPECT_THAT(texts(found->skipped), ElementsAre("${REGISTRY}/app 13"));
}

TEST(ImageNames, OfADockerfileForWindows) {
  const auto found =
      dockerfile_images("# escape=`\r\nFROM mcr.microsoft.com/windows `\r\n AS a\r\nFROM a\r\n");
  ASSERT_TRUE(found);
  EXPECT_THAT(texts(found->names), ElementsAre("mcr.microsoft.com/windows 2"));
}

TEST(ImageNames, OfCompose) {
  const auto found = image_names_of("compose.yaml", R"(
services:
  web: { image: "nginx:1.27", build: . }
  db:
    image: ${DB_IMAGE:-postgres:16}
  other:
    image: $UNKNOWN
  built:
    build: ./image
)");
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_THAT(texts(found->names), ElementsAre("nginx:1.27 3", "postgres:16 5"));
  EXPECT_THAT(texts(found->skipped), ElementsAre("$UNKNOWN 7"));
}

TEST(ImageNames, OfKubernetes) {
  const auto found = image_names_of("all.yml", R"(apiVersion: batch/v1
kind: CronJob
spec: {jobTemplate: {spec: {template: {spec: {
  initContainers: [{image: busybox}], containers: [{image: ghcr.io/o/job:1}]}}}}}
---
kind: Deployment
spec:
  template:
    spec:
      containers:
      - image: nginx
      - {{- if .Values.x }}
      - image: "{{ .Values.image }}:{{ .Values.tag }}"
      {{- end }}
      volumes:
      - image: {reference: quay.io/o/data:1}
---
image: {registry: docker.io, repository: bitnami/redis, tag: "7"}
)");
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_THAT(texts(found->names), ElementsAre("busybox 4", "ghcr.io/o/job:1 4", "nginx 11",
                                               "quay.io/o/data:1 16", "docker.io/bitnami/redis:7 18"));
  EXPECT_EQ(found->skipped.size(), 1U);
}

TEST(ImageNames, OfWhatIsNeither) {
  const auto text = image_names_of("list.txt", "nginx\nredis\n");
  ASSERT_FALSE(text);
  EXPECT_THAT(text.error().message, HasSubstr("--file"));
  const auto broken = image_names_of("a.yaml", "a: [b\n");
  ASSERT_FALSE(broken);
  EXPECT_THAT(broken.error().message, HasSubstr("no valid YAML"));
  EXPECT_TRUE(image_names_of("empty.yaml", "")->names.empty());
}

TEST(ImageNames, OfYamlThatGrowsWithoutEnd) {
  std::string bomb = "a0: &a0 [image, image]\n";
  for (int i = 1; i < 40; ++i) {
    const std::string before = "*a" + std::to_string(i - 1);
    bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + before + ", " + before + "]\n";
  }
  const auto found = yaml_images(bomb);
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().kind, util::ErrorKind::limit);
  EXPECT_FALSE(yaml_images(std::string(100'000, '[')));
}

}  // namespace
}  // namespace portcullis::cli
