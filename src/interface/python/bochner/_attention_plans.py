# SPDX-License-Identifier: Apache-2.0
"""Which attention each head needs: exact, features, or some of both."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, overload

from bochner import _core
from bochner._arrays import Array, ArrayLike, output, threads
from bochner._attention_costs import AttentionCosts, costs_of
from bochner._attention_inputs import OffsetLike, Products, Rest, inputs, options_of
from bochner._attention_results import AttentionReport, report_of
from bochner._options import flag, positive, several, whole
from bochner._results import Result, table
from bochner._specs import refusals_of, spec_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from bochner._core.options import ExactPairs, FeatureMapSpec

Method: TypeAlias = Literal["exact", "features", "exact-and-features", "exact-and-means"]


@dataclasses.dataclass(frozen=True)
class HeadPlan(Result):
    """What one query head should do.

    Parameters
    ----------
    method
        "exact" (all pairs exactly), "features" (all pairs by random features),
        "exact-and-features" (a window exactly, the rest by features) or "exact-and-means" (blocks
        of keys exactly, the others by their means).
    spec
        Of its map: calibrated; of methods without features the kernel counts.
    exact, rest
        As `attention` takes them.
    error
        Expected: the root mean square of ``|out - exact|`` over rows, relative to that of
        ``|exact|``.
    source
        Where it comes from: "closed-form", from the variances of the map at the head's rows;
        "measured" against exact attention on rows of the head; "none", since exact attention has no
        error.
    exact_share
        Of the pairs, weighed exactly.
    nanoseconds
        Modelled, one batch entry on one thread.
    exact_nanoseconds
        The same for exact attention.
    time
        Their quotient.
    sentence
        Why.
    """

    method: Method
    spec: FeatureMapSpec
    exact: ExactPairs
    rest: Rest
    error: float
    source: Literal["none", "closed-form", "measured"]
    exact_share: float
    nanoseconds: float
    exact_nanoseconds: float
    time: float
    sentence: str


_COLUMNS = ("method", "error", "source", "exact_share", "time")


class HeadPlans(tuple[HeadPlan, ...]):
    """Plans, one for each query head: a tuple that prints as a table.

    Parameters
    ----------
    plans : iterable of HeadPlan
    """

    __slots__ = ()

    def __str__(self) -> str:
        heads = list(range(len(self)))
        columns = [[getattr(plan, name) for plan in self] for name in _COLUMNS]
        return table(["head", *_COLUMNS], [heads, *columns])

    def to_dict(self) -> dict[str, Any]:
        """The members of the plans by name, a list of one for each head."""
        names = [field.name for field in dataclasses.fields(HeadPlan)]
        return {name: [getattr(plan, name) for plan in self] for name in names}

    def to_frame(self) -> pd.DataFrame:
        """As a pandas DataFrame with one row per head.

        Raises
        ------
        ImportError
            Where pandas is not installed.
        """
        import pandas as pd

        frame: pd.DataFrame = pd.DataFrame(self.to_dict())
        frame.index.name = "head"
        return frame


def _plan_of(found: dict[str, Any]) -> HeadPlan:
    return HeadPlan(**found, time=found["nanoseconds"] / found["exact_nanoseconds"])


def plan_attention(
    base: FeatureMapSpec | str,
    queries: ArrayLike,
    keys: ArrayLike,
    values: ArrayLike,
    *,
    error: float = 0.1,
    time: float | None = None,
    layer: int = 0,
    costs: AttentionCosts | None = None,
    causal: bool = False,
    query_offset: int = 0,
    key_mask: ArrayLike | None = None,
    key_lengths: ArrayLike | None = None,
    num_threads: int | None = None,
) -> HeadPlans:
    """Which attention each head needs: exact, features, or some of both.

    For each query head, on a sample of its rows (all of them up to 1,024, else as many in stretches
    of 64): the maps of `calibrate` with 32 to 512 frequencies, windows of 16 to 1,024 keys with
    these, and blocks of 16 x 16 by means; of those that reach the goal the one that the model of
    costs says is fastest, exact attention where none is faster. Errors of random methods are root
    mean squares over three redraws; of features alone they come from the closed form where the mean
    of ``|q + k|^2`` is at most 2.

    Costs some tens of forward passes over the sampled rows and all keys.

    Parameters
    ----------
    base : FeatureMapSpec or str
        Kernel, projection and features of all heads, and the seed of the network. Its number of
        frequencies does not count.
    queries : array of shape (batch, heads, L, d)
        float32 or float64.
    keys : array of shape (batch, key_heads, S, d)
    values : array of shape (batch, key_heads, S, d_v)
    error : float
        What is asked of each head: the shortest time for that error.
    time : float, optional
        Modelled time relative to that of exact attention. The plan is then the smallest error in
        that time, whatever `error` is.
    layer : int
        From 0: which seeds the heads have, as in `head_specs`.
    costs : AttentionCosts, optional
        Of the machine.
    causal, query_offset, key_mask, key_lengths
        Those of the later calls, as in `attention`.
    num_threads : int, optional
        Threads to use; without it OpenMP decides. The same plans for any number.

    Returns
    -------
    HeadPlans
        A tuple of a `HeadPlan` for each query head.

    Raises
    ------
    TypeError, ValueError
        As `calibrate` and `attention`, and when the goal is not positive.

    Examples
    --------
    >>> import numpy as np
    >>> import bochner as bo
    >>> q, k, v = np.random.default_rng(0).normal(size=(3, 1, 2, 600, 4))
    >>> q[:, 0] *= 0.2  # one head looks everywhere, the other closely
    >>> q[:, 1] *= 8.0
    >>> base = bo.FeatureMapSpec(4, 64, bo.SoftmaxKernel(0.5), features=bo.HyperbolicOprfFeatures())
    >>> plans = bo.plan_attention(base, q, k, v)
    >>> all(plan.error <= 0.1 for plan in plans)
    True
    >>> bo.attend_as_planned(plans, q, k, v).shape
    (1, 2, 600, 4)
    """
    name = "plan_attention"
    q, k, v = inputs(name, queries, keys, values)
    with refusals_of(name):
        found = _core.plan_attention(
            spec_of(name, base, "base"),
            whole(name, "layer", layer, 0),
            q,
            k,
            v,
            positive(name, "error", error),
            None if time is None else positive(name, "time", time),
            costs_of(name, costs),
            options_of(name, q, k, causal, query_offset, key_mask, key_lengths, None, None),
            threads(name, num_threads),
        )
    return HeadPlans(_plan_of(plan) for plan in found)


@overload
def attend_as_planned(
    plans: Sequence[HeadPlan],
    queries: ArrayLike,
    keys: ArrayLike,
    values: ArrayLike,
    *,
    causal: bool = ...,
    query_offset: OffsetLike = ...,
    key_mask: ArrayLike | None = ...,
    key_lengths: ArrayLike | None = ...,
    cu_seqlens: ArrayLike | None = ...,
    cu_seqlens_keys: ArrayLike | None = ...,
    products: Products = ...,
    out: Array | None = ...,
    num_threads: int | None = ...,
    return_report: Literal[False] = ...,
) -> Array: ...
@overload
def attend_as_planned(
    plans: Sequence[HeadPlan],
    queries: ArrayLike,
    keys: ArrayLike,
    values: ArrayLike,
    *,
    causal: bool = ...,
    query_offset: OffsetLike = ...,
    key_mask: ArrayLike | None = ...,
    key_lengths: ArrayLike | None = ...,
    cu_seqlens: ArrayLike | None = ...,
    cu_seqlens_keys: ArrayLike | None = ...,
    products: Products = ...,
    out: Array | None = ...,
    num_threads: int | None = ...,
    return_report: Literal[True],
) -> tuple[Array, AttentionReport]: ...
def attend_as_planned(
    plans: Sequence[HeadPlan],
    queries: ArrayLike,
    keys: ArrayLike,
    values: ArrayLike,
    *,
    causal: bool = False,
    query_offset: OffsetLike = 0,
    key_mask: ArrayLike | None = None,
    key_lengths: ArrayLike | None = None,
    cu_seqlens: ArrayLike | None = None,
    cu_seqlens_keys: ArrayLike | None = None,
    products: Products = "full",
    out: Array | None = None,
    num_threads: int | None = None,
    return_report: bool = False,
) -> Array | tuple[Array, AttentionReport]:
    """`attention`, each query head by its own plan.

    Costs what the plans say.

    Parameters
    ----------
    plans : sequence of HeadPlan
        What `plan_attention` returned, or others: one for each query head. Their `spec`, `exact`
        and `rest` count.
    queries, keys, values
        As in `attention`, float32 or float64.
    causal, query_offset, key_mask, key_lengths, cu_seqlens, cu_seqlens_keys, products
        As in `attention`.
    out, num_threads, return_report
        As in `attention`.

    Returns
    -------
    out : array of shape (batch, heads, L, d_v)
    report : AttentionReport
        With `return_report`.

    Raises
    ------
    TypeError, ValueError
        As `attention`, and when there are not as many plans as query heads.

    Examples
    --------
    >>> import numpy as np
    >>> import bochner as bo
    >>> q, k, v = np.random.default_rng(0).normal(size=(3, 1, 1, 20, 4))
    >>> base = bo.FeatureMapSpec(4, 64, bo.SoftmaxKernel(), features=bo.HyperbolicOprfFeatures())
    >>> plans = bo.plan_attention(base, q, k, v, error=1e-6)  # out of reach of anything inexact
    >>> out = bo.attend_as_planned(plans, q, k, v)
    >>> np.allclose(out, bo.exact_attention(bo.SoftmaxKernel(), q, k, v))
    True
    """
    name = "attend_as_planned"
    each = several(name, "plans", plans)
    for h, plan in enumerate(each):
        if not isinstance(plan, HeadPlan):
            raise TypeError(f"{name}: plans[{h}] is {type(plan).__name__}, expected a HeadPlan")
    q, k, v = inputs(name, queries, keys, values)
    if len(each) != q.shape[1]:
        raise ValueError(
            f"{name}: plans has {len(each)} entries, expected {q.shape[1]} (one per query head)"
        )
    options = options_of(
        name,
        q,
        k,
        causal,
        query_offset,
        key_mask,
        key_lengths,
        cu_seqlens,
        cu_seqlens_keys,
        products=products,
    )
    wants_report = flag(name, "return_report", return_report)
    result = output(name, out, (*q.shape[:3], v.shape[3]), q.dtype)
    carried = [(plan.spec, plan.exact, plan.rest) for plan in each]
    count = threads(name, num_threads)
    with refusals_of(name):
        report = _core.attend_as_planned(carried, q, k, v, result, options, count)
    return (result, report_of(report)) if wants_report else result
