#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Peak memory of `bochner fit` on 10^7 x 16 numbers from a .npy file (one byte each, random), 512
# frequencies (1,024 features), checkpoints included. Prints `stream_memory MIB <=300 VERDICT`.
# Usage: stream_memory.sh BOCHNER [--quick]     (--quick: 10^6 rows)
set -euo pipefail
bochner=$(realpath "$1")
rows=10000000
[ "${2-}" != --quick ] || rows=1000000
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
header="{'descr': '|u1', 'fortran_order': False, 'shape': ($rows, 17), }"
{
  # Magic, version 1.0, 118 bytes of header: 128 in all.
  printf '\x93NUMPY\x01\x00\x76\x00%-117s\n' "$header"
  head -c $((rows * 17)) /dev/urandom
} >"$scratch/rows.npy"
start=$SECONDS
"$bochner" fit --data "$scratch/rows.npy" --target 17 --frequencies 512 --lengthscale median \
  --ridge 1e-4 --checkpoint-seconds 5 -o "$scratch/model" >"$scratch/report" &
job=$!
peak=0
# The kernel keeps the high-water mark; the last one read is that of a fifth of a second before the end.
while mark=$(sed -n 's/^VmHWM:\s*\([0-9]*\) kB/\1/p' /proc/$job/status 2>/dev/null) && [ -n "$mark" ]; do
  peak=$mark
  sleep 0.2
done
wait $job
awk -v peak="$peak" -v rows=$rows -v seconds=$((SECONDS - start)) 'BEGIN {
  mib = peak / 1024
  printf "stream_memory %.0f <=300 %s MiB, %d rows in %d s\n", mib, (mib <= 300 ? "holds" : "short"),
    rows, seconds }'
