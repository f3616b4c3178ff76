"""Opening and asking an entity vocabulary of the size of mLUKE's, memory-mapped and as JSON.

Titles are made up of syllables, in 24 languages; each entity has those of some of them. Every
opening runs in a process of its own. Memory is what opening and the look-ups add to a process that
has imported the same modules (resident pages, mapped ones that were touched included).
"""

import json
import resource
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Callable, Dict, Iterator, List, Tuple

import numpy as np
from common import CLOCKS, options, ratios, spread

from spacy_mluke.entities.vocabulary import N_SPECIAL, EntityVocabulary, write_vocabulary
from spacy_mluke.entities.vocabulary_formats import export_vocabulary
from spacy_mluke.files import written_whole

LANGUAGES = "ar bn de el en es fi fr hi id it ja ko nl pl pt ru sv sw te th tr vi zh".split()
SYLLABLES = [a + b for a in "bdfgklmnprstvz" for b in ("a", "e", "i", "o", "u", "an", "er", "ing")]
N_ASKED = 200_000


def make(folder: Path, n_entities: int, n_titles: int) -> EntityVocabulary:
    """Write a vocabulary of made-up entities."""
    random = np.random.default_rng(0)
    n_in = np.clip(random.geometric(n_entities / n_titles, n_entities), 1, len(LANGUAGES))
    rows = np.repeat(np.arange(n_entities), n_in)
    langs = np.concatenate([random.permutation(len(LANGUAGES))[:n] for n in n_in])
    items = random.permutation(n_entities * 80)[:n_entities] + 1
    titles = [f"{LANGUAGES[lang]}:{title}" for lang, title in zip(langs, _titles(random, rows))]
    special = np.zeros(N_SPECIAL, dtype=np.int64)
    counts = np.sort(random.zipf(1.5, n_entities).clip(max=10**6))[::-1]
    with written_whole(folder) as new:
        write_vocabulary(
            new,
            np.concatenate([special, items]),
            np.concatenate([special, counts]),
            titles,
            rows + N_SPECIAL,
            {},
        )
    return EntityVocabulary.open(folder)


def _titles(random: np.random.Generator, rows: np.ndarray) -> Iterator[str]:
    """Two words each; the languages of an entity share the first one, as names often do."""
    lengths = random.integers(2, 6, (len(rows), 2))
    picks = random.integers(0, len(SYLLABLES), (len(rows), 10))
    shared = random.integers(0, len(SYLLABLES), (int(rows.max()) + 1, 3))
    for row, (_, second), pick in zip(rows.tolist(), lengths.tolist(), picks.tolist()):
        first = "".join(SYLLABLES[i] for i in shared[row]).capitalize()
        yield f"{first} {''.join(SYLLABLES[i] for i in pick[:second])}"


def measure(
    kind: str, path: Path, keys: List[str], now: Callable[[], float]
) -> Dict[str, float]:
    """Open a vocabulary in this process and look keys up."""
    before = _resident()
    begin = now()
    look_up, one = _open(kind, path)
    one("en:Nowhere")
    opened = now()
    memory = _resident() - before
    found = look_up(keys)
    asked = now()
    again = look_up(keys)
    end = now()
    assert again == found and min(found) >= 0
    return {
        "open_ms": 1e3 * (opened - begin),
        "memory_mb": memory,
        "memory_asked_mb": _resident() - before,
        "first_rows_per_s": len(keys) / (asked - opened),
        "rows_per_s": len(keys) / (end - asked),
    }


def _open(
    kind: str, path: Path
) -> Tuple[Callable[[List[str]], List[int]], Callable[[str], Any]]:
    if kind == "mapped":
        vocabulary = EntityVocabulary.open(path / "vocabulary")
        return lambda keys: vocabulary.rows(keys).tolist(), vocabulary.row
    names = json.loads((path / f"{kind}.json").read_text(encoding="utf8"))
    return lambda keys: [names[key] for key in keys], names.get


def _resident() -> float:
    """RETURNS (float): Resident megabytes of this process."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 2**20


def main() -> None:
    parser = options(__doc__, rounds=3, sentences=0)
    parser.add_argument("--entities", type=int, default=1_200_000, help="default: 1200000")
    parser.add_argument("--titles", type=int, default=5_000_000, help="about; default: 5000000")
    parser.add_argument("--clock", choices=list(CLOCKS), default="wall", help="default: wall")
    parser.add_argument("--child", nargs=2, help="kind and folder: measure in this process")
    args = parser.parse_args()
    if args.child:
        kind, folder = args.child[0], Path(args.child[1])
        keys = json.loads((folder / "keys").read_text())
        print(json.dumps(measure(kind, folder, keys, CLOCKS[args.clock])))
        return
    with TemporaryDirectory() as temporary:
        folder = Path(temporary)
        begin = time.perf_counter()
        vocabulary = make(folder / "vocabulary", args.entities, args.titles)
        print(f"written in {time.perf_counter() - begin:.0f} s")
        export_vocabulary(vocabulary, folder / "json.json", names="both")
        random = np.random.default_rng(1)
        rows = random.integers(N_SPECIAL, len(vocabulary), N_ASKED)
        keys = [vocabulary.key(row) for row in rows[: N_ASKED // 2].tolist()]
        keys += [vocabulary.names.keys(row)[-1] for row in rows[N_ASKED // 2 :].tolist()]
        keys = [keys[i] for i in random.permutation(len(keys)).tolist()]
        (folder / "keys").write_text(json.dumps(keys))
        sizes = {
            "mapped": sum(file.stat().st_size for file in vocabulary.path.iterdir()) / 2**20,
            "json": (folder / "json.json").stat().st_size / 2**20,
        }
        titles = vocabulary.metadata["titles"]
        print(f"{len(vocabulary)} rows, {titles} titles, MB on disk: {sizes}")
        found: Dict[str, List[Dict[str, float]]] = {"mapped": [], "json": []}
        for _ in range(args.rounds):
            for kind in found:
                child = [sys.executable, __file__, "--child", kind, temporary]
                child += ["--clock", args.clock]
                done = subprocess.run(child, capture_output=True, text=True, check=True)
                found[kind].append(json.loads(done.stdout))
    print(f"{'':20}{'mapped':>12}{'json':>12}{'json/mapped':>14}   (median; of ratios min-max)")
    for name in found["mapped"][0]:
        values = {kind: [run[name] for run in runs] for kind, runs in found.items()}
        mapped, plain = (spread(values[kind])[1] for kind in ("mapped", "json"))
        low, middle, high = ratios(values["json"], values["mapped"])
        print(f"{name:20}{mapped:12.1f}{plain:12.1f}{middle:14.2f}   {low:.2f}-{high:.2f}")
    if args.json:
        args.json.write_text(json.dumps({"sizes_mb": sizes, "runs": found}, indent=2))


if __name__ == "__main__":
    main()
