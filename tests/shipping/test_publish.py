"""Repositories of the hub: what is in them, that pip and spaCy read them, and the real protocol."""

import json
import os
import subprocess
import sys
import zipfile

import pytest
import spacy
import yaml

from spacy_mluke.files import written_whole
from spacy_mluke.shipping.model_card import model_card
from spacy_mluke.shipping.publish import lay_out, write_local
from tests.pipeline.pipelines import TEXTS, make
from tests.shipping.hub_server import running_hub

SCORES = {
    "ents_p": 0.5,
    "ents_r": 0.25,
    "ents_f": 0.33,
    "ents_per_lang": {"sw": {"p": 0.5, "r": 0.25, "f": 0.333}},
    "rel_micro_f": None,
    "speed": 100.0,
}
REPO, ANY = "org/xx_test", "xx_mluke_push-any-py3-none-any.whl"
WHEEL = "xx_mluke_push-1.0.0-py3-none-any.whl"


@pytest.fixture(scope="module")
def pipeline(piece_file, tmp_path_factory):
    nlp = make(piece_file, ner={})
    nlp.meta.update(name="mluke_push", version="1.0.0", license="MIT", performance=SCORES)
    folder = tmp_path_factory.mktemp("push") / "pipeline"
    nlp.to_disk(folder)
    return folder


@pytest.fixture(scope="module")
def hub_folder(pipeline, tmp_path_factory):
    folder = tmp_path_factory.mktemp("hub") / "xx_test"
    folder.mkdir()
    lay_out(str(pipeline), REPO, folder, most=100)
    return folder


def features(nlp):
    return [doc._.mluke.vectors.tolist() for doc in nlp.pipe(TEXTS)]


def test_folder_is_a_pipeline(pipeline, hub_folder):
    names = {path.name for path in hub_folder.iterdir()}
    assert {WHEEL, ANY, "README.md", "meta.json", "config.cfg", "mluke", "mluke_ner"} <= names
    assert features(spacy.load(hub_folder)) == features(spacy.load(pipeline))


def test_pip_installs_the_wheel(pipeline, hub_folder, tmp_path):
    command = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--no-index"]
    subprocess.run([*command, "--target", str(tmp_path), str(hub_folder / WHEEL)], check=True)
    code = "import xx_mluke_push as p; print(p.load()('Marie Curie')._.mluke.spans.tolist())"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    expected = spacy.load(pipeline)("Marie Curie")._.mluke.spans.tolist()
    assert json.loads(done.stdout) == expected


def test_card(hub_folder):
    text = (hub_folder / "README.md").read_text()
    _, about, body = text.split("---\n", 2)
    values = yaml.safe_load(about)
    assert values["tags"] == ["spacy", "token-classification"]
    assert values["language"] == ["multilingual"] and values["license"] == "mit"
    (index,) = values["model-index"]
    assert index["name"] == "xx_mluke_push"
    (result,) = index["results"]
    assert result["task"]["type"] == "token-classification"
    assert [(m["type"], m["value"]) for m in result["metrics"]] == [
        ("precision", 0.5),
        ("recall", 0.25),
        ("f_score", 0.33),
    ]
    assert f"https://huggingface.co/{REPO}/resolve/main/{WHEEL}" in body
    assert "| sw | 50.0 | 25.0 | 33.3 |" in body


def test_card_takes_over_a_readme():
    meta = {"lang": "de", "name": "x", "components": ["ents"]}
    meta["factories"] = {"ents": "mluke_linker"}
    card = model_card(meta, "---\nold: 1\n---\n# Mein Modell\n", "URL", "a/b")
    assert "old: 1" not in card and "# Mein Modell" in card
    values = yaml.safe_load(card.split("---\n")[1])
    assert values["tags"] == ["spacy", "entity-linking"] and values["language"] == ["de"]
    assert "license" not in values


def test_card_has_the_scores_of_links():
    meta = {"lang": "xx", "name": "x", "performance": {"links_micro_f": 0.75, "links_acc": 0.8}}
    values = yaml.safe_load(model_card(meta, "", "URL", "a/b").split("---\n")[1])
    (index,) = values["model-index"]
    found = {metric["name"]: metric["value"] for r in index["results"] for metric in r["metrics"]}
    assert found == {"Entity links: F score": 0.75, "Entity links: accuracy": 0.8}


def local(source, repo, target, most=100):
    with written_whole(target) as folder:
        return write_local(str(source), repo, folder, target, most=most)


def test_local_folder_keeps_older_wheels(hub_folder, tmp_path):
    target = tmp_path / "hub"
    target.mkdir()
    published = local(hub_folder / WHEEL, REPO, target)
    assert published.version == "1.0.0" and published.wheel_url.endswith(WHEEL)
    older = "xx_mluke_push-0.9.0-py3-none-any.whl"
    (target / older).write_bytes(b"old")
    (target / "stale.txt").write_text("stale")
    local(hub_folder / WHEEL, REPO, target)
    assert (target / older).read_bytes() == b"old" and not (target / "stale.txt").exists()
    meta = json.loads((target / "meta.json").read_text())
    (target / "meta.json").write_text(json.dumps({**meta, "name": "other"}))
    with pytest.raises(ValueError, match="M663.*taken.*xx_other.*xx_mluke_push"):
        local(hub_folder / WHEEL, REPO, target)
    assert (target / older).exists()


def test_what_cannot_be_published(pipeline, hub_folder, tmp_path):
    with pytest.raises(ValueError, match="M660"):
        lay_out(str(pipeline), "no-org", tmp_path, most=100)
    with pytest.raises(ValueError, match="M650"):
        lay_out(str(tmp_path), REPO, tmp_path, most=100)
    with pytest.raises(ValueError, match="M661.*no such file"):
        lay_out(str(tmp_path / "x.whl"), REPO, tmp_path, most=100)
    (tmp_path / "text.whl").write_text("text")
    with pytest.raises(ValueError, match="M661"):
        lay_out(str(tmp_path / "text.whl"), REPO, tmp_path, most=100)
    with zipfile.ZipFile(tmp_path / "other.whl", "w") as archive:
        archive.writestr("other/__init__.py", "")
    with pytest.raises(ValueError, match="M661.*no pipeline"):
        lay_out(str(tmp_path / "other.whl"), REPO, tmp_path, most=100)
    big = tmp_path / "big-1.0-py3-none-any.whl"
    with zipfile.ZipFile(hub_folder / WHEEL) as old, zipfile.ZipFile(big, "w") as new:
        for name in old.namelist():
            new.writestr(name, old.read(name))
        new.writestr("xx_mluke_push/weights", b"0" * 2**21)
    with pytest.raises(ValueError, match="M662.*optimize"):
        lay_out(str(big), REPO, tmp_path, most=1)


UPLOADS = """
import json, sys
from pathlib import Path
from spacy_mluke.shipping.publish import upload
for repo in sys.argv[2:]:
    try:
        answer = upload(Path(sys.argv[1]), repo, message=repo, private=False)
    except ValueError as error:
        answer = str(error)
    print(json.dumps([repo, answer]))
"""


def run(hub, *args):
    environment = {**os.environ, "HF_ENDPOINT": hub.url, "HF_TOKEN": hub.token, "COLUMNS": "300"}
    environment.pop("HF_HUB_OFFLINE", None)  # the hub is on this machine
    command = [sys.executable, *map(str, args)]
    return subprocess.run(command, env=environment, capture_output=True, text=True)


def test_upload(hub_folder, tmp_path):
    older = "xx_mluke_push-0.9.0-py3-none-any.whl"
    meta = (hub_folder / "meta.json").read_bytes()
    with running_hub() as hub:
        hub.repos["org/known"] = {"meta.json": meta, older: b"old", "stale [1].txt": b""}
        hub.repos["org/other"] = {"meta.json": meta.replace(b"mluke_push", b"mluke_other")}
        hub.repos["org/taken"] = {"weights.bin": b""}
        names = ["org/known", "org/other", "org/taken", "org/forbidden"]
        done = run(hub, "-c", UPLOADS, hub_folder, *names)
        answers = dict(json.loads(line) for line in done.stdout.splitlines())
        assert list(answers) == names, done.stderr
        assert answers["org/known"] == f"{hub.url}/org/known/commit/1"
        assert "M663" in answers["org/other"] and "xx_mluke_other" in answers["org/other"]
        assert "M663" in answers["org/taken"] and "other files" in answers["org/taken"]
        assert "M664" in answers["org/forbidden"] and "HF_TOKEN" in answers["org/forbidden"]
        assert list(hub.repos["org/taken"]) == ["weights.bin"]
        files = hub.repos["org/known"]
        assert older in files and "stale [1].txt" not in files
        done = run(hub, "-m", "spacy", "mluke", "push", hub_folder / WHEEL, REPO, "-m", "First")
        assert done.returncode == 0 and hub.commits[-1] == "First", done.stdout + done.stderr
        assert f"pip install https://huggingface.co/{REPO}/resolve/main/{WHEEL}" in done.stdout
        for path in hub_folder.rglob("*"):
            if path.is_file():
                name = path.relative_to(hub_folder).as_posix()
                assert hub.repos[REPO][name] == files[name] == path.read_bytes()
        # pip installs from the path that the card names
        url = f"{hub.url}/{REPO}/resolve/main/{WHEEL}"
        command = ["-m", "pip", "install", "-q", "--no-deps", "--no-index", "--target"]
        assert not run(hub, *command, tmp_path / "site", url).returncode
        assert (tmp_path / "site" / "xx_mluke_push" / "__init__.py").is_file()
