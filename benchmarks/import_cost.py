"""(d) The cost of having the package installed: `spacy.blank("en")` in fresh processes.

With and without differ in one path entry that holds this package's `.dist-info`, so spaCy finds its
entry points or does not. Everything else that registers entry points (such as spacy-transformers)
is hidden from both, by a folder of links to the packages that spaCy itself needs.
"""

import os
import subprocess
import sys
import tempfile
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path
from typing import Dict, List

from common import ROOT, interleave, options, report
from packaging.requirements import Requirement

PROGRAM = 'import spacy; spacy.blank("en")'
WITHOUT, WITH = "without the package", "with the package"


def needed(name: str, found: Dict[str, Distribution]) -> Dict[str, Distribution]:
    """Gather a distribution and all that it depends on.

    name (str): The distribution.
    found (Dict[str, Distribution]): Those gathered before; extended in place.
    RETURNS (Dict[str, Distribution]): All of them by name.
    """
    try:
        dist = distribution(name)
    except PackageNotFoundError:
        return found  # a requirement of another platform
    if dist.metadata["Name"] not in found:
        found[dist.metadata["Name"]] = dist
        for line in dist.requires or []:
            requirement = Requirement(line)
            if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
                needed(requirement.name, found)
    return found


def link(dists: Dict[str, Distribution], folder: Path) -> None:
    """Make a folder that holds some installed distributions and nothing else.

    dists (Dict[str, Distribution]): The distributions.
    folder (Path): The folder.
    """
    folder.mkdir()
    for dist in dists.values():
        for top in {file.parts[0] for file in dist.files or []} - {"..", "__pycache__"}:
            source, target = Path(str(dist.locate_file(top))), folder / top
            if source.exists() and not target.exists():
                target.symlink_to(source)


def environment(paths: List[Path]) -> Dict[str, str]:
    """RETURNS (Dict[str, str]): Variables of a process that imports from these folders alone."""
    path = os.pathsep.join(str(part) for part in paths)
    return {**os.environ, "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1"}


class Fresh:
    """Runs a program in a new process.

    variables (Dict[str, str]): Its environment.
    """

    def __init__(self, variables: Dict[str, str]) -> None:
        self.variables = variables

    def __call__(self, program: str = PROGRAM) -> str:
        # -S: no site-packages; what is needed stands in PYTHONPATH.
        command = [sys.executable, "-S", "-c", program]
        done = subprocess.run(
            command, env=self.variables, check=True, capture_output=True, text=True
        )
        return done.stdout


def main() -> None:
    args = options(__doc__, rounds=15, sentences=0).parse_args()
    with tempfile.TemporaryDirectory() as folder_name:
        clean, own = Path(folder_name) / "clean", Path(folder_name) / "own"
        link(needed("spacy", {}), clean)
        own.mkdir()
        (own / "spacy_mluke").symlink_to(ROOT / "spacy_mluke")
        installed = Path(str(distribution("spacy-mluke").locate_file("")))
        metadata = next(installed.glob("spacy_mluke-*.dist-info"))
        (own / metadata.name).symlink_to(metadata)
        without, with_it = Fresh(environment([clean])), Fresh(environment([clean, own]))
        count = (
            "import sys, spacy; spacy.blank('en'); print('spacy_mluke.factories' in sys.modules, "
            "'torch' in sys.modules, 'transformers' in sys.modules)"
        )
        seen = {name: run(count).split() for name, run in ((WITHOUT, without), (WITH, with_it))}
        seconds = interleave({WITHOUT: without, WITH: with_it}, args.rounds)
    loaded = {
        name: dict(zip(("factories", "torch", "transformers"), v)) for name, v in seen.items()
    }
    report(
        'spacy.blank("en") in a fresh process, imports included',
        seconds,
        base=WITHOUT,
        unit="seconds",
        goals={WITH: 1.1},
        notes={"modules loaded": loaded},
        at_most=True,
        path=args.json,
    )


if __name__ == "__main__":
    main()
