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
from bochner._attention import (
    attention,
    attention_gradient,
    attention_report,
    attention_rows,
    attention_with_error,
    head_maps,
    head_specs,
)
from bochner._attention_costs import AttentionCosts, attention_backend, attention_nanoseconds
from bochner._attention_results import (
    AttentionComparison,
    AttentionErrorReport,
    AttentionReport,
    EffectiveNorms,
)
from bochner._attention_state import AttentionState
from bochner._core import feature_functions, kernels, metrics, projections
from bochner._core import version as __version__
from bochner._core.options import *  # noqa: F403
from bochner._exact_attention import (
    exact_attention,
    exact_attention_gradient,
    exact_attention_rows,
    softmax_scale_gradient,
)
from bochner._gram import (
    ExactGram,
    GramApproximation,
    GramEigenpairs,
    GramSolveReport,
    MeasuredGramError,
    Nystrom,
    ShiftedGram,
    approximate_gram,
    eigenpairs,
    exact_gram,
    gram_distance,
    nystrom,
    solve,
)
from bochner._gram_clients import (
    KernelClusters,
    KernelPrincipalComponents,
    PermutationTest,
    independence_test,
    kernel_kmeans,
    nearest_clusters,
    two_sample_test,
)
from bochner._gram_errors import (
    ComparedGram,
    DeltaSpectral,
    GramNorm,
    SampledGramError,
    SpectralError,
    compare_approximations,
    delta_spectral,
    hutchinson_error,
    relative_interval,
    sampled_error,
    spectral_error,
    squared_norm,
)
from bochner._kernels import (
    evaluate,
    mean_square_sum,
    median_lengthscale,
    softmax_scale_for,
    with_scale,
)
from bochner._logistic import LogisticRegression, LogisticReport, class_targets, largest_output
from bochner._map import FeatureMap, incompatibility, num_frequencies_for
from bochner._models import (
    FitOutcome,
    Fitted,
    Model,
    ReadOptions,
    fit,
    load_model,
    predict,
    save_model,
)
from bochner._regression import (
    FitReport,
    NormalEquations,
    RidgeFit,
    RidgePath,
    RidgeRegression,
    fit_ridge,
    ridge_leverage,
    ridge_path,
)
from bochner._validation import (
    CrossValidation,
    Folds,
    LogisticValidation,
    SearchCandidate,
    SearchResult,
    cross_validate,
    cross_validate_logistic,
    group_folds,
    group_labels,
    repeated_columns,
    row_folds,
    search_hyperparameters,
)

__all__ = [
    "AttentionComparison",
    "AttentionCosts",
    "AttentionErrorReport",
    "AttentionReport",
    "AttentionState",
    "ComparedGram",
    "CrossValidation",
    "DeltaSpectral",
    "EffectiveNorms",
    "ExactGram",
    "FeatureMap",
    "FitOutcome",
    "FitReport",
    "Fitted",
    "Folds",
    "GramApproximation",
    "GramEigenpairs",
    "GramNorm",
    "GramSolveReport",
    "KernelClusters",
    "KernelPrincipalComponents",
    "LogisticRegression",
    "LogisticReport",
    "LogisticValidation",
    "MeasuredGramError",
    "Model",
    "NormalEquations",
    "Nystrom",
    "PermutationTest",
    "ReadOptions",
    "RidgeFit",
    "RidgePath",
    "RidgeRegression",
    "SampledGramError",
    "SearchCandidate",
    "SearchResult",
    "ShiftedGram",
    "SpectralError",
    "__version__",
    "approximate_gram",
    "attention",
    "attention_backend",
    "attention_gradient",
    "attention_nanoseconds",
    "attention_report",
    "attention_rows",
    "attention_with_error",
    "class_targets",
    "compare_approximations",
    "cross_validate",
    "cross_validate_logistic",
    "delta_spectral",
    "eigenpairs",
    "evaluate",
    "exact_attention",
    "exact_attention_gradient",
    "exact_attention_rows",
    "exact_gram",
    "feature_functions",
    "fit",
    "fit_ridge",
    "gram_distance",
    "group_folds",
    "group_labels",
    "head_maps",
    "head_specs",
    "hutchinson_error",
    "incompatibility",
    "independence_test",
    "kernel_kmeans",
    "kernels",
    "largest_output",
    "load_model",
    "mean_square_sum",
    "median_lengthscale",
    "metrics",
    "nearest_clusters",
    "num_frequencies_for",
    "nystrom",
    "predict",
    "projections",
    "relative_interval",
    "repeated_columns",
    "ridge_leverage",
    "ridge_path",
    "row_folds",
    "sampled_error",
    "save_model",
    "search_hyperparameters",
    "softmax_scale_for",
    "softmax_scale_gradient",
    "solve",
    "spectral_error",
    "squared_norm",
    "two_sample_test",
    "with_scale",
    *(name for name in vars(_core.options) if not name.startswith("_")),
]
