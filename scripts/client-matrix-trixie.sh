#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# The client matrix (tests/matrix) with the newer clients of Debian 13: docker, containerd, podman and skopeo from
# a debootstrap tree, Portcullis from this build. Needs root; the first run downloads about 250 MB, and the tree
# (700 MB) is kept for the next one.
#   scripts/client-matrix-trixie.sh [BUILD_DIRECTORY]
# TRIXIE_ROOT says where the tree is, default $XDG_CACHE_HOME/portcullis/trixie.
set -eu
cd "$(dirname "$0")/.."

build=${1:-build}
root=${TRIXIE_ROOT:-${XDG_CACHE_HOME:-$HOME/.cache}/portcullis/trixie}
packages="ca-certificates containerd docker.io docker-cli podman skopeo"

[ "$(id -u)" -eq 0 ] || {
  echo "client-matrix-trixie.sh: must run as root (chroot, network namespaces)" >&2
  exit 1
}
[ -x "$build/tests/portcullis_matrix_test" ] || {
  echo "client-matrix-trixie.sh: no $build/tests/portcullis_matrix_test: make test builds it" >&2
  exit 1
}

# From where this machine gets its own Debian packages.
mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Identifier: Packages' 'Origin: Debian' | head -n 1)
if [ ! -e "$root/.complete" ]; then
  mkdir -p "$root"
  [ -e "$root/etc/debian_version" ] || debootstrap --variant=minbase trixie "$root" "${mirror%/}"
  # No service starts inside; the tests start what they need.
  printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
  chmod 755 "$root/usr/sbin/policy-rc.d"
  chroot "$root" apt-get update
  # shellcheck disable=SC2086  # a list
  DEBIAN_FRONTEND=noninteractive chroot "$root" apt-get install -y --no-install-recommends $packages
  chroot "$root" apt-get clean
  touch "$root/.complete"
fi

PORTCULLIS_CLIENTS_ROOT=$root "$build/tests/portcullis_matrix_test" --gtest_filter='ClientMatrix.*'
