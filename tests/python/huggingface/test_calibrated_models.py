# SPDX-License-Identifier: Apache-2.0
"""Plans of heads are carried out as written, travel with the model, and hold on its data."""

import json
import math

import pytest

torch = pytest.importorskip("torch", reason="PyTorch is not installed")
transformers = pytest.importorskip("transformers", reason="transformers is not installed")

import bochner as bo  # noqa: E402
import bochner.transformers as hf  # noqa: E402
from bochner.transformers._attention import attention  # noqa: E402
from bochner.transformers._layers import layer_name  # noqa: E402
from bochner.transformers._masks import attention_mask  # noqa: E402
from bochner.transformers._plans import layer_plans, store_plans  # noqa: E402


def plan(method, dim, frequencies=64, *, seed=1, scale=None, **members):
    """A plan of one head, made up."""
    window = members.pop("window", 0)
    exact = bo.ExactPairs(window=window)
    rest = "features"
    if method == "exact":
        exact, rest = bo.ExactPairs(window=2**63 - 1), "none"
    elif method == "exact-and-means":
        exact, rest = bo.ExactPairs(blocks=bo.KeyBlocks(count=2, order="given")), "means"
    spec = bo.FeatureMapSpec(
        dim,
        frequencies,
        bo.SoftmaxKernel(dim**-0.5 if scale is None else scale),
        features=bo.HyperbolicOprfFeatures(),
        seed=seed,
        **members,
    )
    return bo.HeadPlan(method, spec, exact, rest, 0.1, "measured", 0.5, 1.0, 2.0, 0.5, "")


def mixed_plans(dim):
    """Of four query heads, no two alike."""
    return [
        plan("features", dim, 64, seed=1),
        plan("exact", dim),
        plan("exact-and-features", dim, 32, seed=2, window=5),
        plan("exact-and-means", dim),
    ]


def write(model, plans, key_heads, decoding="exact"):
    layers = [m for m in model.modules() if hasattr(m, "layer_idx") and hasattr(m, "is_causal")]
    dim = plans[0].spec.input_dim
    stored = {layer_name(m): layer_plans(plans, key_heads, dim) for m in layers}
    store_plans(model.config, stored, decoding)


@pytest.mark.parametrize("key_heads", [4, 2, 1])
def test_each_head_does_what_its_plan_says(models, key_heads):
    model = models.make("llama", num_key_value_heads=key_heads)
    plans = mixed_plans(8)
    write(model, plans, key_heads)
    module = model.model.layers[1].self_attn
    generator = torch.Generator().manual_seed(0)
    q = torch.randn(2, 4, 70, 8, generator=generator)
    k, v = torch.randn(2, 2, key_heads, 70, 8, generator=generator)
    mask = torch.ones(2, 70, dtype=torch.bool)
    mask[1, :9] = False
    found, _ = attention(module, q, k, v, attention_mask(2, 70, 70, attention_mask=mask))
    expected = bo.attend_as_planned(plans, q, k, v, causal=True, key_mask=mask)
    torch.testing.assert_close(found.transpose(1, 2), torch.from_numpy(expected))


@pytest.mark.parametrize("key_heads", [4, 2])
def test_heads_of_one_kind_share_their_keys(key_heads):
    """Query heads that read one key head do so once, where their maps are one."""
    plans = [plan("features", 8, 64, seed=1 + head // (4 // key_heads)) for head in range(4)]
    (group,) = layer_plans(plans, key_heads, 8)["groups"]
    assert group["key_heads"] == list(range(key_heads))
    assert len(group["specs"].split("\n")) == key_heads
    other = [*plans[:3], plan("features", 8, 64, seed=9)]
    (group,) = layer_plans(other, 2, 8)["groups"]
    assert group["key_heads"] == [0, 0, 1, 1]


def test_a_transform_of_few_digits_changes_no_weight():
    generator = torch.Generator().manual_seed(0)
    q, k, v = (0.3 * torch.randn(3, 1, 1, 200, 4, generator=generator)).double()
    base = bo.FeatureMapSpec(4, 64, bo.SoftmaxKernel(0.5), features=bo.HyperbolicOprfFeatures())
    spec = bo.calibrate(base, 0, q, k)[0].spec.__replace__(num_frequencies=20000)
    short = layer_plans([plan("features", 4)], 1, 4)["groups"][0]
    assert "transform" not in short["specs"]
    made = bo.HeadPlan(
        "features", spec, bo.ExactPairs(), "features", 0, "measured", 0, 1, 2, 0.5, ""
    )
    text = layer_plans([made], 1, 4)["groups"][0]["specs"]
    assert "transform" in text
    assert len(text) < len(str(spec))
    exact = bo.exact_attention(spec.kernel, q, k, v)
    for each in (spec, text):
        found = bo.attention(bo.FeatureMap(each), q, k, v)
        assert abs(found - exact).max() < 0.01 * abs(exact).max()


@pytest.fixture(scope="module")
def calibrated(tmp_path_factory):
    """A Llama whose heads must save a third of the time, its tokens, and where it is saved."""
    from tiny_models import Models

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    model = Models.make("llama", initializer_range=0.1)
    ids = Models.tokens(2, 500)
    plans = hf.calibrate(model, [{"input_ids": ids}], time=0.67, on_plans=None)
    model.set_attn_implementation("bochner")
    folder = tmp_path_factory.mktemp("calibrated")
    model.save_pretrained(folder)
    torch.set_num_threads(before)
    return model, ids, plans, folder


def test_plans_keep_to_their_goal(calibrated):
    _, _, plans, _ = calibrated
    assert [(p.layer, p.head) for p in plans] == [
        (f"LlamaAttention.causal.{layer}", head) for layer in range(2) for head in range(4)
    ]
    assert all(p.time <= 0.67 for p in plans)
    assert all(p.method != "exact" for p in plans)
    assert 0 < plans.exact_share < 1


def test_a_calibrated_model_is_near_the_exact_one(models, calibrated):
    """Each head within its error, and no layer amplifies it more than tenfold."""
    model, _, plans, _ = calibrated
    held_out = models.tokens(2, 500, seed=1)
    planned = models.states(model, held_out)
    model.set_attn_implementation("sdpa")
    exact = models.states(model, held_out)
    model.set_attn_implementation("bochner")
    relative = float((planned - exact).norm() / exact.norm())
    assert 1e-6 < relative < 10 * max(p.error for p in plans)


def test_saved_and_loaded(models, calibrated):
    model, ids, plans, folder = calibrated
    loaded = transformers.LlamaForCausalLM.from_pretrained(folder, attn_implementation="bochner")
    assert hf.plans_of(loaded) == plans
    assert torch.equal(models.states(loaded, ids), models.states(model, ids))
    exact = transformers.LlamaForCausalLM.from_pretrained(folder)
    assert not torch.equal(models.states(exact, ids), models.states(model, ids))


def test_generation_of_a_calibrated_model(models, calibrated):
    """Beams, padding and a cache; few queries against a cache are exact."""
    model, _, _, _ = calibrated
    ids, mask = models.tokens(2, 80), models.padding(2, 80, "left")
    first = models.states(model, ids, attention_mask=mask)
    found = model.generate(ids, attention_mask=mask, max_new_tokens=6, num_beams=2, do_sample=False)
    assert found.shape == (2, 86)
    greedy = model.generate(ids, attention_mask=mask, max_new_tokens=1, do_sample=False)
    assert torch.equal(greedy[:, -1], first[:, -1].argmax(-1))


@pytest.mark.parametrize("decoding", ["exact", "planned"])
def test_decoding(models, decoding):
    """As planned, a cache changes nothing; exactly, the last layer's queries weigh all keys."""
    model = models.make("llama", num_hidden_layers=1, num_key_value_heads=4)
    write(model, mixed_plans(8)[:1] * 4, 4, decoding)
    model.set_attn_implementation("bochner")
    ids = models.tokens(2, 60)
    whole = models.states(model, ids)[:, -1]
    with torch.no_grad():
        cache = model(ids[:, :-1], use_cache=True).past_key_values
    last = models.states(model, ids[:, -1:], **{models.cached(model): cache})[:, -1]
    hf.forget(model)
    exact = models.states(model, ids)[:, -1]
    expected = exact if decoding == "exact" else whole
    torch.testing.assert_close(last, expected, rtol=1e-5, atol=1e-5 * float(whole.abs().max()))
    assert float((whole - exact).abs().max()) > 1e-3 * float(whole.abs().max())


def test_no_bit_depends_on_padding(models):
    model = models.make("llama")
    write(model, mixed_plans(8), 2)
    model.set_attn_implementation("bochner")
    ids, mask = models.tokens(4, 60), models.padding(4, 60, "left")
    live = mask.bool()
    scribbled = torch.where(live, ids, models.tokens(4, 60, seed=1))
    before = models.states(model, ids, attention_mask=mask)
    after = models.states(model, scribbled, attention_mask=mask)
    assert torch.equal(before[live], after[live])


def test_calibration_never_looks_at_padding(models):
    """Sequences with padding on either side give the plans of the sequences alone."""
    model = models.make("bert", num_hidden_layers=1)
    ids = models.tokens(1, 120)
    alone = hf.calibrate(model, [ids], time=0.9, on_plans=None)
    padded = torch.cat([ids, models.tokens(1, 40, seed=3)], 1)
    mask = (torch.arange(160) < 120).long()[None]
    assert (
        hf.calibrate(model, {"input_ids": padded, "attention_mask": mask}, time=0.9, on_plans=None)
        == alone
    )


def test_training_through_features(models):
    """A step with features, a window, blocks and means moves the loss."""
    model = models.make("llama").train()
    dim = 8
    near = [plan("features", dim), plan("exact", dim), plan("exact-and-features", dim, window=4)]
    write(model, [*near, plan("features", dim, seed=3)], 2)
    model.set_attn_implementation("bochner")
    ids = models.tokens(2, 40)
    optimizer = torch.optim.SGD(model.parameters(), lr=1e-2)
    losses = []
    for _ in range(3):
        optimizer.zero_grad()
        loss = model(ids, labels=ids).loss
        loss.backward()
        optimizer.step()
        losses.append(float(loss.detach()))
    assert losses[0] > losses[1] > losses[2]
    write(model, mixed_plans(dim), 2)
    before = model(ids, labels=ids).loss
    optimizer.zero_grad()
    before.backward()
    optimizer.step()
    assert float(model(ids, labels=ids).loss.detach()) < float(before.detach())


@pytest.mark.parametrize("planned", [False, True])
def test_a_whole_graph_is_compiled(models, planned):
    """As one graph, with the bits of the model as it is."""
    model = models.make("llama", num_hidden_layers=1)
    model.set_attn_implementation("bochner")
    if planned:
        write(model, mixed_plans(8), 2)
    ids, mask = models.tokens(2, 60), models.padding(2, 60, "left")
    options = {"attention_mask": mask, "use_cache": False}
    expected = models.states(model, ids, **options)
    torch._dynamo.reset()
    compiled = torch.compile(model, fullgraph=True, backend="aot_eager")
    assert torch.equal(models.states(compiled, ids, **options), expected)


def test_layers_without_numbers(models):
    """ViT does not number its layers; they are known by the order of their calls."""
    model = models.make("vit", image_size=64)
    pixels = torch.randn(2, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    plans = hf.calibrate(model, [{"pixel_values": pixels}], time=0.7, on_plans=None)
    assert {p.layer for p in plans} == {f"ViTAttention.bidirectional.{i}" for i in range(2)}
    assert any(p.method != "exact" for p in plans)
    model.set_attn_implementation("bochner")
    before = models.states(model, pixel_values=pixels)
    copy = transformers.ViTModel(transformers.ViTConfig.from_dict(model.config.to_dict())).eval()
    copy.load_state_dict(model.state_dict())
    copy.set_attn_implementation("bochner")
    assert torch.equal(models.states(copy, pixel_values=pixels), before)


def test_layers_with_windows_stay_exact(models):
    model = models.make("mistral")
    ids = models.tokens(2, 60)
    plans = hf.calibrate(model, [ids], time=0.5, on_plans=None)
    assert [p.method for p in plans] == ["exact"] * 8
    model.set_attn_implementation("bochner")
    before = models.states(model, ids)
    hf.forget(model)
    assert torch.equal(models.states(model, ids), before)


def test_at_most_so_many_heads(models):
    model = models.make("bert")
    ids = models.tokens(2, 200)
    options = {"time": 0.8, "on_plans": None}
    everyone = hf.calibrate(model, [ids], **options)
    inexact = sorted(p.error for p in everyone if p.method != "exact")
    assert len(inexact) > 3
    few = hf.calibrate(model, [ids], heads=3, **options)
    assert sorted(p.error for p in few if p.method != "exact") == inexact[:3]
    none = hf.calibrate(model, [ids], heads=0, **options)
    assert none.exact_share == 1.0


def test_other_methods_stay_exact(models):
    model = models.make("bert")
    plans = hf.calibrate(
        model, [models.tokens(2, 200)], time=0.8, methods=("features",), on_plans=None
    )
    assert {p.method for p in plans} <= {"exact", "features"}


def test_calibration_leaves_the_model_as_it_was(models):
    model = models.make("llama").train()
    model.model.layers[0].eval()
    model.set_attn_implementation("sdpa")
    modes = [m.training for m in model.modules()]
    weights = {name: x.clone() for name, x in model.state_dict().items()}
    shown = []
    plans = hf.calibrate(model, [models.tokens(1, 60)], on_plans=shown.append)
    assert shown == [plans]
    assert model.config._attn_implementation == "sdpa"
    assert [m.training for m in model.modules()] == modes
    assert all(torch.equal(x, weights[name]) for name, x in model.state_dict().items())


def test_the_table_of_heads(models, capsys):
    model = models.make("llama")
    plans = hf.calibrate(model, models.tokens(1, 60))
    printed = capsys.readouterr().out
    assert printed == str(plans) + "\n"
    assert printed.splitlines()[0].split() == [
        "layer",
        "head",
        "method",
        "error",
        "exact_share",
        "time",
    ]
    assert printed.splitlines()[-1] == "8 heads, 100 % of the pairs exactly"
    assert hf.plans_of(model) == plans
    assert all(math.isfinite(p.error) for p in plans)
    json.dumps(model.config.to_dict(), allow_nan=False)


def test_forget(models):
    model = models.make("llama")
    write(model, mixed_plans(8), 2)
    assert len(hf.plans_of(model)) == 8
    hf.forget(model)
    assert hf.plans_of(model) is None
    hf.forget(model)


def test_layers_that_share_weights_are_sampled_alike(models):
    """ALBERT calls one layer several times: its sample has sequences of every call in turn."""
    from bochner.transformers._capture import capture

    config = transformers.AlbertConfig(
        vocab_size=models.vocabulary,
        hidden_size=32,
        embedding_size=16,
        num_hidden_layers=3,
        num_attention_heads=4,
        intermediate_size=48,
        initializer_range=0.2,
    )
    model = transformers.AlbertModel(config).eval()
    (sample,) = capture("test", model, [models.tokens(4, 20)], 80).values()
    assert [len(sequences) for sequences in sample.calls] == [4, 4, 4]
    assert len(sample.sequences) == 4
    first = [sequences[0] for sequences in sample.calls]
    for found, expected in zip(sample.sequences, [*first, sample.calls[0][1]], strict=True):
        assert all(torch.equal(a, b) for a, b in zip(found, expected, strict=True))
