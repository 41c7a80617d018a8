# SPDX-License-Identifier: Apache-2.0
"""What cannot be honoured is refused by a sentence that names it."""

import pytest

torch = pytest.importorskip("torch", reason="PyTorch is not installed")
transformers = pytest.importorskip("transformers", reason="transformers is not installed")

import bochner as bo  # noqa: E402
import bochner.transformers as hf  # noqa: E402
from bochner.transformers._attention import attention  # noqa: E402


@pytest.fixture
def llama(models):
    model = models.make("llama")
    model.set_attn_implementation("bochner")
    return model


def test_masks_over_pairs(models, llama):
    ids = models.tokens(2, 6)
    with pytest.raises(ValueError, match=r"shape \(2, 1, 6, 6\), and masks over pairs are not"):
        llama(ids, attention_mask=torch.ones(2, 1, 6, 6, dtype=torch.bool))


def test_packed_sequences(models, llama):
    ids = models.tokens(1, 6)
    positions = torch.tensor([[0, 1, 2, 0, 1, 2]])
    with pytest.raises(ValueError, match=r"mask is .*packed_sequence.*, expected a causal one"):
        llama(ids, position_ids=positions, use_cache=False)


@pytest.mark.parametrize(
    ("option", "value", "reason"),
    [
        ("softcap", 30.0, "logits are not capped"),
        ("s_aux", torch.zeros(4), "there are no sinks among the weights"),
        ("position_bias", torch.zeros(1, 4, 6, 6), "nothing is added to logits"),
        ("head_mask", torch.ones(4), "heads are not masked"),
        ("cu_seq_lens_q", torch.tensor([0, 6]), "packed sequences are not told apart"),
    ],
)
def test_options_that_change_weights(llama, option, value, reason):
    module = llama.model.layers[0].self_attn
    q, k = torch.zeros(1, 4, 6, 8), torch.zeros(1, 2, 6, 8)
    with pytest.raises(
        ValueError, match=rf"LlamaAttention.causal.0 asks for {option}, .* \({reason}\)"
    ):
        attention(module, q, k, k, None, **{option: value})
    attention(module, q, k, k, None, **{option: None})


def test_weights_themselves(models, llama):
    with pytest.raises(ValueError, match="asks for output_attentions, and weights are never"):
        llama(models.tokens(1, 6), output_attentions=True)


def test_dropout_of_weights_in_training(models):
    model = models.make("llama", attention_dropout=0.1).train()
    model.set_attn_implementation("bochner")
    with pytest.raises(ValueError, match=r"asks for attention dropout 0.1, which acts on weights"):
        model(models.tokens(1, 6))
    model.eval()
    model(models.tokens(1, 6))


def test_plans_of_another_model(models, llama):
    ids = models.tokens(1, 60)
    hf.calibrate(llama, [ids], on_plans=None)
    wider = models.make("llama", num_attention_heads=8)
    deeper = models.make("llama", num_hidden_layers=3)
    for model, message in (
        (wider, "has 8 heads, 2 key heads and dimension 4, and the model's config has plans of 4,"),
        (deeper, "LlamaAttention.causal.2 is not among the 2 layers that the model's config has"),
    ):
        model.config.bochner = llama.config.bochner
        model.set_attn_implementation("bochner")
        with pytest.raises(ValueError, match=message):
            model(ids)
        hf.forget(model)
        model(ids)


@pytest.mark.parametrize(
    ("batches", "kind", "message"),
    [
        ([], ValueError, "no layer of LlamaForCausalLM was called, expected at least one batch"),
        (["text"], TypeError, r"batches\[0\] is str, expected a mapping"),
        ("text", TypeError, "batches is str, expected an iterable"),
        (3, TypeError, "batches is int, expected an iterable"),
    ],
)
def test_batches(llama, batches, kind, message):
    with pytest.raises(kind, match="calibrate: " + message):
        hf.calibrate(llama, batches)
    assert llama.config._attn_implementation == "bochner"
    assert hf.plans_of(llama) is None


def test_batches_with_a_cache(models, llama):
    ids = models.tokens(1, 8)
    cache = llama(ids, use_cache=True).past_key_values
    with pytest.raises(
        ValueError, match=r"calibrate: LlamaAttention.causal.0 has 8 queries and 16"
    ):
        hf.calibrate(llama, [{"input_ids": ids, models.cached(llama): cache}])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"error": 0.0}, "error is 0.0, expected a positive number"),
        ({"time": -1.0}, "time is -1.0, expected a positive number"),
        ({"heads": -1}, "heads is -1, expected at least 0"),
        ({"methods": ("exact",)}, "methods is 'exact', expected one of features"),
        ({"methods": ()}, "methods is empty"),
        ({"decoding": "fast"}, "decoding is 'fast', expected one of exact, planned"),
        ({"tokens": 0}, "tokens is 0, expected at least 1"),
        ({"features": "relu"}, "features"),
        (
            {"projection": bo.GivenProjection(bo.GivenFrequencies(torch.ones(4, 8).numpy()))},
            "projection is given frequencies, of which a config would hold a digest alone",
        ),
    ],
)
def test_options_of_calibrate(models, llama, options, message):
    with pytest.raises(ValueError, match=message):
        hf.calibrate(llama, [models.tokens(1, 30)], **options)


def test_two_layers_of_one_name(models, llama):
    llama.model.layers[1].self_attn.layer_idx = 0
    with pytest.raises(
        ValueError, match=r"two layers of the model are called LlamaAttention.causal.0"
    ):
        hf.calibrate(llama, [{"input_ids": models.tokens(1, 30), "use_cache": False}])


def test_names_of_others():
    with pytest.raises(ValueError, match="name is 'sdpa', which is another attention's"):
        hf.register("sdpa")
    with pytest.raises(ValueError, match="name is 'eager', which is another attention's"):
        hf.register("eager")
    hf.register()
