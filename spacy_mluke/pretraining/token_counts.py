"""How often tokens occur, which a vocabulary of pieces is trained on."""

from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from itertools import islice
from pathlib import Path
from typing import Dict, Mapping, Sequence, Tuple

from tqdm import tqdm  # type: ignore[import-untyped]

from ..entities.paragraphs import read_paragraphs
from .linked_docs import multilingual_tokenizer

# A token, and whether it stands after a space or at the start of a text.
Token = Tuple[str, bool]

_SCALE = 10_000  # counts are whole numbers; this is what one of the rarest language weighs


def count_tokens(
    paths: Sequence[Path], *, sources: Sequence[str] = (), limit: int = 0
) -> "Counter[Token]":
    """Count the tokens of spaCy's "xx" with character tokens in paragraphs of one language.

    paths (Sequence[Path]): Files or folders of paragraphs.
    sources (Sequence[str]): Count in these alone; in all if empty.
    limit (int): Read that many paragraphs of each path at most; 0 for all.
    RETURNS (Counter[Token]): The counts.
    """
    tokenizer = multilingual_tokenizer()
    counts: "Counter[Token]" = Counter()
    for path in paths:
        paragraphs = read_paragraphs(path, sources=sources)
        for paragraph in islice(paragraphs, limit or None):
            spaced = True
            for token in tokenizer(paragraph.text):
                if not token.is_space:
                    counts[(token.text, spaced)] += 1
                spaced = bool(token.whitespace_) or token.is_space
    return counts


def mix_languages(
    counts: Mapping[str, Mapping[Token, int]], *, smoothing: float, min_count: int = 1
) -> Dict[Token, int]:
    """Add up the counts of languages so that a language has a share ~ n^smoothing of all tokens.

    counts (Mapping[str, Mapping[Token, int]]): By language. smoothing (float): 1 is as they are, 0
        gives all languages the same share.
    min_count (int): Leave out tokens that a language has less often: there are very many, which
        say little and take most of the time of the training.
    RETURNS (Dict[Token, int]): Weighted counts.
    """
    mixed: Dict[Token, float] = {}
    for tokens in counts.values():
        total = sum(tokens.values())
        weight = total**smoothing / total * _SCALE if total else 0.0
        for token, count in tokens.items():
            if count < min_count:
                continue
            mixed[token] = mixed.get(token, 0.0) + weight * count
    return {token: max(1, round(count)) for token, count in mixed.items()}


def count_languages(
    paths: Mapping[str, Sequence[Path]],
    *,
    sources: Sequence[str] = (),
    limit: int = 0,
    processes: int = 1,
) -> Dict[str, "Counter[Token]"]:
    """Count the tokens of several languages, one process a language.

    paths (Mapping[str, Sequence[Path]]): Of each language. sources, limit: See `count_tokens`.
    processes (int): How many at once.
    RETURNS (Dict[str, Counter[Token]]): By language.
    """
    with ProcessPoolExecutor(processes) as pool:
        futures = {
            lang: pool.submit(count_tokens, files, sources=sources, limit=limit)
            for lang, files in paths.items()
        }
        return {
            lang: future.result()
            for lang, future in tqdm(futures.items(), desc="tokens", unit=" languages")
        }
