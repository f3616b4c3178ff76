"""project.yml is valid, complete, and no command depends on what nothing makes."""

import shutil
from pathlib import Path

import pytest
import spacy
from collect import collect
from evaluate import evaluate, read_sets, to_tables
from markup import read_folder, write_jsonl
from spacy.tokens import Doc, Span
from weasel.cli.document import project_document
from weasel.cli.run import validate_subcommand
from weasel.schemas import ProjectConfigSchema, validate
from weasel.util import load_project_config

from spacy_mluke.language import get_language, set_language
from spacy_mluke.training.doc_bin import write_docs

PROJECT = Path(__file__).parents[2] / "project"
CONFIG = load_project_config(PROJECT)
# Folders that the workflows make
MADE = ("assets/", "corpus/", "metrics/", "packages/", "training/")
# Workflows that go on with what others have made
AFTER = {"twin": ("tiny", "compare"), "package": ("ner", "relations", "joint", "tiny")}
COMMANDS = {command["name"]: command for command in CONFIG["commands"]}


def outputs(name):
    return COMMANDS[name].get("outputs", [])


def test_schema_is_kept():
    assert validate(ProjectConfigSchema, CONFIG) == []


@pytest.mark.parametrize("workflow", CONFIG["workflows"])
def test_each_step_finds_what_it_needs(workflow):
    made = {asset["dest"] for asset in CONFIG["assets"]}
    for before in AFTER.get(workflow, ()):
        made.update(path for name in CONFIG["workflows"][before] for path in outputs(name))
    validate_subcommand(list(COMMANDS), list(CONFIG["workflows"]), workflow)
    for name in CONFIG["workflows"][workflow]:
        for dep in COMMANDS[name].get("deps", []):
            inside = any(path.startswith(f"{dep}/") for path in made)
            kept = (PROJECT / dep).exists() and not f"{dep}/".startswith(MADE)
            assert dep in made or inside or kept, f"{name}: nothing makes {dep}"
        made.update(outputs(name))


def test_all_has_every_command_once():
    steps = CONFIG["workflows"]["all"]
    assert len(steps) == len(set(steps))
    left = {name for flow in CONFIG["workflows"].values() for name in flow} - set(steps)
    others = ("words", "cnn")
    compared = {f"{step}-tiny-{other}" for step in ("train", "evaluate") for other in others}
    hours = {*CONFIG["workflows"]["pretrain"], *compared}
    assert left <= hours
    made = [path for name in steps for path in outputs(name)]
    assert len(made) == len(set(made))


def test_readme_is_that_of_the_project(tmp_path):
    for name in ("project.yml", "README.md"):
        shutil.copy(PROJECT / name, tmp_path / name)
    project_document(tmp_path, tmp_path / "README.md")
    text = (tmp_path / "README.md").read_text("utf8")
    assert text == (PROJECT / "README.md").read_text("utf8"), "run spacy project document"


def test_scripts_and_assets_are_there():
    for command in COMMANDS.values():
        for line in command["script"]:
            words = line.split()
            assert words[0] == "python", line
            if words[1] not in ("-m", "-c"):
                assert (PROJECT / words[1]).is_file(), line
    dests = [asset["dest"] for asset in CONFIG["assets"]]
    assert len(dests) == len(set(dests))
    for asset in CONFIG["assets"]:
        assert asset.get("url", "https://").startswith("https://"), asset
        assert "url" in asset or asset["description"], asset


def test_collect_orders_by_part_and_limits(tmp_path):
    vocab = spacy.blank("xx").vocab
    for corpus in ("de", "ja"):
        docs = [Doc(vocab, words=[corpus, str(i)]) for i in range(5)]
        for doc in docs:
            set_language(doc, corpus)
            doc.set_ents([Span(doc, 0, 1, label="LOC")])
        write_docs(tmp_path / "parts" / corpus / "train.spacy", docs)
        write_docs(tmp_path / "parts" / corpus / "dev.spacy", docs)
    counts = collect(tmp_path / "parts", tmp_path / "out", {"train": 0, "dev": 2})
    assert counts["train", "de"] == [5, 10]
    assert counts["dev", "ja"] == [2, 4]
    sets = read_sets(spacy.blank("xx"), tmp_path / "out" / "dev", gold_ents=True)
    assert {name: len(examples) for name, examples in sets.items()} == {"de": 2, "ja": 2}
    assert get_language(sets["ja"][0].reference) == "ja"
    with pytest.raises(FileNotFoundError):
        collect(tmp_path / "nothing", tmp_path / "out", {})


def test_evaluation_by_language_of_a_file(tmp_path):
    records = read_folder(PROJECT / "demo_data")
    write_jsonl(tmp_path / "dev.jsonl", [*records["en"][:3], *records["ru"][:2]])
    nlp = spacy.blank("xx")
    ruler = nlp.add_pipe("entity_ruler")
    ruler.add_patterns([{"label": "PER", "pattern": "Marie Curie"}])
    results = evaluate(nlp, read_sets(nlp, tmp_path / "dev.jsonl", gold_ents=False))
    assert {name: scores["docs"] for name, scores in results.items()} == {"en": 3, "ru": 2}
    assert results["en"]["ents_p"] == 1.0 and results["ru"]["ents_r"] == 0.0
    table = to_tables(results)
    assert "| en | 3 |" in table and "| mean | 5 |" in table
    assert "Relations" not in table


def test_files_without_texts_are_named(tmp_path, capsys):
    (tmp_path / "de.jsonl").touch()
    nlp = spacy.blank("xx")
    with pytest.raises(FileNotFoundError, match="with texts"):
        read_sets(nlp, tmp_path, gold_ents=False)
    write_jsonl(tmp_path / "en.jsonl", read_folder(PROJECT / "demo_data")["en"][:2])
    assert list(read_sets(nlp, tmp_path, gold_ents=False)) == ["en"]
    assert "de.jsonl is empty" in capsys.readouterr().err
