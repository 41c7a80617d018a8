#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# No public header but bochner/eigen.hpp knows Eigen.
# Usage: eigen_includes.sh ROOT
set -euo pipefail
cd "$1"
! grep -rnE '#[[:space:]]*include[[:space:]]*[<"](unsupported/)?Eigen|\bEigen::' include \
  --exclude=eigen.hpp
