#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# bochner.torch against performer-pytorch and PyTorch's own attention, all from PyPI in an environment
# of their own (6 GB) but the package, which is a wheel of this tree. Where PyTorch cannot be had, it
# says so and measures nothing.
# Usage: compare.sh VENV [--quick]
set -euo pipefail
venv=$1
shift
bash bench/attention_heads/torch.sh "$venv"
if ! "$venv/bin/python" -c 'import torch' 2>/dev/null; then
  echo "# skipped: bochner.torch, PyTorch is not installed"
  exit 0
fi
"$venv/bin/python" -m pip install --quiet performer-pytorch==1.1.4 .
exec "$venv/bin/python" bench/torch/compare.py "$@"
