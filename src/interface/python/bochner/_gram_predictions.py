# SPDX-License-Identifier: Apache-2.0
"""Errors of approximate Gram matrices before they are computed."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import numpy as np

from bochner import _core
from bochner._archives import Kept, State
from bochner._arrays import ArrayLike, both_double, like, rows, threads
from bochner._closed_forms import Values, closed_form, per_pair
from bochner._options import whole
from bochner._results import Result
from bochner._specs import SpecLike, refusals_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from typing_extensions import Self

    from bochner._core.options import FeatureMapSpec


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


_KIND = "gram_error_curve"
_SUMS = (
    "log_row_variance",
    "log_pair_variance",
    "log_block_variance",
    "log_squared_bias",
    "log_squared_norm",
)
_COUNTS = ("block_size", "pair_size", "exact_columns")


@dataclasses.dataclass(frozen=True, eq=False)
class GramErrorCurve(Result, Kept):
    """The predicted error of a Gram matrix as a function of the number of frequencies.

    Sums over the entries: curves of disjoint blocks of one matrix, merged, are that of all of them.

    Attributes
    ----------
    log_row_variance : float
        Log of the sum over entries of one row's variance.
    log_pair_variance : float
        The same of twice that of the mean of a pair.
    log_block_variance : float
        The same of `block_size` times that of a whole block's mean.
    log_squared_bias : float
        Log of the sum of squared biases; ``-inf`` for none.
    log_squared_norm : float
        ``log |K|_F^2``.
    block_size : int
        Rows of a block: whole multiples waste nothing.
    pair_size : int
        2 where rows come in pairs: opposite ones, or of paired radii.
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
        logarithms = [getattr(self, name) for name in _SUMS]
        _core.gram_errors_at(
            logarithms,
            self.block_size,
            self.pair_size,
            self.exact_columns,
            self.groups,
            numbers_of,
            out,
        )
        return PredictedGramError(*per_pair(out, one))

    def copy(self) -> GramErrorCurve:
        """The same: a curve does not change."""
        return self

    def merge(self, other: GramErrorCurve) -> GramErrorCurve:
        """The curve of the blocks of both, which have no entry in common; neither changes.

        Parameters
        ----------
        other : GramErrorCurve
            Of the same spec but for its num_frequencies.

        Returns
        -------
        GramErrorCurve

        Raises
        ------
        TypeError, ValueError
            On anything else.

        Examples
        --------
        >>> import numpy as np
        >>> import bochner as bo
        >>> x = np.random.default_rng(0).normal(size=(50, 3))
        >>> spec = bo.FeatureMapSpec(3, 1)
        >>> left, right = (bo.gram_error_curve(spec, x, part) for part in (x[:20], x[20:]))
        >>> whole = bo.gram_error_curve(spec, x)
        >>> bool(np.isclose(left.merge(right).log_squared_norm, whole.log_squared_norm))
        True
        """
        if not isinstance(other, GramErrorCurve):
            raise TypeError(f"merge: other is {type(other).__name__}, expected a GramErrorCurve")
        for name in (*_COUNTS, "groups"):
            mine, theirs = getattr(self, name), getattr(other, name)
            if mine != theirs:
                raise ValueError(f"merge: other has {name} {theirs}, expected {mine}")
        added: dict[str, Any] = {
            name: float(np.logaddexp(getattr(self, name), getattr(other, name))) for name in _SUMS
        }
        return dataclasses.replace(self, **added)

    def _state(self) -> State:
        words = {"kind": _KIND, "groups": self.groups}
        words |= {name: str(getattr(self, name)) for name in _COUNTS}
        return words, {"logarithms": np.array([[getattr(self, name) for name in _SUMS]])}

    @classmethod
    def _restored(cls, words: dict[str, str], arrays: dict[str, Any]) -> Self:
        if words.get("kind") != _KIND:
            raise ValueError(
                f"GramErrorCurve: the archive holds a {words.get('kind')!r}, expected a {_KIND!r}"
            )
        logarithms = np.asarray(arrays.get("logarithms", ()))
        counts = [words.get(name, "") for name in _COUNTS]
        if np.shape(logarithms) != (1, len(_SUMS)) or not all(map(str.isdecimal, counts)):
            raise ValueError("GramErrorCurve: the archive does not hold all of a curve")
        members: dict[str, Any] = dict(zip(_SUMS, map(float, np.ravel(logarithms)), strict=True))
        members |= zip(_COUNTS, map(int, counts), strict=True)
        return cls(**members, groups=words.get("groups", ""))


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
    spec = closed_form("gram_error_curve", spec)
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
    spec = closed_form("gram_error", spec)
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
    spec = closed_form("error_expected", spec)
    x, y = both_double("error_expected", x, y)
    count = threads("error_expected", num_threads)
    with refusals_of("error_expected"):
        return ExpectedError(**_core.error_expected(spec, x, y, count))
