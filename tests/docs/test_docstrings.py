"""Docstrings in spaCy's form become lists of parameters."""

import importlib
import inspect
import pkgutil
import re

import pytest

import spacy_mluke

docutils_core = pytest.importorskip("docutils.core")

from spacy_docstrings import escape, split_entries, to_rst  # noqa: E402  of docs/_ext


def test_entries_of_several_lines_and_several_on_a_line():
    prose, entries = split_entries(
        "docs (List[Doc]): The docs (at most 3). spans (Ints2d): (n, 2) offsets. "
        "RETURNS (Tuple[int, str]): A pair. RAISES (ValueError): If it is: none."
    )
    assert prose == ""
    assert [tuple(entry) for entry in entries] == [
        ("docs", "List[Doc]", "The docs (at most 3)."),
        ("spans", "Ints2d", "(n, 2) offsets."),
        ("RETURNS", "Tuple[int, str]", "A pair."),
        ("RAISES", "ValueError", "If it is: none."),
    ]


@pytest.mark.parametrize("text", ["See the paper (section 2): it says so.", "No entry at all."])
def test_prose_has_no_entries(text):
    assert split_entries(text) == (text, [])


def test_keyword_after_prose_and_without_type():
    assert split_entries("Count. RETURNS (int): How many.")[1] == [("RETURNS", "int", "How many.")]
    assert split_entries("RAISES ValueError: No text.")[1] == [("RAISES", "ValueError", "No text.")]
    assert split_entries("YIELDS: Rows.")[1] == [("YIELDS", "", "Rows.")]


def test_rst_of_a_docstring():
    docstring = """Find *all* `Span_` things_ in `a|b`.

    - one
      and a half
    - two

        x = 1

    name (Optional[Encoded]): Goes
        on.
    **kwargs (Any): More.
    RETURNS (str): Text.
    """
    assert to_rst(docstring, {"Encoded": "spacy_mluke.layers.encoded.Encoded"}) == "\n".join(
        [
            r"Find \*all\* \ ``Span_``\  things\_ in \ ``a|b``\ .",
            "",
            "- one and a half",
            "- two",
            "",
            "::",
            "",
            "    x = 1",
            "",
            ":param name: Goes on.",
            r":type name: Optional[~spacy\_mluke.layers.encoded.Encoded]",
            r":param \*\*kwargs: More.",
            r":type \*\*kwargs: ``Any``",
            ":returns: Text.",
            ":rtype: ``str``",
        ]
    )


@pytest.mark.parametrize("text", ["a*b* |c| `d` e_ \\f", "*", "x_y_z", "``two``ticks"])
def test_escaped_prose_is_shown_as_it_is(text):
    shown = docutils_core.publish_doctree(escape(text)).astext()
    assert shown == text.replace("`", "")


def test_every_docstring_of_the_package():
    """None has an entry that is not understood, or describes a parameter that is not there."""
    wrong = []
    functions = 0
    for name, obj in documented():
        rst = to_rst(obj.__doc__)
        if re.search("RETURNS|YIELDS|RAISES", rst):
            wrong.append((name, rst))
        if inspect.isfunction(obj):
            functions += 1
            known = inspect.signature(obj).parameters
            found = re.findall(r"^:param (\S+):", rst, re.M)
            wrong += [(name, p) for p in found if p.replace("\\", "").lstrip("*") not in known]
    assert functions > 1000
    assert not wrong


def documented():
    """All modules, classes, methods and functions that have a docstring."""
    for module in pkgutil.walk_packages(spacy_mluke.__path__, "spacy_mluke."):
        module = importlib.import_module(module.name)
        yield module.__name__, module
        for obj in vars(module).values():
            if getattr(obj, "__module__", "") != module.__name__ or not obj.__doc__:
                continue
            if inspect.isclass(obj) or inspect.isfunction(obj):
                yield f"{module.__name__}.{obj.__qualname__}", obj
            for member in vars(obj).values() if inspect.isclass(obj) else ():
                member = getattr(member, "fget", getattr(member, "__func__", member))
                if inspect.isfunction(member) and member.__doc__:
                    yield f"{module.__name__}.{member.__qualname__}", member
