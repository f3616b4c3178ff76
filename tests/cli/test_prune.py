import json

import pytest
import torch
from spacy.cli._util import app as spacy_app
from typer.testing import CliRunner

import spacy_mluke.cli.prune  # noqa: F401 registers the command
from spacy_mluke.entities.rows import VocabularyRows
from spacy_mluke.entities.vocabulary import EntityVocabulary
from spacy_mluke.entities.vocabulary_formats import import_vocabulary
from spacy_mluke.modeling import load_checkpoint, save_checkpoint
from tests.modeling.folders import fitting_encoder, head_tensors, write_folder

SPECIAL = {"[UNK]": 1, "[MASK]": 2, "[PAD]": 0, "[MASK2]": 11}
NAMES = {"en:Tokyo": 7, "de:Tokio": 7, "en:A": 4, "fi:B": 5, "Q5": 9, "de:Mensch": 9}
TABLE = "entity_embeddings.entity_embeddings.weight"
BIAS = "entity_predictions.bias"


def run(*args):
    return CliRunner().invoke(spacy_app, ["mluke", "prune", *map(str, args)])


@pytest.fixture
def checkpoint(tmp_path, piece_model):
    encoder = fitting_encoder(piece_model, entity_vocab_size=12)
    save_checkpoint(
        tmp_path / "whole",
        encoder,
        encoder.config,
        piece_model=piece_model,
        special_entities=SPECIAL,
        entities=NAMES,
        heads=head_tensors(encoder.config),
        values={"id2label": {"0": "O"}},
    )
    return tmp_path / "whole"


def names(folder):
    return json.loads((folder / "entity_vocab.json").read_text())


def check_rows(whole, pruned, rows):
    """All weights are the same, and the rows of the table and of the bias are these."""
    one, other = load_checkpoint(whole), load_checkpoint(pruned)
    assert other.config.entity_vocab_size == len(rows)
    for old, new in ((one.state_dict, other.state_dict), (one.heads, other.heads)):
        assert old.keys() == new.keys()
        for name, tensor in old.items():
            wanted = tensor[rows] if name in (TABLE, BIAS) else tensor
            assert torch.equal(new[name], wanted), name
    assert other.values["id2label"] == {"0": "O"}
    assert other.special_entities == {"[MASK]": 0, "[UNK]": 1, "[PAD]": 2, "[MASK2]": 3}


def test_languages(tmp_path, checkpoint):
    result = run(checkpoint, tmp_path / "de", "--langs", "de")
    assert result.exit_code == 0, result.output
    check_rows(checkpoint, tmp_path / "de", [2, 1, 0, 11, 7, 9])
    special = {"[MASK]": 0, "[UNK]": 1, "[PAD]": 2, "[MASK2]": 3}
    assert names(tmp_path / "de") == {**special, "de:Tokio": 4, "Q5": 5, "de:Mensch": 5}
    assert "entities without a title in these languages" in result.output


def test_size_and_keys(tmp_path, checkpoint):
    """Without counts the first entities are the most frequent ones, as the original has them."""
    assert run(checkpoint, tmp_path / "n", "-n", 2).exit_code == 0
    check_rows(checkpoint, tmp_path / "n", [2, 1, 0, 11, 4, 5])
    (tmp_path / "keys.txt").write_text("Q5\n\nen:A\nen:Nowhere\n")
    result = run(checkpoint, tmp_path / "k", "--keys", tmp_path / "keys.txt")
    check_rows(checkpoint, tmp_path / "k", [2, 1, 0, 11, 4, 9])
    assert "en:Nowhere" in result.output


def test_again(tmp_path, checkpoint):
    """A pruned checkpoint is one like others, also when it replaces itself."""
    run(checkpoint, tmp_path / "a", "--langs", "de,en")
    assert run(tmp_path / "a", tmp_path / "a", "--langs", "en").exit_code == 0
    check_rows(checkpoint, tmp_path / "a", [2, 1, 0, 11, 4, 7])


def test_by_a_vocabulary(tmp_path, checkpoint):
    """A vocabulary says what the checkpoint does not: counts, and other titles."""
    lines = [
        *({"id": i, "entities": [[name, "en"]]} for name, i in SPECIAL.items()),
        {"id": 4, "count": 1, "entities": [["A", "en"]]},
        {"id": 5, "count": 8, "entities": [["B", "fi"]]},
        {"id": 7, "count": 5, "entities": [["Tokyo", "en"], ["Tokio", "de"], ["Tokyo", "sw"]]},
        {"id": 9, "count": 6, "entities": [["Mensch", "de"]]},
    ]
    (tmp_path / "v.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    import_vocabulary(tmp_path / "v.jsonl", tmp_path / "v")
    entities = {name: row for name, row in NAMES.items() if name != "Q5"}
    (checkpoint / "entity_vocab.json").write_text(json.dumps({**SPECIAL, **entities}))
    assert run(checkpoint, tmp_path / "n", "-n", 2, "-v", tmp_path / "v").exit_code == 0
    check_rows(checkpoint, tmp_path / "n", [2, 1, 0, 11, 5, 9])
    assert run(checkpoint, tmp_path / "l", "-l", "sw", "-v", tmp_path / "v").exit_code == 0
    check_rows(checkpoint, tmp_path / "l", [2, 1, 0, 11, 7])
    assert names(tmp_path / "l")["en:Tokyo"] == 4  # no other name is left of those it had
    # what was pruned has its vocabulary with it, and is pruned by that
    assert EntityVocabulary.open(tmp_path / "n" / "entities").counts.tolist() == [0] * 4 + [8, 6]
    assert run(tmp_path / "n", tmp_path / "n", "-n", 1).exit_code == 0
    check_rows(checkpoint, tmp_path / "n", [2, 1, 0, 11, 5])
    special = load_checkpoint(tmp_path / "n").special_entities
    rows = VocabularyRows.open(tmp_path / "n" / "entities", 5, special)
    assert rows["fi:B"] == 4


def test_original(tmp_path, piece_model):
    encoder = fitting_encoder(piece_model, entity_vocab_size=6)
    state = {name: tensor.clone() for name, tensor in encoder.state_dict().items()}
    heads = head_tensors(encoder.config)
    # without the rows of <ent> and <ent2>
    state["embeddings.word_embeddings.weight"] = state["embeddings.word_embeddings.weight"][:-2]
    heads["lm_head.bias"] = heads["lm_head.bias"][:-2]
    folder = write_folder(tmp_path / "o", {}, {**state, **heads}, piece_model, {})
    (folder / "config.json").unlink()
    (folder / "entity_vocab.json").unlink()
    config = {**encoder.config.to_hf(), "vocab_size": encoder.config.vocab_size - 2}
    (folder / "metadata.json").write_text(json.dumps({"model_config": config}))
    titles = ["[PAD]", "[UNK]", "[MASK]", "A", "B", "C"]
    lines = [{"id": i, "entities": [[title, "de"]], "count": i} for i, title in enumerate(titles)]
    (folder / "entity_vocab.jsonl").write_text("".join(json.dumps(x) + "\n" for x in lines))
    result = run(folder, tmp_path / "p", "-n", 2)
    assert result.exit_code == 0, result.output
    pruned = load_checkpoint(tmp_path / "p")
    rows = encoder.state_dict()[TABLE][[2, 1, 0, 2, 4, 5]]
    assert torch.equal(pruned.state_dict[TABLE], rows)
    assert pruned.read_entities()["de:B"] == 4


def test_a_vocabulary_that_does_not_belong(tmp_path, checkpoint):
    (tmp_path / "v.json").write_text(json.dumps({**SPECIAL, **NAMES, "en:A": 6}))
    import_vocabulary(tmp_path / "v.json", tmp_path / "v")
    result = run(checkpoint, tmp_path / "o", "-n", 2, "-v", tmp_path / "v")
    assert result.exit_code == 1 and not (tmp_path / "o").exists()
    assert "M829" in result.output and "Traceback" not in result.output


def test_a_vocabulary_alone(tmp_path, checkpoint):
    import_vocabulary(checkpoint / "entity_vocab.json", tmp_path / "v")
    assert run(tmp_path / "v", tmp_path / "de", "--langs", "de").exit_code == 0
    vocabulary = EntityVocabulary.open(tmp_path / "de")
    assert [vocabulary.key(row) for row in (4, 5)] == ["de:Tokio", "Q5"]


@pytest.mark.parametrize(
    "args,code", [(["-l", "sv"], "M826"), ([], "M828"), (["-k", "nowhere"], "nowhere")]
)
def test_errors_are_messages(tmp_path, checkpoint, args, code):
    result = run(checkpoint, tmp_path / "o", *args)
    assert result.exit_code == 1 and code in result.output and "Traceback" not in result.output
    assert not (tmp_path / "o").exists()


def test_help_has_examples():
    assert "python -m spacy mluke prune" in run("--help").output
