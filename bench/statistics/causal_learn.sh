#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Power and time of the conditional test against causal-learn's, both from PyPI in an environment of
# their own; the package is a wheel of this tree.
# Usage: causal_learn.sh [--quick]     see causal_learn.py
#   PYTHON   another Python, that has all of it
set -euo pipefail
python=${PYTHON-}
if [ -z "$python" ]; then
  venv=build/bench/statistics-venv
  [ -x $venv/bin/python ] || python3 -m venv $venv
  if ! $venv/bin/python -m pip install --quiet --upgrade numpy causal-learn; then
    echo "# power_above_kci, power_above_causal_learn_rcit, time_vs_kci: skipped, causal-learn cannot be installed"
    exit 0
  fi
  $venv/bin/python -m pip install --quiet .
  python=$venv/bin/python
fi
exec "$python" bench/statistics/causal_learn.py "$@"
