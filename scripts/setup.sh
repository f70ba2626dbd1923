#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Installs the Debian packages that are missing (Debian 12 and 13). Asks apt only then.
#   setup.sh build   to build and run
#   setup.sh test    and to run every test, the demo and the benchmark
#   setup.sh full    and to format, lint and fuzz
set -eu

build="cmake g++ ninja-build pkg-config
  libarchive-dev libboost-dev libcli11-dev libcpp-httplib-dev libcrypt-dev libcurl4-openssl-dev libexpected-dev
  libgmock-dev libgtest-dev libicu-dev libisal-dev libpq-dev libseccomp-dev libsoci-dev libspdlog-dev
  libsqlite3-dev libssl-dev libtomlplusplus-dev libyaml-cpp-dev libyara-dev libzstd-dev nlohmann-json3-dev
  prometheus-cpp-dev"
# Debian's, unless there is another one: its packages exclude these.
if ! command -v node >/dev/null 2>&1 || ! command -v npm >/dev/null 2>&1; then build="$build nodejs npm"; fi
test="binutils buildah busybox-static ca-certificates chromium containerd curl debootstrap docker-registry docker.io
  git iproute2 isal libarchive-tools libxml2-utils openssl podman postgresql procps prometheus python3
  python3-jsonschema python3-yaml rsyslog skopeo sqlite3 umoci wrk yara zstd"
full="clang clang-format clang-tidy libclang-rt-dev"

case "${1:-build}" in
  build) wanted="$build" ;;
  test) wanted="$build $test" ;;
  full) wanted="$build $test $full" ;;
  *)
    echo "usage: setup.sh build|test|full" >&2
    exit 64
    ;;
esac

if ! command -v dpkg-query >/dev/null 2>&1; then
  echo "setup.sh: this is not Debian; have these (or what they are called here) yourself: $(echo $wanted)" >&2
  exit 0
fi

missing=""
for package in $wanted; do
  status=$(dpkg-query -W -f='${Status}' "$package" 2>/dev/null || true)
  [ "$status" = "install ok installed" ] || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

if [ "$(id -u)" -eq 0 ]; then
  as_root=""
elif command -v sudo >/dev/null 2>&1 && { sudo -n true 2>/dev/null || [ -t 0 ]; }; then
  as_root="sudo"
else
  echo "setup.sh: packages are missing, and they cannot be installed from here. As root:" >&2
  echo "  apt-get update && apt-get install -y --no-install-recommends$missing" >&2
  exit 1
fi

echo "setup.sh: installing$missing"
$as_root apt-get update
# Services of the test tools must not start by themselves: tests start what they need.
policy=/usr/sbin/policy-rc.d
placed=""
if [ ! -e "$policy" ]; then
  printf '#!/bin/sh\nexit 101\n' | $as_root tee "$policy" >/dev/null
  $as_root chmod 755 "$policy"
  placed=yes
fi
result=0
$as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $missing || result=$?
[ -z "$placed" ] || $as_root rm -f "$policy"
exit "$result"
