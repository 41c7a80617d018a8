# SPDX-License-Identifier: Apache-2.0
"""Studies: what they measure is what maps of the replicates' seeds give."""

import pickle

import numpy as np
import pytest
from support import Alarm, alarm, require_refusals_by_name

import bochner as bo

D = 3


def rows(n, d=D, scale=0.4, seed=0, dtype=np.float64):
    return (scale * np.random.default_rng(seed).normal(size=(n, d))).astype(dtype)


def spec_of(features, projection, **options):
    return bo.FeatureMapSpec(D, 1, bo.SoftmaxKernel(0.7), projection, features, **options)


def seeds_of(seed, count):
    """The seeds of the replicates."""
    seeds = []
    bo.check_unbiased(
        lambda drawn: seeds.append(drawn) or 0.0,
        expected=0.0,
        variance=1.0,
        replicates=count,
        seed=seed,
    )
    return seeds


def drawn(spec, m, seed):
    return bo.FeatureMap(
        bo.FeatureMapSpec(
            spec.input_dim, m, spec.kernel, spec.projection, spec.features, seed, spec.transform
        )
    )


SPECS = [
    spec_of(bo.PositiveFeatures(), bo.OrthogonalProjection()),
    spec_of(bo.HyperbolicOprfFeatures(-0.05), bo.OrthogonalProjection()),
    spec_of(
        bo.PositiveFeatures(),
        bo.OrthogonalProjection(),
        transform=bo.PairTransform([0.1, 0.2, 0.3], [0.1, 0.2, 0.3]),
    ),
    spec_of(bo.TrigonometricFeatures(), bo.IidProjection()),
]


def test_a_pair_study_is_what_its_maps_measure():
    x, y = rows(4), rows(4, seed=1)
    study = bo.pair_study(SPECS, x, y, frequencies=[8, 3], replicates=20, seed=6)
    seeds = seeds_of(6, 20)
    at = 0
    for spec in SPECS:
        for pair in range(4):
            for m in (3, 8):
                values = np.array(
                    [
                        (
                            fm.transform(x[pair : pair + 1])
                            @ fm.transform(y[pair : pair + 1], side="key").T
                        ).item()
                        for fm in (drawn(spec, m, seed) for seed in seeds)
                    ]
                )
                exact = np.exp(0.7 * x[pair] @ y[pair])
                assert study.features[at] == str(spec.features)
                assert study.projection[at] == str(spec.projection)
                assert study.pair[at] == str(pair)
                assert study.num_frequencies[at] == m
                assert study.num_features[at] == drawn(spec, m, 0).num_features
                assert study.replicates[at] == 20
                assert study.exact[at] == pytest.approx(exact)
                moments = bo.kernel_moments(drawn(spec, m, 0), x[pair], y[pair])
                assert study.predicted_variance[at] == pytest.approx(moments.variance)
                assert study.predicted_log_variance[at] == pytest.approx(moments.log_variance)
                assert study.predicted_relative_error[at] == pytest.approx(moments.relative_error)
                deviation = values - exact
                assert study.measured_bias[at] == pytest.approx(deviation.mean(), abs=1e-12)
                assert study.measured_bias_error[at] == pytest.approx(
                    values.std(ddof=1) / np.sqrt(20)
                )
                assert study.measured_variance[at] == pytest.approx(values.var(ddof=1))
                error = np.sqrt((deviation**2).mean()) / exact
                assert study.measured_relative_error[at] == pytest.approx(error)
                at += 1
    assert at == study.exact.shape[0]


def test_what_is_measured_agrees_with_what_is_predicted_and_not_with_half_of_it():
    x, y = rows(6), rows(6, seed=1)
    study = bo.pair_study(SPECS, x, y, frequencies=[32], replicates=400, seed=2)
    # The variance of a sample variance of nearly normal values is 2 / (n - 1).
    sigma = np.sqrt(2 / 399)
    ratios = study.measured_variance / study.predicted_variance
    assert np.all(np.abs(ratios - 1) < 6 * sigma)
    assert np.all(np.abs(2 * ratios - 1) > 6 * sigma)


def test_the_columns_are_those_of_the_command():
    study = bo.pair_study(SPECS[0], rows(2), rows(2), frequencies=[4], replicates=2)
    assert list(study.to_frame().columns) == [
        "features",
        "projection",
        "pair",
        "num_frequencies",
        "num_features",
        "exact",
        "predicted_bias",
        "predicted_variance",
        "predicted_log_variance",
        "predicted_relative_error",
        "replicates",
        "measured_bias",
        "measured_bias_error",
        "measured_variance",
        "measured_variance_error",
        "measured_relative_error",
    ]
    matrix = bo.matrix_study(SPECS[0], rows(2), frequencies=[4])
    assert list(matrix.to_frame().columns) == [
        "features",
        "projection",
        "num_frequencies",
        "num_features",
        "predicted",
        "measured",
        "measured_error",
    ]
    gram = bo.gram_study(rows(3), frequencies=[4])
    assert list(gram.to_frame().columns) == [
        "projection",
        "frequencies",
        "features",
        "predicted",
        "measured",
        "standard_error",
        "feature_seconds",
        "spec",
    ]


def test_without_replicates_only_the_closed_forms_are_there():
    study = bo.pair_study(SPECS, rows(2), rows(2, seed=1), frequencies=[4], replicates=0)
    assert np.all(np.isfinite(study.predicted_variance))
    assert np.all(np.isnan(study.measured_variance))
    matrix = bo.matrix_study(SPECS, rows(5), frequencies=[4], redraws=0)
    assert np.all(np.isnan(matrix.measured))


def test_errors_of_negative_kernel_values_are_positive():
    kernel = bo.PolynomialKernel(degree=1, offset=0.0)
    spec = bo.FeatureMapSpec(D, 1, kernel, bo.RademacherProjection(), bo.MaclaurinFeatures())
    x = rows(2)
    study = bo.pair_study(spec, x, -x, frequencies=[64], replicates=200)
    assert np.all(study.exact < 0)
    ratio = study.measured_relative_error / study.predicted_relative_error
    assert np.all(np.abs(ratio - 1) < 0.5)


def test_optimal_parameters_are_those_of_each_pair():
    x, y = rows(3), rows(3, seed=1)
    spec = spec_of(bo.HyperbolicOprfFeatures(), bo.OrthogonalProjection())
    study = bo.pair_study(spec, x, y, frequencies=[4, 8], replicates=3, parameters="optimal")
    for pair in range(3):
        z2 = 0.7 * ((x[pair] + y[pair]) ** 2).sum()
        best = bo.HyperbolicOprfFeatures(bo.optimal_hyperbolic_oprf_parameter(z2, D))
        for at in (2 * pair, 2 * pair + 1):
            found = bo.FeatureMapSpec.parse(
                str(spec).replace(str(spec.features), study.features[at])
            )
            assert found.features.a == pytest.approx(best.a, rel=1e-12)
    given = bo.pair_study(spec, x, y, frequencies=[4], replicates=0)
    assert set(given.features) == {str(spec.features)}


def test_a_matrix_study_is_what_its_maps_measure():
    q, k = rows(7), rows(5, seed=1)
    study = bo.matrix_study(SPECS, q, k, frequencies=[4, 16], redraws=10, seed=3)
    exact = np.exp(0.7 * q @ k.T)
    at = 0
    for spec in SPECS:
        for m in (4, 16):
            squares = (
                np.array(
                    [
                        ((fm.transform(q) @ fm.transform(k, side="key").T - exact) ** 2).sum()
                        for fm in (drawn(spec, m, seed) for seed in seeds_of(3, 10))
                    ]
                )
                / (exact**2).sum()
            )
            assert study.measured[at] == pytest.approx(np.sqrt(squares.mean()))
            error = squares.std(ddof=1) / np.sqrt(10) / (2 * study.measured[at])
            assert study.measured_error[at] == pytest.approx(error)
            predicted = bo.gram_error(drawn(spec, m, 0), q, k).relative_error
            assert study.predicted[at] == pytest.approx(predicted)
            at += 1


def test_a_gram_study_is_what_its_maps_measure(dtype):
    x = rows(30, dtype=dtype)
    study = bo.gram_study(
        x, kernel="softmax", features="positive", frequencies=[8, 32], draws=3, seed=5
    )
    wide = x.astype(np.float64)
    exact = np.exp(wide @ wide.T)
    tolerance = 1e-4 if dtype == np.float32 else 1e-9
    for at, spec in enumerate(map(bo.FeatureMapSpec.parse, study.spec)):
        assert spec.seed == 5
        errors = []
        for seed in (5, 6, 7):
            phi = drawn(spec, spec.num_frequencies, seed).transform(x).astype(np.float64)
            errors.append(np.linalg.norm(phi @ phi.T - exact) / np.linalg.norm(exact))
        assert np.allclose(study.errors[at], errors, rtol=tolerance)
        assert study.measured[at] == pytest.approx(np.sqrt(np.mean(np.square(errors))), tolerance)
        assert study.predicted[at] == pytest.approx(bo.gram_error(spec, wide).relative_error, 1e-4)
    assert list(study.frequencies) == [8, 32, 8, 32]
    assert list(study.features) == [8, 32, 8, 32]
    assert study.exact_seconds > 0
    assert set(study.gap) == {""}


def test_what_has_no_closed_form_is_measured_with_the_reason():
    study = bo.gram_study(rows(10), projections=[bo.SobolProjection()], frequencies=[16])
    assert np.isnan(study.predicted[0])
    assert "quasi-random" in study.gap[0]
    assert study.measured[0] > 0


def test_tables_compare_at_equal_columns():
    table = bo.study_table("equal-columns")
    cell = (table.map == "positive iid") & (table.group == "d 16") & (table.at == "|z|^2 1")
    # F Var / k^2 of independent positive features.
    assert table.predicted[cell] == pytest.approx(np.e - 1)
    assert np.all(np.isnan(table.measured))
    assert "at" in table.to_frame().columns
    measured = bo.study_table("equal-columns", replicates=50)
    some = ~np.isnan(measured.measured)
    assert some.any()
    ratio = measured.measured[some] / measured.predicted[some]
    assert np.median(ratio) == pytest.approx(1, abs=0.2)
    assert table.title


def test_stated_pairs_have_the_lengths_and_angles():
    x, y, labels = bo.study_pairs(5, norms=[0.5, 2.0], angles=[0.0, 1.0])
    assert np.allclose(np.linalg.norm(x, axis=1), [0.5, 0.5, 2, 2])
    assert np.allclose(np.linalg.norm(y, axis=1), [0.5, 0.5, 2, 2])
    cosines = (x * y).sum(axis=1) / [0.25, 0.25, 4, 4]
    assert np.allclose(cosines, np.cos([0, 1, 0, 1]))
    assert len(labels) == 4


def test_all_maps_that_can_be_studied_are_studied():
    specs = bo.study_specs("softmax", D)
    assert len({(str(s.features), str(s.projection)) for s in specs}) == len(specs) > 20
    study = bo.pair_study(specs, rows(1), rows(1, seed=1), frequencies=[4], replicates=2)
    assert np.all(np.isfinite(study.predicted_relative_error))
    few = bo.study_specs("gaussian", D, features=[bo.CosineFeatures()], projections=["iid"])
    assert [s.features for s in few] == [bo.CosineFeatures()]


def calls(dtype=np.float64):
    x, y = rows(6, dtype=dtype), rows(6, seed=1, dtype=dtype)
    return {
        "pair_study": (
            lambda x, y, **t: bo.pair_study(SPECS, x, y, frequencies=[4], replicates=40, **t),
            (x, y),
        ),
        "matrix_study": (
            lambda x, y, **t: bo.matrix_study(SPECS, x, y, frequencies=[4], redraws=5, **t),
            (x, y),
        ),
        "gram_study": (
            lambda x, **t: without_times(bo.gram_study(x, frequencies=[4], draws=2, **t)),
            (x,),
        ),
    }


def without_times(study):
    values = study.to_dict()
    zeros = np.zeros_like(values["feature_seconds"])
    return bo.GramStudy(**{**values, "feature_seconds": zeros, "exact_seconds": 0.0})


@pytest.mark.parametrize("name", list(calls()))
def test_layouts_and_threads_have_the_same_bits(name, dtype, layouts):
    call, arrays = calls(dtype)[name]
    expected = call(*arrays, num_threads=1)
    assert call(*arrays, num_threads=2) == expected
    for layout in layouts(arrays[0]):
        assert call(*(layouts(array)[layout] for array in arrays)) == expected, layout
    again = pickle.loads(pickle.dumps(expected))
    assert again == expected
    assert str(again)


@pytest.mark.parametrize("name", list(calls()))
def test_bad_arrays_are_refused_by_name(name):
    call, arrays = calls()[name]
    nan = arrays[0].copy()
    nan[4, 1] = np.nan
    for value, error, message in [
        (arrays[0].tolist(), TypeError, "is list, expected an array"),
        (arrays[0].astype(int), TypeError, "has dtype int64, expected float32 or float64"),
        (arrays[0][0], ValueError, "has 1 dimension, expected 2"),
        (arrays[0][:0], ValueError, "(has no rows|is 0 x 3), expected"),
        (nan, ValueError, "row 4, column 1 is nan, expected a finite number"),
    ]:
        with pytest.raises(error, match=f"^{name}: .*{message}"):
            call(value, *arrays[1:])


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: bo.pair_study([], rows(2), rows(2)), ValueError, "pair_study: specs is empty"),
        (
            lambda: bo.pair_study(3, rows(2), rows(2)),
            TypeError,
            "pair_study: specs is 3, expected a list",
        ),
        (lambda: bo.pair_study([3], rows(2), rows(2)), TypeError, r"pair_study: specs\[0\] is int"),
        (
            lambda: bo.pair_study(SPECS, rows(2, 2), rows(2, 2)),
            ValueError,
            r"pair_study: x has 2 columns, expected 3 \(the input_dim of specs\[0\]\)",
        ),
        (
            lambda: bo.pair_study(SPECS, rows(2), rows(3)),
            ValueError,
            "pair_study: y has 3 rows, expected 2",
        ),
        (
            lambda: bo.pair_study(SPECS, rows(2), rows(2), replicates=1),
            ValueError,
            "pair_study: replicates is 1, and one draw has no variance",
        ),
        (
            lambda: bo.pair_study(SPECS, rows(2), rows(2), frequencies=[]),
            ValueError,
            "pair_study: frequencies is empty",
        ),
        (
            lambda: bo.pair_study(SPECS, rows(2), rows(2), frequencies=64),
            TypeError,
            "pair_study: frequencies is 64, expected a list",
        ),
        (
            lambda: bo.pair_study(SPECS, rows(2), rows(2), parameters="best"),
            ValueError,
            "pair_study: parameters is 'best', expected one of given, optimal",
        ),
        (
            lambda: bo.pair_study(SPECS, rows(2), rows(2), labels=["one"]),
            ValueError,
            "pair_study: labels has 1 entries, expected 2",
        ),
        (
            lambda: bo.pair_study(
                bo.FeatureMapSpec(D, 1, projection=bo.SobolProjection()), rows(2), rows(2)
            ),
            ValueError,
            r"pair_study: specs\[0\]: the error of quasi-random",
        ),
        (
            lambda: bo.matrix_study(
                bo.FeatureMapSpec(
                    D,
                    9,
                    bo.PolynomialKernel(),
                    bo.RademacherProjection(),
                    bo.MaclaurinFeatures(exact="linear"),
                ),
                rows(2),
            ),
            ValueError,
            r"matrix_study: specs\[0\]: the study takes the first columns",
        ),
        (
            lambda: bo.gram_study(rows(3), projections=[]),
            ValueError,
            "gram_study: projections is empty",
        ),
        (lambda: bo.gram_study(rows(3), draws=0), ValueError, "gram_study: draws is 0"),
        (lambda: bo.gram_study(rows(3), kernel=3), TypeError, "gram_study: kernel is int"),
        (lambda: bo.study_table("other"), ValueError, "study_table: name is 'other', expected"),
        (lambda: bo.study_pairs(1), ValueError, "study_pairs: input_dim is 1, expected at least 2"),
        (lambda: bo.study_pairs(3, norms=[-1]), ValueError, "study_pairs: norms is -1"),
        (
            lambda: bo.study_specs("softmax", 3, projections=["sobol"]),
            ValueError,
            "study_specs: no feature function and projection go with",
        ),
    ],
)
def test_wrong_arguments_are_refused_by_name(call, error, message):
    with pytest.raises(error, match=message):
        call()


@pytest.mark.parametrize(
    "call",
    [
        lambda: bo.pair_study(SPECS, rows(2), rows(2), frequencies=[4], replicates=10**6),
        lambda: bo.matrix_study(SPECS, rows(50), frequencies=[64], redraws=10**6),
        lambda: bo.study_table("equal-columns", replicates=10**7),
        lambda: bo.check_variance(SPECS[0], rows(1)[0], rows(1)[0], replicates=10**7),
    ],
)
def test_a_signal_ends_a_long_call(call):
    with alarm(), pytest.raises(Alarm):
        call()


ODD = [
    None,
    3,
    -1,
    2**70,
    np.nan,
    True,
    "no name",
    b"bytes",
    [],
    [1],
    [None],
    {"a": 1},
    object(),
    np.array(1.0),
    np.zeros((0, 3)),
    np.zeros((6, 0)),
    np.ones((6, 3), complex),
    np.full((6, 3), np.inf),
    np.full((6, 3), 1e200),
    bo.GaussianKernel,
    bo.IidProjection(),
]
FUNCTIONS = [
    (bo.study_pairs, {"input_dim": 3, "norms": [1.0], "angles": [1.0]}),
    (
        bo.study_specs,
        {"kernel": "softmax", "input_dim": 3, "features": "positive", "projections": "iid"},
    ),
    (
        bo.pair_study,
        {
            "specs": SPECS,
            "x": rows(6),
            "y": rows(6),
            "frequencies": [4],
            "replicates": 2,
            "labels": list("abcdef"),
            "seed": 1,
            "num_threads": 1,
        },
    ),
    (bo.matrix_study, {"specs": SPECS, "queries": rows(6), "frequencies": [4], "redraws": 2}),
    (
        bo.gram_study,
        {"x": rows(6), "kernel": "gaussian", "projections": "iid", "frequencies": [4], "draws": 1},
    ),
    (bo.study_table, {"name": "equal-columns", "replicates": 0, "seed": 1, "num_threads": 1}),
]


@pytest.mark.parametrize(
    ("function", "arguments"), FUNCTIONS, ids=[function.__name__ for function, _ in FUNCTIONS]
)
def test_whatever_is_passed_is_refused_under_the_name_of_the_function(function, arguments):
    require_refusals_by_name(function, arguments, ODD)
