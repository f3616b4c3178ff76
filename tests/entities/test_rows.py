import json
import pickle
from functools import partial

import pytest
import spacy

from spacy_mluke.entities.rows import EntityRows, VocabularyRows, mapped_vocabulary
from spacy_mluke.entities.vocabulary_formats import import_vocabulary
from spacy_mluke.modeling import EncoderConfig, MLukeEncoder, save_checkpoint
from spacy_mluke.text.pieces import PieceEncoder

SPECIAL = {"[MASK]": 0, "[UNK]": 1, "[PAD]": 2, "[MASK2]": 3}
NAMES = {**SPECIAL, "Q1490": 4, "en:Tokyo": 4, "de:Tokio": 4, "en:A": 5}


@pytest.fixture
def folder(tmp_path):
    """A folder as a checkpoint's, with its vocabulary in both forms."""
    (tmp_path / "entity_vocab.json").write_text(json.dumps(NAMES))
    import_vocabulary(tmp_path / "entity_vocab.json", tmp_path / "entities")
    return tmp_path


def never():
    raise AssertionError("nothing but special entities was asked for")


def test_special_entities_need_no_vocabulary():
    rows = EntityRows({"[MASK]": 7}, never)
    assert rows["[MASK]"] == 7 and "[MASK]" in rows
    assert dict(EntityRows(SPECIAL)) == SPECIAL and len(EntityRows(SPECIAL)) == 4
    with pytest.raises(KeyError):
        EntityRows(SPECIAL)["Q1"]


def test_special_entities_are_those_of_the_checkpoint():
    rows = EntityRows({"[MASK]": 7, "[MASK2]": 9}, {"[MASK]": 0, "Q1": 1}.copy)
    assert dict(rows) == {"[MASK]": 7, "[MASK2]": 9, "Q1": 1} and len(rows) == 3


def test_mapped_rows_are_those_of_the_file(folder):
    mapped = mapped_vocabulary(folder / "entity_vocab.json")
    rows = EntityRows(SPECIAL, partial(VocabularyRows.open, mapped, 6, SPECIAL))
    assert dict(rows) == NAMES and len(rows) == len(NAMES)
    for name, row in NAMES.items():
        assert rows[name] == row and name in rows
    assert "Q1" not in rows and rows.get("en:B") is None
    assert dict(pickle.loads(pickle.dumps(rows))) == NAMES


def test_no_mapped_rows(folder):
    (folder / "entities" / "metadata.json").write_text("{}")
    assert mapped_vocabulary(folder / "entity_vocab.json") is None
    assert mapped_vocabulary(None) is None


def test_rows_of_another_table(folder):
    for n_rows, special in ((7, SPECIAL), (6, {**SPECIAL, "[MASK]": 2})):
        with pytest.raises(ValueError, match="M829"):
            VocabularyRows.open(folder / "entities", n_rows, special)


def test_a_pipeline_uses_them(tmp_path, piece_model):
    """Known by the mapped vocabulary alone, an entity gets its slot."""
    pieces = PieceEncoder(piece_model)
    config = EncoderConfig(
        vocab_size=pieces.vocab_size,
        entity_vocab_size=6,
        hidden_size=32,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=32,
        entity_emb_size=8,
        max_position_embeddings=514,
    )
    model = tmp_path / "model"
    save_checkpoint(model, MLukeEncoder(config), config, piece_model=piece_model)
    (tmp_path / "names.json").write_text(json.dumps(NAMES))
    import_vocabulary(tmp_path / "names.json", model / "entities")
    nlp = spacy.blank("xx")
    spans = {"@misc": "spacy-mluke.doc_ents.v1"}
    settings = {"name": str(model), "slot_entities": "kb_id", "span_getter": spans}
    nlp.add_pipe("mluke", config={"model": settings})
    nlp.initialize()
    for number, key in enumerate(("Q1490", "de:Tokio", "Q1")):
        doc = nlp.make_doc("Angela Merkel visited Tokyo.")
        doc.ents = [doc.char_span(22, 27, label="LOC", kb_id=key)]
        assert nlp(doc)[3:4]._.mluke.entity == (key if number < 2 else "[MASK]")
    nlp.to_disk(tmp_path / "saved")
    doc.ents = [doc.char_span(22, 27, label="LOC", kb_id="Q1490")]
    assert spacy.load(tmp_path / "saved")(doc)[3:4]._.mluke.entity == "Q1490"
