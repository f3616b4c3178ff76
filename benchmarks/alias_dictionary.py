"""Opening an alias dictionary of full size and asking it, memory-mapped and as JSON.

Aliases are two made-up words each, in five languages of equally many; an alias stands for one or
two of two million items. JSON has the same: language, alias, [item, count] pairs. Each opening runs
in a process of its own; memory is what it adds, resident pages.
"""

import json
import subprocess
import sys
import time
from multiprocessing import Process
from pathlib import Path
from resource import RUSAGE_SELF, getrusage
from tempfile import TemporaryDirectory
from typing import Any, Callable, Dict, List

import numpy as np
from common import options, ratios, spread
from entity_vocabulary import SYLLABLES, _resident

from spacy_mluke.entities.alias_build import AliasBuilder
from spacy_mluke.entities.alias_counts import AliasCounts
from spacy_mluke.entities.aliases import AliasDictionary

LANGUAGES = ("de", "en", "es", "fr", "pl")
N_ITEMS, N_ASKED = 2_000_000, 100_000


def make_counts(lang: str, number: int) -> AliasCounts:
    """RETURNS (AliasCounts): Made-up aliases of a language."""
    random = np.random.default_rng([LANGUAGES.index(lang), number])
    counts = AliasCounts(lang)
    picks = random.integers(0, len(SYLLABLES), (number, 6))
    items = random.integers(1, N_ITEMS, (number, 2))
    second = random.random(number) < 0.2
    for pick, (first, other), has_second in zip(picks, items, second, strict=True):
        parts = [SYLLABLES[i] for i in pick]
        alias = "".join(parts[:3]).capitalize() + " " + "".join(parts[3:]).capitalize()
        counts.pairs[alias] = {f"Q{first}": 3.0, **({f"Q{other}": 1.0} if has_second else {})}
    counts.named.update(counts.pairs)
    return counts


def build(folder: Path, number: int) -> None:
    """Write the dictionary, its JSON and the aliases to ask for."""
    builder, seconds = AliasBuilder(), 0.0
    with (folder / "aliases.json").open("w") as file:
        for lang in LANGUAGES:
            counts = make_counts(lang, number // len(LANGUAGES))
            pairs = {k: [[e, n] for e, n in v.items()] for k, v in counts.pairs.items()}
            file.write(f'{"," if lang != LANGUAGES[0] else "{"} "{lang}": {json.dumps(pairs)}')
            if lang == "en":
                names = list(pairs)
                chosen = np.random.default_rng(0).integers(0, len(names), N_ASKED)
                (folder / "asked").write_text(json.dumps([names[i] for i in chosen.tolist()]))
                del names
            del pairs
            begin = time.process_time()
            builder.add(counts)
            seconds += time.process_time() - begin
            del counts
        file.write("}")
    begin = time.process_time()
    builder.write(folder / "aliases")
    seconds += time.process_time() - begin
    highest = getrusage(RUSAGE_SELF).ru_maxrss / 1e6
    print(f"built in {seconds:.0f} s of processor time; {highest:.1f} GB with what it is made of")


def measure(kind: str, folder: Path, asked: List[str]) -> Dict[str, float]:
    """Open in this process and look aliases up."""
    before, begin = _resident(), time.process_time()
    ask: Callable[[str], Any]
    if kind == "mapped":
        aliases = AliasDictionary.open(folder / "aliases")
        aliases.candidates("Nowhere", "en")

        def ask(alias: str) -> Any:
            return aliases.candidates(alias, "en")
    else:
        names = json.loads((folder / "aliases.json").read_text())
        ask = names["en"].__getitem__
    opened = time.process_time()
    memory = _resident() - before
    for alias in asked:
        assert ask(alias)
    end = time.process_time()
    return {
        "open_ms": 1e3 * (opened - begin),
        "memory_mb": memory,
        "memory_asked_mb": _resident() - before,
        "aliases_per_s": len(asked) / (end - opened),
    }


def main() -> None:
    """Measure and print."""
    parser = options(__doc__, rounds=3, sentences=0)
    parser.add_argument("--aliases", type=int, default=10_000_000, help="default: 10000000")
    parser.add_argument("--child", nargs=2, help="kind and folder: measure in this process")
    arguments = parser.parse_args()
    if arguments.child:
        kind, place = arguments.child[0], Path(arguments.child[1])
        print(json.dumps(measure(kind, place, json.loads((place / "asked").read_text()))))
        return
    with TemporaryDirectory() as temporary:
        folder = Path(temporary)
        # In a process of its own, which gives its memory back.
        process = Process(target=build, args=(folder, arguments.aliases))
        process.start()
        process.join()
        size = sum(file.stat().st_size for file in (folder / "aliases").rglob("*"))
        print(f"{size / 1e6:.0f} MB; JSON {(folder / 'aliases.json').stat().st_size / 1e6:.0f} MB")
        measured: Dict[str, Dict[str, List[float]]] = {"mapped": {}, "json": {}}
        for _ in range(arguments.rounds):
            for kind, values in measured.items():
                command = [sys.executable, __file__, "--child", kind, str(folder)]
                done = subprocess.run(command, check=True, capture_output=True, text=True)
                for name, value in json.loads(done.stdout).items():
                    values.setdefault(name, []).append(value)
    for name in measured["mapped"]:
        ours, theirs = measured["mapped"][name], measured["json"][name]
        shown = [f"{value:.1f}" for value in (*spread(ours), *spread(theirs))]
        factor = ratios(theirs, ours)
        print(f"{name:18} mapped {shown[:3]} json {shown[3:]} json/mapped {factor[1]:.3g}")
    if arguments.json:
        arguments.json.write_text(json.dumps(measured, indent=2) + "\n")


if __name__ == "__main__":
    main()
