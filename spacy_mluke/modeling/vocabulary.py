"""What a checkpoint says about its vocabularies: rows of entities, number of pieces."""

import json
import mmap
import re
from pathlib import Path
from typing import Dict, Iterator, Optional, Tuple

from ..errors import Errors
from .config import SPECIAL_ENTITIES

PIECE_FILE = "sentencepiece.bpe.model"
ENTITY_FILES = ("entity_vocab.json", "entity_vocab.jsonl", "entity_vocab.tsv")
N_ADDED = 4  # word rows beyond the pieces: fairseq's shift by one, <mask>, <ent>, <ent2>


def entity_file(folder: Path) -> Optional[Path]:
    """RETURNS (Optional[Path]): The entity vocabulary of a checkpoint folder, if it has one."""
    return next((folder / name for name in ENTITY_FILES if (folder / name).is_file()), None)


def read_special_entities(path: Path) -> Dict[str, int]:
    """Find the rows of [MASK], [UNK], [PAD], [MASK2] without reading the whole vocabulary.

    path (Path): A vocabulary in any of the three forms. The original ones have no [MASK2].
    RETURNS (Dict[str, int]): The rows of those that are present.
    RAISES (ValueError): If there is no [MASK].
    """
    if path.suffix == ".json":
        found = _search_json(path)
    else:
        found = {}
        for name, row in _original_rows(path):
            if name in SPECIAL_ENTITIES:
                found.setdefault(name, row)
                if len(found) == len(SPECIAL_ENTITIES) - 1:
                    break
    if "[MASK]" not in found:
        raise ValueError(Errors.M229.format(file=path))
    return found


def _search_json(path: Path) -> Dict[str, int]:
    """A full vocabulary has 24 languages' titles; scanning its bytes takes a tenth of parsing."""
    found: Dict[str, int] = {}
    if not path.stat().st_size:
        return found
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as text:
        for name in SPECIAL_ENTITIES:
            match = re.search(rb'"%b"\s*:\s*(\d+)' % re.escape(name.encode()), text)
            if match:
                found[name] = int(match.group(1))
    return found


def read_entity_vocab(path: Path) -> Dict[str, int]:
    """Read a whole entity vocabulary.

    path (Path): ``entity_vocab.json`` of a Hugging Face folder, or the original's
        ``.jsonl`` ({"id", "entities": [[title, language], ..], "count"}) or ``.tsv``.
    RETURNS (Dict[str, int]): Name to row. Names are "language:Title"; the special entities, and
        titles of a ``.tsv``, which has one language, are bare.
    """
    if path.suffix == ".json":
        return json.loads(path.read_text(encoding="utf8"))
    return dict(_original_rows(path))


def _original_rows(path: Path) -> Iterator[Tuple[str, int]]:
    with path.open(encoding="utf8") as file:
        for number, line in enumerate(file):
            if path.suffix == ".tsv":
                yield line.rstrip("\n").split("\t")[0], number
                continue
            record = json.loads(line)
            for title, language in record["entities"]:
                special = title in SPECIAL_ENTITIES
                yield title if special else f"{language}:{title}", record["id"]


def count_pieces(model: bytes) -> int:
    """Count the pieces of a SentencePiece model without loading it, which takes much longer.

    model (bytes): A serialized ModelProto, whose field 1 is repeated once per piece.
    RETURNS (int): The number of pieces, or -1 if the bytes are no SentencePiece model.
    """
    at, count, size = 0, 0, len(model)
    while at < size and model[at] == 0x0A:
        at, length, shift = at + 1, 0, 0
        while at < size:
            byte = model[at]
            length |= (byte & 0x7F) << shift
            at, shift = at + 1, shift + 7
            if byte < 0x80:
                break
        at += length
        count += 1
    return count if count and at <= size else -1
