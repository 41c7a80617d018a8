# SPDX-License-Identifier: Apache-2.0
"""Processes and clusters: the bits of one process, workers that die, versions that differ."""

import os
import signal
import threading
import time

import numpy as np
import pytest

pytest.importorskip("distributed", reason="Dask's distributed is not installed")

OPTIONS = {"n_components": 32, "random_state": 3, "ridge": 1e-4}
PARTS, ROWS = 12, 150


def made(number, pause):
    """The rows of a partition, after a while."""
    time.sleep(pause)
    return np.random.default_rng(number).normal(size=(ROWS, 3))


def collections(pause=0.0):
    """Inputs and targets whose partitions are made on the workers."""
    import dask
    import dask.array as da

    make = dask.delayed(made, pure=True)
    parts = [da.from_delayed(make(i, pause), (ROWS, 3), float) for i in range(PARTS)]
    x = da.concatenate(parts)
    return x, da.sin(x[:, 0]) + 5.0


@pytest.fixture(scope="module")
def alone():
    """The fit on threads."""
    import dask

    import bochner.dask

    with dask.config.set(scheduler="threads"):
        return bochner.dask.KernelRidge(**OPTIONS).fit(*collections())


def same(model, other):
    return np.array_equal(
        model.equations_.moments(), other.equations_.moments()
    ) and np.array_equal(model.model_.coefficients, other.model_.coefficients)


def fitted(pause=0.0, **options):
    import bochner.dask

    return bochner.dask.KernelRidge(**OPTIONS).fit(*collections(pause), **options)


@pytest.fixture
def _this_folder_on_workers(monkeypatch):
    """Functions of this file are found where they are unpickled."""
    folder = os.path.dirname(os.path.abspath(__file__))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([os.environ.get("PYTHONPATH", ""), folder]))


@pytest.mark.usefixtures("_this_folder_on_workers")
def test_processes_have_the_bits_of_threads(alone):
    import dask

    with dask.config.set(scheduler="processes", num_workers=2):
        assert same(fitted(), alone)


@pytest.fixture(scope="module")
def cluster():
    """Two workers in processes of their own."""
    import distributed

    with pytest.MonkeyPatch.context() as patch:
        folder = os.path.dirname(os.path.abspath(__file__))
        path = os.pathsep.join([os.environ.get("PYTHONPATH", ""), folder])
        patch.setenv("PYTHONPATH", path)
        with (
            distributed.LocalCluster(
                n_workers=2,
                threads_per_worker=1,
                processes=True,
                dashboard_address=None,
                silence_logs=50,
            ) as made_of,
            distributed.Client(made_of) as client,
        ):
            yield client


pytestmark = pytest.mark.filterwarnings(
    # Of sockets and loops that distributed and tornado leave to the interpreter.
    "ignore::DeprecationWarning",
    "ignore::ResourceWarning",
    "ignore::pytest.PytestUnraisableExceptionWarning",
)


def test_clusters_have_the_bits_of_threads(cluster, alone):
    del cluster
    said = []
    assert same(fitted(on_progress=lambda *one: said.append(one)), alone)
    deadline = time.monotonic() + 30
    while len(said) < PARTS and time.monotonic() < deadline:  # events come after results
        time.sleep(0.01)
    assert said == [("partitions", i, PARTS, "partitions") for i in range(1, PARTS + 1)]
    x, _ = collections()
    expected = alone.model_.predict(x.compute().copy())
    assert np.array_equal(alone.predict(x).compute(), expected)


def test_errors_of_workers_name_the_partition(cluster):
    import dask.array as da

    import bochner.dask

    del cluster
    x, y = collections()
    broken = da.concatenate([x[: 4 * ROWS], x[4 * ROWS :] * np.nan])
    with pytest.raises(
        ValueError, match=r"KernelRidge\.fit: partition (4|5|6|7|8|9|10|11): x: row 0"
    ):
        bochner.dask.KernelRidge(**OPTIONS).fit(broken, y)


def test_two_fits_at_once(cluster, alone):
    del cluster
    found = []
    threads = [threading.Thread(target=lambda: found.append(fitted(0.02))) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 2
    assert all(same(model, alone) for model in found)


def test_a_worker_that_dies_loses_nothing(cluster, alone):
    found, said = [], threading.Event()
    thread = threading.Thread(
        target=lambda: found.append(fitted(0.15, on_progress=lambda *_: said.set())), daemon=True
    )
    before = cluster.run(os.getpid)
    thread.start()
    assert said.wait(60)  # some sums are there to be lost
    os.kill(next(iter(before.values())), signal.SIGKILL)
    thread.join(300)
    assert not thread.is_alive()
    assert same(found[0], alone)
    cluster.wait_for_workers(2)
    assert set(cluster.run(os.getpid).values()) != set(before.values())


def another_version():
    """Make this worker one of another version."""
    import bochner.dask._trees

    bochner.dask._trees.LIBRARY = "bochner 0.0.1"


def test_versions_that_differ_are_refused_by_name(cluster):
    """The last test on this cluster: a worker stays what it becomes here."""
    cluster.run(another_version, workers=[next(iter(cluster.run(os.getpid)))])
    with pytest.raises(
        RuntimeError, match=r"was summed by bochner .*expected one version"
    ) as found:
        fitted(0.05)
    import bochner

    for version in ("bochner 0.0.1", f"bochner {bochner.__version__}"):
        assert version in str(found.value)
