# SPDX-License-Identifier: Apache-2.0
"""bochner.torch against performer-pytorch and PyTorch's own attention, in one process, in turn.

Usage: compare.py [--quick] [ROW...]
  ROW   performer, sdpa, training or overhead; without any, all

Prints `name value bar verdict` for each bar; ratios are medians of alternating pairs.
"""

import statistics
import sys
import time
from functools import partial

import torch
from torch.nn.functional import cross_entropy, scaled_dot_product_attention

import bochner as bo
import bochner.torch as bt

QUICK = "--quick" in sys.argv
HEADS, DIM, FREQUENCIES = 8, 64, 256


def report(name, value, bar, holds, remark=""):
    print(f"{name} {value:.3g} {bar} {'holds' if holds else 'short'} {remark}".rstrip(), flush=True)


def note(text):
    print(f"# {text}", flush=True)


def seconds(work, clock=time.perf_counter):
    start = clock()
    work()
    return clock() - start


def pairs(ours, theirs, count):
    """Median ratio of theirs to ours over alternating pairs, after a call of each, and medians."""
    ours(), theirs()
    times = []
    for i in range(count):
        if i % 2 == 0:
            a, b = seconds(ours), seconds(theirs)
        else:
            b, a = seconds(theirs), seconds(ours)
        times.append((a, b))
    ratio = statistics.median(b / a for a, b in times)
    return ratio, *(statistics.median(side) for side in zip(*times, strict=True))


def rows(length, dtype=torch.float32):
    generator = torch.Generator().manual_seed(1)
    x = torch.randn(3, 1, HEADS, length, DIM, generator=generator)
    return tuple(each.to(dtype) for each in x)


def specs():
    kernel = bo.SoftmaxKernel.for_dimension(DIM)
    base = bo.FeatureMapSpec(DIM, FREQUENCIES, kernel, features=bo.PositiveFeatures(), seed=1)
    return bt.spec_text(bo.head_specs(base, 0, HEADS))


def forward_and_backward(function, x):
    learned = [each.detach().requires_grad_() for each in x]
    function(*learned).sum().backward()


def performer():
    """The FAVOR+ of performer-pytorch, of as many features."""
    try:
        from performer_pytorch import FastAttention
    except ImportError as error:
        note(f"skipped: favor_vs_performer_pytorch, {error}")
        return
    x, text = rows(4096), specs()
    theirs = FastAttention(dim_heads=DIM, nb_features=FREQUENCIES)
    ours = partial(bt.attention, text)
    count = 3 if QUICK else 9
    with torch.no_grad():
        ratio, mine, peer = pairs(partial(ours, *x), partial(theirs, *x), count)
    note(f"favor_vs_performer_pytorch, forward: ours {1e3 * mine:.3g} ms, theirs {1e3 * peer:.3g}")
    report("favor_vs_performer_pytorch", ratio, ">=5", ratio >= 5, "forward")
    ratio, mine, peer = pairs(
        partial(forward_and_backward, ours, x), partial(forward_and_backward, theirs, x), count
    )
    note(
        f"favor_vs_performer_pytorch, forward and backward: ours {1e3 * mine:.3g} ms, theirs "
        f"{1e3 * peer:.3g}"
    )
    report("favor_vs_performer_pytorch", ratio, ">=5", ratio >= 5, "forward + backward")


def sdpa():
    """Exact causal attention as PyTorch computes it."""
    text = specs()
    exact = partial(scaled_dot_product_attention, is_causal=True)
    ours = partial(bt.attention, text, causal=True)
    lengths = (2048, 8192) if QUICK else (2048, 8192, 32768)
    note("| causal, length | dtype | ours, ms | PyTorch, ms | PyTorch / ours |")
    note("|---|---|---|---|---|")
    with torch.no_grad():
        for dtype in (torch.float32, torch.bfloat16):
            for length in lengths:
                x = rows(length, dtype)
                count = 3 if QUICK or length > 8192 else 9
                ratio, mine, peer = pairs(partial(ours, *x), partial(exact, *x), count)
                name = str(dtype).removeprefix("torch.")
                note(f"| {length} | {name} | {1e3 * mine:.4g} | {1e3 * peer:.4g} | {ratio:.3g} |")
        crossover = 16384
        for length in (256, 512, 1024, 2048, 4096, 8192):
            x = rows(length)
            ratio, *_ = pairs(partial(ours, *x), partial(exact, *x), 3 if QUICK else 9)
            if ratio > 1:
                crossover = length
                break
    report("favor_vs_sdpa", crossover, "<=1024", crossover <= 1024, "crossover, float32")


class ExactAttention(bt.FavorAttention):
    """The same layer with PyTorch's exact attention."""

    def forward(self, query, key, value, key_padding_mask=None, *, is_causal=False):  # noqa: ARG002
        q, k, v = self.projected((query, key, value))
        heads = scaled_dot_product_attention(q, k, v, is_causal=is_causal)
        return self.out_proj(heads.transpose(1, 2).flatten(2)), None


def training():
    """A step of a small language model."""
    length, vocabulary = 4096, 256
    tokens = torch.randint(vocabulary, (1, length + 1), generator=torch.Generator().manual_seed(2))

    def make(exact):
        torch.manual_seed(0)
        model = bt.PerformerLanguageModel(
            vocabulary, length, 2, HEADS * DIM, HEADS, num_frequencies=FREQUENCIES // 2
        )
        for module in model.modules():
            if exact and type(module) is bt.FavorAttention:
                module.__class__ = ExactAttention
        optimiser = torch.optim.AdamW(model.parameters())

        def step():
            logits = model(tokens[:, :-1])
            loss = cross_entropy(logits.flatten(0, 1), tokens[:, 1:].flatten())
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()

        return step

    ratio, mine, peer = pairs(make(exact=False), make(exact=True), 3 if QUICK else 7)
    note(f"training_step: ours {mine:.3g} s, with PyTorch's exact attention {peer:.3g} s")
    report(
        "training_step", 1 / ratio, "<=0.5", 1 / ratio <= 0.5, "of the time with exact attention"
    )


def overhead():
    """What a call costs that has next to nothing to do."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    kernel = bo.SoftmaxKernel.for_dimension(4)
    spec = bo.FeatureMapSpec(4, 4, kernel, features=bo.PositiveFeatures(), seed=1)
    text = bt.spec_text(spec)
    x = [torch.ones(1, 1, 1, 4) for _ in range(3)]
    learned = [torch.ones(1, 1, 1, 4, requires_grad=True) for _ in range(3)]
    operator = partial(
        torch.ops.bochner.attention, *x, text, None, None, [], False, 0, "", "features"
    )
    calls = {
        "": partial(bt.attention, text, *x),
        "the operator alone": operator,
        "with a gradient": partial(bt.attention, text, *learned),
    }
    for name, call in calls.items():
        repeats = 1000

        def many(call=call, repeats=repeats):
            for _ in range(repeats):
                call()

        # One thread: its own time, whatever else the machine does.
        best = [seconds(many, time.thread_time) / repeats for _ in range(9)]
        value = 1e6 * statistics.median(best)
        if name:
            note(f"overhead, {name}: {value:.3g} us")
        else:
            report("overhead", value, "<=40", value <= 40, "us")
    torch.set_num_threads(before)


ROWS = {"performer": performer, "sdpa": sdpa, "training": training, "overhead": overhead}
note(f"PyTorch {torch.__version__}, {torch.get_num_threads()} threads")
for row in [each for each in sys.argv[1:] if each in ROWS] or ROWS:
    ROWS[row]()
