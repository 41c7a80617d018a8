# SPDX-License-Identifier: Apache-2.0
"""The masked-token loss of a pretrained encoder of reactions, before and after a swap of attention.

Usage: swap.py WHEELS [--frequencies 256] [--steps 100] [--learning-rate 1e-4]
  WHEELS  a folder with the wheel of rxnmapper 0.4.3
          (pip download --no-deps --require-hashes -r bench/attention_heads/models.txt)

15 % of the tokens are masked; calibration and training see orders of the reactions that the loss
does not. Rows: exact attention; FAVOR+ in every head, nothing taken from data; features calibrated
in every head; plans for an error of 0.1; and the second and third after distillation.
"""

import argparse
import json
from pathlib import Path

import torch
from embeddings import load, reactions
from heads import model_files
from transformers import AlbertForMaskedLM

import bochner.transformers as hf

MASKED = 0.15
HELD_OUT = 6


def masked(ids, token, generator):
    """A batch with labels at the tokens that are masked."""
    hidden = torch.rand(ids.shape, generator=generator) < MASKED
    hidden[:, 0] = hidden[:, -1] = False
    return {
        "input_ids": ids.masked_fill(hidden, token),
        "labels": ids.masked_fill(~hidden, -100),
    }


def loss(model, batches):
    with torch.no_grad():
        return sum(float(model(**batch).loss) for batch in batches) / len(batches)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("wheels", type=Path)
    parser.add_argument("--frequencies", type=int, default=256)
    parser.add_argument("--steps", type=int, default=100)
    parser.add_argument("--learning-rate", type=float, default=1e-4)
    arguments = parser.parse_args()
    hf.register()
    files = model_files(next(arguments.wheels.glob("rxnmapper-*.whl")))
    token = files["vocab.txt"].decode().splitlines().index("[MASK]")
    generator = torch.Generator().manual_seed(1)
    sequences = torch.tensor(list(reactions(files, generator)))
    batches = [masked(ids, token, generator) for ids in sequences.split(2)]
    held_out, seen = batches[: HELD_OUT // 2], batches[HELD_OUT // 2 :]
    inputs = [{"input_ids": batch["input_ids"]} for batch in seen]
    rows = {"exact": loss(load(AlbertForMaskedLM, files), held_out)}

    def measure(name, plan, *, steps=0):
        model = load(AlbertForMaskedLM, files)
        plan(model)
        model.set_attn_implementation("bochner")
        rows[name] = loss(model, held_out)
        if steps > 0:
            hf.distill(model, inputs, steps, arguments.learning_rate)
            rows[name + ", distilled"] = loss(model, held_out)
        print(json.dumps(rows), flush=True)

    m, quiet = arguments.frequencies, {"on_plans": None}
    measure(
        "FAVOR+",
        lambda model: hf.use_features(model, inputs, m, fit="none", features="positive", **quiet),
        steps=arguments.steps,
    )
    measure(
        "calibrated features",
        lambda model: hf.use_features(model, inputs, m, **quiet),
        steps=arguments.steps,
    )
    measure("planned", lambda model: hf.calibrate(model, inputs, error=0.1, **quiet))
    lost = rows["FAVOR+"] - rows["exact"]
    for name, value in rows.items():
        print(f"{name}: {value:.4f}, {(value - rows['exact']) / lost:.3f} of what FAVOR+ loses")


if __name__ == "__main__":
    main()
