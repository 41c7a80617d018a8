# SPDX-License-Identifier: Apache-2.0
"""Errors of attention over numbers of frequencies, predicted in closed form beside measured."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import numpy as np

from bochner import _core
from bochner._arrays import ArrayLike, threads
from bochner._attention_inputs import OffsetLike, Products, inputs, options_of
from bochner._options import frequencies_of, seed_of, whole
from bochner._results import Result
from bochner._specs import SpecLike, refusals_of, specs_of
from bochner._study_inputs import FREQUENCIES, Doubles, Integers, Strings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from bochner._core.options import FeatureMapSpec


@dataclasses.dataclass(frozen=True, eq=False)
class AttentionStudy(Result):
    """The error of attention by random features, relative to exact attention's output.

    Vectors of one entry per map and number of frequencies. `to_frame` has one row per entry.

    Attributes
    ----------
    features, projection : array of str
    num_frequencies, num_features : array of int
    predicted : array
        From the closed form, on sampled rows: `AttentionComparison.predicted_error`.
    prediction_holds : array of bool
        Whether it can be relied on: the mean of ``|q + k|^2`` is at most 2.
    sampled : array
        Measured on the same rows: `AttentionComparison.output_error`.
    measured : array
        Relative Frobenius error of the whole output.
    seconds : array
        Of `attention`, the fastest of the timed runs.
    advice : array of str
        What `attention_report` advises.
    exact_seconds : float
        Of exact attention, likewise.
    """

    features: Strings
    projection: Strings
    num_frequencies: Integers
    num_features: Integers
    predicted: Doubles
    prediction_holds: NDArray[np.bool_]
    sampled: Doubles
    measured: Doubles
    seconds: Doubles
    advice: Strings
    exact_seconds: float

    def _columns(self) -> dict[str, Any]:
        return {name: value for name, value in self.to_dict().items() if name != "exact_seconds"}


def attention_study(
    specs: SpecLike | Sequence[SpecLike],
    queries: ArrayLike,
    keys: ArrayLike,
    values: ArrayLike,
    *,
    frequencies: Sequence[int] = FREQUENCIES,
    causal: bool = False,
    query_offset: OffsetLike = 0,
    key_mask: ArrayLike | None = None,
    key_lengths: ArrayLike | None = None,
    cu_seqlens: ArrayLike | None = None,
    cu_seqlens_keys: ArrayLike | None = None,
    products: Products = "full",
    seed: int = 0,
    timed_runs: int = 1,
    num_threads: int | None = None,
) -> AttentionStudy:
    """Run attention by random features over numbers of frequencies beside exact attention.

    Exact attention runs once, each map with each number of frequencies in one draw; more draws are
    more studies with other seeds. What is predicted and advised is that of `attention_report` with
    64 sampled rows.

    Parameters
    ----------
    specs : FeatureMapSpec, FeatureMap or str, or several
        One map for all heads, several to compare, all of one kernel. Their `num_frequencies` and
        `seed` are not used.
    queries, keys, values
        As in `attention`.
    frequencies : sequence of int
    causal, query_offset, key_mask, key_lengths, cu_seqlens, cu_seqlens_keys, products
        As in `attention`. Exact attention has full products.
    seed : int
        Of every map.
    timed_runs : int
        Runs whose fastest counts; no more are begun once they have taken a second together.
    num_threads : int, optional

    Returns
    -------
    AttentionStudy

    Raises
    ------
    TypeError, ValueError
        As `attention` and `attention_report`, and when the maps have several kernels.

    Notes
    -----
    O(L S (d + d_v)) once, and `attention` and `attention_report` per entry. An interrupted call
    leaves nothing.

    Examples
    --------
    >>> import numpy as np
    >>> import bochner as bo
    >>> q, k, v = 0.25 * np.random.default_rng(0).normal(size=(3, 1, 2, 200, 4))
    >>> specs = bo.study_specs("softmax", 4, features=["positive", "hyperbolic"])
    >>> study = bo.attention_study(specs, q, k, v, frequencies=[16, 256])
    >>> bool(np.all(np.abs(np.log2(study.measured / study.predicted)) < 1))
    True
    """
    function = "attention_study"
    maps = _of_one_kernel(function, specs_of(function, specs), seed_of(function, seed))
    q, k, v = inputs(function, queries, keys, values)
    options = options_of(
        function,
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
    sizes = frequencies_of(function, frequencies)
    runs = whole(function, "timed_runs", timed_runs, 1, 2**31 - 1)
    count = threads(function, num_threads)
    with refusals_of(function):
        exact_seconds, found = _core.attention_study(maps, q, k, v, sizes, options, runs, count)
    made = [run["spec"] for run in found]
    quality = [run["quality"] for run in found]
    return AttentionStudy(
        features=np.array([str(spec.features) for spec in made]),
        projection=np.array([str(spec.projection) for spec in made]),
        num_frequencies=np.array([spec.num_frequencies for spec in made]),
        num_features=np.array([spec.num_features for spec in made]),
        predicted=np.array([one["predicted_error"] for one in quality]),
        prediction_holds=np.array([one["prediction_holds"] for one in quality]),
        sampled=np.array([one["output_error"] for one in quality]),
        measured=np.array([run["error"] for run in found]),
        seconds=np.array([run["seconds"] for run in found]),
        advice=np.array([one["advice"] for one in quality]),
        exact_seconds=exact_seconds,
    )


def _of_one_kernel(
    function: str, specs: Sequence[FeatureMapSpec], seed: int
) -> list[FeatureMapSpec]:
    """The specs with this seed, where their kernels are equal."""
    for i, spec in enumerate(specs):
        if spec.kernel != specs[0].kernel:
            raise ValueError(
                f"{function}: specs[{i}] has the kernel {spec.kernel}, expected "
                f"{specs[0].kernel}, that of specs[0]"
            )
    return [spec.__replace__(seed=seed) for spec in specs]
