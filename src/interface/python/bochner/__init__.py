# SPDX-License-Identifier: Apache-2.0
"""Random features for scalable kernel methods, with their error in closed form.

Maps are described by a `FeatureMapSpec` (kernel, projection, feature function, seed), a plain value
that prints, parses and pickles, and drawn by `FeatureMap`. Arrays are float32 or float64, of any
strides; results have the same bits for any number of threads.

>>> import numpy as np
>>> import bochner as bo
>>> spec = bo.FeatureMapSpec(8, 256, kernel=bo.GaussianKernel(bo.Isotropic(2.0)), seed=1)
>>> fm = bo.FeatureMap(spec)
>>> fm.transform(np.zeros((3, 8))).shape
(3, 512)
"""

from bochner import _core
from bochner._alibi import alibi_slopes
from bochner._attention import attention, attention_gradient
from bochner._attention_costs import AttentionCosts, attention_backend, attention_nanoseconds
from bochner._attention_errors import (
    AttentionComparison,
    AttentionErrorReport,
    EffectiveNorms,
    attention_report,
    attention_with_error,
)
from bochner._attention_heads import head_maps, head_specs
from bochner._attention_plans import HeadPlan, HeadPlans, attend_as_planned, plan_attention
from bochner._attention_results import AttentionReport
from bochner._attention_rows import attention_rows, exact_attention_rows
from bochner._attention_state import AttentionState
from bochner._attention_study import AttentionStudy, attention_study
from bochner._calibration import CalibratedHead, calibrate
from bochner._change_detector import Change, ChangeDetector
from bochner._checks_of_maps import CheckResult, check_unbiased, check_variance
from bochner._chi_square import weighted_chi_square_tail
from bochner._clusters import KernelClusters, kernel_kmeans, nearest_clusters
from bochner._combinations import incompatibility, num_frequencies_for
from bochner._conditional_independence import (
    ConditionalIndependence,
    conditional_independence_test,
)
from bochner._config import show_config
from bochner._core import feature_functions, kernels, metrics, projections
from bochner._core import version as __version__
from bochner._core.options import *  # noqa: F403
from bochner._cross_validation import (
    CrossValidation,
    LogisticValidation,
    cross_validate,
    cross_validate_logistic,
)
from bochner._eigenpairs import GramEigenpairs, eigenpairs
from bochner._estimates import Interval, KernelEstimate, estimate
from bochner._exact_attention import (
    exact_attention,
    exact_attention_gradient,
    softmax_scale_gradient,
)
from bochner._exact_gram import ExactGram
from bochner._feature_errors import FeatureErrors, feature_error
from bochner._fits import FitOutcome, Fitted, fit
from bochner._folds import Folds, group_folds, group_labels, repeated_columns, row_folds
from bochner._gram_approximation import GramApproximation
from bochner._gram_certificate import GramCertificate, gram_certificate
from bochner._gram_comparison import ComparedGram, compare_approximations
from bochner._gram_matrices import MeasuredGramError, approximate_gram, exact_gram, gram_distance
from bochner._gram_predictions import (
    ExpectedError,
    GramErrorCurve,
    PredictedGramError,
    error_expected,
    gram_error,
    gram_error_curve,
)
from bochner._gram_solve import GramSolveReport, solve
from bochner._gram_study import GramStudy, gram_study
from bochner._hyperparameter_search import SearchCandidate, SearchResult, search_hyperparameters
from bochner._kernel_tests import KernelTest, independence_test, two_sample_test
from bochner._kernels import (
    evaluate,
    mean_square_sum,
    median_lengthscale,
    softmax_scale_for,
    with_scale,
)
from bochner._label_sets import LabelSets
from bochner._logistic import LogisticRegression, LogisticReport, class_targets, largest_output
from bochner._logistic_sums import LogisticSums, logistic_gradient, logistic_product
from bochner._map import FeatureMap
from bochner._matrix_study import MatrixStudy, matrix_study
from bochner._mean_embeddings import EmbeddingDistance, MeanEmbedding
from bochner._merging import merge_in_order
from bochner._model_files import load_model, predict, save_model
from bochner._models import Model
from bochner._moments import KernelMoments, kernel_moments, row_moment
from bochner._normal_equations import NormalEquations
from bochner._nystrom import Nystrom, nystrom
from bochner._online_ridge import OnlineRidge
from bochner._optimal_parameters import (
    mean_square_sums,
    optimal_hyperbolic_oprf_parameter,
    optimal_hyperbolic_oprf_parameters,
    optimal_maclaurin_radius,
    optimal_oprf_parameter,
    optimal_oprf_parameters,
    with_optimal_parameter,
    with_optimal_parameters,
)
from bochner._optimal_transforms import optimal_centring, optimal_pair_transform
from bochner._output_errors import OutputError, output_error
from bochner._pair_study import PairStudy, pair_study
from bochner._plans import FrequencyPlan, frequencies_needed, frequencies_needed_uniformly
from bochner._prediction_intervals import PredictionIntervals
from bochner._principal_components import KernelPrincipalComponents
from bochner._reading import ReadOptions
from bochner._recommendations import Candidate, Recommendation, recommend, recommend_for_attention
from bochner._result_errors import (
    eigenvalue_error,
    independence_error,
    principal_component_error,
    two_sample_error,
)
from bochner._ridge_feature_errors import RidgeFeatureErrors
from bochner._ridge_fit import FitReport, RidgeFit, fit_ridge
from bochner._ridge_path import RidgePath, ridge_leverage, ridge_path
from bochner._ridge_regression import RidgeRegression
from bochner._ridges import logarithmic_ridges
from bochner._sampled_errors import (
    GramNorm,
    SampledGramError,
    hutchinson_error,
    relative_interval,
    sampled_error,
    squared_norm,
)
from bochner._seeds import derive_seed
from bochner._shifted_gram import ShiftedGram
from bochner._spectral_errors import DeltaSpectral, SpectralError, delta_spectral, spectral_error
from bochner._study_subjects import StudyPairs, study_pairs, study_specs
from bochner._study_tables import StudyTable, study_table
from bochner._tables import Table, read_table
from bochner._texts import parse_features, parse_kernel, parse_projection, with_frequencies

__all__ = [
    "AttentionComparison",
    "AttentionCosts",
    "AttentionErrorReport",
    "AttentionReport",
    "AttentionState",
    "AttentionStudy",
    "Candidate",
    "CalibratedHead",
    "Change",
    "ChangeDetector",
    "CheckResult",
    "ComparedGram",
    "ConditionalIndependence",
    "CrossValidation",
    "DeltaSpectral",
    "EffectiveNorms",
    "EmbeddingDistance",
    "ExactGram",
    "ExpectedError",
    "FeatureErrors",
    "FeatureMap",
    "FitOutcome",
    "FitReport",
    "Fitted",
    "Folds",
    "FrequencyPlan",
    "GramApproximation",
    "GramCertificate",
    "GramEigenpairs",
    "GramErrorCurve",
    "GramNorm",
    "GramSolveReport",
    "GramStudy",
    "HeadPlan",
    "HeadPlans",
    "Interval",
    "KernelClusters",
    "KernelEstimate",
    "KernelMoments",
    "KernelPrincipalComponents",
    "LabelSets",
    "LogisticRegression",
    "LogisticReport",
    "LogisticSums",
    "LogisticValidation",
    "MatrixStudy",
    "MeanEmbedding",
    "MeasuredGramError",
    "Model",
    "NormalEquations",
    "Nystrom",
    "OnlineRidge",
    "OutputError",
    "PairStudy",
    "KernelTest",
    "PredictedGramError",
    "PredictionIntervals",
    "ReadOptions",
    "Recommendation",
    "RidgeFeatureErrors",
    "RidgeFit",
    "RidgePath",
    "RidgeRegression",
    "SampledGramError",
    "SearchCandidate",
    "SearchResult",
    "ShiftedGram",
    "SpectralError",
    "StudyPairs",
    "StudyTable",
    "Table",
    "__version__",
    "alibi_slopes",
    "approximate_gram",
    "attend_as_planned",
    "attention",
    "attention_backend",
    "attention_gradient",
    "attention_nanoseconds",
    "attention_report",
    "attention_rows",
    "attention_study",
    "attention_with_error",
    "calibrate",
    "check_unbiased",
    "check_variance",
    "class_targets",
    "compare_approximations",
    "conditional_independence_test",
    "cross_validate",
    "cross_validate_logistic",
    "delta_spectral",
    "derive_seed",
    "eigenpairs",
    "eigenvalue_error",
    "error_expected",
    "estimate",
    "evaluate",
    "exact_attention",
    "exact_attention_gradient",
    "exact_attention_rows",
    "exact_gram",
    "feature_error",
    "feature_functions",
    "fit",
    "fit_ridge",
    "frequencies_needed",
    "frequencies_needed_uniformly",
    "gram_certificate",
    "gram_distance",
    "gram_error",
    "gram_error_curve",
    "gram_study",
    "group_folds",
    "group_labels",
    "head_maps",
    "head_specs",
    "hutchinson_error",
    "incompatibility",
    "independence_error",
    "independence_test",
    "kernel_kmeans",
    "kernel_moments",
    "kernels",
    "largest_output",
    "load_model",
    "logarithmic_ridges",
    "logistic_gradient",
    "logistic_product",
    "matrix_study",
    "mean_square_sum",
    "mean_square_sums",
    "median_lengthscale",
    "merge_in_order",
    "metrics",
    "nearest_clusters",
    "num_frequencies_for",
    "nystrom",
    "optimal_centring",
    "optimal_hyperbolic_oprf_parameter",
    "optimal_hyperbolic_oprf_parameters",
    "optimal_maclaurin_radius",
    "optimal_oprf_parameter",
    "optimal_oprf_parameters",
    "optimal_pair_transform",
    "output_error",
    "pair_study",
    "parse_features",
    "parse_kernel",
    "parse_projection",
    "plan_attention",
    "predict",
    "principal_component_error",
    "projections",
    "read_table",
    "recommend",
    "recommend_for_attention",
    "relative_interval",
    "repeated_columns",
    "ridge_leverage",
    "ridge_path",
    "row_folds",
    "row_moment",
    "sampled_error",
    "save_model",
    "search_hyperparameters",
    "show_config",
    "softmax_scale_for",
    "softmax_scale_gradient",
    "solve",
    "spectral_error",
    "squared_norm",
    "study_pairs",
    "study_specs",
    "study_table",
    "two_sample_error",
    "two_sample_test",
    "weighted_chi_square_tail",
    "with_frequencies",
    "with_optimal_parameter",
    "with_optimal_parameters",
    "with_scale",
    *(name for name in vars(_core.options) if not name.startswith("_")),
]
