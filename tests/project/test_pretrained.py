"""The encoder that comes with the project."""

import json
from pathlib import Path

import numpy as np
import pytest
import spacy
import torch

from spacy_mluke.modeling.checkpoint import load_checkpoint
from spacy_mluke.modeling.heads import EntityHead
from spacy_mluke.text.tokenizer import add_character_tokens

FOLDER = Path(__file__).parents[2] / "project" / "pretrained" / "mluke_tiny"
TABLE, HEAD = "entity_embeddings.entity_embeddings.weight", "entity_predictions."

# Tokyo, Athens and Nairobi, each in a sentence of its own
CITIES = {
    "en": ("{} is a large city on the coast.", ["Tokyo", "Athens", "Nairobi"]),
    "de": ("{} ist eine große Stadt an der Küste.", ["Tokio", "Athen", "Nairobi"]),
    "el": ("Η {} είναι μεγάλη πόλη.", ["Τόκιο", "Αθήνα", "Ναϊρόμπι"]),
}
ITEMS = ["Q1490", "Q1524", "Q3870"]


def test_folder():
    size = sum(path.stat().st_size for path in FOLDER.iterdir())
    assert size < 40e6
    card = (FOLDER / "README.md").read_text("utf8")
    assert all(word in card for word in ("CC BY-SA", "| sw |", "| zh |", "linear discriminant"))
    entities = json.loads((FOLDER / "entity_vocab.json").read_text("utf8"))
    assert len(entities) == 56_004 and entities["[MASK]"] == 0 and "Q1490" in entities


@pytest.fixture(scope="module")
def checkpoint():
    return load_checkpoint(FOLDER)


def test_heads(checkpoint):
    assert {"lm_head.bias", "entity_predictions.bias"} <= set(checkpoint.heads)
    assert checkpoint.config.max_window == 128


@pytest.fixture(scope="module")
def head(checkpoint):
    head = EntityHead(checkpoint.config)
    weights = {k.removeprefix(HEAD): v for k, v in checkpoint.heads.items() if k.startswith(HEAD)}
    head.load_state_dict({name: tensor.float() for name, tensor in weights.items()})
    return head.eval()


@pytest.fixture(scope="module")
def vectors():
    """Vectors of the cities, by language: (3, width)."""
    nlp = spacy.blank("xx")
    add_character_tokens(nlp)
    getter = {"@misc": "spacy-mluke.doc_ents.v1"}
    model = {"name": str(FOLDER), "window": 126, "stride": 96, "span_getter": getter}
    nlp.add_pipe("mluke", config={"model": model})
    nlp.initialize()
    found = {}
    for lang, (sentence, names) in CITIES.items():
        rows = []
        for name in names:
            doc = nlp.make_doc(sentence.format(name))
            start = sentence.index("{}")
            doc.ents = [doc.char_span(start, start + len(name), label="LOC")]
            rows.append(nlp(doc).ents[0]._.mluke.vector)
        found[lang] = torch.from_numpy(np.stack(rows))
    return found


def test_masked_mentions_are_recognised(checkpoint, head, vectors):
    entities = dict(checkpoint.read_entities())
    table = checkpoint.state_dict[TABLE].float()
    ranks = []
    with torch.inference_mode():
        for lang in CITIES:
            scores = head(vectors[lang], table)
            right = scores.gather(1, torch.tensor([[entities[item]] for item in ITEMS]))
            ranks += (scores > right).sum(dim=1).tolist()
    assert np.mean(np.array(ranks) < 3) > 0.8
    assert ranks[::3] == [0, 0, 0]  # Tokyo


def test_the_same_city_is_near_in_other_languages(head, vectors):
    hits = []
    with torch.inference_mode():
        states = {
            lang: torch.nn.functional.normalize(head.transform(each), dim=1)
            for lang, each in vectors.items()
        }
    for lang, mine in states.items():
        for other, theirs in states.items():
            if lang != other:
                hits += ((mine @ theirs.T).argmax(dim=1) == torch.arange(3)).tolist()
    assert np.mean(hits) > 0.8
