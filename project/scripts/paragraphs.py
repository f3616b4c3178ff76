"""Run a step of `python -m spacy mluke` on every file of some languages: `extract` on dumps, and
`aliases annotate` on their paragraphs and on plain text. `select` takes the paragraphs of some
sources. A result is named <lang>.<part>, and is alone with the others of its step in a folder,
which the other commands read as a whole.
"""

import argparse
import shutil
import sys
from pathlib import Path
from typing import Dict, Sequence

import typer
from fetch_languages import language_of

from spacy_mluke.cli import app
from spacy_mluke.entities.paragraphs import read_paragraphs
from spacy_mluke.entities.write_paragraphs import write_paragraphs
from spacy_mluke.report import Report

SUFFIX = ".jsonl.gz"
PLAIN, FULL = "plain", "full"
COMMAND = typer.main.get_command(app)


def mluke(*arguments: object) -> None:
    """Run a command in this process: to start one a file would take longer than most files do."""
    code = COMMAND.main([str(argument) for argument in arguments], standalone_mode=False)
    if code:
        sys.exit(code)


def find(folder: Path, languages: Sequence[str], *, part: str = "") -> Dict[str, Path]:
    """Files of some languages.

    folder (Path): The folder. The name of a file begins with its language.
    languages (Sequence[str]): Codes like "sw".
    part (str): What they are. If empty, the name of the folder within `folder`, or "full".
    RETURNS (Dict[str, Path]): By name of the result, like "sw.mini".
    RAISES (ValueError): If two files would have the same result.
    """
    found: Dict[str, Path] = {}
    for path in sorted(folder.rglob("*")):
        lang = language_of(path) if path.is_file() else None
        if lang in languages:
            name = f"{lang}.{part or '-'.join(path.relative_to(folder).parent.parts) or FULL}"
            if name in found:
                raise ValueError(f"{found[name]} and {path} would both be '{name}': remove one")
            found[name] = path
    return found


def clear(folder: Path, wanted: Sequence[str]) -> None:
    """Remove what an earlier run with other languages has left."""
    folder.mkdir(parents=True, exist_ok=True)
    for path in folder.iterdir():
        if path.name not in wanted:
            shutil.rmtree(path) if path.is_dir() else path.unlink()


def extract(dumps: Path, output: Path, languages: Sequence[str], processes: int) -> None:
    """Read all dumps. The language is that of the file's name: small dumps made of a larger one
    often have its head.
    """
    found = find(dumps, languages)
    clear(output, list(found))
    for name, path in found.items():
        options = ["--lang", name.split(".")[0], "--processes", processes, "--quiet"]
        mluke("extract", path, output / name, *options)


def select(folder: Path, output: Path, languages: Sequence[str], sources: Sequence[str]) -> None:
    """Take the paragraphs of some sources."""
    report = Report(str(folder))
    found = find(folder, languages, part="linked")
    clear(output, [f"{name}{SUFFIX}" for name in found])
    for name, path in found.items():
        paragraphs = read_paragraphs(path, sources=sources, report=report)
        report.keep(f"{name} paragraphs", write_paragraphs(output / f"{name}{SUFFIX}", paragraphs))
    print(report.table())


def annotate(
    aliases: Path,
    extracted: Path,
    plain: Path,
    output: Path,
    languages: Sequence[str],
    min_link_probability: float,
    min_prior: float,
) -> None:
    """Add the mentions that are found to the links of dumps, and to plain text."""
    found = {path.name: path for path in sorted(extracted.iterdir()) if path.name[0] != "."}
    found.update(find(plain, languages, part=PLAIN))
    clear(output, [f"{name}{SUFFIX}" for name in found])
    for name, path in found.items():
        options = ["--lang", name.split(".")[0], "--source", PLAIN]
        options += ["-p", str(min_link_probability), "--min-prior", str(min_prior)]
        mluke("aliases", "annotate", aliases, path, output / f"{name}{SUFFIX}", *options)


def main() -> None:
    """Paragraphs for pretraining."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    steps = parser.add_subparsers(dest="step", required=True)
    step = steps.add_parser("extract", help="dumps to paragraphs with links")
    step.add_argument("dumps", type=Path)
    step.add_argument("--processes", type=int, default=1)
    step = steps.add_parser("select", help="paragraphs of some sources")
    step.add_argument("folder", type=Path)
    step.add_argument("--sources", required=True)
    step = steps.add_parser("annotate", help="mentions in extracted paragraphs and plain text")
    step.add_argument("aliases", type=Path)
    step.add_argument("extracted", type=Path)
    step.add_argument("plain", type=Path)
    step.add_argument("--min-link-probability", type=float, default=0.1)
    step.add_argument("--min-prior", type=float, default=0.0)
    for step in steps.choices.values():
        step.add_argument("output", type=Path)
        step.add_argument("--languages", required=True, help="with commas between, like sw,te")
    args = parser.parse_args()
    languages = args.languages.split(",")
    try:
        if args.step == "extract":
            extract(args.dumps, args.output, languages, args.processes)
        elif args.step == "select":
            select(args.folder, args.output, languages, args.sources.split(","))
        else:
            folders = args.aliases, args.extracted, args.plain, args.output
            annotate(*folders, languages, args.min_link_probability, args.min_prior)
    except ValueError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
