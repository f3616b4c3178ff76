"""From paragraphs of a language to a shard of instances."""

from collections import Counter
from dataclasses import asdict, dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, Dict, Iterable, Iterator, List, Protocol, Sequence, Tuple

from tqdm import tqdm  # type: ignore[import-untyped]

from ..entities.paragraphs import Paragraph
from ..held_out import point_of
from ..report import Report
from ..text.arrays import Ints1d
from ..text.pieces import PieceEncoder
from .instances import WITHOUT_PIECE, Instance, Limits, pack, sentences_of
from .linked_docs import LinkedDocs
from .name_lists import SOURCE as NAMES
from .shards import write_shard

TRAIN, HELD_OUT = "train", "held_out"
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
) -> None:
    """Write the shards "train/<lang>" and, if pages are held out, "held_out/<lang>".

    paragraphs (Iterable[Paragraph]): Neighbouring ones of a page belong together.
    output (Path): The folder of the dataset.
    lang (str): The language.
    pieces (PieceEncoder): The vocabulary of pieces. vocabulary (EntityKeys): That of entities.
    settings (DatasetSettings): How instances are made.
    report (Report): Counts what is kept and lost.
    progress (bool): Show a progress bar.
    """
    bar = tqdm(paragraphs, desc=lang, unit=" paragraphs", disable=not progress, mininterval=1.0)
    links: "Counter[str]" = Counter()
    # Held-out sentences are few: they wait in memory while the others stream to disk.
    held_out: List[Tuple[str, Instance]] = []
    stream = _sentences(bar, lang, pieces, vocabulary, settings, report, links)
    parts: Dict[str, Iterable[Tuple[str, Instance]]]
    parts = {TRAIN: _divert(stream, settings, held_out)}
    if settings.held_out:
        parts[HELD_OUT] = held_out

    def describe() -> Dict[str, Any]:
        return {"language": lang, "settings": asdict(settings), "lost": dict(report.lost)}

    for part, sentences in parts.items():
        folder = output / part / lang
        with write_shard(folder, vocab_size=pieces.vocab_size, describe=describe) as shard:
            for instance in pack(sentences, settings.limits, report):
                shard.add(instance)
                report.keep("instances")
                report.keep("pieces", len(instance.pieces))
                report.keep("links", len(instance.entities))
    counted = report.lost["links over the limit of an instance"] + report.lost[WITHOUT_PIECE]
    report.lose("links in sentences left out", links["known"] - report.kept["links"] - counted)


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
    last, is_held_out = None, False
    for page, sentence in sentences:
        if page != last:
            is_held_out = bool(page) and point_of(page, settings.seed) < settings.held_out
            last = page
        if is_held_out:
            held_out.append((page, sentence))
        else:
            yield page, sentence
