"""Whether everything exists that a block of code names which is not run."""

import ast
import importlib
import inspect
import re
import shlex
import subprocess
from pathlib import Path
from typing import Any, Iterator, List, Set

import srsly
from spacy import registry
from spacy.cli import app
from spacy.language import Language
from thinc.api import Config
from typer.main import get_command

ROOT = Path(__file__).parents[2]
# Programs of others that pages name, with their commands
EXTERNAL = {"hf": {"auth"}}
# What every shell has
_SHELL = {"cp"}
_ENDS = {"&&", "||", "|", ";", "&"}
_REDIRECTIONS = {">", ">>", "<"}


def check_python(code: str) -> None:
    """Compile Python, and import what it imports of spaCy and of this package.

    code (str): The code.
    RAISES (AssertionError, SyntaxError): If something is wrong.
    """
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("spacy"):
            module = importlib.import_module(node.module or "")
            for name in node.names:
                assert hasattr(module, name.name), f"{node.module} has no {name.name}"


def check_bash(code: str) -> None:
    """Check the syntax of shell commands, and the names of commands, options, files, targets.

    code (str): The commands.
    RAISES (AssertionError): If something is wrong.
    """
    done = subprocess.run(["bash", "-n"], input=code, capture_output=True, text=True)
    assert not done.returncode, done.stderr
    folder = ROOT
    for words in commands(code):
        while words and re.fullmatch(r"[A-Z_]+=.*", words[0]):
            words = words[1:]
        program, arguments = Path(words[0]).name, words[1:]
        if program == "cd":
            folder = folder / arguments[0]
            assert folder.is_dir(), folder
        elif program == "make":
            targets = re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(), re.M)
            assert {word for word in arguments if "=" not in word} <= set(targets), words
        elif program == "pip":
            _check_extras(arguments)
        elif program in EXTERNAL:
            assert arguments[0] in EXTERNAL[program], words
        elif program in ("python", "python3", "torchrun"):
            _check_python_command(arguments, folder)
        else:
            assert program in _SHELL, f"Nobody can tell whether {program!r} exists: {words}"


def check_config(code: str) -> None:
    """Read a part of a config, and check the names of factories, functions and their settings.

    code (str): The part; sections that it lies in need not be there.
    RAISES (AssertionError): If something is wrong.
    """
    lines: List[str] = []
    sections: Set[str] = set()
    for line in code.splitlines():
        parts = line[1:-1].split(".") if line.startswith("[") else []
        names = [".".join(parts[: i + 1]) for i in range(len(parts))]
        lines.extend(f"[{name}]" for name in names[:-1] if name not in sections)
        sections.update(names)
        lines.append(line)
    _check_settings(Config().from_str("\n".join(lines), interpolate=False))


def commands(code: str) -> Iterator[List[str]]:
    """Split shell code into commands.

    code (str): The code.
    YIELDS (List[str]): The words of each command, without redirections.
    """
    for line in code.replace("\\\n", " ").splitlines():
        lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
        lexer.whitespace_split = True
        words: List[str] = []
        skip = False
        for word in [*lexer, ";"]:
            if skip:
                skip = False
            elif word in _REDIRECTIONS:
                skip = True
            elif word not in _ENDS:
                words.append(word)
            elif words:
                yield words
                words = []


def _check_settings(values: Any) -> None:
    known: Set[str] = set()
    given = {name for name in values if not name.startswith("@")}
    if "factory" in values:
        nlp = Language()
        known = {"factory", *nlp.get_factory_meta(values["factory"]).default_config}
    for group in (name[1:] for name in values if name.startswith("@")):
        found = registry.get(group, values[f"@{group}"])
        known = set(inspect.signature(found).parameters)
    assert not known or given <= known, f"unknown settings: {given - known}"
    for value in values.values():
        if isinstance(value, dict):
            _check_settings(value)


def _check_python_command(arguments: List[str], folder: Path) -> None:
    while arguments and arguments[0].startswith("--"):  # of torchrun
        arguments = arguments[1:]
    if arguments[0] != "-m":
        script = folder / arguments[0]
        assert script.is_file(), script
        text = script.read_text(encoding="utf8")
        for option in _options(arguments[1:]):
            assert f'"{option}"' in text, f"{script.name} has no {option}"
    elif arguments[1] == "pip":
        _check_extras(arguments[2:])
    else:
        assert arguments[1] == "spacy", arguments
        _check_spacy(arguments[2:], folder)


def _check_spacy(arguments: List[str], folder: Path) -> None:
    import spacy_mluke.cli  # noqa: F401  registers its commands

    command: Any = get_command(app)
    path: List[str] = []
    while hasattr(command, "commands"):
        assert arguments and arguments[0] in command.commands, f"{path}: {arguments[:1]}"
        command = command.commands[arguments[0]]
        path.append(arguments[0])
        arguments = arguments[1:]
    known = {name for param in command.params for name in (*param.opts, *param.secondary_opts)}
    known |= {"--help"} | _settings(path, arguments, folder)
    for option in _options(arguments):
        assert option in known, f"'spacy {' '.join(path)}' has no {option}"


def _settings(path: List[str], arguments: List[str], folder: Path) -> Set[str]:
    """Options that a config or project file makes."""
    if path == ["project", "run"]:
        project = srsly.read_yaml(ROOT / "project" / "project.yml")
        names = {*project["workflows"], *(command["name"] for command in project["commands"])}
        assert arguments[0] in names, f"no workflow or command {arguments[0]}"
        return {f"--vars.{name}" for name in project["vars"]}
    configs = [word for word in arguments if word.endswith(".cfg")]
    if path not in (["train"], ["mluke", "debug"], ["mluke", "pretrain"]) or not configs:
        return set()
    return set(_dotted("--", Config().from_disk(folder / configs[0], interpolate=False)))


def _dotted(prefix: str, values: Any) -> Iterator[str]:
    for name, value in values.items():
        yield f"{prefix}{name}"
        if isinstance(value, dict):
            yield from _dotted(f"{prefix}{name}.", value)


def _options(arguments: List[str]) -> List[str]:
    found = [word.partition("=")[0] for word in arguments if re.match(r"--?[a-zA-Z]", word)]
    return [word for word in found if word.startswith("-")]


def _check_extras(arguments: List[str]) -> None:
    setup = (ROOT / "setup.py").read_text(encoding="utf8")
    for extra in re.findall(r"\[([\w,]+)\]", " ".join(arguments)):
        for name in extra.split(","):
            assert f'"{name}": [' in setup, f"setup.py has no extra {name}"
