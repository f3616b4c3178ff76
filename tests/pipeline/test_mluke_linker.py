import copy
import pickle
import shutil

import numpy as np
import pytest
import spacy
from spacy.kb import InMemoryLookupKB
from spacy.tokens import Doc, DocBin, Span, SpanGroup
from thinc.api import Optimizer, fix_random_seed

from spacy_mluke.entities.alias_corpus import build_aliases
from spacy_mluke.entities.write_paragraphs import write_paragraphs
from spacy_mluke.pipeline.gold_links import GoldLinks
from spacy_mluke.pipeline.linking import Mentions
from spacy_mluke.pipeline.shown_links import show_some
from tests.entities.alias_folders import linked
from tests.pipeline.linkers import (
    ENTITIES,
    GOLD,
    TEXTS,
    TROY,
    aliases_config,
    checkpoint,
    dictionary,
    encoder_config,
    examples_of,
    links_of,
    make,
    train,
)

pytestmark = pytest.mark.filterwarnings("ignore:.*W440")


@pytest.fixture(scope="module")
def aliases(tmp_path_factory):
    return dictionary(tmp_path_factory.mktemp("aliases"))


@pytest.fixture(scope="module")
def start(tmp_path_factory, piece_model):
    return checkpoint(tmp_path_factory.mktemp("checkpoint") / "model", piece_model)


@pytest.fixture(scope="module")
def trained(start, aliases):
    nlp = make(start, aliases_config(aliases))
    history = train(nlp, 60, rate=0.01)
    return nlp, [step["mluke_linker"] for step in history]


def test_learns_links_and_nil(trained):
    nlp, losses = trained
    assert losses[-1] < 0.2 * losses[0]
    scores = nlp.evaluate(examples_of(nlp))
    assert scores["links_micro_f"] == 1.0 and scores["links_nil_f"] == 1.0
    assert scores["links_acc_prior"] < scores["links_acc_candidates"] == 1.0


def test_candidates_on_the_doc(trained):
    nlp, _ = trained
    doc = nlp(TEXTS[1])
    (ent,) = doc.ents
    found = ent._.mluke.candidates
    assert ent.kb_id_ == TROY == found[0].kb_id
    assert {c.kb_id for c in found} == {"Q90", TROY}
    assert found[0].score > found[1].score and sum(c.score for c in found) <= 1 + 1e-5
    assert {c.kb_id: round(c.prior, 3) for c in found} == {"Q90": 0.667, TROY: 0.333}
    assert doc[0:1]._.mluke.candidates is None


def by_disk(nlp, folder):
    nlp.to_disk(folder)
    return spacy.load(folder)


def by_bytes(nlp, folder):
    return spacy.blank("xx").from_config(nlp.config).from_bytes(nlp.to_bytes())


def by_pickle(nlp, folder):
    return pickle.loads(pickle.dumps(by_bytes(nlp, folder)))


def by_deepcopy(nlp, folder):
    return copy.deepcopy(nlp)


def by_disk_into_itself(nlp, folder):
    other = by_disk(nlp, folder)
    other.to_disk(folder)
    return other.from_disk(folder)


def same_links(one, other):
    assert links_of(one) == links_of(other)
    for a, b in zip(one.ents, other.ents):
        left, right = a._.mluke.candidates, b._.mluke.candidates
        assert [c.kb_id for c in left] == [c.kb_id for c in right]
        np.testing.assert_allclose([c[1:] for c in left], [c[1:] for c in right], atol=1e-5)


@pytest.mark.parametrize("travel", [by_disk, by_bytes, by_pickle, by_deepcopy, by_disk_into_itself])
def test_pipelines(trained, tmp_path, travel):
    nlp, _ = trained
    other = travel(nlp, tmp_path / "model")
    for one, two in zip(nlp.pipe(TEXTS), other.pipe(TEXTS)):
        same_links(one, two)


def test_the_dictionary_is_saved_with_the_pipeline(start, tmp_path):
    folder = dictionary(tmp_path)
    nlp = make(start, aliases_config(folder))
    want = nlp(TEXTS[0])
    nlp.to_disk(tmp_path / "model")
    shutil.rmtree(folder)
    (tmp_path / "model").rename(tmp_path / "moved")
    same_links(want, spacy.load(tmp_path / "moved")(TEXTS[0]))


def via_bytes(doc):
    return Doc(doc.vocab).from_bytes(doc.to_bytes())


def via_doc_bin(doc):
    data = DocBin(docs=[doc], store_user_data=True).to_bytes()
    return next(DocBin().from_bytes(data).get_docs(doc.vocab))


def via_as_doc(doc):
    return doc[:].as_doc(copy_user_data=True)


@pytest.mark.parametrize("travel", [via_bytes, via_doc_bin, via_as_doc])
def test_docs(trained, travel):
    doc = trained[0](TEXTS[0])
    same_links(doc, travel(doc))


def test_more_processes_and_other_batches(trained):
    nlp, _ = trained
    want = [nlp(text) for text in TEXTS]
    for options in ({"n_process": 2, "batch_size": 2}, {"batch_size": 3}):
        for one, two in zip(want, nlp.pipe(TEXTS, **options)):
            same_links(one, two)


def test_docs_without_mentions(trained):
    for text in ("", " \n", "Nothing at all"):
        assert links_of(trained[0](text)) == []


def test_a_linked_doc_is_linked_again_without_looking_at_its_links(trained):
    nlp, _ = trained
    doc = nlp.make_doc(TEXTS[1])
    doc.ents = [Span(doc, 2, 3, label="X", kb_id="Q90")]
    assert links_of(nlp(doc)) == [("Paris", TROY)]


def test_links_can_be_kept(start, aliases):
    nlp = make(start, {**aliases_config(aliases), "overwrite": False})
    doc = nlp.make_doc(TEXTS[0])
    doc.ents = [Span(doc, 3, 4, label="X", kb_id="Q999")]
    assert links_of(nlp(doc))[0] == ("Paris", "Q999")


def test_span_group(start, aliases):
    nlp = make(start, {**aliases_config(aliases), "spans_key": "mentions"})
    doc = nlp.make_doc(TEXTS[4])
    spans = [Span(doc, 3, 4, label="CITY"), Span(doc, 0, 1, label="X")]
    doc.spans["mentions"] = SpanGroup(doc, name="mentions", spans=spans, attrs={"a": 1})
    group = nlp(doc).spans["mentions"]
    assert [(s.text, s.label_, s.kb_id_) for s in group] == [
        ("Köln", "CITY", "Q365"),
        ("Er", "X", "NIL"),
    ]
    assert group.attrs == {"a": 1} and group[1]._.mluke.candidates == []


def test_threshold(start, aliases):
    nlp = make(start, {**aliases_config(aliases), "threshold": 1.0})
    doc = nlp(TEXTS[1])
    assert links_of(doc) == [("Paris", "NIL")] and len(doc.ents[0]._.mluke.candidates) == 2


def test_global_mode_reads_links_and_is_bounded(start, aliases):
    nlp = make(start, aliases_config(aliases))
    linker = nlp.get_pipe("mluke_linker")
    local = nlp(TEXTS[0])
    linker.cfg["mode"] = "global"
    linked = nlp(TEXTS[0])
    scores = [[c.score for e in doc.ents for c in e._.mluke.candidates] for doc in (local, linked)]
    assert np.abs(np.subtract(*scores)).max() > 0
    for one, two in zip([nlp(t) for t in TEXTS], nlp.pipe(TEXTS, batch_size=6)):
        same_links(one, two)


def test_global_mode_needs_slots_that_interact(start, aliases):
    config = {**aliases_config(aliases), "mode": "global"}
    with pytest.raises(ValueError, match="M447"):
        make(start, config, attention="independent")


def test_whole_table(start):
    source = {"@misc": "spacy-mluke.linker_table.v1", "max_candidates": 3}
    nlp = make(start, {"candidates": source})
    found = nlp(TEXTS[1]).ents[0]._.mluke.candidates
    assert len(found) == 3 and {c.kb_id for c in found} <= set(ENTITIES)
    losses = train(nlp, 80, rate=0.01)
    assert losses[-1]["mluke_linker"] < 0.5 * losses[0]["mluke_linker"]


def test_knowledge_base(start, tmp_path):
    kb = InMemoryLookupKB(spacy.blank("xx").vocab, entity_vector_length=1)
    for key in ("Q90", TROY, "Q1"):
        kb.add_entity(entity=key, freq=1, entity_vector=[0.0])
    kb.add_alias(alias="Paris", entities=["Q90", TROY, "Q1"], probabilities=[0.5, 0.3, 0.2])
    kb.to_disk(tmp_path / "kb")
    source = {"@misc": "spacy-mluke.linker_kb.v1", "path": str(tmp_path / "kb")}
    nlp = make(start, {"candidates": source})
    doc = nlp(TEXTS[1])
    assert {c.kb_id for c in doc.ents[0]._.mluke.candidates} == {"Q90", TROY}  # Q1 has no row
    nlp.to_disk(tmp_path / "model")
    shutil.rmtree(tmp_path / "kb")
    same_links(doc, spacy.load(tmp_path / "model")(TEXTS[1]))
    same_links(doc, by_bytes(nlp, None)(TEXTS[1]))


def test_calibration_lowers_cross_entropy(start, aliases):
    nlp = make(start, aliases_config(aliases))
    result = nlp.get_pipe("mluke_linker").calibrate(examples_of(nlp))
    assert result["mentions"] == 8 and result["after"] < result["before"]
    with pytest.raises(ValueError, match="M448"):
        nlp.get_pipe("mluke_linker").calibrate(examples_of(nlp)[-1:])


def test_what_cannot_be_learned_is_reported(start, aliases):
    odd = [("Paris and Köln and Er", "en", [("Paris", "Q777"), ("Köln", "Q60"), ("Er", "Q60")])]
    with pytest.warns(UserWarning, match="W440.*3 of 11 gold links"):
        nlp = make(start, aliases_config(aliases), GOLD + odd)
    assert sorted(nlp.get_pipe("mluke_linker").report.lost.values()) == [1, 1, 1]


def test_pipeline_without_encoder(aliases):
    nlp = spacy.blank("xx")
    nlp.add_pipe("mluke_linker", config=aliases_config(aliases))
    with pytest.raises(ValueError, match="M440"):
        nlp.initialize(lambda: examples_of(nlp))


def test_wrong_starts(start, aliases, piece_model, tmp_path):
    headless = checkpoint(tmp_path / "headless", piece_model, head=False)
    for name, config, model, message in (
        (headless, aliases_config(aliases), {}, "M442"),
        (start, aliases_config(aliases), {"slot_entities": "mask"}, "M441"),
        (start, aliases_config(None), {}, "M443"),
        (start, aliases_config(tmp_path / "none"), {}, "M841"),
        (start, {"candidates": {"@misc": "spacy-mluke.linker_kb.v1"}}, {}, "M444"),
        (start, {**aliases_config(aliases), "mode": "both"}, {}, "M445"),
        (start, {**aliases_config(aliases), "max_passes": 0}, {}, "M446"),
        (start, aliases_config(aliases, max_candidates=0), {}, "M446"),
    ):
        with pytest.raises(ValueError, match=message):
            make(name, config, **model)


def test_dictionary_of_other_entities(start, tmp_path):
    # Its only entity has no row.
    file = tmp_path / "en.jsonl.gz"
    write_paragraphs(file, [linked("Lima is big.", ("Lima", "Q2868"), page="A")])
    build_aliases(tmp_path / "aliases", {"en": [file]})
    with pytest.raises(ValueError, match="M452"):
        make(start, aliases_config(tmp_path / "aliases"))


def test_head_of_another_checkpoint(start, aliases, tmp_path):
    make(start, aliases_config(aliases)).to_disk(tmp_path)
    nlp = spacy.load(tmp_path)  # its encoder was saved without the head
    linker = nlp.get_pipe("mluke_linker")
    with pytest.raises(ValueError, match="M442"):
        linker.initialize(lambda: examples_of(nlp), nlp=nlp)
    linker.initialize(lambda: examples_of(nlp), nlp=nlp, checkpoint=str(start))


def test_the_table_is_not_trained(trained, start):
    shim = trained[0].get_pipe("mluke").encoder_shims[0]
    fresh = make(start, {"candidates": {"@misc": "spacy-mluke.linker_table.v1"}})
    other = fresh.get_pipe("mluke").encoder_shims[0]
    tables = [s.module.encoder.entity_embeddings.entity_embeddings.weight for s in (shim, other)]
    assert (tables[0] == tables[1]).all() and not tables[0].requires_grad


def test_training_in_the_global_mode(start, aliases):
    nlp = make(start, {**aliases_config(aliases), "mode": "global"})
    history = [step["mluke_linker"] for step in train(nlp, 60, rate=0.01)]
    assert np.mean(history[-5:]) < 0.3 * np.mean(history[:5])
    assert nlp.evaluate(examples_of(nlp))["links_micro_f"] == 1.0


def test_entities_are_shown_in_training(start, aliases):
    nlp = make(start, aliases_config(aliases))
    encoder = nlp.get_pipe("mluke_linker").encoder
    gold = GoldLinks(examples_of(nlp), None)
    mentions = Mentions([eg.predicted for eg in examples_of(nlp)], gold.mentions)
    draws = [show_some(mentions, gold.kb_ids, encoder) for _ in range(50)]
    assert any(draws) and len({tuple(shown) for shown in draws}) > 3
    for shown in draws:
        assert all(gold.kb_ids[i] == key != "NIL" for i, key in shown.items())
        left = np.delete(mentions.of_docs, list(shown))
        assert set(left) == set(mentions.of_docs)


def test_a_frozen_encoder_keeps_its_weights(start, aliases):
    nlp = make(start, {**aliases_config(aliases), "mode": "global"})
    module = nlp.get_pipe("mluke").encoder_shims[0].module
    before = {name: value.clone() for name, value in module.named_parameters()}
    optimizer = Optimizer(0.01)
    for _ in range(3):
        nlp.update(
            examples_of(nlp), sgd=optimizer, exclude=["mluke"], annotates=["entity_ruler", "mluke"]
        )
    for name, value in module.named_parameters():
        assert value.grad is None and (value == before[name]).all()


def test_pieces_are_trained_beside_the_table(trained, start, aliases):
    shim, other = (
        nlp.get_pipe("mluke").encoder_shims[0]
        for nlp in (trained[0], make(start, aliases_config(aliases)))
    )
    one, two = (dict(s.module.named_parameters()) for s in (shim, other))
    same = [name for name, value in one.items() if (value == two[name]).all()]
    assert same == ["encoder.entity_embeddings.entity_embeddings.weight"]


def test_with_mluke_ner_from_training_to_a_loaded_pipeline(start, aliases, tmp_path):
    fix_random_seed(1)
    nlp = spacy.blank("xx")
    ngrams = {"@misc": "spacy-mluke.ngrams.v1", "max_words": 3}
    nlp.add_pipe("mluke", config=encoder_config(start, span_getter=ngrams))
    nlp.add_pipe("mluke_ner")
    nlp.add_pipe("mluke_linker", config=aliases_config(aliases))
    nlp.initialize(lambda: examples_of(nlp))
    losses = train(nlp, 60, rate=0.005)
    assert losses[-1]["mluke_ner"] < 0.05 * losses[0]["mluke_ner"]
    want = [nlp(text) for text in TEXTS]
    assert ("Paris", "Q90") in links_of(want[0]) and ("Köln", "Q365") in links_of(want[4])
    nlp.to_disk(tmp_path)
    for one, two in zip(want, spacy.load(tmp_path).pipe(TEXTS, n_process=2, batch_size=2)):
        same_links(one, two)
