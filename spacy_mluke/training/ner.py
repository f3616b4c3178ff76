"""NER corpora to Docs: files of word and tag columns, and JSON with character offsets."""

import json
from itertools import chain
from pathlib import Path
from typing import Any, Dict, Iterable, Iterator, List, Mapping, Optional, Sequence, Tuple, Union

from spacy.language import Language
from spacy.tokens import Doc
from spacy.vocab import Vocab

from ..errors import Errors
from ..files import PathLike, open_text
from ..language import set_language
from ..report import Report
from .annotate import add_entities
from .iob import Layout, Sentence, detect_scheme, read_sentences, tags_to_spans
from .labels import LabelMap, Relabelling, check_labels
from .words import blank_pipeline, spaces_between, spaces_from_text

WordSpan = Tuple[int, int, str]


def read_ner(
    path: PathLike,
    lang: str,
    report: Report,
    *,
    labels: Optional[LabelMap] = None,
    nlp: Optional[Language] = None,
    layout: Optional[Layout] = None,
    documents: bool = True,
    snap: bool = False,
) -> Iterator[Doc]:
    """Read a NER corpus: JSON by its name (.json, .json.gz, ...), word and tag columns otherwise.

    path (PathLike): The file; may be compressed.
    lang (str): Language of the corpus: decides on spaces and tags the docs.
    report (Report): Counts what is kept, changed and lost.
    labels (Optional[LabelMap]): Which label of the file becomes which; all are kept as they are
        if `None`.
    nlp (Optional[Language]): Tokenises raw text; a blank pipeline of "xx" if `None`.
    layout (Optional[Layout]): Where words and tags are; found out if `None`.
    documents (bool): One doc for each document where the file marks documents, with sentence
        starts; otherwise one for each sentence.
    snap (bool): Widen entities that cut tokens to whole tokens instead of losing them.
    YIELDS (Doc): The docs.
    RAISES (ValueError): At the end of the file, if it has labels that the map does not know.
    """
    relabelling = Relabelling(labels, report)
    nlp = nlp if nlp is not None else blank_pipeline()
    if ".json" in Path(path).suffixes:
        docs = _read_offsets(path, nlp, report, relabelling, snap)
    else:
        docs = _read_columns(path, lang, nlp.vocab, report, relabelling, layout, documents)
    for doc in docs:
        set_language(doc, lang)
        report.keep("docs")
        report.keep("tokens", len(doc))
        yield doc
    check_labels([relabelling])


def _read_columns(
    path: PathLike,
    lang: str,
    vocab: Vocab,
    report: Report,
    relabelling: Relabelling,
    layout: Optional[Layout],
    documents: bool,
) -> Iterator[Doc]:
    sentences = list(read_sentences(path, report, layout=layout))
    scheme = detect_scheme(sentence.tags for sentence in sentences)
    for group in _group(sentences, documents):
        yield _sentences_to_doc(group, scheme, lang, vocab, report, relabelling, Path(path).name)


def _group(sentences: Sequence[Sentence], documents: bool) -> Iterator[List[Sentence]]:
    marked = documents and any(sentence.starts_document for sentence in sentences)
    group: List[Sentence] = []
    for sentence in sentences:
        if group and (sentence.starts_document or not marked):
            yield group
            group = []
        group.append(sentence)
    if group:
        yield group


def _sentences_to_doc(
    sentences: Sequence[Sentence],
    scheme: str,
    lang: str,
    vocab: Vocab,
    report: Report,
    relabelling: Relabelling,
    name: str,
) -> Doc:
    words: List[str] = []
    spaces: List[bool] = []
    starts: List[Union[bool, int, None]] = []
    spans: List[WordSpan] = []
    for sentence in sentences:
        where = f"{name}:{sentence.line}"
        found = tags_to_spans(sentence.tags, scheme, report, where=where)
        parts = _lay_out(sentence, lang, report, where)
        if not parts:
            report.change("sentence without a word (left out)", where=where)
            report.lose("entity of whitespace", len(found), where=where)
            continue
        offset = len(words)
        # old word index -> new word index; a word of whitespace has become a space
        index = {old: offset + new for new, (old, _, _) in enumerate(parts)}
        words.extend(word for _, word, _ in parts)
        spaces.extend(space for _, _, space in parts)
        spaces[-1] = True
        starts.extend(i == 0 for i in range(len(parts)))
        spans.extend(_move(found, index, relabelling, report, where))
    if spaces:
        spaces[-1] = False
    doc = Doc(vocab, words=words, spaces=spaces, sent_starts=starts)
    entities = [(doc[i].idx, doc[j - 1].idx + len(doc[j - 1]), label, "") for i, j, label in spans]
    add_entities(doc, entities, report, where=f"{name}:{sentences[0].line}")
    report.keep("sentences", starts.count(True))
    return doc


def _lay_out(
    sentence: Sentence, lang: str, report: Report, where: str
) -> List[Tuple[int, str, bool]]:
    """Old index, word and following space of each word that is not whitespace."""
    words = sentence.words
    spaces = None
    if sentence.text is not None:
        spaces = spaces_from_text(words, sentence.text)
        if spaces is None:
            report.change("sentence whose words are not its text (spaces by rule)", where=where)
    if spaces is None:
        spaces = spaces_between(words, lang)
    parts: List[Tuple[int, str, bool]] = []
    for i, (word, space) in enumerate(zip(words, spaces, strict=True)):
        if word.strip():
            parts.append((i, word, space))
        elif parts:
            parts[-1] = (*parts[-1][:2], True)
    return parts


def _move(
    spans: Iterable[WordSpan],
    index: Mapping[int, int],
    relabelling: Relabelling,
    report: Report,
    where: str,
) -> Iterator[WordSpan]:
    for start, end, label in spans:
        wanted = relabelling.label(label, where)
        inside = [index[i] for i in range(start, end) if i in index]
        if not inside:
            report.lose("entity of whitespace", where=where)
        elif wanted is not None:
            yield inside[0], inside[-1] + 1, wanted


def _read_offsets(
    path: PathLike,
    nlp: Language,
    report: Report,
    relabelling: Relabelling,
    snap: bool,
) -> Iterator[Doc]:
    """JSON or JSONL of `{"text", "entities": [{"span": [start, end], "type"}]}`."""
    name = Path(path).name
    for number, record in enumerate(_records(path)):
        where = f"{name}:{number}"
        try:
            entities = [
                (int(entity["span"][0]), int(entity["span"][1]), str(entity["type"]))
                for entity in record["entities"]
            ]
            doc = nlp.make_doc(record["text"])
        except (KeyError, IndexError, TypeError) as error:
            raise ValueError(
                Errors.M535.format(path=path, record=number, problem=f"no {error}")
            ) from error
        wanted = [(start, end, relabelling.label(kind, where)) for start, end, kind in entities]
        kept = [(start, end, kind, "") for start, end, kind in wanted if kind is not None]
        add_entities(doc, kept, report, snap=snap, where=where)
        report.keep("sentences")
        yield doc


def _records(path: PathLike) -> Iterator[Dict[str, Any]]:
    with open_text(path) as file:
        first = file.readline()
        try:
            if first.lstrip().startswith("["):
                yield from json.loads(first + file.read())
            else:
                yield from (json.loads(line) for line in chain([first], file) if line.strip())
        except json.JSONDecodeError as error:
            raise ValueError(
                Errors.M535.format(path=path, record="?", problem=f"not JSON ({error})")
            ) from error
