"""Where `mluke_linker` gets the candidates of a mention from: a dictionary, a knowledge base, or
the encoder's whole entity table. Registered in ``spacy.registry.misc``.

A source is saved with the pipeline, so that a loaded pipeline does not need the files that it was
made with.
"""

from pathlib import Path
from typing import Any, Callable, Dict, List, NamedTuple, Optional

from spacy import registry
from spacy.kb import InMemoryLookupKB, KnowledgeBase
from spacy.tokens import Span
from spacy.vocab import Vocab

from ..errors import Errors
from ..language import get_language
from ..report import Report
from .alias_prune import prune_aliases
from .alias_table import AliasTable
from .aliases import AliasDictionary


class Named(NamedTuple):
    """An entity that a mention can stand for.

    key (str): "Q42" or "lang:Title".
    prior (float): How likely the mention's text stands for it, whatever is around.
    """

    key: str
    prior: float


class CandidateSource:
    """What `mluke_linker` asks for candidates. It has nothing to save or load unless it says so.

    max_candidates (int): So many of the highest prior are scored.
    RAISES (ValueError): If that is none.
    """

    def __init__(self, max_candidates: int) -> None:
        if max_candidates < 1:
            raise ValueError(Errors.M446.format(field="max_candidates", value=max_candidates))
        self.max_candidates = max_candidates

    def __call__(self, mention: Span) -> List[Named]:
        """RETURNS (List[Named]): The candidates, the highest prior first."""
        raise NotImplementedError

    def entities(self) -> Optional[List[str]]:
        """RETURNS (Optional[List[str]]): Keys of all that can become candidates; `None` if that may
        be any entity of the encoder's table.
        """
        return None

    def bind(self, vocab: Vocab) -> None:
        """Take the pipeline's vocab."""

    def initialize(self, is_known: Callable[[str], bool]) -> None:
        """Look whether there is something to take candidates from.

        is_known (Callable[[str], bool]): Whether the entity table has an entity.
        RAISES (ValueError): If there is not.
        """

    def to_disk(self, folder: Path) -> None:
        """Write what the source needs.

        folder (Path): Where to.
        """

    def from_disk(self, folder: Path) -> None:
        """Use what `to_disk` wrote.

        folder (Path): Where it is; if there is none, the path of the config stays.
        """

    def to_bytes(self) -> bytes:
        """RETURNS (bytes): What the source needs."""
        return b""

    def from_bytes(self, data: bytes) -> None:
        """Use what `to_bytes` gave.

        data (bytes): The bytes; nothing changes if there are none.
        """


class DictionaryCandidates(CandidateSource):
    """Candidates from an alias dictionary. Initialising keeps of it what the entity table has; this
    part is saved with the pipeline, and the dictionary is not needed any more.

    path (Optional[Path]): Its folder; `None` for a pipeline that will be loaded.
    max_candidates (int): See `CandidateSource`. No alias keeps more than 255.
    min_link_probability (float): Aliases that are less often a mention where they stand in a text
        are left out.
    lang (Optional[str]): Language of all docs; `None` for the one each is tagged with. A mention
        that is no alias in that language, or whose doc has no tag in a multilingual pipeline,
        gets the candidates of all languages together.
    """

    def __init__(
        self,
        path: Optional[Path],
        max_candidates: int,
        min_link_probability: float,
        lang: Optional[str],
    ) -> None:
        super().__init__(max_candidates)
        self.path = None if path is None else Path(path)
        self.min_link_probability = min_link_probability
        self.lang = lang
        self.report = Report("aliases")
        self._table: Optional[AliasTable] = None

    @property
    def table(self) -> AliasTable:
        """RETURNS (AliasTable): What is kept of the dictionary.

        RAISES (ValueError): If the component has neither been initialised nor loaded.
        """
        if self._table is None:
            raise ValueError(Errors.M443)
        return self._table

    def __call__(self, mention: Span) -> List[Named]:
        """RETURNS (List[Named]): The candidates, the highest prior first."""
        table, text = self.table, mention.text
        lang = self.lang or get_language(mention.doc)
        found = table.candidates(text, [lang]) if lang in table.languages else []
        found = found or table.candidates(text, table.languages)
        return [Named(candidate.entity, candidate.prior) for candidate in found]

    def entities(self) -> List[str]:
        """RETURNS (List[str]): Keys of the entities that the kept part has."""
        return self.table.keys

    def initialize(self, is_known: Callable[[str], bool]) -> None:
        """Keep what the entity table has.

        is_known (Callable[[str], bool]): Whether it has an entity.
        RAISES (ValueError): If there is no dictionary, or none of its entities is in the table.
        """
        if self.path is None:
            raise ValueError(Errors.M443)
        self.report = Report("aliases")
        table = prune_aliases(
            AliasDictionary.open(self.path),
            is_known,
            max_candidates=self.max_candidates,
            min_link_probability=self.min_link_probability,
            report=self.report,
            progress=True,
        )
        if not len(table):
            raise ValueError(Errors.M452.format(path=self.path))
        self._table = table

    def to_disk(self, folder: Path) -> None:
        """Write the part that is kept."""
        if self._table is not None:
            self._table.to_disk(folder)

    def from_disk(self, folder: Path) -> None:
        """Open what was written."""
        if folder.is_dir():
            self._table = AliasTable.from_disk(folder)

    def to_bytes(self) -> bytes:
        """RETURNS (bytes): The part that is kept."""
        return b"" if self._table is None else self._table.to_bytes()

    def from_bytes(self, data: bytes) -> None:
        """Use what `to_bytes` gave."""
        if data:
            self._table = AliasTable.from_bytes(data)


class KnowledgeBaseCandidates(CandidateSource):
    """Candidates from a spaCy knowledge base whose entities have the keys of the table.

    path (Optional[Path]): Folder that an `InMemoryLookupKB` was written to; `None` for a pipeline
        that will be loaded with one.
    max_candidates (int): See `CandidateSource`.
    kb (Optional[KnowledgeBase]): The knowledge base itself, in place of a path.
    """

    def __init__(
        self, path: Optional[Path], max_candidates: int, kb: Optional[KnowledgeBase] = None
    ) -> None:
        super().__init__(max_candidates)
        self.path = None if path is None else Path(path)
        self._kb = kb
        self._vocab: Optional[Vocab] = None if kb is None else kb.vocab

    @property
    def kb(self) -> KnowledgeBase:
        """RETURNS (KnowledgeBase): The knowledge base, read when it is first needed.

        RAISES (ValueError): If there is none.
        """
        if self._kb is None:
            if self.path is None or not self.path.is_dir():
                raise ValueError(Errors.M444.format(path=self.path))
            self._kb = self._empty()
            self._kb.from_disk(self.path)
        return self._kb

    def _empty(self) -> InMemoryLookupKB:
        # Reading sets the length of the vectors.
        return InMemoryLookupKB(self._vocab or Vocab(), entity_vector_length=1)

    def __call__(self, mention: Span) -> List[Named]:
        """RETURNS (List[Named]): The candidates, the highest prior first."""
        found = [Named(c.entity_, float(c.prior_prob)) for c in self.kb.get_candidates(mention)]
        return sorted(found, key=_by_prior)

    def entities(self) -> Optional[List[str]]:
        """RETURNS (Optional[List[str]]): Keys of its entities, if the knowledge base names them."""
        return self.kb.get_entity_strings() if isinstance(self.kb, InMemoryLookupKB) else None

    def bind(self, vocab: Vocab) -> None:
        """Take the pipeline's vocab, for a knowledge base that has not been read yet.

        vocab (Vocab): The vocab.
        """
        self._vocab = self._vocab or vocab

    def initialize(self, is_known: Callable[[str], bool]) -> None:
        """Read the knowledge base."""
        assert self.kb is not None

    def to_disk(self, folder: Path) -> None:
        """Write the knowledge base."""
        if self._kb is not None or self.path is not None:
            self.kb.to_disk(folder)

    def from_disk(self, folder: Path) -> None:
        """Read the knowledge base."""
        if folder.is_dir():
            self.path, self._kb = folder, None

    def to_bytes(self) -> bytes:
        """RETURNS (bytes): The knowledge base."""
        return b"" if self._kb is None and self.path is None else self.kb.to_bytes()

    def from_bytes(self, data: bytes) -> None:
        """Read the knowledge base."""
        if data:
            self._kb = self._empty()
            self._kb.from_bytes(data)

    def __getstate__(self) -> Dict[str, Any]:
        return {**self.__dict__, "_kb": None, "data": self.to_bytes()}

    def __setstate__(self, state: Dict[str, Any]) -> None:
        data = state.pop("data")
        self.__dict__.update(state)
        self.from_bytes(data)


class TableCandidates(CandidateSource):
    """The entities of the whole table that the entity head scores highest, all equally likely. No
    text has candidates by itself; the component asks the head.
    """

    def __call__(self, mention: Span) -> List[Named]:
        """RETURNS (List[Named]): None."""
        return []


@registry.misc("spacy-mluke.linker_aliases.v1")
def make_linker_aliases(
    path: Optional[Path] = None,
    max_candidates: int = 30,
    min_link_probability: float = 0.0,
    lang: Optional[str] = None,
) -> CandidateSource:
    """Make a source of candidates from an alias dictionary, see `DictionaryCandidates`."""
    return DictionaryCandidates(path, max_candidates, min_link_probability, lang)


@registry.misc("spacy-mluke.linker_kb.v1")
def make_linker_kb(path: Optional[Path] = None, max_candidates: int = 30) -> CandidateSource:
    """Make a source of candidates from a knowledge base, see `KnowledgeBaseCandidates`."""
    return KnowledgeBaseCandidates(path, max_candidates)


@registry.misc("spacy-mluke.linker_table.v1")
def make_linker_table(max_candidates: int = 30) -> CandidateSource:
    """Make a source of candidates from the whole entity table, see `TableCandidates`."""
    return TableCandidates(max_candidates)


def _by_prior(candidate: Named) -> float:
    return -candidate.prior
