"""Pruning of a checkpoint: its vocabulary says which rows, its table gives them."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Dict, List, Mapping, Optional

import numpy as np
from numpy.typing import NDArray

from ..entities.keys import SPECIAL_ENTITIES, split_title
from ..entities.prune import choose_rows, prune_vocabulary, table_rows
from ..entities.rows import VOCABULARY_FOLDER, mapped_vocabulary
from ..entities.vocabulary import EntityVocabulary
from ..entities.vocabulary_formats import import_vocabulary
from ..errors import Errors
from ..modeling.hub import checkpoint_folder
from ..modeling.prune import count_entity_rows, prune_checkpoint
from ..modeling.vocabulary import entity_file, read_entity_vocab
from ..report import Report


def prune_entities(
    source: str,
    output_path: Path,
    vocabulary_path: Optional[Path],
    *,
    languages: List[str],
    size: Optional[int],
    keys: Optional[List[str]],
    report: Report,
) -> int:
    """Write a checkpoint with some of the entities of another.

    source (str): The checkpoint.
    output_path (Path): Where to.
    vocabulary_path (Optional[Path]): Folder of its vocabulary; by default that in the checkpoint,
        or what its entity vocabulary file says. A folder is pruned too, into the new checkpoint.
    languages (List[str]), size (Optional[int]), keys (Optional[List[str]]): As for ``choose_rows``.
    report (Report): Counts what is kept and left out.
    RETURNS (int): Rows of the new table.
    RAISES (ValueError): If the vocabulary does not belong to the checkpoint.
    """
    folder = checkpoint_folder(source)
    file = entity_file(folder)
    if file is None:
        raise ValueError(Errors.M233.format(folder=folder))
    names = read_entity_vocab(file)
    mapped = vocabulary_path or mapped_vocabulary(file)
    with TemporaryDirectory() as temporary:
        if mapped is None:
            vocabulary = import_vocabulary(file, Path(temporary) / "vocabulary")
        else:
            vocabulary = EntityVocabulary.open(mapped)
        in_table = table_rows(vocabulary, names, count_entity_rows(folder), checkpoint=source)
        rows = choose_rows(vocabulary, languages=languages, size=size, keys=keys, report=report)
        kept = in_table[rows]
        chosen = _names(names, kept, languages, vocabulary, rows)
        pruned = prune_checkpoint(folder, output_path, kept.tolist(), chosen)
        if mapped is not None:
            prune_vocabulary(
                vocabulary, output_path / VOCABULARY_FOLDER, rows, languages=languages
            )
    return pruned.config.entity_vocab_size


def _names(
    names: Mapping[str, int],
    kept: NDArray[np.int64],
    languages: List[str],
    vocabulary: EntityVocabulary,
    rows: NDArray[np.int64],
) -> Dict[str, int]:
    """RETURNS (Dict[str, int]): Names of rows that are kept, titles in the languages alone, and
    of each row that would have no name, the key that the vocabulary has.
    """
    of_kept = set(kept.tolist())
    chosen: Dict[str, int] = {}
    for name, row in names.items():
        title = split_title(name)
        if row in of_kept and name not in SPECIAL_ENTITIES:
            if title is None or not languages or title[0] in languages:
                chosen[name] = row
    named = set(chosen.values())
    for row, own in zip(kept.tolist(), rows.tolist()):
        if row not in named:
            chosen[vocabulary.key(own)] = row
    return chosen
