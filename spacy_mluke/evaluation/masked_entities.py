"""Held-out masked entity prediction: against the most frequent sense, and across languages."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import Any, Dict, Iterator, List, Optional, Sequence, Tuple

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from ..modeling.batch import SlotBatch, WindowBatch
from ..pretraining.batches import Inputs, gather_inputs
from ..pretraining.evaluate import batches_of, ranks_of
from ..pretraining.model import PretrainingModel
from ..pretraining.shards import Shard

_TOP = 10
# A mention is ambiguous if its most frequent sense has at most this share of its links.
_AMBIGUOUS = 0.8

# Pieces of a mention
Mention = Tuple[int, ...]


class Senses:
    """The entities that each mention text links to, by its pieces.

    shards (Sequence[Shard]): Training data; counted by language.
    counted (Optional[NDArray[np.bool_]]): (n_rows,) the entities that count; all if `None`.
    """

    def __init__(
        self, shards: Sequence[Shard], counted: Optional[NDArray[np.bool_]] = None
    ) -> None:
        self.counted = counted
        counts: Dict[str, Dict[Mention, Counter[int]]] = defaultdict(lambda: defaultdict(Counter))
        for shard in shards:
            found = counts[shard.language]
            for pieces, lengths, entities, ranges, slots in shard.chunks():
                shifts = np.repeat(np.cumsum(lengths) - lengths, slots)
                for mention, entity in zip(_mentions(pieces, ranges, shifts), entities.tolist()):
                    if self.counts(entity):
                        found[mention][entity] += 1
        self._senses: Dict[str, Dict[Mention, Tuple[List[int], float]]] = {
            lang: {mention: _ordered(senses) for mention, senses in found.items()}
            for lang, found in counts.items()
        }

    def __call__(self, lang: str, mention: Mention) -> Tuple[List[int], float]:
        """RETURNS (Tuple[List[int], float]): The rows, the most frequent first, and its share of
        the links; empty and 0 if the mention is unknown.
        """
        return self._senses.get(lang, {}).get(mention, ([], 0.0))

    def counts(self, entity: int) -> bool:
        """RETURNS (bool): Whether an entity counts."""
        return self.counted is None or bool(self.counted[entity])


def _ordered(senses: "Counter[int]") -> Tuple[List[int], float]:
    rows = sorted(senses, key=lambda row: (-senses[row], row))
    return rows, senses[rows[0]] / sum(senses.values())


def _mentions(
    pieces: NDArray[Any], ranges: NDArray[Any], shifts: NDArray[np.int64]
) -> Iterator[Mention]:
    flat = pieces.tolist()
    for (start, end), shift in zip(ranges.tolist(), shifts.tolist(), strict=True):
        yield tuple(flat[shift + start : shift + end])


@dataclass
class EntityPredictions:
    """One row for each held-out mention.

    languages (List[str]): Of the text. gold (List[int]): Row of the entity.
    ranks (List[int]): Place of the right row among all, from 0.
    frequent (List[int]): Row of the most frequent sense, -1 for mentions not seen in training.
    items (List[int]): The same among senses that are Wikidata items.
    shares (List[float]): Its share of the mention's links to items; 0 if the right entity is none.
    chosen (List[int]): Of these items, the one that scores highest; -1 for none.
    vectors (List[Tensor]): (entity_emb_size,) the state in the space of the table.
    """

    languages: List[str] = field(default_factory=list)
    gold: List[int] = field(default_factory=list)
    ranks: List[int] = field(default_factory=list)
    frequent: List[int] = field(default_factory=list)
    items: List[int] = field(default_factory=list)
    shares: List[float] = field(default_factory=list)
    chosen: List[int] = field(default_factory=list)
    vectors: List[Tensor] = field(default_factory=list)


@torch.inference_mode()
def predict_entities(
    model: PretrainingModel,
    shards: Sequence[Shard],
    senses: Senses,
    item_senses: Senses,
    *,
    mask_row: int,
    mask_piece: Optional[int] = None,
    max_pieces: int = 0,
) -> EntityPredictions:
    """Hide every entity once, the others of its instance being seen or hidden by turns.

    model (PretrainingModel): The model. shards (Sequence[Shard]): Held-out data.
    senses (Senses): What the mentions stand for in the training data.
    item_senses (Senses): The same, Wikidata items only.
    mask_row (int): The row of [MASK].
    mask_piece (Optional[int]): Hide the words of the mentions, too, behind this piece, so that the
        context alone decides.
    max_pieces (int): Of each shard; 0 for all.
    RETURNS (EntityPredictions): All mentions.
    """
    found = EntityPredictions()
    for index, shard in enumerate(shards):
        for instances in batches_of(index, shard, max_pieces):
            inputs = gather_inputs(shards, instances, with_entities=True)
            shifts = np.repeat(np.cumsum(inputs.lengths) - inputs.lengths, inputs.slots)
            mentions = list(_mentions(inputs.pieces, inputs.ranges, shifts))
            for places, states in _hidden_states(model, inputs, mask_row, mask_piece):
                gold = torch.from_numpy(inputs.entities[places])
                logits = model.entity_predictions(states, model.entity_table).float()
                hidden = [mentions[place] for place in places.tolist()]
                known = [senses(shard.language, mention)[0] for mention in hidden]
                items = [item_senses(shard.language, mention) for mention in hidden]
                found.languages += [shard.language] * len(places)
                found.gold += gold.tolist()
                found.ranks += ranks_of(logits, gold).tolist()
                found.frequent += [rows[0] if rows else -1 for rows in known]
                found.items += [rows[0] if rows else -1 for rows, _ in items]
                found.shares += [
                    share if item_senses.counts(row) else 0.0
                    for (_, share), row in zip(items, gold.tolist())
                ]
                found.chosen += [_best(row, rows) for row, (rows, _) in zip(logits, items)]
                found.vectors += list(model.entity_predictions.transform(states))
    return found


def _best(logits: Tensor, rows: List[int]) -> int:
    return rows[int(logits[rows].argmax())] if rows else -1


def _hidden_states(
    model: PretrainingModel,
    inputs: Inputs,
    mask_row: int,
    mask_piece: Optional[int],
) -> Iterator[Tuple[NDArray[np.int64], Tensor]]:
    for parity in (0, 1):
        places = np.arange(parity, len(inputs.entities), 2)
        if not len(places):
            continue
        entities, pieces = inputs.entities.copy(), inputs.pieces.copy()
        entities[places] = mask_row
        if mask_piece is not None:
            pieces[inputs.piece_places(places)] = mask_piece
        encoded = model.encoder(
            WindowBatch(torch.from_numpy(pieces), inputs.lengths.tolist()),
            SlotBatch(
                torch.from_numpy(entities), inputs.slots.tolist(), torch.from_numpy(inputs.ranges)
            ),
        )
        yield places, encoded.slots[torch.from_numpy(places)]


def summarize(found: EntityPredictions) -> Dict[str, Dict[str, float]]:
    """Accuracies of the model and of the most frequent sense.

    "ambiguous" are links to Wikidata items by mentions of which at most 80 % are to one item in
    training: the context decides, for the model among all entities of the table ("accuracy@1"), or
    among the items that the mention has in training ("accuracy_among_senses"). Other keys than
    items are left out there, since two of them, or one and an item, can be the same entity in
    two languages. "context" are mentions of all kinds whose most frequent sense is wrong.

    found (EntityPredictions): What `predict_entities` gave.
    RETURNS (Dict[str, Dict[str, float]]): By language, and for "all".
    """
    langs = np.array(found.languages)
    gold, ranks = np.array(found.gold), np.array(found.ranks)
    frequent, shares = np.array(found.frequent), np.array(found.shares)
    items, best = np.array(found.items), np.array(found.chosen)
    ambiguous = (items >= 0) & (shares > 0) & (shares <= _AMBIGUOUS)
    groups = {lang: langs == lang for lang in sorted(set(found.languages))}
    groups["all"] = np.ones(len(langs), dtype=bool)
    result = {}
    for name, chosen in groups.items():
        result[name] = {
            "mentions": int(chosen.sum()),
            "accuracy@1": _share(ranks[chosen] == 0),
            "accuracy@10": _share(ranks[chosen] < _TOP),
            "most_frequent_sense": _share(frequent[chosen] == gold[chosen]),
            "ambiguous_mentions": int((chosen & ambiguous).sum()),
            "ambiguous_accuracy@1": _share(ranks[chosen & ambiguous] == 0),
            "ambiguous_accuracy_among_senses": _share(
                best[chosen & ambiguous] == gold[chosen & ambiguous]
            ),
            "ambiguous_most_frequent_sense": _share(
                items[chosen & ambiguous] == gold[chosen & ambiguous]
            ),
        }
        context = chosen & (frequent >= 0) & (frequent != gold)
        result[name]["context_mentions"] = int(context.sum())
        result[name]["context_accuracy@1"] = _share(ranks[context] == 0)
        unseen = chosen & (frequent < 0)
        result[name]["unseen_mentions"] = int(unseen.sum())
        result[name]["unseen_accuracy@1"] = _share(ranks[unseen] == 0)
    return result


def cross_lingual_agreement(found: EntityPredictions) -> Dict[str, float]:
    """How often the nearest mention in another language is one of the same item.

    For each pair of languages, mentions of items that both mention are looked up among all
    mentions of the other language, by cosine.

    found (EntityPredictions): What `predict_entities` gave.
    RETURNS (Dict[str, float]): "accuracy" over all queries, "chance" of a random mention, and how
        many "queries" there were.
    """
    vectors = F.normalize(torch.stack(found.vectors).float(), dim=1)
    gold, langs = torch.tensor(found.gold), np.array(found.languages)
    places = {lang: torch.from_numpy(np.flatnonzero(langs == lang)) for lang in set(langs)}
    hits = queries = 0
    chance = 0.0
    for lang, mine in places.items():
        for other, theirs in places.items():
            if lang == other:
                continue
            shared = mine[torch.isin(gold[mine], gold[theirs])]
            if not len(shared):
                continue
            nearest = (vectors[shared] @ vectors[theirs].T).argmax(dim=1)
            hits += int((gold[theirs][nearest] == gold[shared]).sum())
            same = gold[shared][:, None] == gold[theirs][None]
            chance += float(same.float().mean(dim=1).sum())
            queries += len(shared)
    total = max(queries, 1)
    return {"accuracy": hits / total, "chance": chance / total, "queries": queries}


def _share(hits: NDArray[np.bool_]) -> float:
    return float(hits.mean()) if len(hits) else 0.0
