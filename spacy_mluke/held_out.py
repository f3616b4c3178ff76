"""What is held out, by hash: the same for dictionaries, datasets and corpora of all kinds."""

from hashlib import blake2b


def point_of(text: str, seed: int) -> float:
    """RETURNS (float): Where a text falls between 0 and 1, by its content and the seed alone."""
    salt = (seed % 2**64).to_bytes(8, "big")
    digest = blake2b(text.encode("utf8", "surrogatepass"), digest_size=8, salt=salt).digest()
    return int.from_bytes(digest, "big") / 2**64
