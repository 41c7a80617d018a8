# SPDX-License-Identifier: Apache-2.0
"""Random features for scalable kernel methods, with their error in closed form.

Maps are described by a `FeatureMapSpec` (kernel, projection, feature function, seed), a plain value
that prints, parses and pickles, and drawn by `FeatureMap`. Arrays are float32 or float64, of any
strides, and are never copied on the way in; results have the same bits for any number of threads.

>>> import numpy as np
>>> import bochner as bo
>>> spec = bo.FeatureMapSpec(8, 256, kernel=bo.GaussianKernel(bo.Isotropic(2.0)), seed=1)
>>> fm = bo.FeatureMap(spec)
>>> fm.transform(np.zeros((3, 8))).shape
(3, 512)
"""

from bochner import _core
from bochner._core import __version__, feature_functions, kernels, metrics, projections
from bochner._core.options import *  # noqa: F403
from bochner._estimators import (
    Candidate,
    CheckResult,
    ExpectedError,
    FrequencyPlan,
    GramErrorCurve,
    Interval,
    KernelEstimate,
    KernelMoments,
    OutputError,
    PredictedGramError,
    Recommendation,
    check_unbiased,
    check_variance,
    error_expected,
    estimate,
    frequencies_needed,
    frequencies_needed_uniformly,
    gram_error,
    gram_error_curve,
    kernel_moments,
    optimal_centring,
    optimal_hyperbolic_oprf_parameter,
    optimal_maclaurin_radius,
    optimal_oprf_parameter,
    output_error,
    recommend,
    recommend_for_attention,
    row_moment,
    with_optimal_parameter,
)
from bochner._map import FeatureMap
from bochner._studies import (
    GramStudy,
    MatrixStudy,
    PairStudy,
    StudyPairs,
    StudyTable,
    gram_study,
    matrix_study,
    pair_study,
    study_pairs,
    study_specs,
    study_table,
)

__all__ = [
    "Candidate",
    "CheckResult",
    "ExpectedError",
    "FeatureMap",
    "FrequencyPlan",
    "GramErrorCurve",
    "GramStudy",
    "Interval",
    "KernelEstimate",
    "KernelMoments",
    "MatrixStudy",
    "OutputError",
    "PairStudy",
    "PredictedGramError",
    "Recommendation",
    "StudyPairs",
    "StudyTable",
    "__version__",
    "check_unbiased",
    "check_variance",
    "error_expected",
    "estimate",
    "feature_functions",
    "frequencies_needed",
    "frequencies_needed_uniformly",
    "gram_error",
    "gram_error_curve",
    "gram_study",
    "kernel_moments",
    "kernels",
    "matrix_study",
    "metrics",
    "optimal_centring",
    "optimal_hyperbolic_oprf_parameter",
    "optimal_maclaurin_radius",
    "optimal_oprf_parameter",
    "output_error",
    "pair_study",
    "projections",
    "recommend",
    "recommend_for_attention",
    "row_moment",
    "study_pairs",
    "study_specs",
    "study_table",
    "with_optimal_parameter",
    *(name for name in vars(_core.options) if not name.startswith("_")),
]
