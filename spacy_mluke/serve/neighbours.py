"""Entities that are near each other in the entity table of a pipeline's encoder."""

from typing import Any, Dict, List, NamedTuple, Optional

import torch
from spacy.language import Language

from ..entities.alias_table import AliasTable
from ..entities.keys import split_title
from ..entities.linker_candidates import DictionaryCandidates
from ..entities.vocabulary import EntityVocabulary
from ..layers.linker_table import row_keys
from ..layers.shim import EncoderShim


class Neighbour(NamedTuple):
    """An entity near another one.

    key (str): "Q42" or "lang:Title".
    similarity (float): Cosine of the two rows.
    """

    key: str
    similarity: float


class EntityTable:
    """The rows of an entity table, their keys and titles.

    shim (EncoderShim): The encoder, with named entities.
    vocabulary (Optional[EntityVocabulary]): Titles by language; without it those that the table
        has itself.
    aliases (Optional[AliasTable]): Names of the entities that have no title.
    """

    def __init__(
        self,
        shim: EncoderShim,
        vocabulary: Optional[EntityVocabulary] = None,
        aliases: Optional[AliasTable] = None,
    ) -> None:
        self._entities = shim.entities
        self._vocabulary = vocabulary
        self._aliases = aliases
        self._weight = shim.loaded.encoder.entity_embeddings.entity_embeddings.weight.detach()
        self._keys = row_keys(shim)
        # Cosines divide by these; rows without a name can't be anyone's neighbour.
        self._scale = torch.zeros(len(self._weight))
        rows = torch.from_numpy(self._keys.rows)
        self._scale[rows] = 1 / self._weight[rows].float().norm(dim=1).clamp_min(1e-12).cpu()
        self._titles: Dict[int, Dict[str, str]] = {}
        if vocabulary is None:
            for key, row in shim.entities.items():
                title = split_title(key)
                if title is not None:
                    self._titles.setdefault(row, {}).setdefault(*title)

    @classmethod
    def of(
        cls, nlp: Language, vocabulary: Optional[EntityVocabulary] = None
    ) -> Optional["EntityTable"]:
        """Find the entity table of a pipeline.

        nlp (Language): The pipeline.
        vocabulary (Optional[EntityVocabulary]): Titles by language.
        RETURNS (Optional[EntityTable]): That of the first encoder that knows entities by name;
            `None` if there is none.
        """
        pipes = [pipe for _, pipe in nlp.components]
        aliases = next(filter(None, map(alias_table, pipes)), None)
        for pipe in pipes:
            shims: List[Any] = getattr(pipe, "encoder_shims", [])
            for shim in shims:
                if shim.is_loaded and len(shim.entities) > len(shim.entities.special):
                    return cls(shim, vocabulary, aliases)
        return None

    def __len__(self) -> int:
        """RETURNS (int): Number of entities."""
        return len(self._keys.rows)

    def __contains__(self, key: object) -> bool:
        return key in self._entities and key not in self._entities.special

    @property
    def languages(self) -> List[str]:
        """RETURNS (List[str]): Languages that titles are in."""
        if self._vocabulary is not None:
            return self._vocabulary.languages
        return sorted({lang for titles in self._titles.values() for lang in titles})

    def titles(self, key: str) -> Dict[str, str]:
        """RETURNS (Dict[str, str]): Language to title of an entity, in order of language; to the
        commonest name where there is no title.
        """
        names = {}
        if self._aliases is not None:
            for lang in self._aliases.languages:
                name = self._aliases.name(key, lang)
                if name is not None:
                    names[lang] = name
        if self._vocabulary is None:
            titles = self._titles.get(self._entities[key], {}) if key in self else {}
        else:
            row = self._vocabulary.row(key)
            titles = self._vocabulary.titles(row) if row >= 0 else {}
        return dict(sorted({**names, **titles}.items()))

    @torch.inference_mode()
    def nearest(self, key: str, n: int) -> List[Neighbour]:
        """The entities whose rows are most like an entity's.

        key (str): The entity.
        n (int): How many.
        RETURNS (List[Neighbour]): The nearest first, without the entity itself.
        RAISES (KeyError): If the table does not have the entity.
        """
        row = self._entities[key]
        cosines = (self._weight @ self._weight[row]).float().cpu() * self._scale
        cosines *= self._scale[row]
        cosines[self._scale == 0] = -torch.inf
        cosines[row] = -torch.inf
        found = torch.topk(cosines, min(n, len(self) - 1))
        pairs = zip(found.indices.tolist(), found.values.tolist())
        return [Neighbour(self._keys[other], cosine) for other, cosine in pairs]


def alias_table(pipe: Any) -> Optional[AliasTable]:
    """RETURNS (Optional[AliasTable]): That which a component takes candidates from, if it does."""
    source = getattr(pipe, "candidates", None)
    return source.table if isinstance(source, DictionaryCandidates) else None
