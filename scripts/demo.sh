#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# The story of Portcullis in half a minute: a registry with a clean and an infected image,
# Portcullis in front of it, a client that pulls both.
#
# usage: scripts/demo.sh [BIN_DIRECTORY]    (`make demo` runs it; the default is build/bin)
#
# Needs docker-registry and skopeo; uses free loopback ports, no network, and one temporary
# directory that is gone afterwards. Exits non-zero when the story did not go as it should.
set -euo pipefail

bin=${1:-$(dirname "$0")/../build/bin}
portcullis=$bin/portcullis
for tool in docker-registry skopeo curl tar gzip sha256sum "$portcullis"; do
  command -v "$tool" >/dev/null || { echo "demo: this needs $tool" >&2; exit 69; }
done

if [[ -t 1 && -z ${NO_COLOR:-} ]]; then
  bold=$'\e[1m' green=$'\e[32m' red=$'\e[31m' dim=$'\e[2m' plain=$'\e[0m'
else
  bold='' green='' red='' dim='' plain=''
fi
step() { printf '\n%s%s%s\n' "$bold" "$1" "$plain"; }
say() { printf '  %s\n' "$1"; }
quote() { sed "s/^/    $dim| /; s/\$/$plain/"; }

work=$(mktemp -d)
registry_pid=''
portcullis_pid=''
stop() { # PID
  [[ -n $1 ]] || return 0
  kill "$1" 2>/dev/null || true
  wait "$1" 2>/dev/null || true
}
clean_up() {
  local status=$?
  stop "$portcullis_pid"
  stop "$registry_pid"
  if ((status != 0)) && [[ -f $work/portcullis.log ]]; then
    printf '\n%sThe demo did not go as it should.%s Last lines of the log of Portcullis:\n' "$red" "$plain"
    tail -n 20 "$work/portcullis.log" | quote
  fi
  rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 130' INT TERM

port_is_free() { ! (: <"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }
free_port() {
  local port
  while port=$((12000 + RANDOM % 20000)); ! port_is_free "$port"; do :; done
  echo "$port"
}
wait_for() { # URL PID
  local tries
  for ((tries = 0; tries < 300; ++tries)); do
    curl -fsS -o /dev/null --noproxy '*' "$1" 2>/dev/null && return
    kill -0 "$2" 2>/dev/null || break
    sleep 0.1
  done
  echo "demo: nothing answers at $1" >&2
  return 1
}

# --- building images: an OCI layout is three kinds of JSON and some tar files -------------------

layout=$work/layout
mkdir -p "$layout/blobs/sha256"
printf '{"imageLayoutVersion":"1.0.0"}' >"$layout/oci-layout"

add_blob() { # FILE -> "digest" and size as JSON members
  local hex
  hex=$(sha256sum "$1" | cut -d' ' -f1)
  cp "$1" "$layout/blobs/sha256/$hex"
  printf '"digest":"sha256:%s","size":%s' "$hex" "$(stat -c %s "$1")"
}

build_image() { # TAG DIRECTORY... (one layer each) -> index entry
  local tag=$1 directory diff_ids='' layers='' config manifest
  shift
  for directory in "$@"; do
    tar --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner -cf "$work/layer.tar" -C "$directory" .
    diff_ids+=",\"sha256:$(sha256sum "$work/layer.tar" | cut -d' ' -f1)\""
    gzip -nf "$work/layer.tar"
    layers+=",{\"mediaType\":\"application/vnd.oci.image.layer.v1.tar+gzip\",$(add_blob "$work/layer.tar.gz")}"
  done
  printf '{"architecture":"amd64","os":"linux","config":{"Cmd":["/bin/sh"]},"rootfs":{"type":"layers","diff_ids":[%s]}}' \
    "${diff_ids#,}" >"$work/config.json"
  config="{\"mediaType\":\"application/vnd.oci.image.config.v1+json\",$(add_blob "$work/config.json")}"
  printf '{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":%s,"layers":[%s]}' \
    "$config" "${layers#,}" >"$work/manifest.json"
  manifest="\"mediaType\":\"application/vnd.oci.image.manifest.v1+json\",$(add_blob "$work/manifest.json")"
  printf '{%s,"annotations":{"org.opencontainers.image.ref.name":"%s"}}' "$manifest" "$tag"
}

step '1. Two images, one of them infected'
mkdir -p "$work/base/bin" "$work/base/etc" "$work/app/srv" "$work/bad/opt/tool"
cp "$(command -v busybox || command -v sh)" "$work/base/bin/sh"
echo 'root:x:0:0:root:/:/bin/sh' >"$work/base/etc/passwd"
echo '<h1>It works</h1>' >"$work/app/srv/index.html"
# The EICAR test file: harmless, and what every scanner must find. Put together here, so that this
# script does not contain it.
# shellcheck disable=SC2016 # these are not expansions
printf '%s%s%s%s' 'X5O!P%@AP[4\PZX54(P^)' '7CC)7}$EICAR-STANDARD' '-ANTIVIRUS-TEST-FI' 'LE!$H+H*' \
  >"$work/bad/opt/tool/update.com"
entries="$(build_image clean "$work/base" "$work/app"),$(build_image infected "$work/base" "$work/bad" "$work/app")"
printf '{"schemaVersion":2,"manifests":[%s]}' "$entries" >"$layout/index.json"
say 'demo/shop:clean     2 layers'
say 'demo/shop:infected  3 layers, the EICAR test file in the second'

step '2. A registry that holds them'
upstream=127.0.0.1:$(free_port)
mkdir -p "$work/registry"
cat >"$work/registry.yml" <<YML
version: 0.1
log: {level: error, accesslog: {disabled: true}}
storage: {filesystem: {rootdirectory: $work/registry}}
http: {addr: '$upstream'}
YML
docker-registry serve "$work/registry.yml" >"$work/registry.log" 2>&1 &
registry_pid=$!
wait_for "http://$upstream/v2/" "$registry_pid"
for tag in clean infected; do
  skopeo --insecure-policy copy -q --dest-tls-verify=false "oci:$layout:$tag" "docker://$upstream/demo/shop:$tag"
done
say "docker-registry on $upstream, it serves anything to anyone"

step '3. Portcullis in front of it'
listen=127.0.0.1:$(free_port)
admin=127.0.0.1:$(free_port)
"$portcullis" serve --listen "$listen" --admin-listen "$admin" --data "$work/data" \
  --upstream "docker.io=http://$upstream" >"$work/portcullis.log" 2>&1 &
portcullis_pid=$!
wait_for "http://$admin/readyz" "$portcullis_pid"
say "portcullis serve --listen $listen --upstream docker.io=http://$upstream"

pull() { # TAG
  skopeo --insecure-policy copy -q --src-tls-verify=false "docker://$listen/docker.io/demo/shop:$1" "dir:$work/pulled-$1" \
    >"$work/pull.log" 2>&1
}

step '4. Pulling the clean image'
say "\$ skopeo copy docker://$listen/docker.io/demo/shop:clean ..."
pull clean || { quote <"$work/pull.log"; echo "demo: the clean image was not served" >&2; exit 1; }
say "${green}It arrived${plain}, after every layer was scanned."

step '5. Pulling the infected image'
say "\$ skopeo copy docker://$listen/docker.io/demo/shop:infected ..."
if pull infected; then
  echo "demo: the infected image was served" >&2
  exit 1
fi
grep -o 'denied: BLOCKED by Portcullis:.*' "$work/pull.log" | tr -d '"' | quote ||
  { quote <"$work/pull.log"; echo "demo: the pull failed, but not because of Portcullis" >&2; exit 1; }
say "${red}It was blocked${plain}, and the client was told the rule, the file and the layer."

step '6. The same, with the registry gone'
stop "$registry_pid"
registry_pid=''
rm -rf "$work/pulled-clean"
pull clean || { quote <"$work/pull.log"; echo "demo: the clean image was not served from the cache" >&2; exit 1; }
say "${green}The clean image is served from the cache${plain}, without another scan."
if pull infected; then
  echo "demo: the infected image was served" >&2
  exit 1
fi
say "${red}The infected one stays blocked.${plain}"

step 'What Portcullis recorded'
say '$ portcullis events'
"$portcullis" events --data "$work/data" | tee "$work/events" | quote
grep -q eicar_test_file "$work/events" || { echo "demo: no event tells about the block" >&2; exit 1; }
say "\$ curl http://$admin/metrics"
curl -fsS --noproxy '*' "http://$admin/metrics" | grep -E '^portcullis_(scans|decisions)_total' | quote

step 'Where to look next'
say "make run                   Portcullis on 127.0.0.1:5000, in front of Docker Hub and other public registries"
say "portcullis scan IMAGE      the same judgement for a CI pipeline: exit code 0 clean, 1 blocked"
say "portcullis doctor          is a block really a block from here?"
say "README.md                  pointing docker, containerd and podman at it, and what a mirror can enforce"
