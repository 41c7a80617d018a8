#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Training losses with attention by random features beside exact attention, with PyPI's PyTorch and a
# wheel of this tree. Where PyTorch cannot be had, it says so and measures nothing.
# Usage: training.sh VENV [--quick]
set -euo pipefail
venv=$1
shift
bash bench/attention_heads/torch.sh "$venv"
if ! "$venv/bin/python" -c 'import torch' 2>/dev/null; then
  echo "# skipped: training losses, PyTorch is not installed"
  exit 0
fi
"$venv/bin/python" -m pip install --quiet .
exec "$venv/bin/python" bench/torch/training.py "$@"
