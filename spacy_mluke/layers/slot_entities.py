"""Which entity stands in each slot."""

from typing import Dict, List, Mapping, Optional, Sequence, Tuple

import numpy as np
from spacy.tokens import Doc
from thinc.types import Ints1d, Ints2d

MASK = "[MASK]"

# Key of the entity in a slot, by number of the Doc in the batch and token offsets of the span.
Named = Mapping[Tuple[int, int, int], str]


class SlotEntities:
    """Entities for the slots of a batch: [MASK], or what `doc.ents` already names.

    docs (Sequence[Doc]): The Docs.
    rows (Mapping[str, int]): Row of the entity table for each key; has "[MASK]".
    mode (str): "mask", or "kb_id" to use `ent.kb_id_` where the table has it.
    named (Optional[Named]): These entities and no others, whatever the mode.
    """

    def __init__(
        self,
        docs: Sequence[Doc],
        rows: Mapping[str, int],
        mode: str,
        named: Optional[Named] = None,
    ) -> None:
        self._rows = rows
        self._named: Dict[Tuple[int, int, int], str] = dict(named or {})
        if named is None and mode == "kb_id":
            for i, doc in enumerate(docs):
                for ent in doc.ents:
                    if ent.kb_id_ and ent.kb_id_ in rows:
                        self._named[i, ent.start, ent.end] = ent.kb_id_

    def rows(self, docs: Ints1d, spans: Ints2d) -> Ints1d:
        """RETURNS (Ints1d): Entity table row for the slot of each span, (n,) int64."""
        if not self._named:
            return np.full(len(spans), self._rows[MASK], dtype="int64")
        return np.asarray([self._rows[key] for key in self.keys(docs, spans)], dtype="int64")

    def keys(self, docs: Ints1d, spans: Ints2d) -> List[str]:
        """RETURNS (List[str]): Key of the entity in each span's slot; empty if all hold [MASK]."""
        if not self._named:
            return []
        where = zip(docs.tolist(), *np.asarray(spans).T.tolist())
        return [self._named.get(key, MASK) for key in where]
