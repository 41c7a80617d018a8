# SPDX-License-Identifier: Apache-2.0
#
# To be sourced: what the two user commands need from Debian.

# Packages that every build of the project needs.
bochner_build_packages=(cmake ninja-build g++ libeigen3-dev libboost-math-dev libhwy-dev
  libcli11-dev nlohmann-json3-dev zlib1g-dev)

# require_packages PACKAGE...: installs those that are missing, as root or through sudo; where
# neither is possible it names them and returns 1.
require_packages() {
  local missing=() package
  if ! command -v dpkg-query >/dev/null; then
    echo "packages: this is not Debian; trusting that these are there: $*"
    return 0
  fi
  for package in "$@"; do
    dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed ||
      missing+=("$package")
  done
  if [ ${#missing[@]} -eq 0 ]; then
    echo "packages: all there"
    return 0
  fi
  local as_root=()
  if [ "$(id -u)" -ne 0 ]; then
    if command -v sudo >/dev/null && { sudo -n true 2>/dev/null || [ -t 0 ]; }; then
      as_root=(sudo)
    else
      echo "packages: please install: ${missing[*]}" >&2
      return 1
    fi
  fi
  echo "packages: installing ${missing[*]}"
  local log
  log=$(mktemp)
  if { "${as_root[@]}" apt-get update &&
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
      "${missing[@]}"; } >"$log" 2>&1; then
    rm -f "$log"
  else
    tail -n 20 "$log" >&2
    rm -f "$log"
    echo "packages: apt-get failed; please install: ${missing[*]}" >&2
    return 1
  fi
}

# configure_and_build PRESET LOG [CMAKE ARGUMENTS...]: one line for each step; the compiler's output
# goes to LOG and, when something fails, its end to stderr.
configure_and_build() {
  local preset=$1 log=$2 start=$SECONDS
  shift 2
  # With a cache a file that did not change is free; without one a dozen files at a time are cheaper.
  # Benchmarks are of the library as users build it, and `clang` looks at every file by itself.
  if command -v ccache >/dev/null; then
    set -- -DCMAKE_CXX_COMPILER_LAUNCHER=ccache -DCMAKE_UNITY_BUILD=OFF "$@"
  elif [[ $preset != bench && $preset != clang ]]; then
    set -- -DCMAKE_UNITY_BUILD=ON "$@"
  fi
  mkdir -p "$(dirname "$log")"
  # A build folder that came with a moved or copied tree cannot be used: start it afresh.
  if ! { cmake --preset "$preset" "$@" || cmake --fresh --preset "$preset" "$@"; } >"$log" 2>&1; then
    tail -n 40 "$log" >&2
    echo "$preset: not configured (see $log)"
    return 1
  fi
  if ! cmake --build --preset "$preset" >>"$log" 2>&1; then
    tail -n 60 "$log" >&2
    echo "$preset: not built (see $log)"
    return 1
  fi
  echo "$preset: built in $((SECONDS - start)) s"
}
