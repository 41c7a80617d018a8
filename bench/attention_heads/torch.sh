#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# PyPI's newest PyTorch in an environment of its own (6 GB: it brings CUDA along); where it cannot be
# had, it says so.
# Usage: bash bench/attention_heads/torch.sh VENV
set -euo pipefail
mkdir -p "$(dirname "$1")"
if ! {
  { [ -x "$1/bin/python" ] || python3 -m venv "$1"; } &&
    "$1/bin/python" -m pip install --upgrade torch numpy
} >"$1.log" 2>&1; then
  echo "# PyPI's PyTorch was not installed (see $1.log)"
fi
