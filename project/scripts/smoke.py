"""Install the wheel of a pipeline into a fresh environment and see whether it works there: texts in
many scripts, no network. Size, load time, speed and memory are written down.
"""

import argparse
import json
import os
import shutil
import site
import subprocess
import sys
import time
from dataclasses import asdict
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any, Dict, List, Optional

from smoke_texts import TEXTS

from spacy_mluke.files import atomic_path

CHILD = Path(__file__).resolve().with_name("installed.py")
PACKAGES = ("index", "running")
# What setup.py needs to build the package
_SOURCES = ("setup.py", "pyproject.toml", "README.md", "LICENSE", "spacy_mluke")


class SmokeError(RuntimeError):
    """The installed pipeline does not work; the message says what is wrong."""


def find_wheel(folder: Path) -> Path:
    """The wheel in a folder.

    folder (Path): The folder.
    RETURNS (Path): The wheel.
    RAISES (SmokeError): If there is not exactly one.
    """
    wheels = sorted(folder.glob("*.whl"))
    if len(wheels) != 1:
        raise SmokeError(f"{folder} has {len(wheels)} wheels, one is wanted: run package-tiny")
    return wheels[0]


def make_environment(folder: Path, wheel: Path, root: Path, packages: str) -> Path:
    """Make an environment with the package and the wheel.

    folder (Path): Where to.
    wheel (Path): The pipeline.
    root (Path): The repository of spacy_mluke. Nothing is written there.
    packages (str): Where other packages come from: "index" installs them, as constraints.txt
        says; "running" takes those of this interpreter and needs no network.
    RETURNS (Path): Its interpreter.
    RAISES (SmokeError): If installing has failed.
    """
    # Debian's python3 can come without ensurepip: this interpreter's pip fills the environment.
    _call([sys.executable, "-m", "venv", "--without-pip", str(folder)])
    python = folder / "bin" / "python"
    source = folder / "source"
    source.mkdir()
    for name in _SOURCES:
        if (root / name).is_dir():
            ignored = shutil.ignore_patterns("__pycache__")
            shutil.copytree(root / name, source / name, ignore=ignored)
        else:
            shutil.copy(root / name, source / name)
    options = ["--constraint", str(root / "constraints.txt")]
    if packages == "running":
        (place,) = folder.glob("lib/python*/site-packages")
        (place / "running.pth").write_text("\n".join(site.getsitepackages()), "utf8")
        options = ["--no-deps", "--no-build-isolation", "--ignore-installed"]
    pip = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet"]
    _call([*pip, *options, str(source), str(wheel)])
    return python


def run(python: Path, name: str, folder: Path) -> Dict[str, Any]:
    """Run the pipeline in a process of its own.

    python (Path): The environment's interpreter.
    name (str): The pipeline.
    folder (Path): For files between the processes.
    RETURNS (Dict[str, Any]): What `installed.py` writes.
    RAISES (SmokeError): If the process has failed.
    """
    texts, output = folder / "texts.json", folder / "output.json"
    texts.write_text(json.dumps([text.text for text in TEXTS]), "utf8")
    # isolated: neither this folder nor PYTHONPATH is searched
    _call([str(python), "-I", str(CHILD), name, str(texts), str(output)], cwd=folder)
    result: Dict[str, Any] = json.loads(output.read_text("utf8"))
    return result


def check(found: List[Dict[str, Any]], *, entities: float, links: float) -> List[Dict[str, Any]]:
    """Look whether entities and links came out.

    found (List[Dict[str, Any]]): "ents" and "relations" of each text.
    entities (float): Share of the texts that must have an entity.
    links (float): Share of the texts that must have a link to one of the right items.
    RETURNS (List[Dict[str, Any]]): The texts, what was found, and whether a link is right.
    RAISES (SmokeError): If there is less.
    """
    rows = []
    for text, result in zip(TEXTS, found, strict=True):
        linked = any(item in text.items for _, _, item in result["ents"])
        rows.append({**asdict(text), **result, "linked": linked})
    without = [row["lang"] for row in rows if not row["ents"]]
    unlinked = [row["lang"] for row in rows if not row["linked"]]
    wanted = (("an entity", without, entities), ("a right link", unlinked, links))
    for what, missing, least in wanted:
        share = (len(rows) - len(missing)) / len(rows)
        if share < least:
            raise SmokeError(
                f"of {len(rows)} texts {share:.0%} have {what}, at least {least:.0%} are wanted; "
                f"without: {', '.join(missing)}"
            )
    return rows


def _call(words: List[str], cwd: Optional[Path] = None) -> None:
    done = subprocess.run(words, cwd=cwd, text=True, capture_output=True)
    if done.returncode:
        raise SmokeError(f"{' '.join(words)}\nhas failed:\n{done.stdout}{done.stderr}")


def main() -> None:
    """Install a wheel into a fresh environment and see whether it works there."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("dist", type=Path, help="folder of the wheel")
    parser.add_argument("output", type=Path, help="JSON file to write")
    parser.add_argument("--root", type=Path, required=True, help="repository of spacy_mluke")
    parser.add_argument("--packages", choices=PACKAGES, default="index")
    parser.add_argument("--runs", type=int, default=3, help="processes to take the median of")
    parser.add_argument("--entities", type=float, default=0.0, help="share of texts with entities")
    parser.add_argument("--links", type=float, default=0.0, help="share of texts with a right link")
    args = parser.parse_args()
    try:
        wheel = find_wheel(args.dist)
        with TemporaryDirectory(prefix="smoke-") as temporary:
            start = time.perf_counter()
            venv = Path(temporary) / "venv"
            python = make_environment(venv, wheel.resolve(), args.root.resolve(), args.packages)
            seconds = time.perf_counter() - start
            name = wheel.name.split("-")[0]
            runs = [run(python, name, Path(temporary)) for _ in range(args.runs)]
            for result in runs:
                if not Path(result["spacy_mluke"]).is_relative_to(venv.resolve()):
                    raise SmokeError(f"spacy_mluke comes from {result['spacy_mluke']}")
        for text, result in zip(TEXTS, runs[0]["found"], strict=True):
            print(text.text, result["ents"], result["relations"])
        rows = check(runs[0]["found"], entities=args.entities, links=args.links)
    except SmokeError as error:
        sys.exit(str(error))
    keys = ("import_spacy_seconds", "load_seconds", "words_per_second", "peak_mb")
    measured = {
        "wheel": wheel.name,
        "wheel_mb": wheel.stat().st_size / 1e6,
        "packages_from": args.packages,
        "install_seconds": seconds,
        **{key: median(result[key] for result in runs) for key in keys},
        "runs": [{key: result[key] for key in keys} for result in runs],
        "processors": os.cpu_count(),
        "threads": os.environ.get("OMP_NUM_THREADS"),
        "python": runs[0]["python"],
        "packages": runs[0]["packages"],
        "texts": rows,
    }
    with atomic_path(args.output) as path:
        path.write_text(json.dumps(measured, indent=2, ensure_ascii=False), "utf8")
    for key in ("wheel_mb", "install_seconds", *keys):
        print(f"{key.replace('_', ' ')}: {measured[key]:,.1f}")


if __name__ == "__main__":
    main()
