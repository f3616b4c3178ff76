"""Make the wheel of xx_mluke_tiny, with its meta and its card, if it is small enough."""

import argparse
import shutil
import sys
import zipfile
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import List

import srsly
from describe import make_card, make_meta, read_results
from spacy.cli.package import package

from spacy_mluke.files import written_whole

_NAMED = 5


class PackageError(RuntimeError):
    """A package that cannot be made; the message says why and what to do."""


def trained_languages(folder: Path) -> List[str]:
    """The languages of a training corpus.

    folder (Path): Folder with a file for each language.
    RETURNS (List[str]): The languages, in order.
    RAISES (PackageError): If there is none.
    """
    found = sorted(path.stem for path in folder.glob("*.spacy"))
    if not found:
        raise PackageError(f"{folder} has no <lang>.spacy: run convert-ner first")
    return found


def check_size(wheel: Path, most: float) -> float:
    """Look whether a wheel is small enough.

    wheel (Path): The wheel.
    most (float): Megabytes (1,000,000 bytes) that it may have.
    RETURNS (float): Its megabytes.
    RAISES (PackageError): If it is larger; the message names its largest files.
    """
    size = wheel.stat().st_size / 1e6
    if size <= most:
        return size
    with zipfile.ZipFile(wheel) as archive:
        files = sorted(archive.infolist(), key=lambda file: -file.compress_size)
    largest = "\n".join(
        f"  {file.compress_size / 1e6:8.1f} MB  {file.filename}" for file in files[:_NAMED]
    )
    raise PackageError(
        f"{wheel.name} takes {size:.1f} MB, but at most {most:g} MB are allowed (variable "
        f"max_wheel_mb). Its largest files, as packed:\n{largest}\nTake a smaller precision or "
        "entity table in optimise-tiny (python -m spacy mluke optimize --help), or fewer aliases "
        "in collect-aliases-tiny."
    )


def build(pipeline: Path, output: Path) -> Path:
    """Build a wheel with `spacy package`.

    pipeline (Path): Folder of the pipeline, with its meta.
    output (Path): Folder that gets the folder of the package.
    RETURNS (Path): The wheel.
    RAISES (PackageError): If it could not be built.
    """
    try:
        package(pipeline, output, create_sdist=False, create_wheel=True, silent=False)
    except SystemExit as error:
        raise PackageError(f"spacy package has failed (exit {error.code})") from error
    wheels = list(output.glob("*/dist/*.whl"))
    if len(wheels) != 1:
        raise PackageError(f"spacy package made {len(wheels)} wheels of {pipeline}")
    return wheels[0]


def main() -> None:
    """Make the wheel of xx_mluke_tiny, with its meta and its card."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("pipeline", type=Path, help="folder of the optimised pipeline")
    parser.add_argument("output", type=Path, help="folder that gets the folder of the package")
    parser.add_argument("--version", required=True)
    parser.add_argument("--languages", required=True, help="of the encoder, with commas between")
    parser.add_argument("--trained", type=Path, required=True, help="corpus of named entities")
    parser.add_argument("--metrics", type=Path, required=True, help="folder of scores")
    parser.add_argument("--compared", type=Path, required=True, help="what optimize has measured")
    parser.add_argument("--max-wheel-mb", type=float, default=60.0)
    args = parser.parse_args()
    try:
        results, compared = read_results(args.metrics), srsly.read_json(args.compared)
        meta = make_meta(
            srsly.read_json(args.pipeline / "meta.json"),
            results,
            compared,
            version=args.version,
            languages=args.languages.split(","),
            ner_languages=trained_languages(args.trained),
        )
        args.output.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=args.output, prefix=".package.") as temporary:
            pipeline = Path(temporary) / "pipeline"
            shutil.copytree(args.pipeline, pipeline)
            srsly.write_json(pipeline / "meta.json", meta)
            (pipeline / "README.md").write_text(make_card(meta, results, compared), "utf8")
            wheel = build(pipeline, Path(temporary))
            size = check_size(wheel, args.max_wheel_mb)
            made = wheel.parents[1]
            with written_whole(args.output / made.name) as folder:
                shutil.copytree(made, folder, dirs_exist_ok=True)
    except (FileNotFoundError, PackageError) as error:
        sys.exit(str(error))
    print(f"{args.output / made.name / 'dist' / wheel.name}: {size:.1f} MB")


if __name__ == "__main__":
    main()
