"""The documentation builds without warnings, and has what it should."""

import pkgutil
import re

import pytest
from spacy import registry

import spacy_mluke
from spacy_mluke import errors
from tests.docs.named import ROOT

pytest.importorskip("sphinx")
pytest.importorskip("myst_parser")

DOCS = ROOT / "docs"
PAGES = sorted(DOCS.glob("*.md"))


@pytest.fixture(scope="module")
def html(tmp_path_factory):
    """Folder of the built pages; a warning is an error."""
    from sphinx.cmd.build import main

    folder = tmp_path_factory.mktemp("html")
    trees = str(folder / ".doctrees")
    assert main(["-q", "-E", "-W", "--keep-going", "-d", trees, str(DOCS), str(folder)]) == 0
    return folder


@pytest.mark.slow
def test_builds_without_warnings(html):
    for page in [*PAGES, *DOCS.glob("api/*.rst")]:
        assert (html / page.relative_to(DOCS)).with_suffix(".html").is_file()


@pytest.mark.slow
def test_api_has_lists_of_parameters(html):
    text = (html / "api" / "pipeline.html").read_text(encoding="utf8")
    method = text[text.index('id="spacy_mluke.pipeline.mluke_ner.MLukeNER.predict"') :]
    method = re.sub("<[^>]+>", "", method[: method.index("</dd></dl>\n\n<dl")])
    for word in ("docs (Iterable[Doc])", "Parameters", "Returns", "Return type"):
        assert word in method


@pytest.mark.slow
def test_every_message_and_command_is_listed(html):
    text = (html / "messages.html").read_text(encoding="utf8")
    numbers = numbers_of(errors.Errors) | numbers_of(errors.Warnings)
    assert numbers == set(re.findall(r"<p>([MW]\d{3})</p>", text))
    text = (html / "commands.html").read_text(encoding="utf8")
    assert "--min-languages" in text and "vocabulary build" in text and "\b" not in text


def test_every_package_has_a_page():
    packages = {package.name for package in pkgutil.iter_modules(spacy_mluke.__path__)
                if package.ispkg} - {"cli", "messages"}  # fmt: skip
    pages = {path.stem for path in DOCS.glob("api/*.rst")}
    assert packages | {"spacy_mluke"} == pages


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_names_exist(page):
    text = page.read_text(encoding="utf8")
    known = numbers_of(errors.Errors) | numbers_of(errors.Warnings)
    assert set(re.findall(r"\[([MW]\d{3})", text)) <= known
    functions = {name for group in registry.get_registry_names() for name in names_in(group)}
    for name in re.findall(r"spacy-mluke\.\w+\.v\d", text):
        assert name in functions, name


def numbers_of(messages):
    return {name for name in dir(messages) if re.fullmatch(r"[MW]\d{3}", name)}


def names_in(group):
    return getattr(registry, group).get_entry_points() if hasattr(registry, group) else ()
