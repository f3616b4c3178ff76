"""What the installed package announces must be what its source registers, name for name."""

import ast
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import pytest
import spacy

PACKAGE = Path(__file__).parents[1] / "spacy_mluke"


def announced():
    try:
        points = distribution("spacy-mluke").entry_points
    except PackageNotFoundError:
        pytest.skip("the package is not installed: no entry points to look at")
    return {(point.group, point.name): point for point in points}


def registered():
    """(group, name) -> "module:function" of every `@registry.group("name")` and factory."""
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        module = ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf8"))):
            for decorator in getattr(node, "decorator_list", []):
                key = registration(decorator)
                if key is not None:
                    found[key] = f"{module.removesuffix('.__init__')}:{node.name}"
    return found


def registration(decorator):
    if not (isinstance(decorator, ast.Call) and isinstance(decorator.func, ast.Attribute)):
        return None
    owner = ast.unparse(decorator.func.value)
    name = decorator.args[0] if decorator.args else None
    if not isinstance(name, ast.Constant):
        return None
    if owner.split(".")[-1] == "registry":
        return f"spacy_{decorator.func.attr}", name.value
    if owner.split(".")[-1] == "Language" and decorator.func.attr == "factory":
        return "spacy_factories", name.value
    return None


def test_every_registered_name_is_announced():
    points = announced()
    missing = {key: target for key, target in registered().items() if key not in points}
    assert not missing, f"add to ENTRY_POINTS in setup.py: {missing}"


def test_every_announced_name_is_registered_there():
    names = registered()
    for key, point in announced().items():
        if key[0] == "spacy_cli":
            point.load()
        else:
            assert names.get(key) == point.value, key


def test_spacy_finds_every_name():
    for group, name in announced():
        if group == "spacy_factories":
            assert spacy.blank("xx").has_factory(name)
        elif group != "spacy_cli":
            assert callable(spacy.registry.get(group.removeprefix("spacy_"), name)), name


def test_registered_names_carry_package_and_version():
    for group, name in registered():
        if group == "spacy_factories":
            assert name == "mluke" or name.startswith("mluke_"), name
        else:
            package, _, version = name.split(".")
            assert package == "spacy-mluke", name
            assert version.startswith("v") and version[1:].isdigit(), name
