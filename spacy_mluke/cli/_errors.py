"""How commands say that something is wrong."""

from contextlib import contextmanager
from typing import Iterator

from wasabi import msg


@contextmanager
def clear_errors() -> Iterator[None]:
    """Show what a user has done wrong, or what a disk has, as a message without a traceback."""
    try:
        yield
    except (ValueError, OSError) as error:
        msg.fail(str(error), exits=1)
