# SPDX-License-Identifier: Apache-2.0
"""What attention by random features costs in loss, on text and on pixels, after the same steps.

Usage: training.py [--quick]

Prints `training_loss value bar verdict` for each: the loss above that of exact attention, in
standard deviations of the latter from seed to seed. Data come from Debian's packages; where these
cannot be had, it says so.
"""

import shutil
import sys
from pathlib import Path

from bochner.training import attention_kernels, kernel_rows

QUICK = "--quick" in sys.argv
MODEL = {"embed_dim": 64, "num_heads": 2, "num_features": 128, "batch": 4}
LARGEST = 2.0
OUTPUT = Path("build/bench/training" + ("-quick" if QUICK else ""))


def main():
    shutil.rmtree(OUTPUT, ignore_errors=True)  # of another commit
    try:
        study = attention_kernels(
            OUTPUT,
            Path("build/performer/data"),
            questions=("text-next", "pixels-next"),
            attentions=("exact", "favor", "hyperbolic-oprf"),
            windows=(0, 64),
            seeds=2 if QUICK else 4,
            steps=20 if QUICK else 200,
            seconds=1.0,
            **MODEL,
        )
    except FileNotFoundError as error:
        print(f"# skipped: training_loss, {error}")
        return
    for row in kernel_rows(study):
        if row.attention == "exact" and row.window > 0:
            continue
        name = f"{row.question}, {row.name}"
        print(f"# {name}: {row.at_steps}, {row.milliseconds} ms per step")
        if row.attention == "exact":
            continue
        holds = row.done == row.runs and row.spreads <= LARGEST
        verdict = "holds" if holds else "short"
        print(f"training_loss {row.spreads:.3g} <={LARGEST:g} {verdict} {name}", flush=True)


main()
