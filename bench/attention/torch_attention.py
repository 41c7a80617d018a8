# SPDX-License-Identifier: Apache-2.0
"""Attention in eager PyTorch on one thread: prints the median seconds of a call.

usage: torch_attention.py version | (exact|exact_causal|favor) HEADS LENGTH FREQUENCIES
"""

import sys
import time

import torch


def exact(q, k, v):
    sdpa = getattr(torch.nn.functional, "scaled_dot_product_attention", None)
    if sdpa is not None:
        return sdpa(q, k, v)
    return torch.softmax(q @ k.transpose(-1, -2) * q.shape[-1] ** -0.5, dim=-1) @ v


def exact_causal(q, k, v):
    return torch.nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True)


def positive_features(x, w, is_query):
    """The softmax features of the public Performer codes."""
    x = x * x.shape[-1] ** -0.25
    projected = torch.einsum("bhld,md->bhlm", x, w)
    norm = (x * x).sum(dim=-1, keepdim=True) / 2
    axes = (-1,) if is_query else (-1, -2)
    top = projected.amax(dim=axes, keepdim=True)
    return w.shape[0] ** -0.5 * (torch.exp(projected - norm - top) + 1e-6)


def favor(q, k, v, w):
    phi_q = positive_features(q, w, True)
    phi_k = positive_features(k, w, False)
    context = torch.einsum("bhlm,bhld->bhmd", phi_k, v)
    normaliser = torch.einsum("bhlm,bhm->bhl", phi_q, phi_k.sum(dim=-2))
    return torch.einsum("bhlm,bhmd->bhld", phi_q, context) / normaliser[..., None]


def main():
    if sys.argv[1] == "version":
        print(torch.__version__)
        return
    heads, length, frequencies = map(int, sys.argv[2:5])
    torch.set_num_threads(1)
    torch.manual_seed(1)
    q, k, v = (torch.randn(1, heads, length, 64) for _ in range(3))
    w = torch.randn(frequencies, 64)
    call = {
        "exact": lambda: exact(q, k, v),
        "exact_causal": lambda: exact_causal(q, k, v),
        "favor": lambda: favor(q, k, v, w),
    }[sys.argv[1]]
    with torch.no_grad():
        call()
        seconds = []
        while len(seconds) < 3 or (sum(seconds) < 0.3 and len(seconds) < 30):
            start = time.perf_counter()
            call()
            seconds.append(time.perf_counter() - start)
    print(sorted(seconds)[len(seconds) // 2])


main()
