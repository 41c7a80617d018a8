# SPDX-License-Identifier: Apache-2.0
"""Errors of random features in closed form, and what follows from them."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias, overload

import numpy as np

from bochner import _core
from bochner._arrays import ArrayLike, doubles, like, numbers, pair_or_rows, rows, threads
from bochner._core.options import FeatureMapSpec
from bochner._map import FeatureMap
from bochner._options import finite, fraction, not_negative, one_of, positive, seed_of, whole
from bochner._results import Result
from bochner._specs import (
    FeaturesLike,
    KernelLike,
    SpecLike,
    features_of,
    kernel_of,
    refusals_of,
    spec_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from bochner._core.options import Centring

Values: TypeAlias = "float | NDArray[np.float64]"
"""A number for one pair; an array of one number a row for rows."""

Unit: TypeAlias = Literal["relative", "absolute"]
Basis: TypeAlias = Literal["asymptotic", "chebyshev", "bernstein", "median-of-means"]

_UNITS = ("relative", "absolute")


def _closed_form(function: str, spec: SpecLike) -> FeatureMapSpec:
    """A spec whose variance has a closed form."""
    found = spec_of(function, spec)
    gap = _core.closed_form_gap(found)
    if gap is not None:
        raise ValueError(f"{function}: {gap}")
    return found


def _columns(table: NDArray[Any], one: bool) -> list[Any]:
    """The rows of a table of results: as numbers where there is one pair."""
    return [float(row[0]) for row in table] if one else list(table)


def _in_double(*arrays: ArrayLike) -> tuple[NDArray[np.float64], ...]:
    return tuple(array.astype(np.float64, copy=False) for array in arrays)


def _vector(function: str, name: str, value: ArrayLike, dim: int) -> NDArray[np.float64]:
    array = doubles(function, name, value, "entries")
    if array.shape[0] != dim:
        raise ValueError(
            f"{function}: {name} has {array.shape[0]} entries, expected {dim} (the spec's "
            "input_dim)"
        )
    return np.ascontiguousarray(array)


def _both(
    function: str, x: ArrayLike, y: ArrayLike | None, names: tuple[str, str] = ("x", "y")
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Two matrices in float64; the second is the first where it is None."""
    first = rows(function, names[0], x)
    second = first if y is None else rows(function, names[1], y)
    return _in_double(first, second)  # type: ignore[return-value]


class Interval(NamedTuple):
    """A two-sided confidence interval: numbers, or arrays of one number a row."""

    low: Values
    high: Values


# Moments


@dataclasses.dataclass(frozen=True, eq=False)
class KernelMoments(Result):
    """The law of ``K = phi(x) . psi(y)`` over the draw of the frequencies, to second order.

    Numbers at one pair, arrays of shape (n,) at rows. What leaves the range of double is infinite;
    its logarithm is finite, unless the number is truly infinite or zero.

    Attributes
    ----------
    exact : float or array
        ``k(x, y)``.
    mean : float or array
        ``E K``.
    bias : float or array
        ``E K - k(x, y)``: zero unless radii are constant.
    variance : float or array
        ``Var K``.
    log_exact, log_variance : float or array
        ``log |k(x, y)|`` and ``log Var K`` (``-inf`` where K does not vary).
    relative_error : float or array
        ``sqrt(E (K - k)^2) / |k|``: the relative error to expect.
    """

    exact: Values
    mean: Values
    bias: Values
    variance: Values
    log_exact: Values
    log_variance: Values
    relative_error: Values


def kernel_moments(
    spec: SpecLike, x: ArrayLike, y: ArrayLike, *, num_threads: int | None = None
) -> KernelMoments:
    """Exact mean, bias and variance of the kernel estimate, over the draw of the frequencies.

    Variances are accurate to 1e-12, relative, for any argument and dimension up to thousands; for
    kernels with stable scales (exponentiated power, generalised Cauchy) to 1e-15, absolute.
    Independent and orthogonal projections are exact, truncated last blocks included; Hadamard
    projections are treated as Haar blocks, within 6 % on dense directions and 30 % on sparse ones.

    Parameters
    ----------
    spec : FeatureMapSpec, FeatureMap or str
    x, y : array of shape (input_dim,), or (n, input_dim)
        One pair, or the pairs (row i of x, row i of y). float32 is computed in float64.
    num_threads : int, optional
        Threads to use; without it OpenMP decides.

    Returns
    -------
    KernelMoments
        Of numbers for one pair, of arrays for rows.

    Raises
    ------
    TypeError
        On another dtype, or two of them.
    ValueError
        On shapes that do not fit, NaN, infinity or numbers whose squared sum overflows, and when
        the combination has no closed form.

    Notes
    -----
    A pair costs a series of O(sqrt(input_dim)) terms or a quadrature of some hundred nodes.
    Orthogonal frequencies of Matern, Laplacian, Cauchy and rational quadratic kernels cost a
    contour integral, up to a millisecond.

    Examples
    --------
    >>> import numpy as np
    >>> import bochner as bo
    >>> spec = bo.FeatureMapSpec(2, 100, projection=bo.IidProjection())
    >>> moments = bo.kernel_moments(spec, np.array([0.0, 0.0]), np.array([1.0, 0.0]))
    >>> bool(np.isclose(moments.exact, np.exp(-0.5)))
    True
    >>> bool(np.isclose(moments.variance, (1 - np.exp(-1)) ** 2 / 200))
    True
    """
    spec = _closed_form("kernel_moments", spec)
    x, y, one = pair_or_rows("kernel_moments", x, y, spec.input_dim)
    x, y = _in_double(x, y)
    out = np.empty((7, x.shape[0]))
    _core.kernel_moments(spec, x, y, out, threads("kernel_moments", num_threads))
    return KernelMoments(*_columns(out, one))


def row_moment(spec: SpecLike, order: int, x: ArrayLike, y: ArrayLike) -> float:
    """Raw moment ``E f^order`` of what one frequency contributes to the estimate at one pair.

    The estimate is the mean of `num_frequencies` such f; with independent frequencies their moments
    give the law of sample moments, and honest tolerances for tests.

    Parameters
    ----------
    spec : FeatureMapSpec, FeatureMap or str
    order : int
        1 to 4.
    x, y : array of shape (input_dim,)

    Returns
    -------
    float
        Infinite where it is: for OPRF features with parameter a, as soon as ``4 order a >= 1``.

    Raises
    ------
    TypeError, ValueError
        As `kernel_moments`, and on another order.

    Examples
    --------
    >>> import numpy as np
    >>> import bochner as bo
    >>> spec = bo.FeatureMapSpec(2, 100)
    >>> bool(np.isclose(bo.row_moment(spec, 1, np.zeros(2), np.ones(2)), np.exp(-1)))
    True
    """
    spec = _closed_form("row_moment", spec)
    order = whole("row_moment", "order", order, 1, 4)
    first = _vector("row_moment", "x", x, spec.input_dim)
    second = _vector("row_moment", "y", y, spec.input_dim)
    return float(_core.row_moment(spec, order, first, second))


# Estimates with their errors


@dataclasses.dataclass(frozen=True, eq=False)
class KernelEstimate(Result):
    """Estimates of the kernel and how far they may be from their mean.

    Numbers at one pair, arrays of shape (n,) at rows. The mean is ``k(x, y)`` unless radii are
    constant, whose bias (`kernel_moments`) no spread can show.

    Attributes
    ----------
    value : float or array
        ``phi(x) . psi(y)``.
    standard_error : float or array
        Square root of an unbiased estimate of its variance.
    degrees_of_freedom : float or array
        Of that estimate; infinite for the closed form.
    blocks : int or array
        Independent blocks of the draw, a truncated last one included.
    source : str or array
        What stands behind the standard error: "blocks" (their spread in this one draw),
        "closed-form" (the draw has fewer than two whole blocks) or "replicates" (16 other draws).
    """

    value: Values
    standard_error: Values
    degrees_of_freedom: Values
    blocks: int | NDArray[np.int64]
    source: str | NDArray[np.str_]

    def interval(self, level: float = 0.95) -> Interval:
        """Student's t interval.

        Coverage is nominal (0.94 to 0.96 at level 0.95, 16 blocks) for trigonometric features and
        for hyperbolic OPRF features up to ``|x + y|^2 = 1``; positive features at
        ``|x + y|^2 >= 2`` are so skewed that it falls to 0.9 and below.

        Parameters
        ----------
        level : float
            Between 0 and 1.

        Returns
        -------
        Interval
            ``low`` and ``high``, numbers or arrays as the members are.

        Raises
        ------
        TypeError, ValueError
            On another level.
        """
        level = fraction("interval", "level", level)
        members = [self.value, self.standard_error, self.degrees_of_freedom]
        one = not isinstance(self.value, np.ndarray)
        table = np.array([np.atleast_1d(member) for member in members], dtype=np.float64)
        out = np.empty((2, table.shape[1]))
        _core.intervals(table, level, out)
        return Interval(*_columns(out, one))


def estimate(
    map: FeatureMap | FeatureMapSpec | str,  # noqa: A002
    x: ArrayLike,
    y: ArrayLike,
    *,
    num_threads: int | None = None,
) -> KernelEstimate:
    """The kernel estimate with the error that the draw's own blocks show.

    Blocks are single rows for independent projections, `input_dim` (padded) rows for orthogonal
    (Hadamard) ones. With block means g_b and weights w_b = (rows of b) / m, c_b = w_b^2 / (1 - 2
    w_b)::

        value = sum w_b g_b
        standard_error^2 = sum c_b (g_b - value)^2 / (1 + sum c_b)

    which is unbiased whatever the variances of the blocks. Sobol frequencies are one block: 16
    other scrambles are drawn, at 17 times the cost. The sample variance of the m rows would not
    do: orthogonal rows are correlated.

    Parameters
    ----------
    map : FeatureMap, FeatureMapSpec or str
        The draw.
    x, y : array of shape (input_dim,), or (n, input_dim)
        One pair, or the pairs (row i of x, row i of y); float32 or float64.
    num_threads : int, optional

    Returns
    -------
    KernelEstimate

    Raises
    ------
    TypeError, ValueError
        As `FeatureMap.apply`, and when the row counts differ.

    Notes
    -----
    O(num_frequencies input_dim) a pair.

    Examples
    --------
    >>> import numpy as np
    >>> import bochner as bo
    >>> fm = bo.FeatureMap(bo.FeatureMapSpec(2, 1000, seed=1))
    >>> found = bo.estimate(fm, np.array([0.0, 0.0]), np.array([1.0, 0.0]))
    >>> low, high = found.interval(0.999)
    >>> bool(low < np.exp(-0.5) < high)
    True
    """
    drawn = map if isinstance(map, FeatureMap) else FeatureMap(spec_of("estimate", map, "map"))
    x, y, one = pair_or_rows("estimate", x, y, drawn.input_dim)
    out = np.empty((5, x.shape[0]))
    count = threads("estimate", num_threads)
    with refusals_of("estimate"):
        _core.estimate(drawn._map, x, y, out, count)
    sources = np.array(_core.error_sources)[out[4].astype(np.int64)]
    blocks = out[3].astype(np.int64)
    value, standard_error, freedom = _columns(out[:3], one)
    return KernelEstimate(
        value,
        standard_error,
        freedom,
        blocks=int(blocks[0]) if one else blocks,
        source=str(sources[0]) if one else sources,
    )


# Gram matrices


@dataclasses.dataclass(frozen=True, eq=False)
class PredictedGramError(Result):
    """What to expect of ``|K^ - K|_F``, K^ the approximate and K the exact matrix.

    Numbers, or arrays of one entry a number of frequencies. What leaves the range of double is
    infinite, its logarithm finite.

    Attributes
    ----------
    squared_error : float or array
        ``E |K^ - K|_F^2``, the sum of variances and squared biases.
    squared_norm : float or array
        ``|K|_F^2``, exactly.
    log_squared_error, log_squared_norm : float or array
    relative_error : float or array
        ``sqrt(squared_error / squared_norm)``.
    """

    squared_error: Values
    squared_norm: Values
    log_squared_error: Values
    log_squared_norm: Values
    relative_error: Values


@dataclasses.dataclass(frozen=True, eq=False)
class GramErrorCurve(Result):
    """The predicted error of a Gram matrix as a function of the number of frequencies.

    Attributes
    ----------
    log_row_variance : float
        Log of the sum over entries of one row's variance.
    log_pair_variance : float
        The same of twice that of the mean of an opposite pair.
    log_block_variance : float
        The same of `block_size` times that of a whole block's mean.
    log_squared_bias : float
        Log of the sum of squared biases; ``-inf`` for none.
    log_squared_norm : float
        ``log |K|_F^2``.
    block_size : int
        Rows of a block: whole multiples waste nothing.
    pair_size : int
        2 where rows come in opposite pairs.
    exact_columns : int
        Columns without error, which come first.
    groups : {"blocks", "sketches"}
        How columns whose errors depend on each other are grouped.
    """

    log_row_variance: float
    log_pair_variance: float
    log_block_variance: float
    log_squared_bias: float
    log_squared_norm: float
    block_size: int
    pair_size: int
    exact_columns: int
    groups: str

    def at(self, num_frequencies: int | Sequence[int] | NDArray[np.integer]) -> PredictedGramError:
        """The prediction with so many frequencies, all else as in the spec.

        Not monotone where the last block is truncated. O(1) each.

        Parameters
        ----------
        num_frequencies : int, or list or array of them
            More than `exact_columns`.

        Returns
        -------
        PredictedGramError
            Of numbers for an int, of arrays otherwise.

        Raises
        ------
        TypeError, ValueError
            On other numbers.
        """
        one = not isinstance(num_frequencies, (list, tuple, range)) and np.ndim(num_frequencies) < 1
        wanted = [num_frequencies] if one else list(num_frequencies)  # type: ignore[arg-type]
        least = self.exact_columns + 1
        numbers_of = [whole("at", "num_frequencies", m, least) for m in wanted]
        out = np.empty((5, len(numbers_of)))
        logarithms = [
            self.log_row_variance,
            self.log_pair_variance,
            self.log_block_variance,
            self.log_squared_bias,
            self.log_squared_norm,
        ]
        _core.gram_errors_at(
            logarithms,
            self.block_size,
            self.pair_size,
            self.exact_columns,
            self.groups,
            numbers_of,
            out,
        )
        return PredictedGramError(*_columns(out, one))


def gram_error_curve(
    spec: SpecLike,
    x: ArrayLike,
    y: ArrayLike | None = None,
    *,
    num_threads: int | None = None,
) -> GramErrorCurve:
    """The error of an approximate Gram matrix before it is computed, for any number of frequencies.

    For ``K[i, j] = k(x_i, y_j)``, x as queries and y as keys: closed forms summed over all entries
    once; ``curve.at(m)`` is O(1).

    Parameters
    ----------
    spec : FeatureMapSpec, FeatureMap or str
        Its `num_frequencies` is not used.
    x : array of shape (n, input_dim)
        float32 or float64, any strides.
    y : array of shape (l, input_dim), optional
        Without it the Gram matrix of x, at half the cost.
    num_threads : int, optional

    Returns
    -------
    GramErrorCurve

    Raises
    ------
    TypeError
        On another dtype, or two of them.
    ValueError
        On shapes that do not fit, NaN, infinity or numbers whose squared sum overflows, and when
        the combination has no closed form.

    Notes
    -----
    About 50 ns an entry, plus `input_dim` additions and multiplications. O(l input_dim) memory.

    Examples
    --------
    >>> import numpy as np
    >>> import bochner as bo
    >>> x = np.random.default_rng(0).normal(size=(50, 3))
    >>> curve = bo.gram_error_curve(bo.FeatureMapSpec(3, 1, projection=bo.IidProjection()), x)
    >>> errors = curve.at([100, 400]).relative_error
    >>> bool(np.isclose(errors[0], 2 * errors[1]))
    True
    """
    spec = _closed_form("gram_error_curve", spec)
    return GramErrorCurve(**_curve("gram_error_curve", spec, x, y, num_threads))


def _curve(
    function: str,
    spec: FeatureMapSpec,
    x: ArrayLike,
    y: ArrayLike | None,
    num_threads: int | None,
) -> dict[str, Any]:
    x = rows(function, "x", x)
    if y is not None:
        y = like(function, "y", y, "rows, columns", "x", x.dtype)
    for name, array in (("x", x), ("y", y)):
        if array is not None and array.shape[1] != spec.input_dim:
            raise ValueError(
                f"{function}: {name} has {array.shape[1]} columns, expected {spec.input_dim} (the "
                "spec's input_dim)"
            )
    count = threads(function, num_threads)
    with refusals_of(function):
        found: dict[str, Any] = _core.gram_error_curve(spec, x, y, count)
    return found


def gram_error(
    spec: SpecLike,
    x: ArrayLike,
    y: ArrayLike | None = None,
    *,
    num_threads: int | None = None,
) -> PredictedGramError:
    """The error of an approximate Gram matrix with the spec's frequencies, before it is computed.

    One point of `gram_error_curve`, with its parameters, costs and errors.

    Parameters
    ----------
    spec : FeatureMapSpec, FeatureMap or str
    x : array of shape (n, input_dim)
    y : array of shape (l, input_dim), optional
    num_threads : int, optional

    Returns
    -------
    PredictedGramError

    Raises
    ------
    TypeError, ValueError
        As `gram_error_curve`.

    Examples
    --------
    >>> import numpy as np
    >>> import bochner as bo
    >>> x = np.random.default_rng(0).normal(size=(50, 3))
    >>> spec = bo.FeatureMapSpec(3, 3000, projection=bo.IidProjection(), seed=4)
    >>> expected = bo.gram_error(spec, x).relative_error
    >>> phi = bo.FeatureMap(spec).transform(x)
    >>> exact = np.exp(-0.5 * ((x[:, None] - x) ** 2).sum(-1))
    >>> measured = np.linalg.norm(phi @ phi.T - exact) / np.linalg.norm(exact)
    >>> bool(0.5 < measured / expected < 2)
    True
    """
    spec = _closed_form("gram_error", spec)
    curve = GramErrorCurve(**_curve("gram_error", spec, x, y, num_threads))
    return curve.at(spec.num_frequencies)


@dataclasses.dataclass(frozen=True, eq=False)
class ExpectedError(Result):
    """What to expect of a spec on data.

    Attributes
    ----------
    root_mean_square : float
        Of ``|K^ - K|_F / |K|_F``.
    mean_square_sum : float
        Mean ``|x + y|^2`` over pairs, after the kernel's scaling and the centring: the z2 of
        `with_optimal_parameter`.
    warning : str
        Empty, or why the number says little.
    """

    root_mean_square: float
    mean_square_sum: float
    warning: str


def error_expected(
    spec: SpecLike,
    x: ArrayLike,
    y: ArrayLike | None = None,
    *,
    num_threads: int | None = None,
) -> ExpectedError:
    """The relative error to expect of a Gram matrix, with a warning where it says little.

    Parameters
    ----------
    spec : FeatureMapSpec, FeatureMap or str
    x : array of shape (n, input_dim)
        Queries. float32 is computed in float64.
    y : array of shape (l, input_dim), optional
        Keys; without them those of x.
    num_threads : int, optional

    Returns
    -------
    ExpectedError

    Raises
    ------
    TypeError, ValueError
        As `gram_error`.

    Notes
    -----
    n l closed forms.

    Examples
    --------
    >>> import numpy as np
    >>> import bochner as bo
    >>> x = np.random.default_rng(0).normal(size=(20, 4)) * 0.25
    >>> spec = bo.FeatureMapSpec(4, 64, kernel=bo.SoftmaxKernel(), features=bo.PositiveFeatures())
    >>> expected = bo.error_expected(spec, x)
    >>> expected.root_mean_square < 0.2, expected.warning
    (True, '')
    """
    spec = _closed_form("error_expected", spec)
    x, y = _both("error_expected", x, y)
    count = threads("error_expected", num_threads)
    with refusals_of("error_expected"):
        return ExpectedError(**_core.error_expected(spec, x, y, count))


# Attention


@dataclasses.dataclass(frozen=True, eq=False)
class OutputError(Result):
    """What to expect of attention's output, to first order in the errors of the kernel estimates.

    Attributes
    ----------
    squared_error : array of shape (n,)
        ``E |o^_i - o_i|^2``, one a query.
    squared_norm : array of shape (n,)
        ``|o_i|^2``.
    normaliser_variance : array of shape (n,)
        ``Var D^_i / (E D^_i)^2``, D^ the denominator.
    relative_error : float
        Root mean square of ``|o^ - o|`` over that of ``|o|``, all queries.
    warning : str
        Empty, or why the first order is not enough.
    """

    squared_error: NDArray[np.float64]
    squared_norm: NDArray[np.float64]
    normaliser_variance: NDArray[np.float64]
    relative_error: float
    warning: str

    def _columns(self) -> dict[str, Any]:
        names = ("squared_error", "squared_norm", "normaliser_variance")
        return {name: getattr(self, name) for name in names}


def output_error(
    spec: SpecLike,
    queries: ArrayLike,
    keys: ArrayLike,
    values: ArrayLike,
    *,
    num_threads: int | None = None,
) -> OutputError:
    """The error of attention's output before it is computed.

    For ``o_i = sum_j k(q_i, k_j) v_j / sum_j k(q_i, k_j)``. With weights p_j of a query,
    ``r_j = k^(q, k_j) / k(q, k_j)`` and ``c_j = p_j (v_j - o)``::

        E |o^ - o|^2  ~  sum_jl c_j . c_l Cov(r_j, r_l)

    Where denominators vary by more than a tenth of their value a warning says so; above a mean
    ``|q + k|^2`` of 4 it says that the prediction is dominated by mass that no sample sees.
    Measured over predicted errors are between 0.97 and 1.03 up to a mean ``|q + k|^2`` of 1.

    Parameters
    ----------
    spec : FeatureMapSpec, FeatureMap or str
    queries : array of shape (n, input_dim)
    keys : array of shape (l, input_dim)
    values : array of shape (l, d)
        float32 is computed in float64.
    num_threads : int, optional

    Returns
    -------
    OutputError
        `to_frame` has one row a query.

    Raises
    ------
    TypeError
        On another dtype.
    ValueError
        When frequencies are quasi-random or not normal (Matern and others), shapes do not fit, an
        array is empty, or numbers are not finite.

    Notes
    -----
    O(n l^2) exponentials (some ten times that for orthogonal projections), O(l^2 + n l) memory:
    sample the rows.

    Examples
    --------
    >>> import numpy as np
    >>> import bochner as bo
    >>> rng = np.random.default_rng(0)
    >>> q, k, v = rng.normal(size=(3, 8, 4)) * 0.3
    >>> spec = bo.FeatureMapSpec(4, 256, kernel=bo.SoftmaxKernel(), features=bo.PositiveFeatures())
    >>> expected = bo.output_error(spec, q, k, v)
    >>> expected.squared_error.shape, 0 < expected.relative_error < 1
    ((8,), True)
    """
    spec = _closed_form("output_error", spec)
    queries, keys = _both("output_error", queries, keys, ("queries", "keys"))
    values = doubles("output_error", "values", values, "rows, columns")
    out = np.empty((3, queries.shape[0]))
    count = threads("output_error", num_threads)
    with refusals_of("output_error"):
        error, warning = _core.output_error(spec, queries, keys, values, out, count)
    squared_error, squared_norm, normaliser_variance = out
    return OutputError(squared_error, squared_norm, normaliser_variance, error, warning)


# Plans


@dataclasses.dataclass(frozen=True, eq=False)
class FrequencyPlan(Result):
    """How many frequencies an error needs.

    Attributes
    ----------
    num_frequencies : int
        The smallest number that reaches the target; 0: none does.
    whole_blocks : int
        The smallest such whole number of blocks, as frequencies: the recommended choice.
    log10_frequencies : float
        log10 of about how many it takes, also where that cannot be counted; infinite where no
        number does.
    root_mean_square : float
        Of the error with `num_frequencies`, in the target's unit.
    basis : str
        What the number rests on.
    statement : str
        The promise in one sentence.
    warning : str
        Empty, or why not to trust or use this map here.
    """

    num_frequencies: int
    whole_blocks: int
    log10_frequencies: float
    root_mean_square: float
    basis: str
    statement: str
    warning: str


def frequencies_needed(
    spec: SpecLike,
    x: ArrayLike,
    y: ArrayLike | None = None,
    *,
    error: float = 0.1,
    unit: Unit = "relative",
    confidence: float = 0.95,
    basis: Basis = "asymptotic",
    num_threads: int | None = None,
) -> FrequencyPlan:
    """How many frequencies keep an error below `error` with probability `confidence`.

    For the estimate at one pair (1-d x and y), or for the Frobenius error of the approximate Gram
    matrix of rows (2-d), relative to ``|K|_F`` or absolute. For matrices, "asymptotic" asks that
    the root mean square error be the target, whatever the confidence, and "chebyshev" that Markov's
    inequality for the squared error give the confidence; the other two are for pairs.

    Parameters
    ----------
    spec : FeatureMapSpec, FeatureMap or str
        Its `num_frequencies` is not used.
    x, y : array of shape (input_dim,), or (n, input_dim) and (l, input_dim)
        float32 is computed in float64. For matrices y may be left out: the rows of x then.
    error : float
        Positive.
    unit : {"relative", "absolute"}
        Whether the error is in units of the kernel value or of one.
    confidence : float
        Between 0 and 1.
    basis : {"asymptotic", "chebyshev", "bernstein", "median-of-means"}
        What stands behind the number: the exact variance and a normal law (an approximation, good
        for many blocks), the exact variance and Chebyshev's inequality (a guarantee), Bernstein's
        inequality over whole blocks (a guarantee, bounded features only), or a guarantee for the
        median of the means of ``ceil(8 log(1 / (1 - confidence)))`` groups.
    num_threads : int, optional

    Returns
    -------
    FrequencyPlan

    Raises
    ------
    TypeError
        On another dtype.
    ValueError
        On shapes or numbers that do not fit, when the combination has no closed form, and when
        Bernstein's inequality is asked of unbounded features.

    Examples
    --------
    >>> import numpy as np
    >>> import bochner as bo
    >>> spec = bo.FeatureMapSpec(2, 1, projection=bo.IidProjection())
    >>> x, y = np.array([0.0, 0.0]), np.array([1.0, 0.0])
    >>> plan = bo.frequencies_needed(spec, x, y, error=0.01, unit="absolute", basis="chebyshev")
    >>> bool(plan.num_frequencies == np.ceil((1 - np.exp(-1)) ** 2 / 2 / 0.01**2 / 0.05))
    True
    """
    function = "frequencies_needed"
    spec = _closed_form(function, spec)
    target = (
        positive(function, "error", error),
        one_of(function, "unit", unit, _UNITS),
        fraction(function, "confidence", confidence),
        one_of(function, "basis", basis, _core.bases),
    )
    count = threads(function, num_threads)
    first, second, one = pair_or_rows(function, x, x if y is None else y, spec.input_dim)
    first, second = _in_double(first, second)
    if not one:
        with refusals_of(function):
            return FrequencyPlan(**_core.frequencies_needed(spec, first, second, *target, count))
    if y is None:
        raise ValueError(f"{function}: y is missing, expected the other input of the pair")
    query, key = np.ascontiguousarray(first[0]), np.ascontiguousarray(second[0])
    with refusals_of(function):
        return FrequencyPlan(**_core.frequencies_needed_at(spec, query, key, *target))


def frequencies_needed_uniformly(
    spec: SpecLike, radius: float, *, error: float = 0.1, confidence: float = 0.95
) -> FrequencyPlan:
    """How many frequencies keep the error below `error` at all pairs of a ball at once.

    The bound of Sutherland and Schneider (2015, propositions 1 and 2), with its constants, for
    independent trigonometric or cosine features of the Gaussian kernel: a guarantee, usually
    several times too large. For the softmax kernel no constants are known: the plan has no number
    and its statement quotes a rate.

    Parameters
    ----------
    spec : FeatureMapSpec, FeatureMap or str
        Its `num_frequencies` is not used.
    radius : float
        Of the ball, after the kernel's scaling.
    error : float
        Absolute, positive.
    confidence : float
        Between 0 and 1.

    Returns
    -------
    FrequencyPlan

    Raises
    ------
    TypeError, ValueError
        On other numbers, and for other maps.

    Examples
    --------
    >>> import bochner as bo
    >>> spec = bo.FeatureMapSpec(2, 1, projection=bo.IidProjection())
    >>> bo.frequencies_needed_uniformly(spec, 1.0, error=0.1).num_frequencies > 1000
    True
    """
    function = "frequencies_needed_uniformly"
    spec = spec_of(function, spec)
    length = positive(function, "radius", radius)
    most = positive(function, "error", error)
    sure = fraction(function, "confidence", confidence)
    with refusals_of(function):
        return FrequencyPlan(**_core.frequencies_needed_uniformly(spec, length, most, sure))


# Recommendations


@dataclasses.dataclass(frozen=True, eq=False)
class Candidate(Result):
    """One map and what to expect of it.

    Attributes
    ----------
    spec : FeatureMapSpec
    error : float
        Relative error to expect, of the Gram matrix or of attention's output.
    cost : float
        Floating-point operations of the projection, per row.
    """

    spec: FeatureMapSpec
    error: float
    cost: float


@dataclasses.dataclass(frozen=True, eq=False)
class Recommendation(Result):
    """Maps by the error to expect of them.

    Attributes
    ----------
    ranked : tuple of Candidate
        Best first.
    reason : str
        Why the first one, in one sentence.
    warning : str
        Empty, or why the ranking says little.
    """

    ranked: tuple[Candidate, ...]
    reason: str
    warning: str

    @property
    def spec(self) -> FeatureMapSpec:
        """That of the best."""
        return self.ranked[0].spec

    def _columns(self) -> dict[str, Any]:
        return {
            "features": np.array([str(c.spec.features) for c in self.ranked]),
            "projection": np.array([str(c.spec.projection) for c in self.ranked]),
            "error": np.array([c.error for c in self.ranked]),
            "cost": np.array([c.cost for c in self.ranked]),
            "spec": np.array([str(c.spec) for c in self.ranked]),
        }

    def to_frame(self) -> pd.DataFrame:
        """One row a map, best first: features, projection, error, cost and spec.

        Raises
        ------
        ImportError
            Where pandas is not installed.
        """
        return super().to_frame()


def _recommendation(found: tuple[Any, ...]) -> Recommendation:
    ranked, reason, warning = found
    return Recommendation(tuple(Candidate(*each) for each in ranked), reason, warning)


def recommend(
    kernel: KernelLike,
    x: ArrayLike,
    y: ArrayLike | None = None,
    *,
    num_features: int = 256,
    seed: int = 0,
    num_threads: int | None = None,
) -> Recommendation:
    """Which map to use: every compatible one, by its error on a sample of the data.

    Ranks feature functions and projections (parameters from the data by the closed rules; with and
    without centring) for approximating the Gram matrix of rows like those of x and y, by the
    relative Frobenius error that closed forms predict on up to 512 rows of each. Errors within 2 %
    count as equal, and the cheaper map comes first.

    Parameters
    ----------
    kernel : kernel or str
    x : array of shape (n, d)
        Queries. float32 is computed in float64.
    y : array of shape (l, d), optional
        Keys; without them those of x.
    num_features : int
        Columns of phi, at least 2.
    seed : int
        Of the recommended specs, and of the sample.
    num_threads : int, optional

    Returns
    -------
    Recommendation
        ``.spec`` is the best.

    Raises
    ------
    TypeError
        On another dtype.
    ValueError
        When shapes do not fit, an array is empty or numbers are not finite.

    Examples
    --------
    >>> import numpy as np
    >>> import bochner as bo
    >>> x = np.random.default_rng(0).normal(size=(40, 4)) * 0.3
    >>> found = bo.recommend(bo.SoftmaxKernel(), x, num_features=32)
    >>> found.spec.num_features <= 32, found.ranked[0].error <= found.ranked[-1].error
    (True, True)
    """
    kernel = kernel_of("recommend", kernel)
    x, y = _both("recommend", x, y)
    columns = whole("recommend", "num_features", num_features, 2)
    drawn = seed_of("recommend", seed)
    count = threads("recommend", num_threads)
    with refusals_of("recommend"):
        return _recommendation(_core.recommend(kernel, x, y, columns, drawn, count))


def recommend_for_attention(
    kernel: KernelLike,
    queries: ArrayLike,
    keys: ArrayLike,
    values: ArrayLike,
    *,
    num_features: int = 256,
    redraws: int = 20,
    seed: int = 0,
    num_threads: int | None = None,
) -> Recommendation:
    """Which map to use for attention: the same by the error of its output, measured.

    The root mean square of ``|o^ - o|`` over up to 64 sampled queries (against up to 1,024 sampled
    keys) and `redraws` draws of each map, relative to that of ``|o|``. Its order differs from that
    of the matrix.

    Parameters
    ----------
    kernel : kernel or str
    queries : array of shape (n, d)
    keys : array of shape (l, d)
    values : array of shape (l, e)
        float32 is computed in float64.
    num_features : int
        Columns of phi, at least 2.
    redraws : int
        At least 2.
    seed : int
    num_threads : int, optional

    Returns
    -------
    Recommendation

    Raises
    ------
    TypeError, ValueError
        As `recommend`.

    Examples
    --------
    >>> import numpy as np
    >>> import bochner as bo
    >>> q, k, v = np.random.default_rng(0).normal(size=(3, 10, 4)) * 0.3
    >>> found = bo.recommend_for_attention("softmax", q, k, v, num_features=16, redraws=2)
    >>> found.ranked[0].error <= found.ranked[-1].error
    True
    """
    function = "recommend_for_attention"
    kernel = kernel_of(function, kernel)
    queries, keys = _both(function, queries, keys, ("queries", "keys"))
    values = doubles(function, "values", values, "rows, columns")
    columns = whole(function, "num_features", num_features, 2)
    draws = whole(function, "redraws", redraws, 2, 2**31 - 1)
    drawn = seed_of(function, seed)
    count = threads(function, num_threads)
    with refusals_of(function):
        return _recommendation(
            _core.recommend_for_attention(
                kernel, queries, keys, values, columns, drawn, draws, count
            )
        )


# Checks


@dataclasses.dataclass(frozen=True, eq=False)
class CheckResult(Result):
    """The verdict of a check, with what it rests on.

    Attributes
    ----------
    measured : float
        The mean, or the variance, over the replicates.
    expected : float
        What it should be.
    sigma : float
        Standard deviation of `measured` for a correct map.
    threshold : float
        ``|measured - expected| / sigma`` that fails, from the false-alarm rate.
    passed : bool
    sentence : str
        The verdict in words.
    """

    measured: float
    expected: float
    sigma: float
    threshold: float
    passed: bool
    sentence: str


def _check(
    function: str,
    what: str,
    estimate: SpecLike | Callable[[int], float],
    x: ArrayLike | None,
    y: ArrayLike | None,
    claim: tuple[float, float] | None,
    replicates: int,
    seed: int,
    false_alarm: float,
    num_threads: int | None,
) -> CheckResult:
    options = (
        whole(function, "replicates", replicates, 2),
        seed_of(function, seed),
        fraction(function, "false_alarm", false_alarm),
    )
    count = threads(function, num_threads)
    if isinstance(estimate, (FeatureMapSpec, FeatureMap, str)):
        spec = _closed_form(function, estimate)
        if claim is not None:
            raise TypeError(f"{function}: what to expect of a spec is known, and was passed")
        first = _vector(function, "x", x, spec.input_dim)
        second = _vector(function, "y", y, spec.input_dim)
        with refusals_of(function):
            return CheckResult(**_core.check_spec(what, spec, first, second, *options, count))
    if not callable(estimate):
        raise TypeError(
            f"{function}: estimate is {type(estimate).__name__}, expected a FeatureMapSpec or a "
            "function of a seed"
        )
    if x is not None or y is not None:
        raise TypeError(f"{function}: x and y go with a spec, not with a function of a seed")
    if claim is None:
        raise TypeError(f"{function}: expected is missing, which a function of a seed needs")
    function_of_seed = estimate
    expected, moment = claim
    return CheckResult(
        **_core.check_function(
            what, lambda drawn: float(function_of_seed(drawn)), expected, moment, *options
        )
    )


@overload
def check_unbiased(
    estimate: SpecLike,
    x: ArrayLike,
    y: ArrayLike,
    *,
    replicates: int = ...,
    seed: int = ...,
    false_alarm: float = ...,
    num_threads: int | None = ...,
) -> CheckResult: ...
@overload
def check_unbiased(
    estimate: Callable[[int], float],
    *,
    expected: float,
    variance: float,
    replicates: int = ...,
    seed: int = ...,
    false_alarm: float = ...,
) -> CheckResult: ...
def check_unbiased(
    estimate: SpecLike | Callable[[int], float],
    x: ArrayLike | None = None,
    y: ArrayLike | None = None,
    *,
    expected: float | None = None,
    variance: float | None = None,
    replicates: int = 1000,
    seed: int = 0,
    false_alarm: float = 1e-6,
    num_threads: int | None = None,
) -> CheckResult:
    """Whether the mean of an estimate over independent draws is what it should be.

    Of a spec at a pair, against its own closed form (bias included); or of a function of a seed
    that you wrote, against `expected`, given the variance of one draw from a closed form: a
    variance taken from the same sample hides a heavy tail.

    Parameters
    ----------
    estimate : FeatureMapSpec, FeatureMap or str, or callable
        A callable takes a seed (int) and returns one estimate. It is called `replicates` times, one
        after the other, on the calling thread; what it raises ends the call.
    x, y : array of shape (input_dim,)
        The pair; with a spec only.
    expected, variance : float
        Mean and variance of one estimate; with a callable only.
    replicates : int
        Independent draws, at least 2.
    seed : int
        The draws have seeds derived from it.
    false_alarm : float
        Probability that a correct map fails.
    num_threads : int, optional
        With a spec.

    Returns
    -------
    CheckResult

    Raises
    ------
    TypeError, ValueError
        On arguments that do not fit, and when the variance is not positive.

    Examples
    --------
    >>> import numpy as np
    >>> import bochner as bo
    >>> def mean_of_ten(seed):
    ...     return np.random.default_rng(seed).normal(size=10).mean()
    >>> bo.check_unbiased(mean_of_ten, expected=0.0, variance=0.1).passed
    True
    >>> bo.check_unbiased(mean_of_ten, expected=0.1, variance=0.1).passed
    False
    """
    claim = None
    if expected is not None or variance is not None:
        claim = (
            finite("check_unbiased", "expected", expected),
            positive("check_unbiased", "variance", variance),
        )
    return _check(
        "check_unbiased",
        "mean",
        estimate,
        x,
        y,
        claim,
        replicates,
        seed,
        false_alarm,
        num_threads,
    )


@overload
def check_variance(
    estimate: SpecLike,
    x: ArrayLike,
    y: ArrayLike,
    *,
    replicates: int = ...,
    seed: int = ...,
    false_alarm: float = ...,
    num_threads: int | None = ...,
) -> CheckResult: ...
@overload
def check_variance(
    estimate: Callable[[int], float],
    *,
    expected: float,
    fourth: float = ...,
    replicates: int = ...,
    seed: int = ...,
    false_alarm: float = ...,
) -> CheckResult: ...
def check_variance(
    estimate: SpecLike | Callable[[int], float],
    x: ArrayLike | None = None,
    y: ArrayLike | None = None,
    *,
    expected: float | None = None,
    fourth: float = 0.0,
    replicates: int = 1000,
    seed: int = 0,
    false_alarm: float = 1e-6,
    num_threads: int | None = None,
) -> CheckResult:
    """Whether the variance of an estimate over independent draws is what it should be.

    Parameters
    ----------
    estimate : FeatureMapSpec, FeatureMap or str, or callable
        As in `check_unbiased`.
    x, y : array of shape (input_dim,)
        The pair; with a spec only.
    expected : float
        Variance of one estimate; with a callable only.
    fourth : float
        Fourth central moment of one estimate; with a callable only. 0 takes that of the sample,
        which is reliable only for light tails (``|x + y|^2`` up to about 0.8 for positive
        features).
    replicates, seed, false_alarm, num_threads
        As in `check_unbiased`.

    Returns
    -------
    CheckResult

    Raises
    ------
    TypeError, ValueError
        As `check_unbiased`.

    Examples
    --------
    >>> import numpy as np
    >>> import bochner as bo
    >>> spec = bo.FeatureMapSpec(2, 16)
    >>> bo.check_variance(spec, np.zeros(2), np.ones(2)).passed
    True
    """
    claim = None
    if expected is not None:
        claim = (
            positive("check_variance", "expected", expected),
            not_negative("check_variance", "fourth", fourth),
        )
    return _check(
        "check_variance",
        "variance",
        estimate,
        x,
        y,
        claim,
        replicates,
        seed,
        false_alarm,
        num_threads,
    )


# Parameters


def optimal_oprf_parameter(z2: float, dim: int) -> float:
    """The parameter a of OPRF features that minimises the variance at ``|x + y|^2 = z2``.

    With p = z2 / dim, ``a = (1 - 2 p - sqrt((1 + 2 p)^2 + 8 p)) / 16``; z2 a mean over pairs, it
    minimises the mean log second moment (Likhosherstov et al. 2022, theorem 3.3).

    Parameters
    ----------
    z2 : float
        ``|x + y|^2`` after the kernel's scaling, at least 0.
    dim : int

    Returns
    -------
    float
        At most 0; about ``-z2 / (2 dim)`` for small z2.

    Raises
    ------
    TypeError, ValueError
        On other numbers.

    Examples
    --------
    >>> import bochner as bo
    >>> round(bo.optimal_oprf_parameter(2.0, 4), 6)
    -0.176777
    """
    function = "optimal_oprf_parameter"
    z2 = not_negative(function, "z2", z2)
    return float(_core.optimal_oprf_parameter(z2, whole(function, "dim", dim, 1)))


def optimal_hyperbolic_oprf_parameter(z2: float, dim: int) -> float:
    """The parameter a of hyperbolic OPRF features that minimises the variance.

    The fixed point of ``a = a*(z2 / (1 + exp(-k)))``, ``k = 2 z2 (1 - 4 a) / (1 - 8 a)``, a* that
    of `optimal_oprf_parameter`: smaller in size than for OPRF, the same for large z2.

    Parameters
    ----------
    z2 : float
        ``|x + y|^2`` after the kernel's scaling, at least 0.
    dim : int

    Returns
    -------
    float

    Raises
    ------
    TypeError, ValueError
        On other numbers.

    Examples
    --------
    >>> import bochner as bo
    >>> bo.optimal_oprf_parameter(2.0, 4) < bo.optimal_hyperbolic_oprf_parameter(2.0, 4) < 0
    True
    """
    function = "optimal_hyperbolic_oprf_parameter"
    z2 = not_negative(function, "z2", z2)
    return float(_core.optimal_hyperbolic_oprf_parameter(z2, whole(function, "dim", dim, 1)))


def with_optimal_parameter(features: FeaturesLike, z2: float, dim: int) -> Any:
    """The feature function with its parameter a at the optimum for ``|x + y|^2 = z2``.

    Parameters
    ----------
    features : feature function or str
        One without a parameter comes back as it is.
    z2 : float
        After the kernel's scaling, at least 0; `error_expected` gives the mean over data.
    dim : int

    Returns
    -------
    feature function

    Raises
    ------
    TypeError, ValueError
        On other arguments.

    Examples
    --------
    >>> import bochner as bo
    >>> features = bo.with_optimal_parameter(bo.OprfFeatures(), 2.0, 4)
    >>> features == bo.OprfFeatures(bo.optimal_oprf_parameter(2.0, 4))
    True
    """
    function = "with_optimal_parameter"
    features = features_of(function, features)
    z2 = not_negative(function, "z2", z2)
    return _core.with_optimal_parameter(features, z2, whole(function, "dim", dim, 1))


def optimal_maclaurin_radius(
    kernel: KernelLike,
    x: ArrayLike,
    y: ArrayLike | None = None,
    *,
    exact: Literal["none", "constant", "linear"] = "none",
) -> float:
    """The radius of Maclaurin features that minimises their summed variance over pairs of rows.

    Over up to 64 rows of each, drawn with one seed.

    Parameters
    ----------
    kernel : kernel or str
        A function of the dot product.
    x : array of shape (n, d)
        float32 is computed in float64.
    y : array of shape (l, d), optional
        Without it the rows of x.
    exact : {"none", "constant", "linear"}
        The terms that have exact columns.

    Returns
    -------
    float

    Raises
    ------
    TypeError
        On another dtype.
    ValueError
        When the kernel is no function of the dot product, there are no rows, or columns differ.

    Examples
    --------
    >>> import numpy as np
    >>> import bochner as bo
    >>> x = np.random.default_rng(0).normal(size=(20, 4)) * 0.3
    >>> bo.optimal_maclaurin_radius(bo.PolynomialKernel(), x) > 0
    True
    """
    function = "optimal_maclaurin_radius"
    kernel = kernel_of(function, kernel)
    x, y = _both(function, x, y)
    exact_terms = one_of(function, "exact", exact, _core.exact_terms)
    with refusals_of(function):
        return float(_core.optimal_maclaurin_radius(kernel, exact_terms, x, y))


def optimal_centring(
    kernel: KernelLike, features: FeaturesLike, x: ArrayLike, y: ArrayLike | None = None
) -> Centring:
    """The centring that takes the mean of the data off what variances grow with.

    Mean query and mean key sum to zero for maps of sums (positive features and relatives) and are
    equal for maps of differences; one centre on both sides where the kernel is shift-invariant.

    Parameters
    ----------
    kernel : kernel or str
    features : feature function or str
    x : array of shape (n, d)
        Queries.
    y : array of shape (l, d), optional
        Keys; without them those of x.

    Returns
    -------
    Centring

    Raises
    ------
    TypeError
        On another dtype, or two of them.
    ValueError
        When an array is empty, columns differ, or on NaN or infinity.

    Examples
    --------
    >>> import numpy as np
    >>> import bochner as bo
    >>> x = np.random.default_rng(0).normal(size=(20, 2)) + 1.0
    >>> centring = bo.optimal_centring("softmax", "positive", x, 2 * x)
    >>> bool(np.allclose(centring.query, 1.5 * x.mean(axis=0)))
    True
    """
    function = "optimal_centring"
    kernel, features = kernel_of(function, kernel), features_of(function, features)
    x = numbers(function, "x", x, "rows, columns")
    y = x if y is None else like(function, "y", y, "rows, columns", "x", x.dtype)
    centring: Centring = _core.optimal_centring(kernel, features, x, y)
    return centring
