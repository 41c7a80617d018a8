#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Runs a program of ranks of torch.distributed in an environment with PyTorch (6 GB); the package is
# a wheel of this tree. Where PyTorch cannot be had, it says so and measures nothing.
# Usage: with_torch.sh VENV PROGRAM [--quick]
#   PYTHON   another Python, that has all of it
set -euo pipefail
venv=$1 program=$2
shift 2
python=${PYTHON-}
if [ -z "$python" ]; then
  bash bench/attention_heads/torch.sh "$venv"
  python=$venv/bin/python
  if ! "$python" -c 'import torch' 2>/dev/null; then
    echo "# skipped: $program, PyTorch is not installed"
    exit 0
  fi
  "$python" -m pip install --quiet .
fi
exec "$python" "$program" "$@"
