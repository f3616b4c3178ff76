"""Annotated sentences in a form that is written and corrected by hand, one file a language:

    # Comments and empty lines are skipped.
    [Marie Curie|PER] was born in [Warsaw|LOC], the capital of [Poland|LOC].
    > 1 born_in 2; 2 located_in 3

A mention is `[text|LABEL]`. A line that starts with `>` gives the relations of the sentence above
it, `head label tail`, where 1 is the sentence's first mention. The file's name is the language:
`en.txt`. `python markup.py FOLDER TRAIN DEV` writes all files of a folder as the JSONL that the
package reads.
"""

import argparse
import json
import os
import re
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Dict, Iterable, Iterator, List, Tuple

MENTION = re.compile(r"\[([^\[\]|]+)\|([A-Z][A-Za-z_]*)\]")
RELATION = re.compile(r"(\d+)\s+([a-z][a-z_]*)\s+(\d+)")


class MarkupError(ValueError):
    """A line that cannot be read; the message begins with file and line."""


@dataclass
class Record:
    """One sentence: a line of the JSONL form.

    text (str): The sentence without mark-up.
    lang (str): Its language code.
    ents (List[Tuple[int, int, str]]): Start and end character and label of each mention.
    relations (List[Tuple[int, int, str]]): Head and tail, as indices into ents, and label.
    """

    text: str
    lang: str
    ents: List[Tuple[int, int, str]] = field(default_factory=list)
    relations: List[Tuple[int, int, str]] = field(default_factory=list)


def read_folder(folder: Path) -> Dict[str, List[Record]]:
    """The records of every `<lang>.txt` of a folder, by language.

    folder (Path): The folder.
    RETURNS (Dict[str, List[Record]]): The records in the order of the file.
    RAISES (MarkupError): If the folder holds no such file, or a line cannot be read.
    """
    paths = sorted(folder.glob("*.txt"))
    if not paths:
        raise MarkupError(f"{folder}: no <lang>.txt file found")
    return {path.stem: list(read_file(path)) for path in paths}


def read_file(path: Path) -> Iterator[Record]:
    """The records of one file; its name without `.txt` is the language."""
    lines = path.read_text(encoding="utf8").splitlines()
    return parse(lines, lang=path.stem, source=str(path))


def parse(lines: Iterable[str], *, lang: str, source: str = "<text>") -> Iterator[Record]:
    """Read marked-up lines.

    lines (Iterable[str]): The lines.
    lang (str): Language code put on every record.
    source (str): What error messages call the input.
    YIELDS (Record): One record a sentence.
    RAISES (MarkupError): If a line cannot be read.
    """
    record = None
    for number, line in enumerate(lines, start=1):
        line = line.strip()
        where = f"{source}:{number}"
        if not line or line.startswith("#"):
            continue
        if line.startswith(">"):
            if record is None:
                raise MarkupError(f"{where}: relations without a sentence above them")
            record.relations.extend(_parse_relations(line[1:], len(record.ents), where))
            continue
        if record is not None:
            yield record
        record = _parse_sentence(line, lang, where)
    if record is not None:
        yield record


def _parse_sentence(line: str, lang: str, where: str) -> Record:
    record = Record(text="", lang=lang)
    end = 0
    for match in MENTION.finditer(line):
        record.text += line[end : match.start()]
        start = len(record.text)
        mention, label = match.groups()
        if mention != mention.strip():
            raise MarkupError(f"{where}: blank at the edge of the mention '{mention}'")
        record.text += mention
        record.ents.append((start, len(record.text), label))
        end = match.end()
    record.text += line[end:]
    stray = re.search(r"[\[\]|]", record.text)
    if stray:
        raise MarkupError(
            f"{where}: stray '{stray.group()}' in '{record.text}': a mention is [text|LABEL]"
        )
    return record


def _parse_relations(line: str, n_ents: int, where: str) -> List[Tuple[int, int, str]]:
    relations = []
    for part in line.split(";"):
        match = RELATION.fullmatch(part.strip())
        if match is None:
            raise MarkupError(
                f"{where}: '{part.strip()}' is not 'head label tail', as '1 born_in 2'"
            )
        head, tail = int(match.group(1)), int(match.group(3))
        if not (1 <= head <= n_ents and 1 <= tail <= n_ents and head != tail):
            raise MarkupError(
                f"{where}: '{part.strip()}' must name two different mentions of 1-{n_ents}"
            )
        relations.append((head - 1, tail - 1, match.group(2)))
    return relations


def write_jsonl(path: Path, records: Iterable[Record]) -> None:
    """Write records, one line each; the file appears whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    with part.open("w", encoding="utf8") as file:
        for record in records:
            file.write(json.dumps(asdict(record), ensure_ascii=False) + "\n")
    os.replace(part, path)


def split(
    records: Dict[str, List[Record]], hold_out: int
) -> Tuple[List[Record], List[Record]]:
    """Put every hold_out-th sentence of each language aside.

    records (Dict[str, List[Record]]): The records by language.
    hold_out (int): 8 holds out the 8th, 16th, ... sentence of each language.
    RETURNS (Tuple[List[Record], List[Record]]): Records to train on, and those held out.
    """
    train: List[Record] = []
    dev: List[Record] = []
    for of_language in records.values():
        for number, record in enumerate(of_language, start=1):
            (train if number % hold_out else dev).append(record)
    return train, dev


def main() -> None:
    """Convert a folder of mark-up files into a training and a development file."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("folder", type=Path, help="folder of <lang>.txt files")
    parser.add_argument("train", type=Path, help="JSONL file to write: sentences to train on")
    parser.add_argument("dev", type=Path, help="JSONL file to write: sentences held out")
    parser.add_argument("--hold-out", type=int, default=8, help="hold out every Nth (default 8)")
    args = parser.parse_args()
    if args.hold_out < 2:
        parser.error("--hold-out must be 2 or more")
    train, dev = split(read_folder(args.folder), args.hold_out)
    write_jsonl(args.train, train)
    write_jsonl(args.dev, dev)
    print(f"{len(train)} sentences to train on, {len(dev)} held out")


if __name__ == "__main__":
    main()
