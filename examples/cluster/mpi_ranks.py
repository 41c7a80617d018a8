# SPDX-License-Identifier: Apache-2.0
"""The model of ranks of MPI, of which each has a range of the rows."""

from concrete import RIDGE, SPEC, output, rows
from mpi4py import MPI

import bochner.mpi

comm = MPI.COMM_WORLD
x, y = (bochner.mpi.share(array, comm) for array in rows())
model = bochner.mpi.fit_ridge(SPEC, x, y, comm, ridge=RIDGE)
counts = comm.gather(len(x))
if comm.rank == 0:
    model.save(output() / "mpi.safetensors")
    print(f"MPI: {comm.size} ranks with {counts} rows")
