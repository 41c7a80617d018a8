# SPDX-License-Identifier: Apache-2.0
"""What to study: pairs of inputs, and maps."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from bochner import _core
from bochner._core.options import FeatureMapSpec
from bochner._options import finite, not_negative, one_or_several, several, whole
from bochner._specs import FeaturesLike, KernelLike, ProjectionLike, features_of, kernel_of
from bochner._study_inputs import projections_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


class StudyPairs(NamedTuple):
    """Pairs of inputs (row i of x, row i of y), and what to call them."""

    x: NDArray[np.float64]
    y: NDArray[np.float64]
    labels: tuple[str, ...]


def study_pairs(
    input_dim: int,
    *,
    norms: Sequence[float] = (0.5, 1.0),
    angles: Sequence[float] = (0.0, math.pi / 4, math.pi / 2, 3 * math.pi / 4, math.pi),
) -> StudyPairs:
    """Pairs of each length and each angle, in two directions at random.

    ``x = norm e_1`` and ``y = norm (cos(angle) e_1 + sin(angle) e_2)``: the pairs that
    ``bochner variance`` studies. The directions are the same for all calls of one dimension.

    Parameters
    ----------
    input_dim : int
        At least 2.
    norms : sequence of float
        ``|x| = |y|``.
    angles : sequence of float
        Between x and y, in radians.

    Returns
    -------
    StudyPairs
        ``x`` and ``y`` of shape (norms times angles, input_dim), and ``labels``.

    Raises
    ------
    TypeError, ValueError
        On other numbers.

    Examples
    --------
    >>> import bochner as bo
    >>> x, y, labels = bo.study_pairs(16, norms=[0.5], angles=[0.0, 1.0])
    >>> x.shape, labels
    ((2, 16), ('norm 0.5 angle 0.00', 'norm 0.5 angle 1.00'))
    """
    function = "study_pairs"
    dim = whole(function, "input_dim", input_dim, 2)
    lengths = [not_negative(function, "norms", norm) for norm in several(function, "norms", norms)]
    turns = [finite(function, "angles", angle) for angle in several(function, "angles", angles)]
    x = np.empty((len(lengths) * len(turns), dim))
    y = np.empty_like(x)
    labels = _core.study_pairs(dim, lengths, turns, x, y)
    return StudyPairs(x, y, tuple(labels))


def study_specs(
    kernel: KernelLike,
    input_dim: int,
    *,
    features: FeaturesLike | Sequence[FeaturesLike] | None = None,
    projections: ProjectionLike | Sequence[ProjectionLike] | None = None,
) -> list[FeatureMapSpec]:
    """The maps of a kernel that `pair_study` and `matrix_study` can study.

    Those that go with each other, have a closed form, and whose first columns are the smaller map;
    maps of one projection are side by side, and share its draws.

    Parameters
    ----------
    kernel : kernel or str
    input_dim : int
    features, projections : feature functions and projections, or their texts
        Without them all, with their default options.

    Returns
    -------
    list of FeatureMapSpec
        With one frequency each, a number that studies do not use.

    Raises
    ------
    TypeError, ValueError
        On other arguments, and when no combination can be studied.

    Examples
    --------
    >>> import bochner as bo
    >>> specs = bo.study_specs("softmax", 16, features=["positive"], projections=["iid", "sobol"])
    >>> [str(spec.projection) for spec in specs]
    ['iid']
    """
    function = "study_specs"
    kernel = kernel_of(function, kernel)
    dim = whole(function, "input_dim", input_dim, 1)
    if features is None:
        features = [alternative() for alternative in _core.feature_functions]
    if projections is None:
        projections = [alternative() for alternative in _core.projections]
    functions = [
        features_of(function, each)
        for each in one_or_several(function, "features", features, _core.feature_functions)
    ]
    specs = [
        FeatureMapSpec(dim, 1, kernel=kernel, projection=projection, features=each)
        for projection in projections_of(function, projections)
        for each in functions
        if _core.study_gap(kernel, projection, each) is None
    ]
    if not specs:
        raise ValueError(f"{function}: no feature function and projection go with {kernel}")
    return specs
