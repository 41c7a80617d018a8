# SPDX-License-Identifier: Apache-2.0
"""Exact attention or random features: which is faster."""

from __future__ import annotations

import dataclasses
from typing import Literal, TypeAlias, cast

from bochner import _core
from bochner._options import finite, flag, whole

Backend: TypeAlias = Literal["exact", "random-features"]

_BACKENDS = ("exact", "random-features")
_COSTS: dict[str, float] = _core.attention_costs()


@dataclasses.dataclass(frozen=True)
class AttentionCosts:
    """Nanoseconds on one thread. Only their ratios decide.

    Parameters
    ----------
    product
        Of a multiplication with its addition in a large product.
    weight
        Of the exponential of an exact weight, and what goes with it.
    feature
        Of the same for a feature.
    fold
        Of an entry of the state, each time a causal chunk joins it.
    """

    product: float = _COSTS["product"]
    weight: float = _COSTS["weight"]
    feature: float = _COSTS["feature"]
    fold: float = _COSTS["fold"]

    def __post_init__(self) -> None:
        for field in dataclasses.fields(self):
            value = finite("AttentionCosts", field.name, getattr(self, field.name))
            if value < 0:
                raise ValueError(f"AttentionCosts: {field.name} is {value}, expected at least 0")


def _lengths(
    function: str, queries: int, keys: int, dim: int, num_features: int, causal: bool
) -> tuple[int, int, int, int, bool]:
    return (
        whole(function, "queries", queries, 0),
        whole(function, "keys", keys, 0),
        whole(function, "dim", dim, 1),
        whole(function, "num_features", num_features, 1),
        flag(function, "causal", causal),
    )


def costs_of(function: str, costs: AttentionCosts | None) -> tuple[float, float, float, float]:
    if costs is None:
        costs = AttentionCosts()
    if not isinstance(costs, AttentionCosts):
        raise TypeError(f"{function}: costs is {type(costs).__name__}, expected AttentionCosts")
    return costs.product, costs.weight, costs.feature, costs.fold


def attention_nanoseconds(
    backend: Backend,
    queries: int,
    keys: int,
    dim: int,
    num_features: int,
    *,
    causal: bool = False,
    costs: AttentionCosts | None = None,
) -> float:
    """Modelled time of one head with keys and values of `dim` columns, on one thread.

    Exact: ``P (2 d product + weight)``, P the pairs of a query and a key that it sees. Random
    features: ``(L + S) D (2 d product + feature)``, and when causal
    ``L 32 (D + d) product + S / 64 D d fold``. Causal queries are the last L of S positions.

    Parameters
    ----------
    backend : {"exact", "random-features"}
    queries, keys : int
        Lengths L and S.
    dim : int
        d.
    num_features : int
        D, `FeatureMap.num_features`.
    causal : bool
    costs : AttentionCosts, optional

    Returns
    -------
    float
        Nanoseconds.

    Raises
    ------
    ValueError
        When a length is negative or `dim` or `num_features` is not positive.

    Examples
    --------
    >>> import bochner as bo
    >>> long = bo.attention_nanoseconds("exact", 2000, 2000, 64, 256)
    >>> bool(abs(long / bo.attention_nanoseconds("exact", 1000, 1000, 64, 256) - 4) < 1e-9)
    True
    """
    name = "attention_nanoseconds"
    if backend not in _BACKENDS:
        raise ValueError(f"{name}: backend is {backend!r}, expected 'exact' or 'random-features'")
    lengths = _lengths(name, queries, keys, dim, num_features, causal)
    return _core.attention_nanoseconds(backend, *lengths, *costs_of(name, costs))


def attention_backend(
    queries: int,
    keys: int,
    dim: int,
    num_features: int,
    *,
    causal: bool = False,
    costs: AttentionCosts | None = None,
) -> Backend:
    """The backend whose modelled time is shorter; exact when they are equal: it has no error.

    Its crossover lies within a factor of 2 of the measured one.

    Parameters
    ----------
    queries, keys : int
        Lengths L and S.
    dim : int
        Columns of keys and values.
    num_features : int
        `FeatureMap.num_features`.
    causal : bool
    costs : AttentionCosts, optional

    Returns
    -------
    {"exact", "random-features"}

    Raises
    ------
    ValueError
        When a length is negative or `dim` or `num_features` is not positive.

    Examples
    --------
    >>> import bochner as bo
    >>> bo.attention_backend(100, 100, 64, 256), bo.attention_backend(10**5, 10**5, 64, 256)
    ('exact', 'random-features')
    """
    name = "attention_backend"
    lengths = _lengths(name, queries, keys, dim, num_features, causal)
    return cast("Backend", _core.attention_backend(*lengths, *costs_of(name, costs)))
