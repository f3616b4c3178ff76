"""Docs in .spacy files."""

from typing import Iterable

from spacy.tokens import Doc, DocBin

from ..files import PathLike, atomic_path


def write_docs(path: PathLike, docs: Iterable[Doc]) -> int:
    """Write docs with all their data to a .spacy file.

    path (PathLike): The file.
    docs (Iterable[Doc]): The docs.
    RETURNS (int): How many docs were written.
    """
    docbin = DocBin(store_user_data=True, docs=docs)
    with atomic_path(path) as temporary:
        temporary.write_bytes(docbin.to_bytes())
    return len(docbin)
