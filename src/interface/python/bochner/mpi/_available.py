# SPDX-License-Identifier: Apache-2.0
"""Whether mpi4py is here."""

try:
    from mpi4py import MPI
except (ImportError, RuntimeError) as error:  # mpi4py raises the latter without a library of MPI
    raise ImportError(
        f"bochner.mpi needs mpi4py and a library of MPI: pip install bochner[mpi] ({error})"
    ) from error

__all__ = ["MPI"]
