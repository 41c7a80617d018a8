#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# A sequence cut over ranks of torch.distributed against one process, in an environment with PyTorch
# (6 GB); the package is a wheel of this tree. Where PyTorch cannot be had, it says so and measures
# nothing.
# Usage: sequence.sh VENV [--quick]
#   PYTHON   another Python, that has all of it
set -euo pipefail
venv=$1
shift
python=${PYTHON-}
if [ -z "$python" ]; then
  bash bench/attention_heads/torch.sh "$venv"
  python=$venv/bin/python
  if ! "$python" -c 'import torch' 2>/dev/null; then
    echo "# skipped: sequence_parallel, PyTorch is not installed"
    exit 0
  fi
  "$python" -m pip install --quiet .
fi
exec "$python" bench/scaling/sequence.py "$@"
