# SPDX-License-Identifier: Apache-2.0
"""Runs of MPI with one to four ranks, of which ranks.py says what they check."""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent


def launcher():
    """The command of the MPI that mpi4py has here, or None."""
    beside = Path(sys.executable).with_name("mpirun")
    return str(beside) if beside.exists() else shutil.which("mpirun")


def environment():
    """Root, more ranks than cores, and one thread per rank."""
    return {
        **os.environ,
        "OMPI_ALLOW_RUN_AS_ROOT": "1",
        "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
        "PRTE_ALLOW_RUN_AS_ROOT": "1",
        "PRTE_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
        "OMP_NUM_THREADS": "1",
    }


def mpirun(ranks, *arguments):
    """What a run of so many ranks prints, and how it ends."""
    command = launcher()
    options = ["--oversubscribe"] if "Open MPI" in version(command) else []
    return subprocess.run(
        [command, *options, "-n", str(ranks), sys.executable, *arguments],
        env=environment(),
        capture_output=True,
        text=True,
        timeout=300,
    )


def version(command):
    return subprocess.run(
        [command, "--version"], env=environment(), capture_output=True, text=True, check=True
    ).stdout


if not launcher():
    pytest.skip("there is no mpirun", allow_module_level=True)
if subprocess.run([sys.executable, "-c", "import mpi4py.MPI"], capture_output=True).returncode:
    pytest.skip("mpi4py is not installed, or has no library of MPI", allow_module_level=True)


@pytest.mark.parametrize("ranks", [1, 2, 3, 4])
def test_ranks(ranks):
    done = mpirun(ranks, str(FOLDER / "ranks.py"))
    assert done.returncode == 0, done.stderr
    assert f"checks on {ranks} ranks: ok" in done.stdout


KILLED = """
import os, signal, numpy as np, bochner as bo, bochner.mpi
from mpi4py import MPI
comm = MPI.COMM_WORLD
if comm.rank == 1:
    os.kill(os.getpid(), signal.SIGKILL)
x = np.ones((10, 3))
bochner.mpi.fit_ridge(bo.FeatureMapSpec(3, 8, seed=1), x, x[:, 0], comm)
print("went on", flush=True)
"""


def test_a_rank_that_is_killed_ends_the_run():
    start = time.monotonic()
    done = mpirun(2, "-c", KILLED)
    assert done.returncode != 0
    assert "went on" not in done.stdout
    assert time.monotonic() - start < 200


def test_absence_is_said():
    """Without mpi4py the import says what to install."""
    code = """
import sys
sys.modules["mpi4py"] = None
try:
    import bochner.mpi
except ImportError as error:
    print(error)
"""
    said = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout
    assert "bochner.mpi needs mpi4py and a library of MPI: pip install bochner[mpi]" in said
