# SPDX-License-Identifier: Apache-2.0
"""Sums over the ranks of MPI, through mpi4py.

`allreduce` and `reduce` merge states of every rank in a fixed tree; `fit_ridge` and `fit_logistic`
fit one model to rows of which every rank has some, or none; `share` cuts one array by ranges. A
communicator is the caller's: the calls talk in a duplicate of it, all ranks make them together, and
what is wrong on one rank is raised on all of them, with one message.

Results have the same bits on every rank, and in every run with as many ranks and the same rows on
each; with other numbers of ranks they agree to rounding.
"""

from bochner.mpi import _available
from bochner.mpi._logistic import fit_logistic
from bochner.mpi._reductions import allreduce, reduce
from bochner.mpi._ridge import fit_ridge
from bochner.mpi._rows import share

__all__ = ["allreduce", "fit_logistic", "fit_ridge", "reduce", "share"]

del _available
