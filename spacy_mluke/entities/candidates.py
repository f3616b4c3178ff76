"""Alias dictionaries in spaCy's terms: candidates for `entity_linker`, knowledge bases, spans.

An `entity_linker` scores the candidates of a mention by their prior and by the vectors of its
knowledge base. Its own candidates come from an `InMemoryLookupKB`, which knows aliases as they are
written in one language; those here come from the dictionary, in the language of each doc, and only
their vectors from the knowledge base.
"""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Callable, Iterable, List, Mapping, Optional, Sequence

import numpy as np
from numpy.typing import ArrayLike
from spacy import registry
from spacy.kb import Candidate, InMemoryLookupKB, KnowledgeBase
from spacy.tokens import Doc, Span

from ..errors import Errors
from ..language import get_language
from ..text.arrays import Ints2d
from ..text.pieces import DocPieces
from .aliases import AliasDictionary
from .detection import MentionDetector, Missing


@lru_cache(maxsize=8)
def shared_dictionary(path: str) -> AliasDictionary:
    """A dictionary that all who name the same folder share.

    path (str): The folder.
    RETURNS (AliasDictionary): The dictionary.
    """
    return AliasDictionary.open(path)


@dataclass(frozen=True)
class DetectedMentions:
    """The mentions that a dictionary finds, as a getter of spans. The dictionary is opened when it
    is first needed, and again in each process.

    path (str): Its folder.
    min_link_probability (float): Aliases below it are no mentions.
    min_fragment_probability (float): The same beside another capitalised word.
    lang (Optional[str]): Language of all docs; `None` for the one each is tagged with.
    missing (Missing): What a doc in a language without aliases gets: "error" or "ignore".
    """

    path: str
    min_link_probability: float
    min_fragment_probability: float
    lang: Optional[str]
    missing: Missing

    def __call__(self, docs: Sequence[Doc], pieces: Sequence[DocPieces]) -> List[Ints2d]:
        detector = MentionDetector(
            shared_dictionary(self.path),
            min_link_probability=self.min_link_probability,
            min_fragment_probability=self.min_fragment_probability,
            lang=self.lang,
            missing=self.missing,
        )
        return detector.detect(docs)


@dataclass(frozen=True)
class AliasCandidates:
    """Candidates of a mention by its text, for `entity_linker`.

    path (str): Folder of the dictionary.
    max_candidates (int): So many of the highest prior are given.
    lang (Optional[str]): Language of all docs; `None` for the one each is tagged with.
    missing (Missing): What a mention in a language without aliases gets: "error", or "ignore" for
        no candidates.
    """

    path: str
    max_candidates: int
    lang: Optional[str]
    missing: Missing

    def __call__(self, kb: KnowledgeBase, mention: Span) -> List[Candidate]:
        """The candidates that the knowledge base has a vector for.

        kb (KnowledgeBase): An `InMemoryLookupKB` with the entities.
        mention (Span): The mention.
        RETURNS (List[Candidate]): The candidates, the highest prior first.
        """
        aliases = shared_dictionary(self.path)
        lang = self.lang or get_language(mention.doc)
        if self.missing == "ignore" and lang not in aliases.languages:
            return []
        found = aliases.candidates(mention.text, lang)
        known = [candidate for candidate in found if kb.contains_entity(candidate.entity)]
        strings = kb.vocab.strings
        return [
            Candidate(
                kb=kb,
                entity_hash=strings.add(candidate.entity),
                entity_freq=candidate.count,
                entity_vector=kb.get_vector(candidate.entity),
                alias_hash=strings.add(mention.text),
                prior_prob=candidate.prior,
            )
            for candidate in known[: self.max_candidates]
        ]


@dataclass(frozen=True)
class AliasCandidatesBatch:
    """Candidates of several mentions, for `entity_linker`.

    single (AliasCandidates): Gives those of one.
    """

    single: AliasCandidates

    def __call__(self, kb: KnowledgeBase, mentions: Iterable[Span]) -> List[List[Candidate]]:
        return [self.single(kb, mention) for mention in mentions]


def fill_kb(
    kb: InMemoryLookupKB,
    aliases: AliasDictionary,
    vectors: Mapping[str, ArrayLike],
    langs: Iterable[str] = (),
) -> InMemoryLookupKB:
    """Put entities with their vectors into a knowledge base, and the aliases that stand for them.

    kb (InMemoryLookupKB): The knowledge base. It keeps all in memory, so choose entities.
    aliases (AliasDictionary): Gives the aliases.
    vectors (Mapping[str, ArrayLike]): Vector of each entity to put in, by "Q42" or "lang:Title".
    langs (Iterable[str]): Put in the aliases of these languages. An alias of several languages gets
        the candidates of all. Empty for entities alone, as `AliasCandidates` needs them.
    RETURNS (InMemoryLookupKB): The knowledge base.
    RAISES (ValueError): If a vector has not the length that the knowledge base asks for.
    """
    size = kb.entity_vector_length
    rows = {key: np.asarray(vector, dtype=np.float32) for key, vector in vectors.items()}
    for key, row in rows.items():
        if row.shape != (size,):
            raise ValueError(Errors.M846.format(entity=key, shape=row.shape, size=size))
    counts = dict.fromkeys(rows, 0.0)
    found: dict = {}
    for lang in langs:
        for alias, candidates in aliases.items(lang):
            for candidate in candidates:
                if candidate.entity in rows:
                    counts[candidate.entity] += candidate.count
                    of_alias = found.setdefault(alias, {})
                    of_alias[candidate.entity] = (
                        of_alias.get(candidate.entity, 0.0) + candidate.count
                    )
    for key, row in rows.items():
        kb.add_entity(entity=key, freq=counts[key], entity_vector=row.tolist())
    for alias, of_alias in found.items():
        # A little less than a share of all, as the knowledge base takes no sum above 1.
        total = sum(of_alias.values()) * (1 + 1e-6)
        shares = [count / total for count in of_alias.values()]
        kb.add_alias(alias=alias, entities=list(of_alias), probabilities=shares)
    return kb


@registry.misc("spacy-mluke.detect_mentions.v1")
def make_detect_mentions(
    path: Path,
    min_link_probability: float = 0.1,
    min_fragment_probability: float = 0.5,
    lang: Optional[str] = None,
    missing: Missing = "error",
) -> DetectedMentions:
    """Make a getter of the mentions that an alias dictionary finds.

    path (Path): Folder of the dictionary.
    min_link_probability (float): Aliases below it are no mentions.
    min_fragment_probability (float): The same beside another capitalised word, where a text may
        be a part of a longer name.
    lang (Optional[str]): Language of all docs; `None` for the one each is tagged with.
    missing (Missing): What a doc in a language without aliases gets: "error" or "ignore".
    """
    return DetectedMentions(
        str(path), min_link_probability, min_fragment_probability, lang, missing
    )


@registry.misc("spacy-mluke.AliasCandidates.v1")
def make_alias_candidates(
    path: Path, max_candidates: int = 30, lang: Optional[str] = None, missing: Missing = "error"
) -> Callable[[KnowledgeBase, Span], Iterable[Candidate]]:
    """Make a candidate generator of an alias dictionary, for `get_candidates`.

    path (Path): Folder of the dictionary.
    max_candidates (int): So many of the highest prior are given.
    lang (Optional[str]): Language of all docs; `None` for the one each is tagged with.
    missing (Missing): What a mention in a language without aliases gets: "error" or "ignore".
    """
    return AliasCandidates(str(path), max_candidates, lang, missing)


@registry.misc("spacy-mluke.AliasCandidatesBatch.v1")
def make_alias_candidates_batch(
    path: Path, max_candidates: int = 30, lang: Optional[str] = None, missing: Missing = "error"
) -> Callable[[KnowledgeBase, Iterable[Span]], Iterable[Iterable[Candidate]]]:
    """Make a candidate generator of an alias dictionary, for `get_candidates_batch`. See
    `spacy-mluke.AliasCandidates.v1`.
    """
    return AliasCandidatesBatch(AliasCandidates(str(path), max_candidates, lang, missing))
