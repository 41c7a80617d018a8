# SPDX-License-Identifier: Apache-2.0
"""Compiled and exported graphs, checkpointing and autocast."""

import pytest

import bochner as bo

torch = pytest.importorskip("torch", reason="PyTorch is not installed")

import bochner.torch as bt  # noqa: E402

# Torch's own, about itself.
pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning:torch"),
    pytest.mark.filterwarnings("ignore::FutureWarning:torch"),
]


@pytest.fixture(autouse=True)
def fresh():
    torch._dynamo.reset()


def loss_and_gradients(function, x):
    x = [t.detach().clone().requires_grad_() for t in x]
    out = function(*x)
    out.square().sum().backward()
    return [out.detach(), *(t.grad for t in x)]


@pytest.mark.parametrize("backend", ["fused", "torch"])
def test_a_compiled_graph_has_no_breaks(cases, backend):
    text = bt.spec_text(bo.head_specs(cases.spec(), 0, 2))
    scale = torch.tensor(0.3)

    def run(q, k, v):
        return bt.attention(
            text, q, k, v, causal=True, exact="window=3", softmax_scale=scale, backend=backend
        )

    compiled = torch.compile(run, fullgraph=True, backend="aot_eager")
    x = cases.rows(torch.float32, queries=10, keys=10)
    found, expected = loss_and_gradients(compiled, x), loss_and_gradients(run, x)
    for a, b in zip(found, expected, strict=True):
        assert cases.relative(a, b) < 1e-6
    if backend == "fused":
        assert torch.equal(found[0], expected[0])


def test_inductor_compiles_around_the_operator(cases):
    text = str(cases.spec())

    def run(q, k, v):
        return 2.0 * bt.attention(text, q + 1.0, k, v.relu(), causal=True)

    x = cases.rows(torch.float32, queries=10, keys=10)
    compiled = torch.compile(run, fullgraph=True)
    for a, b in zip(loss_and_gradients(compiled, x), loss_and_gradients(run, x), strict=True):
        assert cases.relative(a, b) < 1e-6


def test_lengths_of_a_compiled_graph_may_change(cases):
    text = str(cases.spec())
    frames = []

    def counting(graph, _inputs):
        frames.append(graph)
        return graph.forward

    run = torch.compile(
        lambda q, k, v: bt.attention(text, q, k, v), fullgraph=True, dynamic=True, backend=counting
    )
    for length in (10, 33, 70):
        x = cases.rows(torch.float32, queries=length, keys=length + 1)
        assert torch.equal(run(*x), bt.attention(text, *x))
    assert len(frames) == 1


def test_exact_attention_is_compiled(cases):
    def run(q, k, v):
        return bt.exact_attention("softmax(scale=0.4)", q, k, v, causal=True)

    x = cases.rows(torch.float32)
    compiled = torch.compile(run, fullgraph=True, backend="aot_eager")
    for a, b in zip(loss_and_gradients(compiled, x), loss_and_gradients(run, x), strict=True):
        assert cases.relative(a, b) < 1e-6


def test_a_compiled_module_outlives_redraws():
    module = bt.FavorAttention(12, 2, num_frequencies=16, batch_first=True)
    frames = []

    def counting(graph, _inputs):
        frames.append(graph)
        return graph.forward

    x = torch.randn(2, 30, 12, generator=torch.Generator().manual_seed(0))
    run = torch.compile(
        lambda x: module(x, x, x, is_causal=True)[0], fullgraph=True, backend=counting
    )
    outputs = []
    with torch.no_grad():
        for _ in range(3):
            outputs.append(run(x))
            assert torch.allclose(outputs[-1], module(x, x, x, is_causal=True)[0], atol=1e-6)
            module.redraw()
    assert len(frames) == 1
    assert not torch.allclose(outputs[0], outputs[1], atol=1e-3)


class Layer(torch.nn.Module):
    def __init__(self, spec):
        super().__init__()
        self.text = str(spec)
        self.scale = torch.nn.Parameter(torch.tensor(0.3))

    def forward(self, q, k, v, mask):
        return bt.attention(
            self.text, q, k, v, key_mask=mask, softmax_scale=self.scale, exact="first_keys=2"
        )


def test_an_exported_graph_is_saved_and_loaded(cases, tmp_path):
    layer = Layer(cases.spec())
    x = (*cases.rows(torch.float32), torch.ones(2, 70, dtype=torch.bool))
    program = torch.export.export(layer, x)
    file = tmp_path / "layer.pt2"
    torch.export.save(program, file)
    assert torch.equal(torch.export.load(file).module()(*x), layer(*x))


def test_checkpointing_changes_nothing(cases):
    x = cases.rows(torch.float32)
    spec = cases.spec()

    def run(q, k, v):
        return bt.attention(spec, q, k, v, causal=True)

    def checkpointed(*x):
        return torch.utils.checkpoint.checkpoint(run, *x, use_reentrant=False)

    pairs = zip(loss_and_gradients(checkpointed, x), loss_and_gradients(run, x), strict=True)
    assert all(torch.equal(a, b) for a, b in pairs)


def test_autocast(cases):
    x = cases.rows(torch.float32)
    text = str(cases.spec())
    with torch.autocast("cpu", dtype=torch.bfloat16):
        out = bt.attention(text, *x)
        features = bt.FeatureMap(text)(x[0])
    assert (out.dtype, features.dtype) == (torch.bfloat16, torch.bfloat16)
    assert torch.equal(out, bt.attention(text, *(t.bfloat16() for t in x)))
    with torch.autocast("cpu", dtype=torch.bfloat16):
        mixed = bt.attention(text, x[0].bfloat16(), x[1], x[2])
        double = bt.attention(text, *(t.double() for t in x))
    assert torch.equal(mixed, out)
    assert double.dtype is torch.float64
    module = bt.FavorAttention(12, 2, num_frequencies=16, batch_first=True)
    rows = torch.randn(2, 30, 12)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        out, _ = module(rows, rows, rows)
        out.float().sum().backward()
    assert module.in_proj_weight.grad.dtype is torch.float32
    assert module.in_proj_weight.grad.isfinite().all()


def test_per_sample_work_by_vmap(cases):
    text = str(cases.spec())
    q, k, v = cases.rows(torch.float32)
    each = torch.stack([q, 2 * q])
    with pytest.warns(UserWarning, match="performance drop"):
        out = torch.vmap(lambda q: bt.attention(text, q, k, v))(each)
    assert torch.equal(out[1], bt.attention(text, 2 * q, k, v))
