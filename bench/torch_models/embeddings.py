# SPDX-License-Identifier: Apache-2.0
"""What pretrained models keep of their embeddings when their attention is calibrated.

Usage: embeddings.py WHEELS [--model protein|chemistry] [--error 0.1]
  WHEELS  a folder with the wheels of antiberty 0.0.6 and rxnmapper 0.4.3
          (pip download --no-deps --require-hashes -r bench/attention_heads/models.txt)

Two encoders are calibrated on some sequences and judged on others: variants of an antibody's heavy
chain with 3 % of the residues changed, and textbook reactions in other orders. Of each sequence the
mean of the last hidden states, with exact attention and with the plans.
"""

import argparse
import json
import sys
import tempfile
from pathlib import Path

import torch
from transformers import AlbertModel, BertModel

import bochner.transformers

sys.path.insert(0, str(Path(__file__).parents[1] / "attention_heads"))
from heads import HEAVY_CHAIN, REACTIONS, RESIDUES, SMILES_TOKEN, model_files

SEQUENCES = 12
CALIBRATED = 4


def variants(generator):
    """Token ids of chains with some residues changed."""
    letters = RESIDUES[5:]
    for _ in range(SEQUENCES):
        chain = list(HEAVY_CHAIN)
        for i in range(len(chain)):
            if torch.rand((), generator=generator) < 0.03:
                chain[i] = letters[int(torch.randint(len(letters), (), generator=generator))]
        yield [RESIDUES.index(token) for token in ("[CLS]", *chain, "[SEP]")]


def reactions(files, generator):
    """Token ids of all reactions, in some order."""
    vocabulary = files["vocab.txt"].decode().splitlines()
    for _ in range(SEQUENCES):
        order = torch.randperm(len(REACTIONS), generator=generator).tolist()
        sides = zip(*(REACTIONS[i] for i in order), strict=True)
        tokens = SMILES_TOKEN.findall(">>".join(".".join(side) for side in sides))
        yield [vocabulary.index(token) for token in ("[CLS]", *tokens, "[SEP]")]


def load(kind, files, **options):
    """A model of a wheel's files."""
    with tempfile.TemporaryDirectory() as folder:
        for name in ("pytorch_model.bin", "config.json"):
            (Path(folder) / name).write_bytes(files[name])
        return kind.from_pretrained(folder, **options).eval()


def embedded(model, batches):
    with torch.no_grad():
        return torch.cat([model(ids).last_hidden_state.mean(1) for ids in batches])


def judged(name, kind, files, sequences, error):
    """A row of the table."""
    model = load(kind, files, add_pooling_layer=False)
    batches = list(torch.tensor(list(sequences)).split(CALIBRATED))
    learned, held_out = batches[0], batches[1:]
    plans = bochner.transformers.calibrate(model, [learned], error=error, on_plans=None)
    model.set_attn_implementation("eager")
    exact = embedded(model, held_out)
    model.set_attn_implementation("bochner")
    cosines = torch.nn.functional.cosine_similarity(embedded(model, held_out), exact, dim=1)
    return {
        "model": name,
        "tokens": learned.shape[1],
        "heads": len(plans),
        "methods": {m: [p.method for p in plans].count(m) for m in {p.method for p in plans}},
        "exact_share": round(plans.exact_share, 4),
        "median_cosine": round(float(cosines.median()), 5),
        "least_cosine": round(float(cosines.min()), 5),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("wheels", type=Path)
    parser.add_argument("--model", choices=["protein", "chemistry"], help="one of them alone")
    parser.add_argument("--error", type=float, default=0.1)
    arguments = parser.parse_args()
    torch.manual_seed(0)
    bochner.transformers.register()
    for name, package, kind in (
        ("protein", "antiberty", BertModel),
        ("chemistry", "rxnmapper", AlbertModel),
    ):
        if arguments.model not in (None, name):
            continue
        wheel = next(arguments.wheels.glob(f"{package}-*.whl"))
        files = model_files(wheel)
        generator = torch.Generator().manual_seed(1)
        sequences = variants(generator) if name == "protein" else reactions(files, generator)
        print(json.dumps(judged(name, kind, files, sequences, arguments.error)), flush=True)


if __name__ == "__main__":
    main()
