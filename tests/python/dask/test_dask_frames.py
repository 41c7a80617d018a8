# SPDX-License-Identifier: Apache-2.0
"""Models on Dask's dataframes: columns by name, index kept, partitions that differ."""

import numpy as np
import pytest

pytest.importorskip("dask.array", reason="Dask is not installed")

NAMES = ["height", "width", "depth"]
OPTIONS = {"n_components": 48, "random_state": 3, "ridge": 1e-4}

# Of Dask's own, about the pandas of the day.
pytestmark = pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::DeprecationWarning")


@pytest.fixture
def dd():
    pytest.importorskip("pandas")
    return pytest.importorskip("dask.dataframe")


@pytest.fixture
def frame(rows):
    import pandas as pd

    x, y, w = rows
    made = pd.DataFrame(x, columns=NAMES).assign(price=y[:, 0], cost=y[:, 1], weight=w)
    made.index = np.arange(1000) * 2
    return made


class Pick:
    """The frame of a partition's number."""

    def __init__(self, frames):
        self.frames = frames

    def __call__(self, part):
        return self.frames[part["number"].iloc[0]]


def parts(dd, frames):
    """A dataframe of these partitions, whatever they hold."""
    import pandas as pd

    numbers = pd.DataFrame({"number": range(len(frames))})
    table = dd.from_pandas(numbers, npartitions=len(frames))
    meta = frames[0].iloc[:0]
    return table.map_partitions(Pick(frames), meta=meta, enforce_metadata=False)


def test_frames_are_arrays_with_names(dd, bd, rows, frame):
    import dask.array as da

    chunks = (250, 250, 250, 250)
    arrays = [
        da.from_array(a, chunks=(chunks,) if a.ndim == 1 else (chunks, a.shape[1])) for a in rows
    ]
    alone = bd.KernelRidge(**OPTIONS).fit(*arrays)
    table = parts(dd, [frame[i : i + 250] for i in range(0, 1000, 250)])
    model = bd.KernelRidge(**OPTIONS).fit(table[NAMES], table[["price", "cost"]], table["weight"])
    assert np.array_equal(model.equations_.moments(), alone.equations_.moments())
    found = model.predict(table[NAMES]).compute()
    assert list(found.columns) == ["price", "cost"]
    assert list(found.index) == list(frame.index)
    assert np.array_equal(found.to_numpy(), alone.predict(arrays[0]).compute())
    # Columns of another order are the same columns.
    assert found.equals(model.predict(table[NAMES[::-1]]).compute())
    one = bd.KernelRidge(**OPTIONS).fit(table[NAMES], table["price"])
    series = one.predict(table[NAMES])
    assert series.name == "price"
    assert series.compute().shape == (1000,)
    features = bd.RandomFeatures(n_components=6, random_state=1).fit_transform(table[NAMES])
    assert list(features.columns) == [f"randomfeatures{j}" for j in range(6)]
    assert list(features.compute().index) == list(frame.index)


def test_labels_of_frames(dd, bd, frame):
    labels = np.where(frame["height"] > 0, "tall", "short")
    table = dd.from_pandas(frame.assign(kind=labels), npartitions=3)
    model = bd.KernelClassifier(**OPTIONS, loss="logistic", tol=1e-2).fit(
        table[NAMES], table["kind"]
    )
    assert list(model.classes_) == ["short", "tall"]
    found = model.predict(table[NAMES]).compute()
    assert found.name == "kind"
    assert (found.to_numpy() == labels).mean() > 0.95
    shares = model.predict_proba(table[NAMES]).compute()
    assert list(shares.columns) == ["short", "tall"]
    assert np.allclose(shares.sum(axis=1), 1.0)


def test_partitions_may_have_the_columns_in_any_order_and_wider_dtypes(dd, bd, frame):
    x, y = frame[NAMES], frame[["price", "cost"]]
    whole = [parts(dd, [one[:400], one[400:], one[:0]]) for one in (x, y)]
    mixed = [parts(dd, [one[:400], one[400:][list(one)[::-1]], one[:0]]) for one in (x, y)]
    expected, found = (bd.KernelRidge(**OPTIONS).fit(*two) for two in (whole, mixed))
    assert np.array_equal(found.equations_.moments(), expected.equations_.moments())
    predicted = found.predict(mixed[0]).compute()
    assert predicted.equals(expected.predict(whole[0]).compute())


@pytest.mark.parametrize(
    ("change", "kind", "message"),
    [
        (lambda p: p.rename(columns={"width": "girth"}), ValueError, "X has the columns"),
        (lambda p: p.drop(columns="width"), ValueError, "X has the columns"),
        (lambda p: p.astype({"width": str}), TypeError, "X: column 'width' has dtype"),
        (lambda p: p.assign(width=np.nan), ValueError, "x: row 0, column 1 is nan"),
        (lambda p: p.astype({"width": complex}), TypeError, "X: column 'width' has dtype complex"),
    ],
)
def test_partitions_that_differ_are_named(dd, bd, frame, change, kind, message):
    first, second = frame[NAMES][:400], change(frame[NAMES][400:])
    y = parts(dd, [frame[["price"]][:400], frame[["price"]][400:]])
    x = parts(dd, [first, second])
    with pytest.raises(kind, match=rf"KernelRidge\.fit: partition 1: {message}"):
        bd.KernelRidge(**OPTIONS).fit(x, y)
    model = bd.KernelRidge(**OPTIONS).fit(parts(dd, [frame[NAMES][:400], frame[NAMES][400:]]), y)
    with pytest.raises(kind, match=rf"KernelRidge\.predict: partition 1: {message}"):
        model.predict(x).compute()


def test_frames_that_do_not_fit_are_refused(dd, bd, frame):
    table = dd.from_pandas(frame, npartitions=3)
    other = dd.from_pandas(frame, npartitions=4)
    with pytest.raises(ValueError, match=r"y has (other divisions|4 partitions)"):
        bd.KernelRidge(**OPTIONS).fit(table[NAMES], other["price"])
    with pytest.raises(TypeError, match=r"X has dtype \w+, expected numbers"):
        bd.KernelRidge(**OPTIONS).fit(
            dd.from_pandas(frame.astype({"width": str}), npartitions=3)[NAMES], table["price"]
        )
    model = bd.KernelRidge(**OPTIONS).fit(table[NAMES], table["price"])
    with pytest.raises(ValueError, match=r"KernelRidge\.predict: X has the columns"):
        model.predict(table[["height", "width", "cost"]])


def test_numbers_of_any_kind_are_doubles(dd, bd, frame):
    import pandas as pd

    whole = frame[NAMES].round().astype({"height": "int16", "width": "float32"})
    nullable = whole.astype({"depth": "Float64"})
    y = dd.from_pandas(frame["price"], npartitions=2)
    expected, found = (
        bd.KernelRidge(**OPTIONS).fit(dd.from_pandas(t, npartitions=2), y)
        for t in (whole, nullable)
    )
    assert expected.equations_.dtype == np.float64
    assert np.array_equal(found.equations_.moments(), expected.equations_.moments())
    nullable.iloc[700, 2] = pd.NA
    with pytest.raises(ValueError, match="partition 1: x: row 200, column 2 is nan"):
        bd.KernelRidge(**OPTIONS).fit(dd.from_pandas(nullable, npartitions=2), y)
