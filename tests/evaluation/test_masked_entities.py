import numpy as np
import pytest
import torch

from spacy_mluke.evaluation.masked_entities import (
    EntityPredictions,
    Senses,
    cross_lingual_agreement,
    predict_entities,
    summarize,
)
from spacy_mluke.modeling.config import EncoderConfig
from spacy_mluke.pretraining.instances import Instance
from spacy_mluke.pretraining.model import PretrainingModel
from spacy_mluke.pretraining.shards import Shard, write_shard
from spacy_mluke.text.arrays import as_spans, ints


def _shard(folder, lang, mentions):
    """Instances of a mention of two pieces between others."""
    with write_shard(folder / lang, vocab_size=50, describe=lambda: {"language": lang}) as writer:
        for (a, b), entity in mentions:
            writer.add(Instance(ints([9, a, b, 8]), ints([entity]), as_spans([(1, 3)])))
    return Shard(folder / lang)


def test_senses(tmp_path):
    counted = [((20, 21), 5)] * 3 + [((20, 21), 6)] + [((30, 31), 6), ((30, 31), 5)]
    senses = Senses(
        [_shard(tmp_path, "de", counted), _shard(tmp_path, "ja", [((20, 21), 7)])]
    )
    assert senses("de", (20, 21)) == ([5, 6], 0.75)
    assert senses("de", (30, 31)) == ([5, 6], 0.5)  # the lower row first where two are level
    assert senses("ja", (20, 21)) == ([7], 1.0)
    assert senses("ja", (30, 31)) == senses("fr", (20, 21)) == ([], 0.0)


def test_senses_that_count(tmp_path):
    counted = [((20, 21), 5)] * 3 + [((20, 21), 6)] + [((20, 21), 7)] * 9 + [((30, 31), 7)]
    senses = Senses([_shard(tmp_path, "de", counted)], np.arange(9) != 7)
    assert senses("de", (20, 21)) == ([5, 6], 0.75)
    assert senses("de", (30, 31)) == ([], 0.0)
    assert senses.counts(6) and not senses.counts(7)


@pytest.mark.parametrize("mask_piece", [None, 49])
def test_every_mention_once(tmp_path, mask_piece):
    torch.manual_seed(0)
    config = EncoderConfig(50, 16, 1, 2, 32, entity_vocab_size=9, entity_emb_size=8)
    model = PretrainingModel(config)
    held_out = [
        _shard(tmp_path, "de", [((20, 21), 5), ((22, 23), 6), ((20, 22), 4)]),
        _shard(tmp_path, "ja", [((30, 31), 7)]),
    ]
    senses, items = Senses(held_out), Senses(held_out, np.arange(9) < 7)
    found = predict_entities(model, held_out, senses, items, mask_row=0, mask_piece=mask_piece)
    assert sorted(zip(found.languages, found.gold)) == [("de", 4), ("de", 5), ("de", 6), ("ja", 7)]
    assert found.frequent == found.gold
    known = [row if row < 7 else -1 for row in found.gold]
    assert found.items == found.chosen == known
    assert found.shares == [float(row > 0) for row in known]
    assert len(found.vectors) == len(found.ranks) == 4 and max(found.ranks) < 9


def test_summary():
    found = EntityPredictions(
        languages=["de", "de", "de", "ja"],
        gold=[5, 6, 7, 8],
        ranks=[0, 0, 4, 20],
        frequent=[5, 5, 7, -1],
        items=[5, 5, 7, -1],
        shares=[0.9, 0.6, 1.0, 0.0],
        chosen=[5, 6, 7, -1],
    )
    scores = summarize(found)
    assert scores["all"]["accuracy@1"] == 0.5 and scores["all"]["accuracy@10"] == 0.75
    assert scores["all"]["most_frequent_sense"] == 0.5
    german = scores["de"]
    assert (german["ambiguous_mentions"], german["context_mentions"]) == (1, 1)
    assert german["ambiguous_accuracy@1"] == 1 and german["ambiguous_most_frequent_sense"] == 0
    assert german["ambiguous_accuracy_among_senses"] == 1
    assert german["context_accuracy@1"] == 1 and scores["ja"]["unseen_mentions"] == 1


def test_agreement_across_languages():
    near = torch.tensor([[1.0, 0.0], [0.0, 1.0], [0.9, 0.1], [0.1, 0.9], [-1.0, 0.0]])
    found = EntityPredictions(["de", "de", "ja", "ja", "ja"], [1, 2, 1, 2, 3], vectors=list(near))
    scores = cross_lingual_agreement(found)
    assert scores["accuracy"] == 1 and scores["queries"] == 4
    assert scores["chance"] == pytest.approx(np.mean([1 / 3, 1 / 3, 1 / 2, 1 / 2]))
    found.gold = [1, 2, 2, 1, 3]
    assert cross_lingual_agreement(found)["accuracy"] == 0
