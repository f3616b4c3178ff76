"""A pipeline with a linker links as before when the table has lost what it does not need."""

import numpy as np
import pytest
import spacy
from spacy.kb import InMemoryLookupKB

from spacy_mluke.modeling import load_checkpoint
from spacy_mluke.report import Report
from spacy_mluke.shipping.optimize import Reduction, optimize
from tests.pipeline.linkers import (
    ENTITIES,
    GOLD,
    TROY,
    aliases_config,
    checkpoint,
    dictionary,
    examples_of,
    links_of,
    make,
    train,
)

pytestmark = pytest.mark.filterwarnings("ignore:.*W440")

# Entities that no alias stands for come before, between and after the others: all rows move.
MOVED = {4: 5, 5: 6, 6: 7, 7: 9, 8: 10, 9: 13, 10: 14, 11: 15}
UNUSED = {"Q1": 4, "en:Universe": 4, "de:Bonn": 8, "Q9": 11, "fi:Vaasa": 12, "Q8": 16}
TABLE = {**{key: MOVED[row] for key, row in ENTITIES.items()}, **UNUSED}
NEEDED = {"Q90", TROY, "Q60", "Q142", "Q365", "Q1490", "Q5880", "Q42462"}
LINKER = "mluke_linker"


@pytest.fixture(scope="module")
def start(tmp_path_factory, piece_model):
    folder = tmp_path_factory.mktemp("checkpoint") / "model"
    return checkpoint(folder, piece_model, entities=TABLE)


@pytest.fixture(scope="module")
def aliases(tmp_path_factory):
    return dictionary(tmp_path_factory.mktemp("aliases"))


def knowledge_base(folder):
    kb = InMemoryLookupKB(spacy.blank("xx").vocab, entity_vector_length=1)
    for key in ("Q90", TROY, "Q777"):
        kb.add_entity(entity=key, freq=1, entity_vector=[0.0])
    kb.add_alias(alias="Paris", entities=["Q90", TROY, "Q777"], probabilities=[0.5, 0.3, 0.2])
    kb.to_disk(folder)
    return folder


@pytest.fixture(scope="module")
def folder(start, aliases, tmp_path_factory):
    nlp = make(start, {**aliases_config(aliases), "mode": "global"})
    train(nlp, 30, rate=0.01)
    path = tmp_path_factory.mktemp("trained") / "pipeline"
    nlp.to_disk(path)
    return path


def pruned(source, output, precision="fp32", **choice):
    optimize(source, output, Reduction(precision, "pruned", **choice), Report())
    return spacy.load(output)


def table(folder, component="mluke"):
    found = load_checkpoint(folder / component / "encoder")
    names = found.read_entities()
    return found.config.entity_vocab_size, names.keys() - found.special_entities.keys()


def linked(nlp):
    docs = list(nlp.pipe([eg.predicted for eg in examples_of(nlp)]))
    scores = [c[1:] for doc in docs for e in doc.ents for c in e._.mluke.candidates]
    keys = [[c.kb_id for c in e._.mluke.candidates] for doc in docs for e in doc.ents]
    return [links_of(doc) for doc in docs], keys, np.asarray(scores)


def same_links(one, other, tolerance=1e-6):
    (links, keys, scores), (links2, keys2, scores2) = linked(one), linked(other)
    assert any(kb_id.startswith("Q") for doc in links for _, kb_id in doc)
    assert links == links2
    if tolerance < 0.01:
        assert keys == keys2
        assert np.abs(scores - scores2).max() <= tolerance


@pytest.mark.parametrize("precision, tolerance", [("fp32", 1e-6), ("bf16", 0.1), ("int8", 0.1)])
def test_just_what_the_linker_needs(folder, tmp_path, precision, tolerance):
    nlp = pruned(folder, tmp_path / "small", precision)
    assert table(folder) == (17, TABLE.keys())
    rows, names = table(tmp_path / "small")
    assert rows == 4 + len(NEEDED) and names == ENTITIES.keys()
    assert set(nlp.get_pipe(LINKER).needed_entities()) == NEEDED
    same_links(spacy.load(folder), nlp, tolerance)
    # It is trained further and pruned again as any other.
    assert nlp.evaluate(examples_of(nlp))["links_micro_f"] is not None
    train(nlp, 2)
    pruned(tmp_path / "small", tmp_path / "again")
    assert table(tmp_path / "again")[0] == rows


def test_chosen_entities_that_are_enough(folder, tmp_path):
    # No counts: the first twelve, and the linker needs nothing of the last.
    nlp = pruned(folder, tmp_path / "small", entities=12)
    same_links(spacy.load(folder), nlp)


def test_languages_that_are_not_enough(folder, tmp_path):
    with pytest.raises(ValueError, match=r"M652.*mluke_linker.*reads 8 .* 8 of them.*such as Q"):
        pruned(folder, tmp_path / "small", languages=["fi"])
    with pytest.raises(ValueError, match=r"M652.*reads 8 .* 5 of them.*--table pruned"):
        pruned(folder, tmp_path / "small", entities=5)
    with pytest.raises(ValueError, match=r"M652.*reads 8 .* 8 of them"):
        optimize(folder, tmp_path / "small", Reduction("fp32", "lite"), Report())
    assert not (tmp_path / "small").exists()


def test_knowledge_base(start, tmp_path):
    path = str(knowledge_base(tmp_path / "kb"))
    make(start, {"candidates": {"@misc": "spacy-mluke.linker_kb.v1", "path": path}}).to_disk(
        tmp_path / "model"
    )
    nlp = pruned(tmp_path / "model", tmp_path / "small")
    assert table(tmp_path / "small") == (6, {"Q90", "en:Paris", TROY})
    same_links(spacy.load(tmp_path / "model"), nlp)


def test_the_whole_table_needs_the_whole_table(start, tmp_path):
    source = {"@misc": "spacy-mluke.linker_table.v1", "max_candidates": 3}
    make(start, {"candidates": source}).to_disk(tmp_path / "model")
    nlp = pruned(tmp_path / "model", tmp_path / "small")
    assert table(tmp_path / "small") == table(tmp_path / "model") == (17, TABLE.keys())
    same_links(spacy.load(tmp_path / "model"), nlp)
    with pytest.raises(ValueError, match="M652.*reads 13 .* 1 of them"):
        pruned(tmp_path / "model", tmp_path / "less", entities=12)


def test_each_encoder_has_rows_of_its_own(start, aliases, piece_model, tmp_path):
    nlp = make(start, aliases_config(aliases))
    nlp.replace_listeners("mluke", LINKER, ["model.tok2vec"])
    other = checkpoint(tmp_path / "other", piece_model, entities=ENTITIES)
    # Loaded before and after the linker's, with another table.
    model = {"name": str(other), "slot_entities": "kb_id", "window": 100, "stride": 80}
    model["span_getter"] = {"@misc": "spacy-mluke.doc_ents.v1"}
    for name, options in (("a", {"first": True}), ("z", {"last": True})):
        nlp.add_pipe("mluke", name, config={"model": model}, **options)
        nlp.get_pipe(name).initialize(lambda: examples_of(nlp), nlp=nlp)
    nlp.disable_pipe(LINKER)
    nlp.to_disk(tmp_path / "model")
    before, after = spacy.load(tmp_path / "model"), pruned(tmp_path / "model", tmp_path / "small")
    assert table(tmp_path / "small", LINKER) == (12, ENTITIES.keys())
    assert table(tmp_path / "small", "z") == (12, ENTITIES.keys())
    for one in (before, after):
        one.enable_pipe(LINKER)
    same_links(before, after)


def test_a_table_without_its_linker(folder, tmp_path):
    nlp, small = spacy.load(folder), pruned(folder, tmp_path / "small")
    small.get_pipe("mluke").to_disk(tmp_path / "mluke")
    nlp.get_pipe("mluke").from_disk(tmp_path / "mluke")
    with pytest.raises(ValueError, match="M453.*17 rows.* 12"):
        nlp(GOLD[0][0])
