#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# The Python package against scikit-learn, both from PyPI in an environment of their own; the package
# is a wheel of this tree.
# Usage: compare.sh FOLDER CALL [--quick]     see compare.py
set -euo pipefail
venv=build/bench/python-venv
[ -x $venv/bin/python ] || python3 -m venv $venv
$venv/bin/python -m pip install --quiet --upgrade numpy scipy scikit-learn
$venv/bin/python -m pip install --quiet .
exec $venv/bin/python bench/python/compare.py "$@"
