# SPDX-License-Identifier: Apache-2.0
"""Mean embeddings that fade, changes of streams, and models that follow them."""

import numpy as np
import pytest

import bochner as bo

SPEC = bo.FeatureMapSpec(3, 16, seed=1)


def rows(seed, count=60, dtype=np.float64):
    return np.random.default_rng(seed).normal(size=(count, 3)).astype(dtype)


def embedding(seed, count=60, dtype=np.float64):
    return bo.MeanEmbedding(SPEC, dtype=dtype).add(rows(seed, count, dtype))


def test_weights_of_rows_fade_and_windows_slide(dtype):
    x, y = rows(1, dtype=dtype), rows(2, 40, dtype)
    faded = bo.MeanEmbedding(SPEC, dtype=dtype).add(x).decay(0.25).add(y)
    phi = bo.FeatureMap(SPEC).transform(np.vstack([x, y])).astype(np.float64)
    weights = np.repeat([0.25, 1.0], [60, 40])
    assert np.allclose(faded.mean, weights @ phi / weights.sum(), atol=1e-6)
    assert faded.weight == 55.0
    assert faded.effective_rows == pytest.approx(55.0**2 / (weights**2).sum())
    assert faded.num_rows == 100
    window = embedding(1, dtype=dtype).merge(bo.MeanEmbedding(SPEC, dtype=dtype).add(y))
    window.subtract(embedding(1, dtype=dtype))
    assert np.allclose(window.mean, phi[60:].mean(axis=0), atol=1e-6)
    assert window.num_rows == 40
    again = bo.MeanEmbedding.from_bytes(faded.to_bytes())
    assert np.array_equal(again.mean, faded.mean)
    assert again.effective_rows == faded.effective_rows


def test_distances_have_their_error():
    first, second = embedding(1), embedding(2, 40)
    apart = first.distance(second)
    test = bo.two_sample_test(SPEC, rows(1), rows(2, 40), permutations=1)
    assert apart.squared == pytest.approx(test.statistic, rel=1e-9)
    assert apart.distance == pytest.approx(max(test.statistic, 0.0) ** 0.5)
    traces = [1.0 - (one.mean**2).sum() for one in (first, second)]
    assert apart.error == pytest.approx((traces[0] / 59 + traces[1] / 39) ** 0.5)


def test_densities_are_means_of_the_kernel(dtype):
    x, at = rows(1, dtype=dtype), rows(3, 5, dtype)
    expected = bo.approximate_gram(SPEC, at, x).mean(axis=1)
    found = bo.MeanEmbedding(SPEC, dtype=dtype).add(x).density(at)
    assert found.dtype == np.float64
    assert np.allclose(found, expected, atol=1e-6)


def test_a_change_is_found_once_and_in_any_batches(dtype):
    x = rows(4, 3000, dtype)
    x[1500:] += 2
    changes = bo.ChangeDetector(SPEC, dtype=dtype).add(x)
    assert len(changes) == 1
    assert abs(changes[0].position - 1500) < 64
    assert changes[0].distance > changes[0].threshold
    detector = bo.ChangeDetector(SPEC, dtype=dtype)
    batches = [detector.add(part, num_threads=2) for part in np.array_split(x, 70)]
    assert [change for batch in batches for change in batch] == changes
    assert detector.num_rows == 3000
    assert detector.rows_since_change == 2999 - changes[0].found
    assert "found" in str(changes[0])
    strict = bo.ChangeDetector(SPEC, dtype=dtype, false_alarm_rate=1e-9).add(x)
    assert strict[0].found > changes[0].found


def test_models_that_take_rows_up_are_fits_of_all(dtype):
    x = rows(5, 400, dtype)
    y = np.column_stack([np.sin(x[:, 0]), x[:, 1]]).astype(np.float64)
    sums = bo.NormalEquations(SPEC, num_targets=2, dtype=dtype).add(x[:300], y[:300])
    online = bo.OnlineRidge(sums, ridge=1e-3)
    for i in range(300, 400):
        online.add(x[i : i + 1], y[i : i + 1])
    online.remove(x[:50], y[:50])
    rest = bo.NormalEquations(SPEC, num_targets=2, dtype=dtype).add(x[50:], y[50:])
    batch = bo.RidgeRegression(rest, ridge=online.ridge)
    assert np.allclose(online.model.predict(x), batch.predict(x), rtol=1e-5, atol=1e-6)
    assert np.allclose(online.model.coefficients, batch.coefficients, rtol=1e-8, atol=1e-9)
    assert online.num_rows == 350
    assert online.penalty == pytest.approx(0.3)
    weight = online.weight
    assert online.forget(0.5).weight == weight / 2
    half = rest.copy().scale(0.5)
    assert np.allclose(
        bo.RidgeRegression(half, ridge=online.ridge).coefficients, batch.coefficients, atol=1e-9
    )
    one = bo.NormalEquations(SPEC, dtype=dtype).add(x, y[:, 0])
    assert bo.OnlineRidge(one).model.predict(x).shape == (400,)


def test_p_values_by_the_limit_law_need_no_permutations(dtype):
    x, y = rows(6, 200, dtype), rows(7, 150, dtype)
    limit = {"null": "weighted-chi-squares"}
    pooled = np.vstack([x, y])
    for call in (
        lambda **more: bo.two_sample_test(SPEC, x, y, **more),
        lambda **more: bo.two_sample_test(bo.GramApproximation(SPEC, pooled), 200, **more),
        lambda **more: bo.two_sample_test(bo.ExactGram("gaussian", pooled), 200, **more),
        lambda **more: bo.independence_test(
            bo.GramApproximation(SPEC, x), bo.GramApproximation(SPEC, x[::-1].copy()), **more
        ),
    ):
        test = call(**limit)
        assert test.permuted.shape == (0,)
        assert test.statistic == pytest.approx(call(permutations=1).statistic, rel=1e-6)
        assert test.p_value == pytest.approx(call(permutations=399).p_value, abs=0.12)
        assert call(**limit, law="lindsay-pilla-basak").p_value == pytest.approx(
            test.p_value, abs=1e-3
        )


def test_bad_arguments_are_refused_by_name():
    x = rows(8)
    some, none = embedding(8), bo.MeanEmbedding(SPEC)
    detector = bo.ChangeDetector(SPEC)
    sums = bo.NormalEquations(SPEC).add(x, x[:, 0])
    online = bo.OnlineRidge(sums, ridge=1e-3)
    cases = [
        (ValueError, "factor is 0", lambda: some.decay(0.0)),
        (ValueError, "factor is nan", lambda: some.decay(float("nan"))),
        (TypeError, "decay: factor is", lambda: some.decay("half")),
        (ValueError, "expected at most 0", lambda: none.subtract(some)),
        (ValueError, "a sample has 0 rows", lambda: some.distance(none)),
        (TypeError, "distance: other is int", lambda: some.distance(3)),
        (ValueError, "there are no rows", lambda: none.density(x)),
        (TypeError, "density: x has dtype float32", lambda: some.density(x.astype(np.float32))),
        (ValueError, "false_alarm_rate is 0", lambda: bo.ChangeDetector(SPEC, false_alarm_rate=0)),
        (ValueError, "largest_square is -1", lambda: bo.ChangeDetector(SPEC, largest_square=-1)),
        (ValueError, "row 0, column 0 is nan", lambda: detector.add(np.full((1, 3), np.nan))),
        (ValueError, "x is 2 x 4", lambda: detector.add(np.zeros((2, 4)))),
        (ValueError, "factor is 2", lambda: sums.scale(2)),
        (ValueError, "factor is 0", lambda: online.forget(0)),
        (ValueError, "OnlineRidge::remove: row", lambda: online.remove(x, x[:, 0])),
        (TypeError, "OnlineRidge: equations is", lambda: bo.OnlineRidge(x)),
        (
            ValueError,
            "null is 'exact'",
            lambda: bo.two_sample_test(SPEC, x, x, null="exact"),
        ),
        (ValueError, "law is 'exact'", lambda: bo.two_sample_test(SPEC, x, x, law="exact")),
    ]
    for error, message, call in cases:
        with pytest.raises(error, match=message):
            call()
    assert some.num_rows == 60
    assert detector.num_rows == 0
