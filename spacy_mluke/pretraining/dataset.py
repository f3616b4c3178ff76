"""From paragraphs of a language to a shard of instances."""

from collections import Counter
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass, field
from hashlib import blake2b
from itertools import chain, islice
from pathlib import Path
from typing import Any, Dict, Iterable, Iterator, List, Protocol, Sequence, Tuple

from tqdm import tqdm  # type: ignore[import-untyped]

from ..entities.paragraphs import Paragraph, read_paragraphs
from ..entities.vocabulary import EntityVocabulary
from ..modeling.vocabulary import PIECE_FILE
from ..report import Report
from ..text.arrays import Ints1d
from ..text.pieces import PieceEncoder
from .instances import WITHOUT_PIECE, Instance, Limits, pack, sentences_of
from .linked_docs import LinkedDocs
from .name_lists import SOURCE as NAMES
from .name_lists import name_paragraphs
from .shards import write_shard

TRAIN, HELD_OUT = "train", "held_out"
ENTITY_FOLDER = "entities"
_BATCH = 256  # paragraphs encoded at once


class EntityKeys(Protocol):
    """Rows of the entity table by key, as `entities.vocabulary.EntityVocabulary` has them."""

    def rows(self, keys: Sequence[str]) -> Ints1d: ...


@dataclass(frozen=True)
class DatasetSettings:
    """How instances are made.

    limits (Limits): Their sizes.
    cut (str): What a piece never reaches over: "tokens" or "links", see `LinkedDocs`.
    held_out (float): Share of the pages that goes into a shard of its own, by hash of their text.
    seed (int): Another seed holds out other pages.
    """

    limits: Limits = field(default_factory=Limits)
    cut: str = "tokens"
    held_out: float = 0.0
    seed: int = 0


def build_shards(
    paragraphs: Iterable[Paragraph],
    output: Path,
    *,
    lang: str,
    pieces: PieceEncoder,
    vocabulary: EntityKeys,
    settings: DatasetSettings,
    report: Report,
    progress: bool = True,
) -> Dict[str, int]:
    """Write the shards "train/<lang>" and, if pages are held out, "held_out/<lang>".

    paragraphs (Iterable[Paragraph]): Neighbouring ones of a page belong together.
    output (Path): The folder of the dataset.
    lang (str): The language.
    pieces (PieceEncoder): The vocabulary of pieces. vocabulary (EntityKeys): That of entities.
    settings (DatasetSettings): How instances are made.
    report (Report): Counts what is kept and lost.
    progress (bool): Show a progress bar.
    RETURNS (Dict[str, int]): Instances of each part.
    """
    bar = tqdm(paragraphs, desc=lang, unit=" paragraphs", disable=not progress, mininterval=1.0)
    parts: Dict[str, List[Tuple[str, Instance]]] = {TRAIN: [], HELD_OUT: []}
    names = [TRAIN, HELD_OUT] if settings.held_out else [TRAIN]
    counts = {}
    # Held-out sentences are few: they wait in memory while the others stream to disk.
    with write_shard(
        output / TRAIN / lang,
        vocab_size=pieces.vocab_size,
        describe=lambda: _describe(lang, settings, report),
    ) as train:
        links: "Counter[str]" = Counter()
        stream = _sentences(bar, lang, pieces, vocabulary, settings, report, links)
        chosen = _divert(stream, settings, parts[HELD_OUT])
        for instance in pack(chosen, settings.limits, report):
            train.add(instance)
            _count(instance, report)
    counts[TRAIN] = train.instances
    if HELD_OUT in names:
        with write_shard(
            output / HELD_OUT / lang,
            vocab_size=pieces.vocab_size,
            describe=lambda: _describe(lang, settings, Report()),
        ) as held_out:
            for instance in pack(parts[HELD_OUT], settings.limits, report):
                held_out.add(instance)
                _count(instance, report)
        counts[HELD_OUT] = held_out.instances
    counted = report.lost["links over the limit of an instance"] + report.lost[WITHOUT_PIECE]
    report.lose("links in sentences left out", links["known"] - report.kept["links"] - counted)
    return counts


def _count(instance: Instance, report: Report) -> None:
    report.keep("instances")
    report.keep("pieces", len(instance.pieces))
    report.keep("links", len(instance.entities))


def _describe(lang: str, settings: DatasetSettings, report: Report) -> Dict[str, Any]:
    return {
        "language": lang,
        "settings": asdict(settings),
        "lost": dict(report.lost),
    }


def _sentences(
    paragraphs: Iterable[Paragraph],
    lang: str,
    pieces: PieceEncoder,
    vocabulary: EntityKeys,
    settings: DatasetSettings,
    report: Report,
    links: "Counter[str]",
) -> Iterator[Tuple[str, Instance]]:
    """Sentences with a key of their page: its title, or the text of a paragraph that has none."""
    make_doc = LinkedDocs(lang, cut=settings.cut)
    stream = iter(paragraphs)
    while batch := list(islice(stream, _BATCH)):
        made = [make_doc(paragraph) for paragraph in batch]
        encoded = pieces.encode([doc for doc, _, _ in made])
        keys = [entity for paragraph in batch for _, _, entity in paragraph.links]
        rows = vocabulary.rows(keys)
        report.lose("links to entities outside the table", int((rows < 0).sum()))
        links["known"] += int((rows >= 0).sum())
        at = 0
        for paragraph, (_, spans, ends), doc_pieces in zip(batch, made, encoded, strict=True):
            entities = rows[at : at + len(spans)]
            at += len(spans)
            page = paragraph.page or paragraph.text
            if paragraph.source == NAMES:
                page = ""  # a name that is held out could not be known
            for sentence in sentences_of(
                doc_pieces, entities, spans, ends, settings.limits, report
            ):
                yield page, sentence


def _divert(
    sentences: Iterable[Tuple[str, Instance]],
    settings: DatasetSettings,
    held_out: List[Tuple[str, Instance]],
) -> Iterator[Tuple[str, Instance]]:
    salt = (settings.seed % 2**64).to_bytes(8, "big")
    last, is_held_out = None, False
    for page, sentence in sentences:
        if page != last:
            key = page.encode("utf8", "surrogatepass")
            digest = blake2b(key, digest_size=8, salt=salt).digest()
            share = int.from_bytes(digest, "big") / 2**64
            is_held_out = bool(page) and share < settings.held_out
            last = page
        if is_held_out:
            held_out.append((page, sentence))
        else:
            yield page, sentence


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


def run_job(job: DatasetJob) -> Tuple[str, Report]:
    """Build the shards of a language.

    job (DatasetJob): What to do. RETURNS (Tuple[str, Report]): The language and its counts.
    """
    vocabulary = EntityVocabulary.open(job.output / ENTITY_FOLDER)
    pieces = PieceEncoder.from_file(job.output / PIECE_FILE)
    report = Report(job.lang)
    paragraphs = [
        read_paragraphs(path, sources=job.sources, report=report) for path in job.paths
    ]
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
    return job.lang, report


def build_dataset(jobs: Sequence[DatasetJob], *, processes: int = 1) -> Dict[str, Report]:
    """Build the shards of several languages, one process a language.

    jobs (Sequence[DatasetJob]): One a language. processes (int): How many at once.
    RETURNS (Dict[str, Report]): Counts of each language.
    """
    with ProcessPoolExecutor(processes) as pool:
        futures = [pool.submit(run_job, job) for job in jobs]
        done = tqdm(as_completed(futures), total=len(futures), desc="dataset", unit=" languages")
        reports = dict(future.result() for future in done)
    return dict(sorted(reports.items()))
