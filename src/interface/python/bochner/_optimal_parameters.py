# SPDX-License-Identifier: Apache-2.0
"""Parameters of features that make their variance least."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from bochner import _core
from bochner._arrays import ArrayLike, both_alike, both_double
from bochner._options import not_negative, one_of, whole
from bochner._specs import FeaturesLike, KernelLike, features_of, kernel_of, refusals_of

if TYPE_CHECKING:
    from bochner._core.options import Centring


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
    x, y = both_double(function, x, y)
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
    x, y = both_alike(function, x, y)
    centring: Centring = _core.optimal_centring(kernel, features, x, y)
    return centring
