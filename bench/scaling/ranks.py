# SPDX-License-Identifier: Apache-2.0
"""One fit of every rank's range of two files; rank 0 prints what it took, as JSON.

Usage: ranks.py SPEC RIDGE X Y MODEL
"""

import json
import pickle
import sys
import time

import numpy as np
from mpi4py import MPI

import bochner.mpi


class Counting(MPI.Intracomm):
    """Counts the bytes that this rank hands over to be sent, those of its duplicates, too."""

    sent = 0

    def Dup(self, info=MPI.INFO_NULL):  # noqa: N802
        return Counting(super().Dup(info))

    def Send(self, buf, dest, tag=0):  # noqa: N802
        Counting.sent += buf[0].nbytes
        super().Send(buf, dest, tag)

    def send(self, obj, dest, tag=0):
        Counting.sent += len(pickle.dumps(obj))
        super().send(obj, dest, tag)

    def bcast(self, obj, root=0):
        # A tree of log2(ranks) rounds, in each of which the root sends.
        if self.rank == root:
            Counting.sent += len(pickle.dumps(obj)) * int(np.ceil(np.log2(max(self.size, 1))))
        return super().bcast(obj, root)

    def allgather(self, sendobj):
        Counting.sent += len(pickle.dumps(sendobj)) * (self.size - 1)
        return super().allgather(sendobj)


def peak():
    """The largest resident memory of this process, in MiB."""
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmHWM")) / 1024


spec, ridge, *files, model = sys.argv[1:]
comm = Counting(MPI.COMM_WORLD)
x, y = (np.array(bochner.mpi.share(file, comm)) for file in files)
comm.Barrier()
start = time.perf_counter()
fitted = bochner.mpi.fit_ridge(spec, x, y, comm, ridge=float(ridge), num_threads=1)
seconds = time.perf_counter() - start
sent = Counting.sent
said = [comm.gather(value) for value in (seconds, sent, peak())]
if comm.rank == 0:
    fitted.save(model)
    print(json.dumps({"seconds": max(said[0]), "sent": said[1], "peaks": said[2]}))
