"""Data on a Doc that survives every way spaCy copies, cuts, joins and serialises Docs.

``Doc.from_docs`` and ``Span.as_doc`` move only *Span-level* underscore entries of
``doc.user_data``, those under the key ``("._.", name, start_char, end_char)``; what is stored on
the Doc itself is dropped by the one and left with stale offsets by the other. So everything the
package keeps on a Doc is such an entry. Its value is plain (dict, list, str, numbers, numpy
arrays; ``str`` keys), because it travels by msgpack, and offsets inside a value are relative to
the entry's ``start_char``, because spaCy shifts the key and nothing else.

What a reader has to know:

* after ``as_doc`` an entry may begin before the doc or end after it: the reader clips;
* after ``from_bytes`` a tuple has become a list, after ``DocBin`` a list has become a tuple;
* values are copied shallowly by spaCy: replace a value by ``write_entry``, never change it;
* when a part made by ``as_doc`` is joined to foreign text by ``from_docs``, an entry that lay
  outside the part ends up beside it, on text it never described. A value that depends on the
  text should carry that text, so that its reader can tell.
"""

from typing import Any, Dict, Iterator, List, Optional, Tuple

import numpy as np
from spacy.tokens import Doc

from .errors import Errors

Key = Tuple[str, str, int, int]

_PREFIX = "._."
_SCALARS = (str, bytes, bool, int, float, type(None), np.bool_, np.number)


def write_entry(doc: Doc, name: str, start_char: int, end_char: int, value: Any) -> None:
    """Store a value at a character range, in place of one already stored there.

    doc (Doc): The doc to write on.
    name (str): Name of the kind of entry.
    start_char (int): First character the entry describes.
    end_char (int): One past the last character; equal to `start_char` only in an empty doc.
    value (Any): Dicts with `str` keys, lists, tuples, str, bytes, numbers, numpy arrays.
    RAISES (ValueError): If the range is not in the doc or the value cannot be serialised.
    """
    length = text_length(doc)
    if not 0 <= start_char <= end_char <= length or (start_char == end_char and length):
        raise ValueError(
            Errors.M501.format(name=name, start=start_char, end=end_char, length=length)
        )
    _check_plain(value, name)
    _data(doc)[_PREFIX, name, int(start_char), int(end_char)] = value


def read_entries(doc: Doc, name: str) -> List[Tuple[int, int, Any]]:
    """The entries that lie in the doc, wholly or in part.

    doc (Doc): The doc to read.
    name (str): Name of the kind of entry.
    RETURNS (List[Tuple[int, int, Any]]): Start, end and value, sorted by start and end. Start
        may be negative and end beyond the text where the doc was cut out of another one.
    """
    length = text_length(doc)
    data = _data(doc)
    found = [
        (key[2], key[3], data[key]) for key in _keys(doc, name) if _touches(key[2], key[3], length)
    ]
    return sorted(found, key=_by_range)


def read_entry(doc: Doc, name: str, start_char: int, end_char: int) -> Any:
    """RETURNS (Any): The value stored at just this character range; `None` if there is none."""
    return _data(doc).get((_PREFIX, name, start_char, end_char))


def remove_entries(
    doc: Doc, name: str, start_char: Optional[int] = None, end_char: Optional[int] = None
) -> int:
    """Remove the entries of a name, all of them or those wholly within a character range.

    doc (Doc): The doc to change.
    name (str): Name of the kind of entry.
    start_char (Optional[int]): Start of the range; everything from the left if `None`.
    end_char (Optional[int]): End of the range; everything to the right if `None`.
    RETURNS (int): How many entries were removed.
    """
    removed = [
        key
        for key in _keys(doc, name)
        if (start_char is None or key[2] >= start_char) and (end_char is None or key[3] <= end_char)
    ]
    for key in removed:
        del _data(doc)[key]
    return len(removed)


def text_length(doc: Doc) -> int:
    """Length of `doc.text` in characters, without building the text.

    doc (Doc): The doc.
    RETURNS (int): The length, the last token's trailing space included.
    """
    if not len(doc):
        return 0
    last = doc[len(doc) - 1]
    return last.idx + len(last) + len(last.whitespace_)


def _data(doc: Doc) -> Dict[Any, Any]:
    # spaCy's stub says that the keys are strings, its code uses tuples
    return doc.user_data


def _keys(doc: Doc, name: str) -> Iterator[Key]:
    for key in _data(doc):
        if (
            isinstance(key, tuple)
            and len(key) == 4
            and key[0] == _PREFIX
            and key[1] == name
            and key[2] is not None
            and key[3] is not None
        ):
            yield key


def _touches(start: int, end: int, length: int) -> bool:
    if length == 0:
        return start == end == 0
    return start < length and end > 0


def _by_range(entry: Tuple[int, int, Any]) -> Tuple[int, int]:
    return entry[:2]


def _check_plain(value: Any, name: str) -> None:
    if isinstance(value, np.ndarray):
        if value.dtype.hasobject:
            raise ValueError(Errors.M502.format(name=name, kind="an array of Python objects"))
    elif isinstance(value, dict):
        mapping: Dict[Any, Any] = value
        for key, item in mapping.items():
            if not isinstance(key, str):
                raise ValueError(Errors.M502.format(name=name, kind=f"a dict key {key!r}"))
            _check_plain(item, name)
    elif isinstance(value, (list, tuple)):
        for item in value:
            _check_plain(item, name)
    elif not isinstance(value, _SCALARS):
        raise ValueError(Errors.M502.format(name=name, kind=str(type(value))))
