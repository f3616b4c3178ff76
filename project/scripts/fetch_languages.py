"""Get what an encoder is pretrained on, for the languages that are asked for: dumps, plain text and
paragraphs as project.yml lists them under `assets`, and the label table. Files stay packed.
"""

import argparse
import re
import sys
from pathlib import Path
from typing import Dict, List, Optional, Sequence

from fetch import ASSETS, FetchError, fetch, read_assets

LABELS = "entities/entity_labels_24.jsonl.gz"
FOLDERS = ("pretraining", "plain", "wikipedia")

# "mini/swwiki.xml.bz2", "dewiki-plain.txt.gz", "sw.jsonl.gz"
_LANGUAGE = re.compile(r"^([a-z]{2,3}(?:_[a-z]+)*?)(?:wiki[-.].+|\.jsonl\.gz)$")


def language_of(path: Path) -> Optional[str]:
    """RETURNS (Optional[str]): The language that the name of a file begins with, if it does."""
    found = _LANGUAGE.match(path.name)
    return found[1].replace("_", "-") if found else None


def chosen_assets(project: Path, languages: Sequence[str]) -> List[Dict[str, str]]:
    """The assets of some languages, and those of no language.

    project (Path): The project.yml.
    languages (Sequence[str]): Codes like "sw".
    RETURNS (List[Dict[str, str]]): Entries with "dest", and with "url" or "description".
    RAISES (FetchError): If there is no text of a language.
    """
    assets = [asset for kind in (LABELS, *FOLDERS) for asset in read_assets(project, kind)]
    known = {language_of(Path(asset["dest"])) for asset in assets}
    missing = sorted(set(languages) - {lang for lang in known if lang})
    if missing:
        raise FetchError(
            f"{project} has no text in {', '.join(missing)}: add a dump to its assets, as "
            f"{ASSETS}wikipedia/{missing[0]}wiki-latest-pages-articles.xml.bz2"
        )
    wanted = {None, *languages}
    return [asset for asset in assets if language_of(Path(asset["dest"])) in wanted]


def get(asset: Dict[str, str], root: Path, local: Optional[Path]) -> str:
    """Get one file without unpacking it.

    asset (Dict[str, str]): Its entry in project.yml.
    root (Path): The folder that its "dest" is relative to.
    local (Optional[Path]): Folder of copies in the same layout as assets/.
    RETURNS (str): Where it came from.
    RAISES (FetchError): If it cannot be had or has another checksum.
    """
    copy = None if local is None else local / asset["dest"][len(ASSETS) :]
    if copy is not None and copy.is_file():
        # By its address, `fetch` takes a copy as it is, without unpacking it.
        return fetch({**asset, "url": copy.resolve().as_uri()}, root, None)
    return fetch(asset, root, None)


def main() -> None:
    """Get dumps, plain text, paragraphs and labels."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("languages", help="codes with commas between, like sw,te")
    parser.add_argument("--local", type=Path, help="folder of copies, used where it has a file")
    parser.add_argument("--project", type=Path, default=Path("project.yml"))
    args = parser.parse_args()
    root, local = args.project.parent, args.local
    if local is not None and not local.is_absolute():
        local = root / local
    try:
        for folder in FOLDERS:
            (root / ASSETS / folder).mkdir(parents=True, exist_ok=True)
        for asset in chosen_assets(args.project, args.languages.split(",")):
            print(f"{asset['dest']}: {get(asset, root, local)}")
    except FetchError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
