# SPDX-License-Identifier: Apache-2.0
"""The example for Spark: what its functions do, in Spark where it is installed."""

import functools
import os
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest

import bochner as bo

pa = pytest.importorskip("pyarrow", reason="pyarrow is not installed")

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "examples" / "cluster"


@pytest.fixture
def example(monkeypatch):
    monkeypatch.syspath_prepend(FOLDER)
    import spark_partitions

    yield spark_partitions
    for name in ("spark_partitions", "concrete"):
        sys.modules.pop(name, None)


def alone(example):
    x, y = example.rows()
    return bo.NormalEquations(example.SPEC).add(x, y)


def test_partitions_merge_to_the_whole(example):
    x, y = example.rows()
    table = np.column_stack([x, y])
    parts = [*np.array_split(table, 5), table[:0]]

    def batches(part):
        for piece in np.array_split(part, 3):
            yield pa.RecordBatch.from_arrays([pa.array(c) for c in piece.T], [*"abcdefghy"])

    states = [out.column(0)[0].as_py() for part in parts for out in example.sums_of(batches(part))]
    assert len(states) == 6
    total = bo.NormalEquations.from_bytes(functools.reduce(example.merged, states, b""))
    expected = alone(example).moments()
    assert total.num_rows == 1030
    assert np.allclose(total.moments(), expected, rtol=1e-12, atol=1e-12 * expected.max())


def test_the_page_shows_the_example():
    page = (ROOT / "docs" / "cluster.md").read_text(encoding="utf-8")
    code = page.partition("## Spark")[2].partition("```py\n")[2].partition("```")[0]
    assert code.strip()
    assert code in (FOLDER / "spark_partitions.py").read_text(encoding="utf-8")


@pytest.mark.filterwarnings("ignore")  # of Spark's own, about the pandas of the day
def test_spark_fits_the_model(example, monkeypatch):
    sql = pytest.importorskip("pyspark.sql", reason="pyspark is not installed")
    if not shutil.which("java") and "JAVA_HOME" not in os.environ:
        pytest.skip("Java is not installed")
    monkeypatch.setenv("PYSPARK_PYTHON", sys.executable)
    path = os.pathsep.join([os.environ.get("PYTHONPATH", ""), str(FOLDER)])
    monkeypatch.setenv("PYTHONPATH", path)
    spark = sql.SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false")
    spark = spark.config("spark.executorEnv.PYTHONPATH", path).getOrCreate()
    try:
        x, y = example.rows()
        names = [*(f"x{j}" for j in range(8)), "y"]
        frame = spark.createDataFrame(np.column_stack([x, y]).tolist(), names).repartition(4)
        model = example.fit(frame, example.RIDGE)
    finally:
        spark.stop()
    expected = bo.RidgeRegression(alone(example), ridge=example.RIDGE).predict(x)
    assert np.abs(model.predict(x) - expected).max() <= 1e-10 * np.abs(expected).max()
