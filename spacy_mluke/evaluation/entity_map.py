"""A map of mentions: entity vectors of the same items in several languages, in two dimensions.

Vectors are brought to length 1, so that near means a high cosine, and projected on their first two
principal components. What a map leaves out it says: the share of variance on each axis.
"""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Dict, Iterator, List, Mapping, NamedTuple, Sequence, Tuple

import numpy as np
import spacy
from numpy.typing import NDArray
from spacy.language import Language
from spacy.tokens import Doc
from spacy.util import minibatch
from tqdm import tqdm  # type: ignore[import-untyped]

from ..entities.paragraphs import Link, Paragraph, read_paragraphs
from ..errors import Errors
from ..language import set_language
from ..layers.linker_table import LinkerEncoder
from ..pipeline.mluke import MLuke
from ..report import Report
from ..text.arrays import as_spans
from ..text.tokenizer import add_character_tokens

Floats = NDArray[np.float64]

_BATCH = 32


class Mention(NamedTuple):
    """A place in a text where an entity is named.

    text (str): The mention.
    lang (str): Language of the text.
    entity (str): What it stands for.
    """

    text: str
    lang: str
    entity: str


@dataclass(frozen=True)
class EntityMap:
    """Mentions in two dimensions.

    mentions (List[Mention]): The mentions.
    points (Floats): (mentions, 2) their places.
    shares (Tuple[float, float]): Share of the variance on each axis.
    """

    mentions: List[Mention]
    points: Floats
    shares: Tuple[float, float]

    @property
    def languages(self) -> List[str]:
        """RETURNS (List[str]): All languages, in order."""
        return sorted({mention.lang for mention in self.mentions})

    def rows(self, lang: str) -> List[int]:
        """RETURNS (List[int]): The mentions in a language."""
        return [i for i, mention in enumerate(self.mentions) if mention.lang == lang]

    def labels(self) -> Iterator[Tuple[str, Floats]]:
        """YIELDS (Tuple[str, Floats]): A name of each entity, and the place of that mention of it
        which is nearest to all the others.
        """
        for entity in sorted({mention.entity for mention in self.mentions}):
            rows = [i for i, mention in enumerate(self.mentions) if mention.entity == entity]
            names = Counter(self.mentions[i].text for i in rows if self.mentions[i].text.isascii())
            points = self.points[rows]
            far = np.linalg.norm(points[:, None] - points[None], axis=2).sum(axis=1)
            yield max(names, key=names.__getitem__, default=entity), points[far.argmin()]


def load_encoder(name: str) -> Language:
    """Load a pipeline, or make one of a checkpoint.

    name (str): Package or folder of a pipeline; folder or hub name of a checkpoint.
    RETURNS (Language): A pipeline with a component `mluke`.
    RAISES (ValueError): If there is none.
    """
    if (Path(name) / "meta.json").is_file() or spacy.util.is_package(name):
        return spacy.load(name)
    nlp = spacy.blank("xx")
    add_character_tokens(nlp)
    nlp.add_pipe("mluke", config={"model": {"name": name}})
    nlp.initialize(lambda: [])
    return nlp


def choose_mentions(
    files: Mapping[str, Sequence[Path]], *, items: int, mentions: int, paragraphs: int
) -> List[Tuple[str, Paragraph]]:
    """Choose the entities that are linked in most languages, and some links to each.

    files (Mapping[str, Sequence[Path]]): Paragraphs by language.
    items (int): How many entities.
    mentions (int): Most mentions of each in a language.
    paragraphs (int): Most paragraphs to read in a language.
    RETURNS (List[Tuple[str, Paragraph]]): Language and paragraph, with the chosen links alone.
    RAISES (ValueError): If no entity is linked in two languages.
    """
    read: List[Tuple[str, Paragraph]] = []
    counts: Dict[str, Counter[str]] = {}
    for lang, paths in files.items():
        all_of_them = (p for path in paths for p in read_paragraphs(path) if p.links)
        for _, paragraph in zip(range(paragraphs), all_of_them):
            read.append((lang, paragraph))
            for _, _, entity in paragraph.links:
                counts.setdefault(entity, Counter())[lang] += 1
    # In as many languages as possible, and there as often as is wanted.
    useful = {
        entity: (len(langs), sum(min(n, mentions) for n in langs.values()))
        for entity, langs in counts.items()
        if len(langs) > 1
    }
    if not useful:
        raise ValueError(Errors.M636.format(languages=", ".join(files)))
    chosen = sorted(useful, key=lambda entity: (useful[entity], entity), reverse=True)[:items]
    left = {(entity, lang): mentions for entity in chosen for lang in counts[entity]}
    result = []
    for lang, paragraph in read:
        kept: List[Link] = []
        for link in paragraph.links:
            if left.get((link[2], lang), 0) > 0:
                left[link[2], lang] -= 1
                kept.append(link)
        if kept:
            result.append((lang, Paragraph(paragraph.text, kept)))
    return result


def encode_mentions(
    nlp: Language,
    paragraphs: Sequence[Tuple[str, Paragraph]],
    *,
    report: Report,
    progress: bool = True,
) -> Tuple[List[Mention], Floats]:
    """Encode mentions, each with [MASK] in its slot: what the text says, not what is known.

    nlp (Language): A pipeline with a component `mluke`.
    paragraphs (Sequence[Tuple[str, Paragraph]]): Language and paragraph.
    report (Report): Counts mentions that get no vector.
    progress (bool): Show a progress bar.
    RETURNS (Tuple[List[Mention], Floats]): The mentions and their vectors, (mentions, width).
    RAISES (ValueError): If the pipeline has no encoder.
    """
    pipe = next((pipe for _, pipe in nlp.components if isinstance(pipe, MLuke)), None)
    if pipe is None:
        raise ValueError(Errors.M637.format(components=", ".join(nlp.pipe_names) or "none"))
    encoder = LinkerEncoder(pipe.model)
    found: List[Mention] = []
    parts: List[Any] = [np.zeros((0, pipe.model.get_dim("nO")))]
    bar = tqdm(total=len(paragraphs), desc="mentions", unit=" paragraphs", disable=not progress)
    with bar:
        for batch in minibatch(paragraphs, _BATCH):
            docs: List[Doc] = []
            spans = []
            for lang, paragraph in batch:
                doc = nlp.make_doc(paragraph.text)
                set_language(doc, lang)
                docs.append(doc)
                offsets = []
                for start, end, entity in paragraph.links:
                    span = doc.char_span(start, end)
                    if span is None:
                        report.lose("mentions that begin or end within a token", where=lang)
                    else:
                        offsets.append((span.start, span.end))
                        found.append(Mention(span.text, lang, entity))
                spans.append(as_spans(offsets))
            vectors = encoder.vectors(docs, spans)
            parts.append(pipe.model.ops.to_numpy(vectors).astype(np.float64))
            bar.update(len(batch))
    vectors = np.concatenate(parts)
    rows = np.flatnonzero(vectors.any(axis=1))
    if len(rows) < len(found):
        report.lose("mentions longer than a window", len(found) - len(rows))
    return [found[row] for row in rows.tolist()], vectors[rows]


def project(mentions: Sequence[Mention], vectors: Floats) -> EntityMap:
    """Project vectors on their first two principal components.

    mentions (Sequence[Mention]): The mentions.
    vectors (Floats): (mentions, width) their vectors.
    RETURNS (EntityMap): The map. Its axes point to where the largest value is positive.
    RAISES (ValueError): If there are fewer than three vectors.
    """
    if len(vectors) < 3:
        raise ValueError(Errors.M638.format(n=len(vectors)))
    units = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    left, values, _ = np.linalg.svd(units - units.mean(axis=0), full_matrices=False)
    points = (left * values)[:, :2]
    points *= np.sign(points[np.abs(points).argmax(axis=0), [0, 1]])
    one, two = values[:2] ** 2 / max(float((values**2).sum()), 1e-12)
    return EntityMap(list(mentions), points, (float(one), float(two)))
