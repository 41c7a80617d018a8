# SPDX-License-Identifier: Apache-2.0
"""The sums of the partitions of a Spark dataframe, merged in Spark's own tree.

Usage: spark-submit spark_partitions.py
"""

import numpy as np
import pyarrow as pa
from concrete import RIDGE, SPEC, rows

import bochner as bo


def sums_of(batches):
    """The sums of a partition, which comes as batches of Arrow, as bytes."""
    sums = bo.NormalEquations(SPEC)
    for batch in batches:
        table = np.column_stack([np.asarray(column, np.float64) for column in batch.columns])
        sums.add(table[:, :-1], table[:, -1])
    yield pa.RecordBatch.from_pydict({"sums": [sums.to_bytes()]})


def merged(first, second):
    """Sums of neighbours; there are none before the first."""
    if not first or not second:
        return first or second
    sums = bo.NormalEquations.from_bytes(first)
    return sums.merge(bo.NormalEquations.from_bytes(second)).to_bytes()


def fit(frame, ridge):
    """A model of a dataframe of Spark's: inputs, then the target."""
    states = frame.mapInArrow(sums_of, "sums binary").rdd.map(lambda row: bytes(row["sums"]))
    total = states.treeAggregate(b"", merged, merged)
    return bo.RidgeRegression(bo.NormalEquations.from_bytes(total), ridge=ridge)


if __name__ == "__main__":
    from pyspark.sql import SparkSession

    spark = SparkSession.builder.appName("bochner").getOrCreate()
    x, y = rows()
    table = np.column_stack([x, y]).tolist()
    frame = spark.createDataFrame(table, [f"x{j}" for j in range(8)] + ["y"]).repartition(4)
    print(fit(frame, RIDGE))
