import json
from pathlib import Path

import pytest
from spacy.cli._util import app as spacy_app
from thinc.api import Config
from typer.testing import CliRunner

import spacy_mluke.cli  # noqa: F401
from tests.pipeline.pipelines import make

CONFIGS = Path(__file__).parents[2] / "configs"
NAMES = ["Ana", "Bea", "Cem", "Dov", "Eva", "Fay"]


def line(lang, text, *ents, relations=None):
    """A line in which each of `ents`, (mention, label), stands where it first occurs."""
    offsets = [[text.index(m), text.index(m) + len(m), label] for m, label in ents]
    record = {"text": text, "lang": lang, "ents": offsets, "relations": relations}
    return {key: value for key, value in record.items() if value is not None}


def write(path, lines):
    path.write_text("".join(json.dumps(one) + "\n" for one in lines), encoding="utf8")
    return path


def sentences(lang, n=6):
    return [line(lang, f"{a} lives in {lang} {a}burg", (a, "PER"), (f"{a}burg", "LOC"))
            for a in NAMES[:n]]  # fmt: skip


@pytest.fixture
def train(tmp_path):
    return write(tmp_path / "train.jsonl", sentences("de"))


@pytest.fixture
def dev(tmp_path):
    return write(tmp_path / "dev.jsonl", [line("de", "Gil is here", ("Gil", "PER"))])


def run(config, train, dev, *args, json_path=None):
    paths = ["--paths.train", train, "--paths.dev", dev]
    size = ["--initialize.components.mluke.vocab_size", 60]
    output = [] if json_path is None else ["--json", json_path]
    command = ["mluke", "debug", config, "-q", *paths, *size, *output, *args]
    return CliRunner().invoke(spacy_app, list(map(str, command)))


def report(config, train, dev, tmp_path, *args):
    result = run(config, train, dev, *args, json_path=tmp_path / "out" / "report.json")
    assert result.exit_code == 0, result.output
    found = json.loads((tmp_path / "out" / "report.json").read_text(encoding="utf8"))
    return found, [finding["text"] for finding in found["findings"]], result.output


@pytest.mark.parametrize("name", ["ner", "relations", "joint"])
def test_configs_of_the_repository(name, tmp_path):
    text = "Ana works for Galp"
    relation = line("de", text, ("Ana", "PER"), ("Galp", "ORG"), relations=[[0, 1, "works_for"]])
    train = write(tmp_path / "train.jsonl", [*sentences("de"), relation])
    dev = write(tmp_path / "dev.jsonl", [{**relation, "text": "Bea works for Galp"}])
    found, texts, output = report(CONFIGS / f"{name}.cfg", train, dev, tmp_path)
    counts = found["splits"]["train"]["languages"]["de"]
    assert (counts["docs"], counts["entities"], counts["relations"]) == (7, 14, 1)
    assert counts["entity_labels"] == {"PER": 7, "LOC": 6, "ORG": 1}
    encoder = counts["components"]["mluke"]
    assert encoder["words"] == counts["tokens"] == 6 * 5 + 4
    assert encoder["pieces"] > encoder["words"] and encoder["words_without_pieces"] == 0
    if name != "ner":
        assert counts["components"]["mluke_relations"]["relations"] == 1
    if name != "relations":
        mentions = counts["components"]["mluke_ner"]
        assert mentions["mentions"] == 14 and mentions["not_proposed"] == 0
        assert mentions["candidates"] > 14
    assert found["vocabularies"] == {"mluke": "trained on the training texts, as in training"}
    assert "dev" in output and "works_for" in output
    assert not [finding for finding in found["findings"] if finding["level"] == "fail"]


def test_entities_out_of_reach(tmp_path, train, dev):
    long = "Ana Bea Cem Dov Eva Fay Gil"
    lines = [
        *sentences("de"),
        line("sv", f"{long} är här", (long, "PER")),
        line("sv", "Bea", ("Bea", "PER")),
        line("th", "Anaburg", ("Ana", "PER")),
    ]
    write(train, lines)
    limits = ["--components.mluke.model.proposer.max_words", 3]
    found, texts, output = report(CONFIGS / "ner.cfg", train, dev, tmp_path, *limits)
    languages = found["splits"]["train"]["languages"]
    numbers = languages["sv"]["components"]["mluke_ner"]
    assert (numbers["mentions"], numbers["not_proposed"], numbers["longest_words"]) == (2, 1, 7)
    assert languages["de"]["components"]["mluke_ner"]["not_proposed"] == 0
    assert any("never propose them: sv 1 of 2 (50 %)" in text for text in texts)
    # "Ana" is no token of its own
    assert found["splits"]["train"]["reader"]["lost"] == {"entity that cuts a token": 1}
    assert any("train: the reader lost 1 x entity that cuts a token" in text for text in texts)
    assert "train: languages without entities: th" in texts
    assert "never propose them" in " ".join(output.split())


def test_windows(tmp_path, train, dev):
    sizes = ["--components.mluke.model.window", 8, "--components.mluke.model.stride", 4]
    limits = ["--components.mluke.model.proposer.max_words", 50]
    limits += ["--components.mluke.model.proposer.max_pieces", 50]
    long = "Ana Bea Cem Dov Eva Fay Gil"
    write(train, [*sentences("de"), line("sv", long, (long, "PER"))])
    found, texts, _ = report(CONFIGS / "ner.cfg", train, dev, tmp_path, *sizes, *limits)
    numbers = found["splits"]["train"]["languages"]["sv"]["components"]
    assert numbers["mluke"]["docs_of_several_windows"] == 1
    assert numbers["mluke_ner"]["longer_than_a_window"] == 1
    assert numbers["mluke_ner"]["not_proposed"] == 0
    assert any("longer than a window of the encoder" in text for text in texts)


def test_languages_labels_and_texts_of_dev(tmp_path, train, dev):
    write(train, [*sentences("de"), *sentences("sv", 2), {"text": "Nobody"}])
    lines = [
        *sentences("de", 1),
        line("sw", "Gil anaishi Galp", ("Gil", "PER"), ("Galp", "ORG")),
    ]
    write(dev, lines)
    weights = ["--training.score_weights.ents_f_sv", 0.5, "--training.score_weights.ents_f_sw", 0.5]
    _, texts, _ = report(CONFIGS / "ner.cfg", train, dev, tmp_path, *weights)
    assert "dev has languages that train lacks (zero-shot): sw" in texts
    assert "dev lacks languages of train, they get no score: sv" in texts
    assert "train: 1 docs have no language and count as 'xx'" in texts
    assert "dev has entity labels that train lacks: ORG (1)" in texts
    assert "1 texts are in train and in dev" in texts
    assert "dev: entity labels of which a language has none: de ORG, sw LOC" in texts
    [weight] = [text for text in texts if "score_weights" in text]
    assert "'ents_f_sv'" in weight


def test_no_entities_and_labels_given(tmp_path, train, dev):
    write(dev, [line("de", "Niemand")])
    config = Config().from_disk(CONFIGS / "ner.cfg", interpolate=False)
    config["initialize"]["components"]["mluke_ner"] = {"labels": ["PER"]}
    config.to_disk(tmp_path / "labels.cfg")
    found, texts, _ = report(tmp_path / "labels.cfg", train, dev, tmp_path)
    fails = [finding["text"] for finding in found["findings"] if finding["level"] == "fail"]
    assert "dev has no entities, so mluke_ner gets no score" in fails
    assert "train has entity labels that [initialize] lacks: LOC (6)" in fails
    assert any("gives no score 'ents_f'" in text for text in texts)


def test_relations_out_of_reach(tmp_path, train, dev):
    far = "Ana " + "und " * 30 + "Bea"
    ents = (("Ana", "PER"), ("Bea", "PER"))
    lines = [
        line("de", far, *ents, relations=[[0, 1, "knows"]]),
        line("de", "Ana, Bea", *ents, relations=[[0, 1, "knows"], [1, 0, "loves"]]),
        line("de", "Nobody looked here", ("Nobody", "PER")) | {"relations": None},
    ]
    write(train, lines)
    write(dev, lines[1:2])
    limit = ["--components.mluke_relations.pair_getter.max_distance", 5]
    types = ["--components.mluke_relations.types", '{"loves": [["PER", "ORG"]]}']
    config = CONFIGS / "joint.cfg"
    found, texts, _ = report(config, train, dev, tmp_path, *limit, *types)
    counts = found["splits"]["train"]["languages"]["de"]
    assert counts["docs_with_unknown_relations"] == 1
    numbers = counts["components"]["mluke_relations"]
    assert (numbers["relations"], numbers["pairs_not_proposed"]) == (3, 1)
    assert (numbers["of_other_types"], numbers["not_aligned"]) == (1, 0)
    assert any("mluke_relations: relations can't be found" in text for text in texts)


def mixed_config(tmp_path, **settings):
    config = Config().from_disk(CONFIGS / "ner.cfg", interpolate=False)
    reader = {"@readers": "spacy-mluke.MixedCorpus.v1", **settings}
    config["corpora"]["train"] = {**reader, "path": "${paths.train}"}
    config.to_disk(tmp_path / "mixed.cfg")
    return tmp_path / "mixed.cfg"


def test_mixed_corpus(tmp_path, train, dev):
    write(train, [*sentences("de"), *sentences("sv", 2)])
    config = mixed_config(tmp_path, alpha=0.0, labels={"PERSON": ["PER"], "LOC": []})
    found, texts, output = report(config, train, dev, tmp_path)
    split = found["splits"]["train"]
    assert split["languages"]["sv"]["docs"] == 2
    assert split["mixture"]["sv"] == {"examples": 2, "in_epoch": 6, "times": 3, "left_out": 0}
    assert split["reader"]["changed"] == {"entity with the label PER (now PERSON)": 8}
    assert "dev has entity labels that train lacks: PER (1)" in texts
    assert ["sv", "2", "6", "3.00", "0"] in [row.split() for row in output.splitlines()]


@pytest.mark.parametrize("config", ["ner", "mixed"])
def test_what_cannot_be_read_is_an_error_without_a_traceback(tmp_path, train, dev, config):
    write(tmp_path / "empty.jsonl", [])
    ner = CONFIGS / "ner.cfg"
    cases = [(run(ner, train, tmp_path / "empty.jsonl"), "M550")]
    if config == "mixed":
        unknown = mixed_config(tmp_path, labels={"PER": []})
        cases = [(run(unknown, train, dev), "M551")]
    else:
        cases.append((run(ner, tmp_path / "no.jsonl", dev), "M523"))
        piece_model = ["--initialize.components.mluke.piece_model", "no.model"]
        cases.append((run(ner, train, dev, *piece_model), "M319"))
        checkpoint = ["--paths.init_checkpoint", tmp_path]
        cases.append((run(ner, train, dev, *checkpoint), "M316"))
    for result, code in cases:
        assert result.exit_code == 1 and code in result.output, result.output
        assert result.exception is None or isinstance(result.exception, SystemExit)


def test_vocabulary_of_a_file_and_of_a_checkpoint(tmp_path, train, dev, piece_file):
    option = "--initialize.components.mluke.piece_model"
    found, _, _ = report(CONFIGS / "ner.cfg", train, dev, tmp_path, option, piece_file)
    assert found["vocabularies"]["mluke"] == f"of {piece_file}"
    make(piece_file).to_disk(tmp_path / "model")
    folder = tmp_path / "model" / "mluke" / "encoder"
    checkpoint = ["--paths.init_checkpoint", folder]
    again, _, _ = report(CONFIGS / "ner.cfg", train, dev, tmp_path, *checkpoint)
    assert again["vocabularies"]["mluke"] == f"of {folder}"
    assert again["splits"] == found["splits"]
    window = "--components.mluke.model.window"
    result = run(CONFIGS / "ner.cfg", train, dev, *checkpoint, window, 511)
    assert result.exit_code == 1 and "M320" in result.output
    result = run(CONFIGS / "ner.cfg", train, dev, *checkpoint, window, "null")
    assert result.exit_code == 0, result.output


def test_nothing_lost(train, dev, piece_file):
    option = "--initialize.components.mluke.piece_model"
    write(train, sentences("en"))
    write(dev, [line("en", "Paris and Angela", ("Paris", "LOC"), ("Angela", "PER"))])
    result = run(CONFIGS / "ner.cfg", train, dev, option, piece_file)
    assert "Nothing will be lost" in result.output, result.output


def test_help_has_an_example():
    result = CliRunner().invoke(spacy_app, ["mluke", "debug", "--help"])
    assert result.exit_code == 0 and "python -m spacy mluke debug" in result.output
