# SPDX-License-Identifier: Apache-2.0
"""examples/cluster.sh: one process, two workers of Dask's and four ranks of MPI agree."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]

pytest.importorskip("distributed", reason="Dask's distributed is not installed")
pytest.importorskip("mpi4py", reason="mpi4py is not installed")


def test_the_three_models_agree(tmp_path):
    done = subprocess.run(
        ["bash", str(ROOT / "examples" / "cluster.sh")],
        env={**os.environ, "PYTHON": sys.executable, "CLUSTER_MODELS": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=300,
    )
    if "there is no mpirun" in done.stderr:
        pytest.skip("there is no mpirun")
    assert done.returncode == 0, done.stderr
    assert "the three models agree" in done.stdout
    assert "MPI: 4 ranks" in done.stdout
    assert len(list(tmp_path.glob("*.safetensors"))) == 3
