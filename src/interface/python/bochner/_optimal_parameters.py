# SPDX-License-Identifier: Apache-2.0
"""Parameters of features that make their variance least."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from bochner import _core
from bochner._arrays import ArrayLike, both_double, vector
from bochner._options import not_negative, one_of, whole
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
    from numpy.typing import NDArray


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


def mean_square_sums(
    spec: SpecLike, x: ArrayLike, y: ArrayLike | None = None
) -> NDArray[np.float64]:
    """Mean ``(x + y)_l^2`` over all pairs of rows, one per direction.

    After the kernel's scaling and the spec's transform: what `with_optimal_parameters` takes.

    Parameters
    ----------
    spec : FeatureMapSpec or str
    x : array of shape (n, input_dim)
        Queries; float32 is computed in float64.
    y : array of shape (l, input_dim), optional
        Keys; without them those of x.

    Returns
    -------
    array of shape (input_dim,)

    Raises
    ------
    TypeError
        On another dtype.
    ValueError
        When an array is empty, columns are not input_dim, or on NaN or infinity.

    Examples
    --------
    >>> import numpy as np
    >>> import bochner as bo
    >>> spec = bo.FeatureMapSpec(2, 64, bo.SoftmaxKernel(), features=bo.PositiveFeatures())
    >>> bo.mean_square_sums(spec, np.array([[1.0, 0.0]]), np.array([[1.0, 2.0], [1.0, 0.0]]))
    array([4., 2.])
    """
    function = "mean_square_sums"
    spec = spec_of(function, spec)
    x, y = both_double(function, x, y)
    with refusals_of(function):
        return np.asarray(_core.mean_square_sums(spec, x, y))


def optimal_oprf_parameters(z2: ArrayLike) -> NDArray[np.float64]:
    """One parameter per direction of OPRF features, by `optimal_oprf_parameter` in each.

    Parameters
    ----------
    z2 : array of shape (input_dim,)
        Mean ``(x + y)_l^2`` per direction, at least 0: see `mean_square_sums`.

    Returns
    -------
    array of float

    Raises
    ------
    TypeError, ValueError
        On other numbers, or none.

    Examples
    --------
    >>> import bochner as bo
    >>> a = bo.optimal_oprf_parameters([0.0, 0.5])
    >>> bool(a[0] == 0.0 and a[1] == bo.optimal_oprf_parameter(0.5, 1))
    True
    """
    squares = vector("optimal_oprf_parameters", "z2", z2, np.float64)
    return np.asarray(_core.optimal_oprf_parameters(squares.tolist()))


def optimal_hyperbolic_oprf_parameters(
    z2: ArrayLike,
) -> NDArray[np.float64]:
    """One parameter per direction of hyperbolic OPRF features, all optimal together.

    The fixed point of ``a_l = a*(z2[l] / (1 + exp(-k)))``, ``k = 2 sum_l z2[l] (1 - 4 a_l) / (1 -
    8 a_l)``, a* that of `optimal_oprf_parameter` in one dimension.

    Parameters
    ----------
    z2 : array of shape (input_dim,)
        Mean ``(x + y)_l^2`` per direction, at least 0: see `mean_square_sums`.

    Returns
    -------
    array of float

    Raises
    ------
    TypeError, ValueError
        On other numbers, or none.

    Examples
    --------
    >>> import bochner as bo
    >>> a = bo.optimal_hyperbolic_oprf_parameters([0.5, 2.0])
    >>> bool(a[1] < a[0] < 0.0)
    True
    """
    squares = vector("optimal_hyperbolic_oprf_parameters", "z2", z2, np.float64)
    return np.asarray(_core.optimal_hyperbolic_oprf_parameters(squares.tolist()))


def with_optimal_parameters(features: FeaturesLike, z2: ArrayLike) -> Any:
    """The feature function with one parameter per direction at the optimum.

    Parameters
    ----------
    features : feature function or str
        One without a parameter comes back as it is.
    z2 : array of shape (input_dim,)
        Mean ``(x + y)_l^2`` per direction, at least 0: see `mean_square_sums`.

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
    >>> features = bo.with_optimal_parameters("oprf", [0.5, 2.0])
    >>> features.a == tuple(bo.optimal_oprf_parameters([0.5, 2.0]))
    True
    """
    function = "with_optimal_parameters"
    features = features_of(function, features)
    squares = vector(function, "z2", z2, np.float64)
    with refusals_of(function):
        return _core.with_optimal_parameters(features, squares.tolist())
