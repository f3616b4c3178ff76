"""A whole dataset: the shards of all languages and the two vocabularies they are written in."""

import json
import shutil
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from hashlib import blake2b
from itertools import chain
from pathlib import Path
from typing import Any, Dict, List, Mapping, Optional, Sequence, Tuple

from tqdm import tqdm  # type: ignore[import-untyped]

from ..entities.mapped_folder import METADATA
from ..entities.paragraphs import SUFFIXES, read_paragraphs
from ..entities.vocabulary import EntityVocabulary
from ..errors import Errors
from ..files import atomic_path, checksum, find_files, written_whole
from ..modeling.vocabulary import PIECE_FILE
from ..report import Report
from ..text.pieces import PieceEncoder
from .dataset import DatasetSettings, build_shards
from .locks import locked
from .name_lists import name_paragraphs

ENTITY_FOLDER, REPORTS = "entities", "reports"


@dataclass(frozen=True)
class DatasetJob:
    """What a process needs to build the shards of one language.

    lang (str): The language. paths (Tuple[Path, ...]): Its paragraphs.
    sources (Tuple[str, ...]): Read these alone; all if empty.
    names (bool): Add lists of the names that the entities have in it.
    output (Path): The dataset, with the two vocabularies in it.
    settings (DatasetSettings): How.
    """

    lang: str
    paths: Tuple[Path, ...]
    sources: Tuple[str, ...]
    names: bool
    output: Path
    settings: DatasetSettings

    @property
    def report_path(self) -> Path:
        """RETURNS (Path): Where the counts go when all shards of the language are there."""
        return self.output / REPORTS / f"{self.lang}.json"

    def identity(self) -> str:
        """RETURNS (str): Of everything that the shards depend on but the vocabularies."""
        files = [file for path in self.paths for file in find_files(path, SUFFIXES)]
        values = [
            asdict(self.settings),
            self.sources,
            self.names,
            [(str(file), file.stat().st_size) for file in files],
        ]
        return blake2b(json.dumps(values).encode("utf8"), digest_size=16).hexdigest()


def run_job(job: DatasetJob) -> Tuple[str, Report]:
    """Build the shards of a language, unless an earlier run has.

    job (DatasetJob): What to do. RETURNS (Tuple[str, Report]): The language and its counts.
    """
    identity = job.identity()
    known = _read_report(job, identity)
    if known is not None:
        return job.lang, known
    vocabulary = EntityVocabulary.open(job.output / ENTITY_FOLDER)
    pieces = PieceEncoder.from_file(job.output / PIECE_FILE)
    report = Report(job.lang)
    paragraphs = [read_paragraphs(path, sources=job.sources, report=report) for path in job.paths]
    if job.names:
        paragraphs.append(name_paragraphs(vocabulary, job.lang, seed=job.settings.seed))
    build_shards(
        chain.from_iterable(paragraphs),
        job.output,
        lang=job.lang,
        pieces=pieces,
        vocabulary=vocabulary,
        settings=job.settings,
        report=report,
        progress=False,
    )
    values = {"identity": identity, **report.to_dict()}
    with atomic_path(job.report_path) as path:
        path.write_text(json.dumps(values, ensure_ascii=False) + "\n", "utf8")
    return job.lang, report


def _read_report(job: DatasetJob, identity: str) -> Optional[Report]:
    if not job.report_path.is_file():
        return None
    values: Dict[str, Any] = json.loads(job.report_path.read_text("utf8"))
    if values.pop("identity") != identity:
        return None
    return Report.from_dict(values)


def build_dataset(
    paths: Mapping[str, Sequence[Path]],
    output: Path,
    *,
    pieces: Path,
    entities: Path,
    settings: DatasetSettings,
    sources: Sequence[str] = (),
    names: bool = False,
    processes: int = 1,
) -> Dict[str, Report]:
    """Build the shards of several languages, one process a language. A run that was broken off
    goes on with the languages that are missing.

    paths (Mapping[str, Sequence[Path]]): Paragraphs of each language.
    output (Path): The folder. pieces (Path): The SentencePiece model. entities (Path): The entity
        vocabulary. Both are copied into the folder.
    settings (DatasetSettings), sources (Sequence[str]), names (bool): See `DatasetJob`.
    processes (int): Languages at once.
    RETURNS (Dict[str, Report]): Counts of each language.
    RAISES (ValueError): If another run writes to the folder, or it has other vocabularies.
    """
    with locked(output):
        _copy_vocabularies(output, pieces, entities)
        for remains in output.glob("*/.*.new"):  # of a run that was killed
            shutil.rmtree(remains)
        jobs: List[DatasetJob] = [
            DatasetJob(lang, tuple(files), tuple(sources), names, output, settings)
            for lang, files in paths.items()
        ]
        with ProcessPoolExecutor(processes) as pool:
            futures = [pool.submit(run_job, job) for job in jobs]
            done = as_completed(futures)
            bar = tqdm(done, total=len(futures), desc="dataset", unit=" languages")
            reports = dict(future.result() for future in bar)
    return dict(sorted(reports.items()))


def _copy_vocabularies(output: Path, pieces: Path, entities: Path) -> None:
    for source, place in (
        (pieces, output / PIECE_FILE),
        (entities / METADATA, output / ENTITY_FOLDER / METADATA),
    ):
        if place.is_file() and checksum(place) != checksum(source):
            raise ValueError(Errors.M752.format(folder=output, file=source))
    if not (output / PIECE_FILE).is_file():
        with atomic_path(output / PIECE_FILE) as path:
            shutil.copyfile(pieces, path)
    if not (output / ENTITY_FOLDER).is_dir():
        EntityVocabulary.open(entities)
        with written_whole(output / ENTITY_FOLDER) as new:
            shutil.copytree(entities, new, dirs_exist_ok=True)
