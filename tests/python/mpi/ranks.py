# SPDX-License-Identifier: Apache-2.0
"""What every rank of a run of MPI does; says "ok" on rank 0 where all of it is true."""

import sys
import tempfile
import traceback
from pathlib import Path

import numpy as np
from mpi4py import MPI

import bochner as bo
import bochner.mpi

COMM = MPI.COMM_WORLD
SPEC = bo.FeatureMapSpec(3, 24, seed=1)
N = 1100


def data():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(N, 3))
    y = np.column_stack([np.sin(x[:, 0]) + 100.0, x[:, 1]])
    return x, y, rng.uniform(0.0, 2.0, size=N)


def close(a, b, tolerance):
    return bool(np.abs(a - b).max() <= tolerance * max(np.abs(b).max(), 1e-300))


def on_all(value):
    """The same bits on every rank."""
    return all(np.array_equal(value, other) for other in COMM.allgather(value))


def refused(kind, work):
    """The message of a refusal that is the same on every rank."""
    try:
        work()
    except kind as error:
        messages = COMM.allgather(str(error))
        assert len(set(messages)) == 1, messages
        return messages[0]
    raise AssertionError("nothing was refused")


def ridge_is_that_of_one_process():
    x, y, w = data()
    for dtype, tolerance in ((np.float64, 1e-10), (np.float32, 1e-6)):
        rows = x.astype(dtype)
        for targets, weights, intercept in (
            (y[:, 0], None, True),
            (y, w, True),
            (y[:, 1], w, False),
        ):
            sums = bo.NormalEquations(
                SPEC, num_targets=None if targets.ndim == 1 else 2, dtype=dtype
            ).add(rows, targets, weights=weights)
            alone = bo.RidgeRegression(sums, ridge=1e-4, intercept=intercept)
            model = bochner.mpi.fit_ridge(
                SPEC,
                *(bochner.mpi.share(part, COMM) for part in (rows, targets)),
                COMM,
                weights=None if weights is None else bochner.mpi.share(weights, COMM),
                ridge=1e-4,
                intercept=intercept,
            )
            assert on_all(model.coefficients)
            assert on_all(model.noise_variances)
            assert close(model.predict(rows), alone.predict(rows), tolerance)
            assert model.predict(rows).shape == targets.shape


def a_full_posterior_is_on_rank_0():
    x, y, _ = data()
    mine = (bochner.mpi.share(x, COMM), bochner.mpi.share(y[:, 0], COMM))
    model = bochner.mpi.fit_ridge(SPEC, *mine, COMM, posterior="full")
    assert model.posterior == ("full" if COMM.rank == 0 else "mean")
    if COMM.rank == 0:
        model.predict(x, return_std=True)


def files_of_ranks_are_the_array():
    x, y, _ = data()
    folder = COMM.bcast(tempfile.mkdtemp() if COMM.rank == 0 else None)
    mine = [bochner.mpi.share(part, COMM) for part in (x, y)]
    files = [Path(folder, f"{name}-{COMM.rank}.npy") for name in "xy"]
    for file, part in zip(files, mine, strict=True):
        np.save(file, part)
    expected = bochner.mpi.fit_ridge(SPEC, *mine, COMM)
    found = bochner.mpi.fit_ridge(SPEC, files[0], str(files[1]), COMM)
    assert np.array_equal(found.coefficients, expected.coefficients)
    whole = Path(folder, "whole.npy")
    if COMM.rank == 0:
        np.save(whole, np.asfortranarray(x))
    COMM.Barrier()
    mapped = bochner.mpi.share(whole, COMM)
    assert isinstance(mapped, np.memmap)
    found = bochner.mpi.fit_ridge(SPEC, mapped, mine[1], COMM)
    assert np.array_equal(found.coefficients, expected.coefficients)
    missing = refused(
        OSError, lambda: bochner.mpi.fit_ridge(SPEC, Path(folder, "none.npy"), mine[1], COMM)
    )
    assert "fit_ridge: rank 0: " in missing
    assert "none.npy" in missing


def ranks_may_have_no_rows():
    x, y, _ = data()
    first = COMM.rank == 0
    model = bochner.mpi.fit_ridge(SPEC, x if first else None, y if first else None, COMM)
    alone = bochner.mpi.fit_ridge(SPEC, x, y, MPI.COMM_SELF)
    assert close(model.predict(x), alone.predict(x), 1e-10)
    empty = bochner.mpi.fit_ridge(SPEC, x if first else x[:0], y if first else y[:0], COMM)
    assert np.array_equal(empty.coefficients, model.coefficients)
    message = refused(ValueError, lambda: bochner.mpi.fit_ridge(SPEC, None, None, COMM))
    assert message == "fit_ridge: no rank has rows"


def states(dtype=np.float64):
    x, y, _ = data()
    mine = bochner.mpi.share(x, COMM).astype(dtype)
    theta = np.linspace(-1.0, 1.0, 96).reshape(48, 2)
    labels = bochner.mpi.share((x[:, 0] > 0).astype(np.int64), COMM)
    softmax = bo.FeatureMapSpec(3, 8, bo.SoftmaxKernel(), features=bo.PositiveFeatures(), seed=2)
    keys = mine[None, None]
    targets = bochner.mpi.share(y, COMM)
    return [
        bo.NormalEquations(SPEC, num_targets=2, target_offset=[1.0, 0.0], dtype=dtype).add(
            mine, targets
        ),
        bo.NormalEquations(SPEC, dtype=dtype),
        bo.MeanEmbedding(SPEC, dtype=dtype).add(mine),
        bo.logistic_gradient(SPEC, mine, labels, theta, [0.1, 0.2]),
        bo.AttentionState(softmax, 1, 1, 3, dtype=dtype).append(keys, keys),
    ]


def tree(state):
    """What the ranks' states come to, as bytes; sums of one rank have no rows that wait, either."""
    merged = bo.merge_in_order(COMM.allgather(state))
    if isinstance(merged, bo.NormalEquations):
        merged.merge(
            bo.NormalEquations(
                merged.feature_map,
                num_targets=None if merged.num_targets == 1 else merged.num_targets,
                target_offset=merged.target_offset if merged.target_offset.any() else None,
                dtype=merged.dtype,
            )
        )
    return merged.to_bytes()


def sums_are_those_of_the_tree(dtypes=(np.float64, np.float32)):
    for dtype in dtypes:
        for state in states(dtype):
            before = state.to_bytes()
            expected = tree(state)
            assert bochner.mpi.allreduce(state, COMM).to_bytes() == expected
            reduced = bochner.mpi.reduce(state, COMM)
            assert (reduced is None) == (COMM.rank != 0)
            assert reduced is None or reduced.to_bytes() == expected
            assert state.to_bytes() == before


def pieces_are_put_together():
    """Messages shorter than the sums, and not a divisor of their length."""
    import bochner.mpi._pieces as pieces

    pieces.PIECE = 1000
    sums_are_those_of_the_tree([np.float64])
    pieces.PIECE = 1 << 20


def logistic_is_that_of_one_process():
    x, _, w = data()
    labels = (x[:, 0] > 0).astype(np.int64) + (x[:, 1] > 0)
    options = {"ridge": 1e-1, "tolerance": 1e-11}
    alone = bo.LogisticRegression(SPEC, x, labels, weights=w, **options)
    mine = [bochner.mpi.share(part, COMM) for part in (x, labels, w)]
    fit = bochner.mpi.fit_logistic(
        SPEC, mine[0], mine[1], COMM, num_classes=3, weights=mine[2], **options
    )
    assert fit.report.converged
    assert on_all(fit.model.coefficients)
    assert close(fit.model.coefficients, alone.coefficients, 1e-9)
    # Some ranks without rows.
    some = [part if COMM.rank == 0 else None for part in (x, labels, w)]
    fit = bochner.mpi.fit_logistic(
        SPEC, some[0], some[1], COMM, num_classes=3, weights=some[2], **options
    )
    assert close(fit.model.coefficients, alone.coefficients, 1e-9)
    mine[1] = np.where(np.arange(len(mine[1])) == 5, 3, mine[1])
    message = refused(
        ValueError,
        lambda: bochner.mpi.fit_logistic(SPEC, mine[0], mine[1], COMM, num_classes=3),
    )
    assert message.startswith("fit_logistic: rank 0: logistic_gradient: labels[5] is 3"), message


def what_is_wrong_on_one_rank_is_raised_on_all():
    x, y, _ = data()
    last = COMM.size - 1
    rows, targets = (np.array(bochner.mpi.share(part, COMM)) for part in (x, y))
    broken = rows.copy()
    if COMM.rank == last:
        broken[7, 1] = np.nan

    def fit(x, y=targets, spec=SPEC, **options):
        return lambda: bochner.mpi.fit_ridge(spec, x, y, COMM, **options)

    message = refused(ValueError, fit(broken))
    assert f"fit_ridge: rank {last}: " in message
    assert "row 7, column 1 is nan" in message
    shorter = targets[: len(targets) - (COMM.rank == last)]
    message = refused(ValueError, fit(rows, shorter))
    assert f"fit_ridge: rank {last}: y has {COMM.bcast(len(shorter), root=last)} rows" in message
    half = rows.astype(np.float16) if COMM.rank == last else rows
    message = refused(TypeError, fit(half))
    assert message == f"fit_ridge: rank {last}: x has dtype float16, expected float32 or float64"
    assert refused(ValueError, fit(rows, posterior="some")).startswith("fit_ridge: rank 0: ")
    if last == 0:
        return
    other = bo.FeatureMapSpec(3, 24, seed=2) if COMM.rank == last else SPEC
    message = refused(ValueError, fit(rows, spec=other))
    assert "seed=1 on rank 0" in message
    assert f"seed=2 on rank {last}" in message
    # A rank without rows has a map all the same.
    mine = (None, None) if COMM.rank == last else (rows, targets)
    assert "seed=2 on rank" in refused(ValueError, fit(*mine, spec=other))
    single = rows.astype(np.float32) if COMM.rank == last else rows
    assert f"float32 on rank {last}" in refused(ValueError, fit(single))
    one = targets[:, 0] if COMM.rank == last else targets
    assert f"none on rank {last}" in refused(ValueError, fit(rows, one))
    ridge = 1e-6 * (1 + (COMM.rank == last))
    assert "ridge is 1e-06 on rank 0" in refused(ValueError, fit(rows, ridge=ridge))
    sums = bo.NormalEquations(other)
    message = refused(ValueError, lambda: bochner.mpi.allreduce(sums, COMM))
    assert f"seed=2 on rank {last}" in message
    message = refused(TypeError, lambda: bochner.mpi.reduce(3 if COMM.rank == last else sums, COMM))
    assert message == f"reduce: rank {last}: state is int, which cannot be sent and merged"
    softmax = bo.FeatureMapSpec(3, 8, bo.SoftmaxKernel(), features=bo.PositiveFeatures())
    state = bo.AttentionState(softmax, 1, 1 + (COMM.rank == last), 3)
    assert "key_heads" in refused(ValueError, lambda: bochner.mpi.allreduce(state, COMM))


def versions_that_differ_are_refused():
    import bochner._agreement as agreement

    if COMM.size == 1:
        return
    before = agreement.LIBRARY
    if COMM.rank == 1:
        agreement.LIBRARY = "bochner 0.0.1"
    for state in (states()[2], states()[4]):
        message = refused(ValueError, lambda one=state: bochner.mpi.allreduce(one, COMM))
        assert f"library is {COMM.bcast(before)} on rank 0 and bochner 0.0.1 on rank 1" in message
    agreement.LIBRARY = before


def the_communicator_is_the_callers():
    """Messages of the caller's under way stay theirs; parts of the world are as good as it."""
    x, y, _ = data()
    if COMM.size > 1:
        ring = COMM.isend("mine", dest=(COMM.rank + 1) % COMM.size, tag=11)
        bochner.mpi.fit_ridge(SPEC, x, y, COMM)
        assert COMM.recv(source=(COMM.rank - 1) % COMM.size, tag=11) == "mine"
        ring.wait()
    half = COMM.Split(COMM.rank % 2)
    model = bochner.mpi.fit_ridge(SPEC, *(bochner.mpi.share(part, half) for part in (x, y)), half)
    assert close(
        model.predict(x), bochner.mpi.fit_ridge(SPEC, x, y, MPI.COMM_SELF).predict(x), 1e-10
    )
    half.Free()
    for wrong in (None, "comm", 3):
        for call in (
            lambda comm=wrong: bochner.mpi.fit_ridge(SPEC, x, y, comm),
            lambda comm=wrong: bochner.mpi.share(x, comm),
        ):
            assert "expected a" in refused(TypeError, call)


CHECKS = [
    ridge_is_that_of_one_process,
    a_full_posterior_is_on_rank_0,
    files_of_ranks_are_the_array,
    ranks_may_have_no_rows,
    sums_are_those_of_the_tree,
    pieces_are_put_together,
    logistic_is_that_of_one_process,
    what_is_wrong_on_one_rank_is_raised_on_all,
    versions_that_differ_are_refused,
    the_communicator_is_the_callers,
]

if __name__ == "__main__":
    try:
        for check in CHECKS:
            check()
    except BaseException:
        traceback.print_exc()
        sys.stderr.flush()
        COMM.Abort(1)
    if COMM.rank == 0:
        print(f"{len(CHECKS)} checks on {COMM.size} ranks: ok", flush=True)
