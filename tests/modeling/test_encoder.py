from concurrent.futures import ThreadPoolExecutor

import pytest
import torch

from spacy_mluke.modeling import MLukeEncoder, SlotBatch, WindowBatch
from tests.modeling.random_batches import (
    difference,
    flat_slots,
    flat_words,
    random_windows,
    small_config,
    small_encoder,
)
from tests.modeling.reference import reference

PATTERNS = ["full", "independent"]


class PaddedEncoder(MLukeEncoder):
    """Groups windows of different lengths, as on a GPU."""

    padding = 0.7


def make_padded(encoder):
    other = PaddedEncoder(encoder.config)
    other.load_state_dict(encoder.state_dict())
    return other


def total(encoded):
    """A number that depends on every state, each in its own way."""
    states = torch.cat([encoded.words, encoded.slots])
    weights = torch.linspace(-1, 1, states.numel()).view_as(states)
    return (states * weights).sum()


@pytest.mark.parametrize("pattern", PATTERNS)
@pytest.mark.parametrize("entity_aware", [False, True])
@pytest.mark.parametrize("padding", [False, True])
def test_states_and_gradients_equal_an_explicit_reference(pattern, entity_aware, padding):
    encoder = small_encoder(use_entity_aware_attention=entity_aware)
    if padding:
        encoder = make_padded(encoder)
    windows = random_windows(1, n_windows=5, config=encoder.config)
    ours = encoder(flat_words(windows), flat_slots(windows), pattern=pattern)
    ours_gradients = torch.autograd.grad(
        total(ours), list(encoder.parameters()), allow_unused=True, materialize_grads=True
    )
    theirs = reference(encoder, windows, pattern)
    theirs_gradients = torch.autograd.grad(
        total(theirs), list(encoder.parameters()), allow_unused=True, materialize_grads=True
    )
    assert difference(ours.words, theirs.words) <= 1e-5
    assert difference(ours.slots, theirs.slots) <= 1e-5
    for (name, _), mine, other in zip(
        encoder.named_parameters(), ours_gradients, theirs_gradients, strict=True
    ):
        scale = max(1.0, float(other.abs().max()))
        assert difference(mine, other) <= 2e-5 * scale, name


@pytest.mark.parametrize("pattern", PATTERNS)
@pytest.mark.parametrize("padding", [False, True])
def test_a_window_is_the_same_alone_and_in_a_batch(pattern, padding):
    encoder = small_encoder()
    if padding:
        encoder = make_padded(encoder)
    windows = random_windows(2, n_windows=12, config=encoder.config)
    with torch.no_grad():
        batch = encoder(flat_words(windows), flat_slots(windows), pattern=pattern)
        alone = [encoder(flat_words([w]), flat_slots([w]), pattern=pattern) for w in windows]
    assert difference(batch.words, torch.cat([a.words for a in alone])) <= 1e-5
    assert difference(batch.slots, torch.cat([a.slots for a in alone])) <= 1e-5


def test_adding_slots_changes_words_only_in_the_full_pattern():
    encoder = small_encoder()
    windows = random_windows(3, n_windows=6, config=encoder.config)
    words, slots = flat_words(windows), flat_slots(windows)
    with torch.no_grad():
        bare = encoder(words)
        assert difference(bare.words, encoder(words, slots).words) > 0.01
        assert difference(bare.words, encoder(words, slots, pattern="independent").words) <= 1e-5


def test_independent_slots_do_not_depend_on_each_other():
    encoder = small_encoder()
    (window,) = random_windows(4, n_windows=1, config=encoder.config, max_slots=30)
    words, slots = flat_words([window]), flat_slots([window])
    n_slots = len(slots.entity_ids)
    assert n_slots > 2
    with torch.no_grad():
        together = encoder(words, slots, pattern="independent").slots
        for i in range(n_slots):
            one = SlotBatch(slots.entity_ids[i : i + 1], [1], slots.ranges[i : i + 1])
            alone = encoder(words, one, pattern="independent").slots
            assert difference(alone[0], together[i]) <= 1e-5


@pytest.mark.parametrize("entity_aware", [False, True])
@pytest.mark.parametrize("padding", [False, True])
def test_slots_added_later_equal_forward(entity_aware, padding):
    encoder = small_encoder(use_entity_aware_attention=entity_aware)
    if padding:
        encoder = make_padded(encoder)
    windows = random_windows(5, n_windows=9, config=encoder.config)
    words, slots = flat_words(windows), flat_slots(windows)
    with torch.no_grad():
        at_once = encoder(words, slots, pattern="independent", keep_memory=True)
        memory = encoder.encode_words(words)
        assert difference(memory.words, at_once.words) <= 1e-5
        assert difference(encoder.encode_slots(memory, slots), at_once.slots) <= 1e-5
        assert difference(encoder.encode_slots(at_once.memory, slots), at_once.slots) <= 1e-5


def test_entity_aware_attention_with_copied_queries_is_plain_attention():
    plain = small_encoder()
    aware = MLukeEncoder(small_config(use_entity_aware_attention=True))
    state = plain.state_dict()
    for name in list(state):
        if ".self.query." in name:
            for extra in ("w2e_query", "e2w_query", "e2e_query"):
                state[name.replace("query", extra)] = state[name]
    aware.load_state_dict(state)
    windows = random_windows(6, n_windows=5, config=plain.config)
    for pattern in PATTERNS:
        with torch.no_grad():
            a = plain(flat_words(windows), flat_slots(windows), pattern=pattern)
            b = aware(flat_words(windows), flat_slots(windows), pattern=pattern)
        assert difference(a.words, b.words) <= 1e-5
        assert difference(a.slots, b.slots) <= 1e-5


@pytest.mark.parametrize("pattern", PATTERNS)
def test_mask_in_row_0_is_trained(pattern):
    encoder = small_encoder()
    words = WindowBatch(torch.arange(4, 10), [6])
    slots = SlotBatch(torch.tensor([0]), [1], torch.tensor([[1, 3]]))
    total(encoder(words, slots, pattern=pattern)).backward()
    gradient = encoder.entity_embeddings.entity_embeddings.weight.grad
    assert gradient[0].abs().max() > 0
    assert gradient[1:].abs().max() == 0


@pytest.mark.parametrize("pattern", PATTERNS)
def test_checkpointing_gives_equal_gradients(pattern):
    encoder = small_encoder()
    windows = random_windows(7, n_windows=4, config=encoder.config)
    gradients = []
    for checkpointing in (False, True):
        torch.manual_seed(0)  # the same dropout
        encoded = encoder(
            flat_words(windows),
            flat_slots(windows),
            pattern=pattern,
            training=True,
            checkpointing=checkpointing,
        )
        encoder.zero_grad()
        total(encoded).backward()
        gradients.append([p.grad.clone() for p in encoder.parameters() if p.grad is not None])
    assert len(gradients[0]) == len(gradients[1]) > 0
    for a, b in zip(*gradients, strict=True):
        assert torch.allclose(a, b, atol=1e-6)


@pytest.mark.parametrize("pattern", PATTERNS)
def test_dropout_follows_the_argument_alone(pattern):
    encoder = small_encoder()
    windows = random_windows(8, n_windows=3, config=encoder.config)
    inputs = flat_words(windows), flat_slots(windows)
    with torch.no_grad():
        expected = encoder.eval()(*inputs, pattern=pattern)
        assert torch.equal(encoder.train()(*inputs, pattern=pattern).words, expected.words)
        torch.manual_seed(0)
        first = encoder.eval()(*inputs, pattern=pattern, training=True)
        second = encoder(*inputs, pattern=pattern, training=True)
    assert difference(first.words, expected.words) > 0.01
    assert difference(first.slots, second.slots) > 0.01


def test_eight_threads_predict_what_one_does():
    encoder = small_encoder()
    batches = [random_windows(i, n_windows=5, config=encoder.config) for i in range(40)]

    def predict(case):
        number, windows = case
        training = number % 4 == 3  # others train meanwhile
        with torch.no_grad():
            encoded = encoder(flat_words(windows), flat_slots(windows), training=training)
        return None if training else total(encoded)

    serial = [predict(case) for case in enumerate(batches)]
    with ThreadPoolExecutor(8) as pool:
        parallel = list(pool.map(predict, enumerate(batches)))
    for a, b in zip(serial, parallel, strict=True):
        assert a is b is None or torch.equal(a, b)


@pytest.mark.parametrize("pattern", PATTERNS)
@pytest.mark.parametrize("entity_aware", [False, True])
def test_bfloat16_and_autocast(pattern, entity_aware):
    encoder = small_encoder(initializer_range=0.05, use_entity_aware_attention=entity_aware)
    windows = random_windows(9, n_windows=4, config=encoder.config)
    inputs = flat_words(windows), flat_slots(windows)
    exact = encoder(*inputs, pattern=pattern)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        mixed = encoder(*inputs, pattern=pattern, training=False)
        loss = total(encoder(*inputs, pattern=pattern, training=True, checkpointing=True))
    loss.backward()
    assert all(p.grad.isfinite().all() for p in encoder.parameters() if p.grad is not None)
    half = encoder.to(torch.bfloat16)(*inputs, pattern=pattern)
    assert half.slots.dtype == torch.bfloat16
    for other in (mixed, half):
        assert 0 < difference(exact.words, other.words) < 0.1
        assert 0 < difference(exact.slots, other.slots) < 0.1


@pytest.mark.parametrize("pattern", PATTERNS)
def test_empty_batch_and_no_slots(pattern):
    encoder = small_encoder()
    no_ids = torch.zeros(0, dtype=torch.long)
    no_slots = SlotBatch(no_ids, [], no_ids.view(0, 2))
    for slots in (None, no_slots):
        encoded = encoder(WindowBatch(no_ids, []), slots, pattern=pattern)
        assert encoded.words.shape == encoded.slots.shape == (0, 32)
    encoded = encoder(
        WindowBatch(torch.arange(4, 9), [5]),
        SlotBatch(no_ids, [0], no_ids.view(0, 2)),
        pattern=pattern,
    )
    assert encoded.words.shape == (5, 32)
    assert encoded.slots.shape == (0, 32)


def test_many_rows_pass_in_parts():
    """Prediction splits long batches; training does not. Both must agree."""
    encoder = small_encoder(num_hidden_layers=1)
    windows = random_windows(10, n_windows=60, config=encoder.config, max_slots=40)
    inputs = flat_words(windows), flat_slots(windows)
    assert len(inputs[0].word_ids) > 1024 < len(inputs[1].entity_ids)
    whole = encoder(*inputs, pattern="independent")
    with torch.no_grad():
        parts = encoder(*inputs, pattern="independent")
    assert difference(whole.words, parts.words) <= 1e-5
    assert difference(whole.slots, parts.slots) <= 1e-5


def test_slot_without_range_has_no_position():
    encoder = small_encoder()
    embeddings = encoder.entity_embeddings
    ids, ranges = torch.tensor([2, 2]), torch.tensor([[3, 3], [0, 4]])
    positions = embeddings._positions(ranges, ids.device)
    assert positions[0].abs().max() == 0
    assert torch.allclose(positions[1], embeddings.position_embeddings.weight[:4].mean(0))


def test_unknown_pattern_and_memory_of_full():
    encoder = small_encoder()
    words = WindowBatch(torch.arange(4, 9), [5])
    with pytest.raises(ValueError, match="M217.*'some'"):
        encoder(words, pattern="some")
    with pytest.raises(ValueError, match="M217"):
        encoder(words, keep_memory=True)
