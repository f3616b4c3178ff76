"""Every message the package shows when something is wrong, with its number.

A number is never reused. Ranges: 1xx text, 2xx modeling and checkpoints, 3xx layers,
4xx pipeline components, 5xx training data and scoring, 6xx command line.
"""


class _Numbered(type):
    """Puts the code of a message in front of it: ``Errors.M101`` -> ``[M101] ...``."""

    def __getattribute__(cls, name: str) -> str:
        text = super().__getattribute__(name)
        return text if name.startswith("_") else f"[{name}] {text}"


class Errors(metaclass=_Numbered):
    """Messages of exceptions. Use as ``ValueError(Errors.M101.format(...))``."""

    # --- 1xx text

    # --- 2xx modeling and checkpoints

    # --- 3xx layers

    # --- 4xx pipeline components

    # --- 5xx training data and scoring

    M501 = (
        "Can't store '{name}' at characters {start}-{end}: the range must not be empty and must "
        "lie in the doc, which has {length} characters."
    )
    M502 = (
        "Can't store '{name}' on a Doc: {kind} would not survive serialisation. Use dicts with "
        "str keys, lists, strings, numbers and numpy arrays of numbers."
    )

    # --- 6xx command line


class Warnings(metaclass=_Numbered):
    """Messages of warnings, numbered apart from the errors (``W`` for ``M``)."""

    # --- 1xx text

    # --- 2xx modeling and checkpoints

    # --- 3xx layers

    # --- 4xx pipeline components

    # --- 5xx training data and scoring
