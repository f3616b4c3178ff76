"""Encoders with smaller weights: near the original, the same after any way of saving."""

import copy

import pytest
import torch

from spacy_mluke.modeling import (
    build_encoder,
    load_checkpoint,
    load_state_bytes,
    save_checkpoint,
    state_bytes,
)
from spacy_mluke.modeling.checkpoint import build_reduced
from spacy_mluke.modeling.int8 import Int8Linear, quantize_rows, restore_rows
from spacy_mluke.modeling.linear import Linear
from spacy_mluke.modeling.precision import empty_encoder, reduce_encoder, widen_encoder
from tests.modeling.folders import fitting_encoder
from tests.modeling.random_batches import (
    difference,
    flat_slots,
    flat_words,
    random_windows,
    small_encoder,
)

LOW = ["bf16", "int8"]
TABLE = "entity_embeddings.entity_embeddings.weight"


def states(encoder, seed=0):
    windows = random_windows(seed, n_windows=5, config=encoder.config)
    with torch.inference_mode():
        out = encoder(flat_words(windows), flat_slots(windows))
    return torch.cat([out.words, out.slots]).float()


def test_rows_of_8_bits_are_near():
    torch.manual_seed(0)
    table = torch.randn(50, 30) * torch.logspace(-4, 3, 50)[:, None]
    table[7] = 0
    small, scale = quantize_rows(table)
    assert small.dtype == torch.int8
    error = (restore_rows(small, scale) - table).abs().amax(1)
    assert (error <= table.abs().amax(1) / 254 + 1e-12).all() and error[7] == 0
    many = quantize_rows(table.repeat(400, 1))
    assert many[0][-50:].equal(small) and many[1][-50:].equal(scale) and len(many[0]) == 20_000


@pytest.mark.parametrize("bias", [True, False])
def test_int8_product_is_that_of_the_rounded_factors(bias):
    torch.manual_seed(0)
    dense = Linear(48, 33, bias=bias)
    layer = Int8Linear(dense)
    layer.weight, layer.weight_scale = quantize_rows(dense.weight)
    rows = torch.randn(9, 48)
    rows[3] = 0
    with torch.inference_mode():
        exact = restore_rows(*quantize_rows(rows)).double()
        exact = exact @ restore_rows(layer.weight, layer.weight_scale).double().T
        exact = exact if dense.bias is None else exact + dense.bias
        assert difference(layer(rows), exact) <= 1e-5
        assert difference(layer(rows), dense(rows)) <= 0.05
        assert layer(rows[:0]).shape == (0, 33)


@pytest.mark.parametrize("precision", LOW)
@pytest.mark.parametrize(
    "sizes", [{}, {"entity_emb_size": 32}, {"use_entity_aware_attention": True}]
)
def test_states_are_near(precision, sizes):
    encoder = small_encoder(initializer_range=0.05, **sizes)
    before = states(encoder)
    low = reduce_encoder(encoder, precision)
    after = states(low)
    cosine = torch.nn.functional.cosine_similarity(before, after, dim=1)
    assert cosine.min() > 0.995 and difference(before, after) > 0
    assert torch.equal(before, states(encoder)), "the original is as it was"
    # A row's numbers do not depend on those beside it.
    assert low.get_parameter(TABLE).data_ptr() == encoder.get_parameter(TABLE).data_ptr()
    assert states(copy.deepcopy(low)).equal(after)


@pytest.mark.parametrize("precision", LOW)
def test_small_encoders_in_files_and_bytes(precision, tmp_path, piece_model):
    encoder = fitting_encoder(piece_model, entity_vocab_size=12)
    special = {"[MASK]": 2, "[UNK]": 1, "[PAD]": 0, "[MASK2]": 11}
    low = reduce_encoder(encoder, precision)
    whole, small = tmp_path / "whole", tmp_path / "small"
    for folder, source in ((whole, encoder), (small, low)):
        save_checkpoint(
            folder, source, source.config, piece_model=piece_model, special_entities=special
        )
    sizes = [(folder / "model.safetensors").stat().st_size for folder in (whole, small)]
    assert sizes[1] < sizes[0] * (0.55 if precision == "bf16" else 0.45)
    checkpoint = load_checkpoint(small)
    again = build_reduced(checkpoint)
    assert again.precision == precision
    for name, tensor in low.state_dict().items():
        if name != TABLE:
            assert torch.equal(tensor, again.state_dict()[name]), name
    assert again.get_parameter(TABLE).dtype == torch.float32
    assert difference(states(low), states(again)) < 0.05
    # Some rows of it, and all of it in fp32
    some = build_reduced(load_checkpoint(small, entity_rows=[5, 7]))
    rows = again.get_parameter(TABLE)[[2, 1, 0, 11, 5, 7]]
    assert torch.equal(some.get_parameter(TABLE), rows)
    wide = build_encoder(checkpoint)
    assert {p.dtype for p in wide.parameters()} == {torch.float32} and wide.precision == "fp32"
    for name, tensor in widen_encoder(again).state_dict().items():
        assert torch.equal(tensor, wide.state_dict()[name]), name
    empty = empty_encoder(low.config, precision).to_empty(device="cpu")
    load_state_bytes(empty, state_bytes(low))
    assert torch.equal(states(empty), states(low))


def test_int8_rows_do_not_depend_on_the_batch():
    low = reduce_encoder(small_encoder(), "int8")
    windows = random_windows(4, n_windows=6, config=low.config)
    with torch.inference_mode():
        together = low(flat_words(windows), flat_slots(windows)).words
        alone = [low(flat_words([w]), flat_slots([w])).words for w in windows]
    assert difference(together, torch.cat(alone)) <= 1e-3
