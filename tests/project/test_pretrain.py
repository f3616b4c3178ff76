"""The workflow `pretrain`, from dumps to an encoder with its card, on a few pages."""

import bz2
import gzip
import runpy
import shutil
import sys
from pathlib import Path

import pytest
import srsly
from card import DATA
from fetch import FetchError
from fetch_languages import chosen_assets, get, language_of
from paragraphs import find, mluke
from weasel.cli.run import check_rerun, update_lockfile
from weasel.util import load_project_config

from spacy_mluke.entities.paragraphs import read_paragraphs
from spacy_mluke.entities.vocabulary import EntityVocabulary
from spacy_mluke.modeling.checkpoint import load_checkpoint
from spacy_mluke.pretraining.run_state import read_metrics
from spacy_mluke.pretraining.settings import read_settings
from tests.pretraining.dumps import dump, page

ROOT = Path(__file__).parents[2]
CONFIG = srsly.read_yaml(ROOT / "project" / "project.yml")
SMALL = {
    "run": "trial",
    "languages": "de,sw",
    "entities": 10,
    "min_languages": 2,
    "pieces": 100,
    "held_out": 0.3,
    "pretrain_steps": 2,
    "warmup": 1,
    "evaluate_every": 0,
    "hidden_size": 24,
    "intermediate_size": 32,
    "layers": 1,
    "processes": 1,
}
NAMES = {
    "de": ["Adalstadt", "Brunna", "Celdorf", "Dornau", "Elmhain", "Fulsee"],
    "sw": ["Adali", "Bruna", "Seldo", "Dorna", "Elmani", "Fulsi"],
}
SENTENCES = {
    "de": "{0} ist eine Stadt im Norden. Von {0} fährt ein Zug nach {1}, das am Fluss liegt.",
    "sw": "{0} ni mji wa kaskazini. Kutoka {0} treni inaenda {1}, mji ulio karibu na mto.",
}


def _texts(lang, link="{}"):
    names = NAMES[lang]
    for first, name in enumerate(names):
        for second in range(first + 1, first + 4):
            text = SENTENCES[lang]
            yield name, text.format(name, link.format(names[second % len(names)]))


@pytest.fixture(scope="module")
def local_data(tmp_path_factory):
    """Dumps with the head of another language, plain text, paragraphs with links, labels."""
    folder = tmp_path_factory.mktemp("data")
    for part in ("wikipedia/mini", "plain", "pretraining", "entities"):
        (folder / part).mkdir(parents=True)
    for lang, names in NAMES.items():
        articles = {name: [] for name in names}
        for name, text in _texts(lang, link="[[{}]]"):
            articles[name].append(text)
        pages = [
            page(name, "\n\n".join(texts), number=number)
            for number, (name, texts) in enumerate(articles.items(), start=1)
        ]
        path = folder / "wikipedia" / "mini" / f"{lang}wiki.xml.bz2"
        path.write_bytes(bz2.compress(dump(*pages, lang="en")))
        lines = [
            {"src": "ntrex", "text": text, "ents": [[0, len(name), f"Q{names.index(name) + 1}"]]}
            for name, text in _texts(lang)
        ]
        lines.append({"src": "rebel_sample", "text": "Not of an open licence.", "ents": []})
        srsly.write_gzip_jsonl(folder / "pretraining" / f"{lang}.jsonl.gz", lines)
    with gzip.open(folder / "plain" / "dewiki-plain.txt.gz", "wt", encoding="utf8") as file:
        for name, text in _texts("de"):
            file.write(f'<doc id="1" url="" title="{name}">\n{name}\n\n{text}\n</doc>\n')
    labels = [
        {"qid": f"Q{n + 1}", "labels": {lang: names[n] for lang, names in NAMES.items()}}
        for n in range(6)
    ]
    srsly.write_gzip_jsonl(folder / "entities" / "entity_labels_24.jsonl.gz", labels)
    return folder


@pytest.fixture(scope="module")
def project(tmp_path_factory, local_data):
    """A copy of the project in which the workflow has run. RETURNS: The folder and its commands."""
    folder = tmp_path_factory.mktemp("root") / "project"
    shutil.copytree(ROOT / "configs", folder.parent / "configs")
    shutil.copytree(ROOT / "project" / "scripts", folder / "scripts")
    shutil.copyfile(ROOT / "project" / "project.yml", folder / "project.yml")
    variables = {**SMALL, "local_data": str(local_data)}
    config = load_project_config(
        folder, overrides={f"vars.{name}": value for name, value in variables.items()}
    )
    commands = {command["name"]: command for command in config["commands"]}
    chosen = [commands[name] for name in config["workflows"]["pretrain"]]
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        for command in chosen:
            missing = [path for path in command["deps"] if not Path(path).exists()]
            assert not missing, f"{command['name']}: {missing}"
            for line in command["script"]:
                _run(line.split(), patch)
            missing = [path for path in command["outputs"] if not Path(path).exists()]
            assert not missing, f"{command['name']} has not made {missing}"
            update_lockfile(folder, command)
    return folder, chosen


def _run(words, patch):
    """A line of a script, in this process: to start one each would take a minute in all."""
    assert words[0] == "python"
    if words[1:4] == ["-m", "spacy", "mluke"]:
        mluke(*words[4:])
    else:
        patch.setattr(sys, "argv", words[1:])
        runpy.run_path(words[1], run_name="__main__")


def test_dumps_are_of_the_language_of_their_name(project):
    corpus = project[0] / "corpus" / "pretrain" / "trial"
    names = sorted(path.name for path in (corpus / "annotated").iterdir())
    assert names == ["de.mini.jsonl.gz", "de.plain.jsonl.gz", "sw.mini.jsonl.gz"]
    extracted = list(read_paragraphs(corpus / "extracted" / "sw.mini"))
    assert len(extracted) == 18 and {p.page for p in extracted} == set(NAMES["sw"])
    assert extracted[0].links[0][2] == "sw:Bruna"


def test_mentions_are_found_in_plain_text(project):
    corpus = project[0] / "corpus" / "pretrain" / "trial"
    plain = list(read_paragraphs(corpus / "annotated" / "de.plain.jsonl.gz"))
    assert len(plain) == 18 and {p.source for p in plain} == {"plain"}
    linked = {p.text[start:end]: key for p in plain for start, end, key in p.links}
    assert linked["Brunna"] == "Q2"


def test_only_open_licences_are_taken(project):
    corpus = project[0] / "corpus" / "pretrain" / "trial"
    sources = {p.source for p in read_paragraphs(corpus / "linked")}
    assert sources == {"ntrex"}


def test_entities_are_shared_by_the_languages(project):
    vocabulary = EntityVocabulary.open(project[0] / "corpus" / "pretrain" / "trial" / "entities")
    keys = {vocabulary.key(row) for row in range(4, len(vocabulary))}
    assert keys == {f"Q{n}" for n in range(1, 7)}
    assert vocabulary.titles(vocabulary.row("Q1")) == {"de": "Adalstadt", "sw": "Adali"}


def test_twin_reads_the_same_data(project):
    runs = project[0] / "training" / "pretrain" / "trial"
    first, second = (
        [r for r in read_metrics(runs / name) if "mlm_loss" in r] for name in ("entities", "words")
    )
    assert [r["pieces"] for r in first] == [r["pieces"] for r in second]
    assert first[-1]["mep_loss"] > 0 and second[-1]["mep_loss"] == 0
    assert first[-1]["step"] == 2


def test_encoder_and_card(project):
    encoder = project[0] / "packages" / "mluke_trial"
    checkpoint = load_checkpoint(encoder)
    assert {str(tensor.dtype) for tensor in checkpoint.state_dict.values()} == {"torch.float16"}
    assert {"Q1", "[MASK]"} <= set(checkpoint.read_entities())
    card = (encoder / "README.md").read_text(encoding="utf8")
    assert card.startswith("# mluke_trial\n") and "**not finished**" not in card
    assert "| sw |" in card and "the same, of the twin" in card
    assert all(name in card for name, _, _ in DATA)


def test_nothing_runs_twice(project):
    folder, commands = project
    assert [c["name"] for c in commands if check_rerun(folder, c)] == []
    changed = folder / "corpus" / "pretrain" / "trial" / "pieces.model"
    content = changed.read_bytes()
    changed.write_bytes(content + b" ")
    again = [c["name"] for c in commands if check_rerun(folder, c)]
    changed.write_bytes(content)
    assert again == ["train-pieces", "make-dataset", "make-anchors"]


def test_variables_are_those_of_the_config():
    settings = read_settings(ROOT / "configs" / "pretrain_tiny.cfg")
    variables, stage = CONFIG["vars"], settings.stages["all"]
    assert (variables["pretrain_steps"], variables["warmup"]) == (stage.steps, stage.warmup)
    assert variables["hidden_size"] == settings.encoder.hidden_size
    assert variables["intermediate_size"] == settings.encoder.intermediate_size
    assert variables["layers"] == settings.encoder.num_hidden_layers
    assert variables["seed"] == settings.run.seed == settings.sampling.seed
    assert variables["evaluate_every"] == settings.run.evaluate_every


@pytest.mark.parametrize(
    "name,lang",
    [
        ("swwiki.xml.bz2", "sw"),
        ("swwiki-20230501-pages-articles.xml.bz2", "sw"),
        ("zh_yuewiki-latest-pages-articles.xml.bz2", "zh-yue"),
        ("dewiki-plain.txt.gz", "de"),
        ("vi.jsonl.gz", "vi"),
        ("entity_labels_24.jsonl.gz", None),
        ("wikidatawiki.xml.bz2", None),
        ("README.md", None),
    ],
)
def test_language_of_a_name(name, lang):
    assert language_of(Path("wikipedia") / name) == lang


def test_assets_of_some_languages():
    chosen = chosen_assets(ROOT / "project" / "project.yml", ["sw", "ja"])
    assert [asset["dest"] for asset in chosen] == [
        "assets/entities/entity_labels_24.jsonl.gz",
        "assets/pretraining/ja.jsonl.gz",
        "assets/pretraining/sw.jsonl.gz",
        "assets/wikipedia/jawiki-truncated.xml.xz",
        "assets/wikipedia/mini/jawiki.xml.bz2",
        "assets/wikipedia/mini/swwiki.xml.bz2",
    ]
    with pytest.raises(FetchError, match="no text in xh.*xhwiki-latest"):
        chosen_assets(ROOT / "project" / "project.yml", ["sw", "xh"])


def test_packed_copy_stays_packed(tmp_path):
    (tmp_path / "local" / "plain").mkdir(parents=True)
    content = gzip.compress(b"text")
    (tmp_path / "local" / "plain" / "dewiki-plain.txt.gz").write_bytes(content)
    asset = {"dest": "assets/plain/dewiki-plain.txt.gz", "description": "made of two files"}
    get(asset, tmp_path, tmp_path / "local")
    assert (tmp_path / asset["dest"]).read_bytes() == content
    assert get(asset, tmp_path, None) == "already there"
    other = {**asset, "dest": "assets/plain/enwiki-plain.txt.gz"}
    with pytest.raises(FetchError, match="enwiki-plain.*made of two files.*Put it at"):
        get(other, tmp_path, tmp_path / "local")


def test_two_dumps_of_one_part(tmp_path):
    for name in ("swwiki-1.xml.bz2", "swwiki-2.xml.bz2"):
        (tmp_path / name).touch()
    with pytest.raises(ValueError, match="both be 'sw.full'"):
        find(tmp_path, ["sw"])
    assert find(tmp_path, ["te"]) == {}
