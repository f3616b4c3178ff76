"""Corpus reader for `spacy train` that keeps relations."""

import warnings
from itertools import islice
from pathlib import Path
from typing import Callable, Iterable, Iterator, List, Optional, Union

import srsly
from spacy import registry
from spacy.language import Language
from spacy.tokens import Doc, DocBin, Span
from spacy.training import Example
from spacy.vocab import Vocab

from ..errors import Errors, Warnings
from ..files import PathLike, find_files
from ..language import get_language, set_language
from ..language import register_extensions as register_language
from ..links import LINKS_KEY
from ..relations import (
    Relation,
    get_relations,
    has_relations,
    register_extensions,
    set_relations,
)
from ..report import Report
from .annotate import SPANS_KEY
from .parts import cut_doc
from .relation_format import read_jsonl

Augmenter = Callable[[Language, Example], Iterable[Example]]

_EMPTY_MAP = b"\x80"  # in msgpack

SUFFIXES = (".spacy", ".jsonl", ".jsonl.gz", ".jsonl.xz", ".jsonl.bz2")


def read_doc_bin(path: Path, vocab: Vocab) -> Iterator[Doc]:
    """Read a .spacy file with the data on its docs.

    srsly looks through the entry points of all installed packages for every value it decodes,
    which takes longer than building the doc. So the data of all docs is decoded as one list.

    path (Path): The file.
    vocab (Vocab): The vocabulary of the docs.
    YIELDS (Doc): The docs.
    """
    doc_bin = DocBin(store_user_data=True).from_disk(path)
    packed = [data or _EMPTY_MAP for data in doc_bin.user_data]
    header = b"\xdd" + len(packed).to_bytes(4, "big")
    unpacked = srsly.msgpack_loads(header + b"".join(packed), use_list=False)
    doc_bin.user_data = []
    for i, doc in enumerate(doc_bin.get_docs(vocab)):
        if i < len(unpacked):
            doc.user_data.update(unpacked[i])
        yield doc


@registry.readers("spacy-mluke.RelationCorpus.v1")
def make_relation_corpus(
    path: Optional[Path],
    gold_ents: bool = True,
    max_length: int = 0,
    limit: int = 0,
    augmenter: Optional[Augmenter] = None,
) -> "RelationCorpus":
    """Make the reader, see `RelationCorpus`."""
    if path is None:
        raise ValueError(Errors.M541)
    return RelationCorpus(
        path, gold_ents=gold_ents, max_length=max_length, limit=limit, augmenter=augmenter
    )


class RelationCorpus:
    """Examples with entities and relations from .spacy files or JSONL files.

    `spacy.Corpus.v1` cuts long docs by `as_doc()` without their data, and so trains on docs whose
    gold relations are gone. This reader keeps them in `example.reference._.relations`. What it
    has to lose is counted in `report` and warned about at the end of each first reading.

    path (PathLike): A .spacy or JSONL file (`training.relation_format`), or a folder of them.
    gold_ents (bool): The predicted docs have the tokens and entities of the gold docs, to train
        relations on gold entities. Otherwise they are the bare text, tokenised by the pipeline.
    max_length (int): Cut docs longer than this (in tokens); 0 for no limit.
    limit (int): Read this many examples at most; 0 for all.
    augmenter (Optional[Augmenter]): spaCy's data augmentation. Relations move to its results
        by their tokens.
    lang (Optional[str]): Language of JSONL lines that do not name one; the pipeline's if `None`.
    """

    def __init__(
        self,
        path: PathLike,
        *,
        gold_ents: bool = True,
        max_length: int = 0,
        limit: int = 0,
        augmenter: Optional[Augmenter] = None,
        lang: Optional[str] = None,
    ) -> None:
        register_extensions()
        register_language()
        self.path = Path(path)
        self.gold_ents = gold_ents
        self.max_length = max_length
        self.limit = limit
        self.augmenter = augmenter
        self.lang = lang
        self.report = Report(str(path))
        self._warned = False

    def __call__(self, nlp: Language) -> Iterator[Example]:
        """Read the corpus.

        nlp (Language): The pipeline.
        YIELDS (Example): The examples.
        RAISES (ValueError): If there is none.
        """
        self.report = Report(str(self.path))
        n_read = 0
        for example in islice(self._examples(nlp), self.limit or None):
            n_read += 1
            yield example
        if not n_read:
            raise ValueError(Errors.M550.format(path=self.path))
        if self.report.lost and not self._warned:
            self._warned = True
            warnings.warn(
                Warnings.W502.format(path=self.path, table=self.report.table()), stacklevel=2
            )

    def _examples(self, nlp: Language) -> Iterator[Example]:
        for path in find_files(self.path, SUFFIXES):
            for doc in self._read(path, nlp):
                for reference in self._parts(doc):
                    example = self._example(nlp, reference)
                    if self.augmenter is None:
                        yield example
                    else:
                        for augmented in self.augmenter(nlp, example):
                            yield self._restore(nlp, augmented, example)

    def _read(self, path: Path, nlp: Language) -> Iterator[Doc]:
        if path.suffix == ".spacy":
            yield from read_doc_bin(path, nlp.vocab)
        else:
            yield from read_jsonl(path, nlp, self.report, snap=self.gold_ents, lang=self.lang)

    def _parts(self, doc: Doc) -> List[Doc]:
        if self.max_length < 1 or len(doc) <= self.max_length:
            return [doc]
        return list(cut_doc(doc, self.max_length, self.report))

    def _example(self, nlp: Language, reference: Doc) -> Example:
        if self.gold_ents or reference.has_unknown_spaces:
            predicted = Doc(
                nlp.vocab,
                words=[token.text for token in reference],
                spaces=[bool(token.whitespace_) for token in reference],
                sent_starts=_sentence_starts(reference),
            )
        else:
            predicted = nlp.make_doc(reference.text)
        set_language(predicted, get_language(reference))
        if self.gold_ents:
            predicted.set_ents([_move(span, predicted) for span in reference.ents])
            for key in (SPANS_KEY, LINKS_KEY):
                if key in reference.spans:
                    predicted.spans[key] = [_move(span, predicted) for span in reference.spans[key]]
        return Example(predicted, reference)

    def _restore(self, nlp: Language, augmented: Example, original: Example) -> Example:
        """Give an augmented example the relations and the language that augmenters drop."""
        reference = augmented.reference
        if reference is original.reference:
            return augmented
        set_language(reference, get_language(original.reference))
        relations = get_relations(original.reference)
        groups = {
            key: list(original.reference.spans[key])
            for key in (SPANS_KEY, LINKS_KEY)
            if key in original.reference.spans
        }
        if len(reference) != len(original.reference):
            self.report.lose("relation of a doc whose tokens the augmenter changed", len(relations))
            n_spans = sum(map(len, groups.values()))
            self.report.lose("span of a doc whose tokens the augmenter changed", n_spans)
            relations, groups = [], {}
        for key, spans in groups.items():
            reference.spans[key] = [_move(span, reference) for span in spans]
        if has_relations(original.reference):
            moved = [
                Relation(_move(rel.head, reference), _move(rel.tail, reference), rel.label)
                for rel in relations
            ]
            set_relations(reference, moved)
        return self._example(nlp, reference)


def _move(span: Span, doc: Doc) -> Span:
    """The span of the same tokens in another doc."""
    return Span(doc, span.start, span.end, label=span.label_, kb_id=span.kb_id_)


def _sentence_starts(doc: Doc) -> Optional[List[Union[bool, int, None]]]:
    if not doc.has_annotation("SENT_START"):
        return None
    return [token.is_sent_start for token in doc]
