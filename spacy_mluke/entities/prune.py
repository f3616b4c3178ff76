"""Smaller entity vocabularies: of some languages, the most frequent entities, or a list of them."""

from pathlib import Path
from typing import Iterable, Mapping, Optional, Sequence

import numpy as np
from numpy.typing import NDArray

from ..errors import Errors
from ..files import PathLike, written_whole
from ..report import Report
from .vocabulary import N_SPECIAL, EntityVocabulary, write_vocabulary


def choose_rows(
    vocabulary: EntityVocabulary,
    *,
    languages: Iterable[str] = (),
    size: Optional[int] = None,
    keys: Optional[Sequence[str]] = None,
    report: Optional[Report] = None,
) -> NDArray[np.int64]:
    """Choose entities that fulfil all conditions.

    vocabulary (EntityVocabulary): The vocabulary.
    languages (Iterable[str]): Entities that have a title in one of these; all if empty.
    size (Optional[int]): This many at most, the most frequent ones; of one count, or if the
        vocabulary has no counts, those that come first.
    keys (Optional[Sequence[str]]): Only these entities ("Q42" or "lang:Title").
    report (Optional[Report]): Counts what is kept and left out.
    RETURNS (NDArray[np.int64]): (n,) their rows, in order, without those of special entities.
    RAISES (ValueError): If there is no condition, if there are no titles in the languages, or if
        no entity is left.
    """
    report = report if report is not None else Report()
    languages = list(languages)
    if not languages and size is None and keys is None:
        raise ValueError(Errors.M828)
    kept = np.zeros(len(vocabulary), dtype=bool)
    if keys is None:
        kept[N_SPECIAL:] = True
    else:
        listed = vocabulary.rows(keys)
        for i in np.flatnonzero(listed < 0).tolist():
            report.lose("listed entities that are not in the vocabulary", where=keys[i])
        kept[listed[listed >= N_SPECIAL]] = True
    if languages:
        unknown = [lang for lang in languages if lang not in vocabulary.languages]
        if unknown:
            raise ValueError(
                Errors.M826.format(
                    path=vocabulary.path,
                    languages=", ".join(unknown),
                    known=", ".join(vocabulary.languages) or "none",
                )
            )
        titled = np.any([vocabulary.names.in_language(lang) for lang in languages], axis=0)
        report.lose("entities without a title in these languages", int((kept & ~titled).sum()))
        kept &= titled
    rows = np.flatnonzero(kept)
    if size is not None and size < len(rows):
        report.lose("entities beyond the size", len(rows) - size)
        rows = np.sort(rows[np.argsort(-vocabulary.counts[rows], kind="stable")[:size]])
    if not len(rows):
        raise ValueError(Errors.M827.format(path=vocabulary.path))
    report.keep("entities", len(rows))
    return rows


def prune_vocabulary(
    vocabulary: EntityVocabulary,
    folder: PathLike,
    rows: NDArray[np.int64],
    *,
    languages: Iterable[str] = (),
) -> EntityVocabulary:
    """Write a vocabulary of some rows.

    vocabulary (EntityVocabulary): The vocabulary.
    folder (PathLike): Where to; may be that of the vocabulary itself.
    rows (NDArray[np.int64]): Rows to keep, beside those of special entities, in this order.
    languages (Iterable[str]): Keep titles in these alone; all if empty. An entity whose item is
        not known keeps all its titles.
    RETURNS (EntityVocabulary): The smaller one. Its ``source_rows`` are the rows in this one.
    """
    kept = np.concatenate([np.arange(N_SPECIAL), rows])
    names = vocabulary.names
    places, titles = names.owned(kept)
    languages = list(languages)
    if languages:
        wanted = names.languages_in(languages)[names.language_of[titles]]
        wanted |= vocabulary.items[kept[places]] == 0
        places, titles = places[wanted], titles[wanted]
    with written_whole(Path(folder)) as new:
        write_vocabulary(
            new,
            vocabulary.items[kept],
            vocabulary.counts[kept],
            names.restore(titles),
            places,
            {"pruned_from": len(vocabulary)},
            kept,
        )
    return EntityVocabulary.open(folder)


def table_rows(
    vocabulary: EntityVocabulary, names: Mapping[str, int], n_rows: int, *, checkpoint: str
) -> NDArray[np.int64]:
    """Which row of a checkpoint's table each entity has.

    vocabulary (EntityVocabulary): The vocabulary it was trained with, or one imported from its
        entity vocabulary file.
    names (Mapping[str, int]): What the entity vocabulary file of the checkpoint says.
    n_rows (int): Rows of the table.
    checkpoint (str): The name of the checkpoint, for messages.
    RETURNS (NDArray[np.int64]): (rows of the vocabulary,) rows of the table.
    RAISES (ValueError): If the two do not belong together.
    """
    keys = list(names)
    said = np.fromiter(names.values(), dtype=np.int64, count=len(keys))
    rows = vocabulary.rows(keys).astype(np.int64)
    reason = ""
    for in_table in (np.arange(len(vocabulary)), vocabulary.source_rows.astype(np.int64)):
        # the special entities are named in each checkpoint and need not be where ours are
        wrong = np.flatnonzero((rows >= N_SPECIAL) & (in_table[rows] != said) | (rows < 0))
        if len(wrong):
            example = keys[wrong[0]]
            reason = reason or (
                f"{len(wrong)} of {len(keys)} entities have other rows, like {example}, which is "
                f"{names[example]} there"
            )
        elif in_table.max() >= n_rows:
            reason = f"the table has {n_rows} rows, the vocabulary {len(vocabulary)}"
        else:
            return in_table
    raise ValueError(
        Errors.M829.format(vocabulary=vocabulary.path, checkpoint=checkpoint, reason=reason)
    )
