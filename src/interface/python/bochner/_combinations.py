# SPDX-License-Identifier: Apache-2.0
"""What goes with what, and how many columns it makes."""

from __future__ import annotations

from bochner import _core
from bochner._options import whole
from bochner._specs import (
    FeaturesLike,
    KernelLike,
    ProjectionLike,
    features_of,
    kernel_of,
    projection_of,
    refusals_of,
)


def incompatibility(
    kernel: KernelLike, projection: ProjectionLike, features: FeaturesLike
) -> str | None:
    """Why a kernel, a projection and a feature function do not go together.

    Parameters
    ----------
    kernel, projection, features
        Of `kernels`, `projections` and `feature_functions`, or their texts.

    Returns
    -------
    str or None
        None when they do.

    Raises
    ------
    TypeError, ValueError
        On what is none of them.

    Examples
    --------
    >>> import bochner as bo
    >>> bo.incompatibility(bo.GaussianKernel(), bo.IidProjection(), bo.TrigonometricFeatures())
    >>> bo.incompatibility("softmax", "iid", "maclaurin").startswith("maclaurin")
    True
    """
    function = "incompatibility"
    return _core.incompatibility(
        kernel_of(function, kernel),
        projection_of(function, projection),
        features_of(function, features),
    )


def num_frequencies_for(features: FeaturesLike, num_features: int) -> int:
    """The number of frequencies that makes so many columns of features.

    Parameters
    ----------
    features
        Of `feature_functions`, or its text.
    num_features : int

    Raises
    ------
    TypeError
        On what is no feature function or no integer.
    ValueError
        When `num_features` is no positive multiple of the columns per frequency.

    Examples
    --------
    >>> import bochner as bo
    >>> bo.num_frequencies_for(bo.TrigonometricFeatures(), 512)
    256
    """
    function = "num_frequencies_for"
    columns = whole(function, "num_features", num_features)
    with refusals_of(function):
        return _core.num_frequencies_for(features_of(function, features), columns)
