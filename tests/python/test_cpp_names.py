# SPDX-License-Identifier: Apache-2.0
"""Every public name of C++ is in Python, or is refused here with a reason."""

from functools import reduce
from pathlib import Path

import pytest
from cpp_names import declared, statements

import bochner as bo

HEADERS = Path(__file__).parents[2] / "include" / "bochner"
DECLARED = declared(HEADERS.rglob("*.hpp"))

# What is reached by another name: of a class, a method or a function whose keywords it became.
ELSEWHERE = {
    "AttentionGradients": "attention_gradient",
    "AttentionInputs": "attention",
    "AttentionLengths": "attention_backend",
    "AttentionOptions": "attention",
    "AttentionStateOptions": "AttentionState",
    "AttentionErrorOptions": "attention_with_error",
    "AttentionGoal": "plan_attention",
    "AttentionRow": "attention_rows",
    "Budget": "recommend",
    "CalibrationOptions": "calibrate",
    "ChangeDetectorOptions": "ChangeDetector",
    "CheckOptions": "check_unbiased",
    "ClusterOptions": "kernel_kmeans",
    "ConditionalIndependenceOptions": "conditional_independence_test",
    "ColumnRoles": "fit",
    "ColumnSelection": "ReadOptions",
    "DimensionScale": "with_scale",
    "ErrorTarget": "frequencies_needed",
    "Execution": "FeatureMap.transform",
    "FeatureBlock": "FeatureMap.apply",
    "FeatureErrorOptions": "feature_error",
    "FeatureFunction": "feature_functions",
    "FitOptions": "fit_ridge",
    "FitRequest": "fit",
    "FitSearch": "FitOutcome",
    "FitStudy": "FitOutcome",
    "GivenScale": "with_scale",
    "GramBudget": "compare_approximations",
    "GramSolveOptions": "solve",
    "HutchinsonOptions": "hutchinson_error",
    "IntervalPlan": "fit",
    "Kernel": "kernels",
    "LabelledRows": "LogisticRegression",
    "LanczosErrorOptions": "spectral_error",
    "LiveKeys": "AttentionState.append",
    "LogisticOptions": "LogisticRegression",
    "MeanSquareSumScale": "with_scale",
    "MedianScale": "with_scale",
    "NormalEquationsOptions": "NormalEquations",
    "NystromOptions": "nystrom",
    "KernelTestOptions": "two_sample_test",
    "Projection": "projections",
    "RidgeOptions": "RidgeRegression",
    "SampledErrorOptions": "sampled_error",
    "SearchOptions": "search_hyperparameters",
    "SearchPlan": "fit",
    "SvmlightOptions": "ReadOptions",
    "TargetView": "NormalEquations.add",
    "TrainingRows": "fit_ridge",
    "advance": "AttentionState.advance",
    "all_alternatives": "kernels",
    "alternative_names": "kernels",
    "append": "AttentionState.append",
    "attend": "AttentionState.attend",
    "features": "FeatureMap.transform",
    "from_archive": "Model.from_bytes",
    "in_label_set": "LabelSets.predict",
    "lengthscales_of": "GaussianKernel.metric",
    "metric_of": "GaussianKernel.metric",
    "num_features": "FeatureMapSpec.num_features",
    "dot_scale_of": "SoftmaxKernel.scale",
    "parse_archive": "Model.from_bytes",
    "parse_spec": "FeatureMapSpec.parse",
    "read_archive": "Model.load",
    "to_archive": "Model.to_bytes",
    "to_bytes": "Model.to_bytes",
    "to_text": "FeatureMapSpec.__str__",
    "validate": "FeatureMapSpec",
    "write_archive": "Model.save",
}

# What Python does not have, by the reason.
REFUSED = {
    "NumPy has it": [
        "AlignedDelete",
        "EigenGram",
        "Matrix",
        "MatrixView",
        "TensorView",
        "as_eigen",
        "in_double",
    ],
    "a dtype of arrays": ["BFloat16", "Half"],
    "exceptions are Python's own": [
        "FileError",
        "Interrupted",
        "InvalidArgument",
        "InvalidRequest",
        "UnusedOption",
    ],
    "a seed is an integer; NumPy draws random numbers": ["Seed", "Stream", "philox4x32"],
    "words are checked where they are passed": ["enumerator_of", "name_of", "names_of"],
    "how C++ describes its options": ["Field", "variant_of"],
    "archives are words and arrays of what is saved and loaded": ["Archive", "require_finite"],
    "calls are watched by a function": ["Progress", "Stage", "StopRequests", "Watcher"],
    "blocks of rows in the engine's layout are for clients in C++": [
        "BlockMap",
        "FeatureSource",
        "rounded",
    ],
    "what an alternative says of itself, for the library": [
        "BlockLaw",
        "ExponentialLaw",
        "FeatureStage",
        "FrequencyLaw",
        "FrequencyNorms",
        "PowerSeries",
        "ProductLayout",
        "ProductSampling",
        "ProjectionOperator",
        "Rectifier",
        "RowLaw",
        "SpectralMeasure",
        "StageInput",
        "StandardForm",
    ],
    "a list of specs, or one": ["HeadSpecs"],
    "a bool: whether features are kept": ["GramStorage"],
    "columns of classes, groups and text belong to `fit`": ["ClassColumn"],
    "names of columns are text": ["ColumnNames", "svmlight_index"],
    "an estimate is a function of a seed, which Python writes itself": ["estimates_of"],
    "hasattr(features, 'a') asks it": ["has_parameter"],
    "what two regressions share in C++": ["LinearModel"],
    "what intervals and label sets share in C++": ["HeldOutModels"],
    "what `RidgeFeatureErrors` holds in C++": ["ResampledRidge"],
    "rows of `FitOutcome.left_out`": ["PredictedRow"],
    "ask for lengthscales='fixed'": ["searches_lengthscales"],
    "`Model` has `centre` and `scale`": ["Standardisation"],
}
REASONS = {name: reason for reason, names in REFUSED.items() for name in names}


def has(path):
    """Whether the package has a name, dots included."""
    try:
        reduce(getattr, path.split("."), bo)
    except AttributeError:
        return False
    return True


@pytest.mark.parametrize("name", DECLARED)
def test_every_name_is_there_or_refused(name):
    kind, header = DECLARED[name]
    words = kind == "enum"  # enumerations are words in Python
    assert words or has(name) or name in ELSEWHERE or name in REASONS, f"{name} ({header})"


def test_no_table_is_out_of_date():
    for name in [*ELSEWHERE, *REASONS]:
        assert name in DECLARED, f"{name} is in no header"
        assert not has(name), f"{name} is in Python"
    assert not set(ELSEWHERE) & set(REASONS)
    for name, path in ELSEWHERE.items():
        assert has(path), f"{name}: no {path}"


def test_the_parser_sees_what_there_is():
    text = """
    // struct Commented {};
    #define MACRO struct Macro {
    namespace bochner {
    namespace inner { class BOCHNER_EXPORT Deep final : public Base { void method(); }; }
    struct Forward;
    enum class Colour { red, green };
    template <Scalar T, class U = std::vector<T>>
    BOCHNER_EXPORT std::vector<T> function(const char* text = "} struct Quoted {");
    inline int body(int x) { if (x) { call(x); } return 0; }
    inline constexpr int kConstant = value(3);
    using Alias = std::vector<int>;
    bool operator==(const A&, const A&);
    }
    """
    found = [statement for _, statement in statements(text)]
    assert found[0] == "class BOCHNER_EXPORT Deep final : public Base"
    assert "struct Forward" in found
    assert not any("Quoted" in statement or "Macro" in statement for statement in found)
    assert len(DECLARED) > 250
    for name in ("FeatureMap", "GaussianKernel", "attention", "gram_error", "read_table", "Mask"):
        assert name in DECLARED
    for name in ("kConstant", "apply", "method"):
        assert name not in DECLARED
