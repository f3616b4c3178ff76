"""Directives that write parts of the documentation from the package: API, commands, messages."""

import importlib
import pkgutil
from typing import Any, Dict, Iterator, List, Tuple

from docutils import nodes
from docutils.parsers.rst import Directive
from docutils.statemachine import StringList
from spacy_docstrings import escape, to_rst


class Generated(Directive):
    """Parses lines of reStructuredText that a subclass writes."""

    def lines(self) -> Iterator[str]:
        """YIELDS (str): The lines."""
        raise NotImplementedError

    def run(self) -> List[nodes.Node]:
        """RETURNS (List[nodes.Node]): The parsed lines."""
        node = nodes.section()
        node.document = self.state.document
        lines = [line for text in self.lines() for line in text.split("\n")]
        self.state.nested_parse(StringList(lines, source=self.name), 0, node, match_titles=True)
        return node.children


class PackageApi(Generated):
    """`.. package-api:: spacy_mluke.text`: all modules of a package, each in a section."""

    required_arguments = 1

    def lines(self) -> Iterator[str]:
        """YIELDS (str): The lines."""
        package = importlib.import_module(self.arguments[0])
        yield to_rst(package.__doc__ or "")
        for module in pkgutil.iter_modules(package.__path__):
            if not module.ispkg and not module.name.startswith("_"):
                name = f"{package.__name__}.{module.name}"
                yield from ("", *_title(name, "-"), f".. automodule:: {name}", "")


class Commands(Generated):
    """`.. commands::`: every command of `python -m spacy mluke`, as its `--help` says it."""

    def lines(self) -> Iterator[str]:
        """YIELDS (str): The lines."""
        from typer.main import get_command

        from spacy_mluke.cli import app

        yield from self._of("python -m spacy mluke", get_command(app))

    def _of(self, name: str, command: Any) -> Iterator[str]:
        children = getattr(command, "commands", {})
        if not children:
            yield from _title(name.partition("mluke ")[2], "-")
            yield from ("", *_help(command.help))
            yield from (".. code-block:: none", "", f"   {_usage(name, command.params)}", "")
            for param in command.params:
                yield from (_names(param), f"   {escape(getattr(param, 'help', None) or '')}")
            yield ""
        for child in sorted(children):
            yield from self._of(f"{name} {child}", children[child])


class Messages(Generated):
    """`.. messages::`: number and text of all errors and warnings."""

    def lines(self) -> Iterator[str]:
        """YIELDS (str): The lines."""
        from spacy_mluke import messages

        for module in pkgutil.iter_modules(messages.__path__):
            part = importlib.import_module(f"{messages.__name__}.{module.name}")
            texts = {
                name: text
                for group in (part.Errors, getattr(part, "Warnings", None))
                for name, text in sorted(vars(group).items() if group else ())
                if not name.startswith("_")
            }
            yield from _title((part.__doc__ or "").strip().rstrip("."), "-")
            yield from (".. list-table::", "   :widths: 8 92", "   :header-rows: 1", "")
            for number, text in {"Number": "Text", **texts}.items():
                yield f"   * - {number}"
                # a table inside a text has a line of its own
                first, *rest = escape(text).split("\n")
                yield from (f"     - | {first}", *(f"       | {line}" for line in rest))
            yield ""


def setup(app: Any) -> Dict[str, Any]:
    """Register the directives. app (Any): Sphinx. RETURNS (Dict[str, Any]): About this."""
    app.add_directive("package-api", PackageApi)
    app.add_directive("commands", Commands)
    app.add_directive("messages", Messages)
    return {"version": "1", "parallel_read_safe": True}


def _title(text: str, line: str) -> Tuple[str, str, str]:
    text = escape(text)
    return text, line * len(text), ""


def _help(text: str) -> Iterator[str]:
    """The help of a command; \\b stands before lines that stay as they are."""
    for block in text.split("\n\n"):
        if block.startswith("\b\n"):
            title, *rest = block.splitlines()[1:]
            yield from (escape(title), "", ".. code-block:: bash", "")
            yield from (f"   {line}" for line in rest)
        else:
            yield to_rst(block)
        yield ""


def _usage(name: str, params: List[Any]) -> str:
    arguments = [param.name.upper() for param in params if not _is_option(param)]
    return " ".join([name, *arguments, "[OPTIONS]"])


def _names(param: Any) -> str:
    if not _is_option(param):
        return f"``{param.name.upper()}``"
    # callables and None are no values that a user can write
    default = param.default if isinstance(param.default, (bool, int, float, str)) else ""
    shown = f" (default: ``{default}``)" if default or default == 0 and default is not False else ""
    return ", ".join(f"``{name}``" for name in param.opts) + shown


def _is_option(param: Any) -> bool:
    return bool(param.opts[0].startswith("-"))
