# SPDX-License-Identifier: Apache-2.0
"""Masks on their way through a model say what the model meant, or are refused by name."""

import pytest

torch = pytest.importorskip("torch", reason="PyTorch is not installed")
pytest.importorskip("transformers", reason="transformers is not installed")

from transformers import masking_utils  # noqa: E402

from bochner.transformers._masks import attention_mask, seen_keys  # noqa: E402

CAUSAL = masking_utils.causal_mask_function
BOTH_WAYS = masking_utils.bidirectional_mask_function


def pairs(mask, causal, queries, keys, batch=2):
    """All pairs that are seen, (batch, queries, keys), of what a layer would read."""
    seen = seen_keys("layer", mask, causal, None, batch, keys)
    i = torch.arange(queries)[:, None] + (seen.num_keys - queries if seen.causal else 0)
    j = torch.arange(seen.num_keys)
    shown = torch.ones((queries, seen.num_keys), dtype=torch.bool)
    if seen.causal:
        shown = shown & (j <= i)
    if seen.window is not None:
        shown = shown & (j > i - seen.window)
    shown = shown.expand(batch, -1, -1)
    if seen.mask is not None:
        shown = shown & seen.mask[:, None, :]
    return torch.nn.functional.pad(shown, (0, keys - seen.num_keys))


CASES = {
    "whole": {"q_length": 6, "kv_length": 6},
    "cache": {"q_length": 2, "kv_length": 6, "q_offset": 4},
    "one query": {"q_length": 1, "kv_length": 6, "q_offset": 5},
    "static cache": {"q_length": 2, "kv_length": 9, "q_offset": 3},
    "sliding cache": {"q_length": 3, "kv_length": 7, "q_offset": 10, "kv_offset": 6},
}
PATTERNS = {
    "causal": CAUSAL,
    "window of 3": masking_utils.sliding_window_causal_mask_function(3),
    "window of 1": masking_utils.sliding_window_causal_mask_function(1),
    "wide window": masking_utils.sliding_window_causal_mask_function(100),
}


@pytest.mark.parametrize("padded", [False, True])
@pytest.mark.parametrize("pattern", PATTERNS)
@pytest.mark.parametrize("case", CASES)
def test_causal_masks(case, pattern, padded):
    sizes = {"batch_size": 2, **CASES[case]}
    function = PATTERNS[pattern]
    mask = None
    if padded:
        mask = torch.ones((2, sizes["q_length"] + sizes.get("q_offset", 0)), dtype=torch.bool)
        mask[1, : sizes.get("kv_offset", 0) + 2] = False
    ours = attention_mask(**sizes, mask_function=function, attention_mask=mask)
    theirs = masking_utils.sdpa_mask(
        **sizes, mask_function=function, attention_mask=mask, allow_is_causal_skip=False
    )
    found = pairs(ours, True, sizes["q_length"], sizes["kv_length"])
    assert torch.equal(found, theirs[:, 0].expand_as(found))


@pytest.mark.parametrize("module_is_causal", [False, True])
def test_bidirectional_masks(module_is_causal):
    mask = torch.ones((2, 6), dtype=torch.bool)
    mask[1, 4:] = False
    found = attention_mask(2, 4, 6, mask_function=BOTH_WAYS, attention_mask=mask)
    seen = pairs(found, module_is_causal, 4, 6)
    assert torch.equal(seen, mask[:, None, :].expand(-1, 4, -1))


def test_a_wide_window_both_ways_hides_nothing():
    function = masking_utils.sliding_window_bidirectional_mask_function(5)
    found = attention_mask(1, 6, 6, mask_function=function, allow_is_bidirectional_skip=True)
    assert found is None


def test_nothing_is_said_where_nothing_is_hidden():
    everything = torch.ones((2, 6), dtype=torch.bool)
    assert attention_mask(2, 6, 6, mask_function=CAUSAL, attention_mask=everything) is None
    said = attention_mask(2, 6, 6, mask_function=CAUSAL, allow_is_causal_skip=False)
    assert said.shape == (2, 1, 1, 6)


def test_windows_take_no_memory():
    mask = attention_mask(
        2, 5000, 5000, mask_function=masking_utils.sliding_window_causal_mask_function(4096)
    )
    assert mask.shape[2:] == (4096, 5000)
    assert mask.untyped_storage().nbytes() <= 2 * 5000
    assert seen_keys("layer", mask, True, None, 2, 5000).window == 4096


REFUSED = {
    "chunked_overlay": masking_utils.chunked_causal_mask_function(4, torch.zeros(1)),
    "sliding_window_bidirectional_overlay": (
        masking_utils.sliding_window_bidirectional_mask_function(3)
    ),
    "or_masks": masking_utils.or_masks(CAUSAL, BOTH_WAYS),
    "packed_sequence_mask_function": masking_utils.and_masks(
        CAUSAL, masking_utils.packed_sequence_mask_function(torch.zeros(1, 6))
    ),
    "a window without a causal mask": masking_utils.sliding_window_overlay(3),
}


def test_masks_of_three_axes_are_refused():
    with pytest.raises(ValueError, match="the model's mask is of 3 dimensions, expected a causal"):
        attention_mask(1, 6, 6, attention_mask=torch.ones(1, 6, 6, dtype=torch.bool))


@pytest.mark.parametrize("name", REFUSED)
def test_other_masks_are_refused(name):
    with pytest.raises(ValueError, match=f"the model's mask is {name}, expected a causal one"):
        attention_mask(1, 6, 6, mask_function=REFUSED[name])


@pytest.mark.parametrize(
    ("mask", "message"),
    [
        (torch.ones(2, 1, 4, 6, dtype=torch.bool), r"shape \(2, 1, 4, 6\), and masks over pairs"),
        (torch.ones(2, 4, 1, 6, dtype=torch.bool), r"shape \(2, 4, 1, 6\), and masks over pairs"),
        (torch.zeros(2, 1, 1, 6), r"mask of torch.float32, which adds to logits"),
        (torch.ones(2, 6, dtype=torch.bool), r"shape \(2, 6\), and masks over pairs"),
        (torch.ones(2, 3, 4, 6, dtype=torch.uint8), r"shape \(2, 3, 4, 6\), and masks over"),
        (torch.ones(3, 1, 1, 6, dtype=torch.bool), "mask of 3 x 6 keys, expected 2 x 6"),
        (torch.ones(2, 1, 1, 7, dtype=torch.bool), "mask of 2 x 7 keys, expected 2 x 6"),
    ],
)
def test_masks_of_a_caller_are_refused(mask, message):
    with pytest.raises(ValueError, match=message):
        seen_keys("layer", mask, True, None, 2, 6)


def test_a_layer_with_a_window_and_no_mask():
    assert seen_keys("layer", None, True, 3, 1, 6).window == 3
    assert seen_keys("layer", None, True, 6, 1, 6).window is None
    with pytest.raises(ValueError, match="a window without a causal mask"):
        seen_keys("layer", None, False, 3, 1, 6)
