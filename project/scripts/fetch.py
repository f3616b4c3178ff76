"""Get the corpora that project.yml lists under `assets`: a local copy where there is one, else by
download. A file appears whole or not at all, and with its right checksum where one is given.
"""

import argparse
import gzip
import hashlib
import os
import shutil
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import Dict, List, Optional

import srsly

ROOT = Path(__file__).parents[1]
ASSETS = "assets/"
TIMEOUT = 60


class FetchError(RuntimeError):
    """A corpus that cannot be had; the message says which and what to do."""


def read_assets(project: Path, kind: str) -> List[Dict[str, str]]:
    """The assets of a kind.

    project (Path): The project.yml.
    kind (str): Folder or file under assets/, like "ner" or "ner/uner".
    RETURNS (List[Dict[str, str]]): Entries with "dest", "url" and perhaps "checksum" (MD5).
    RAISES (FetchError): If there is none.
    """
    assets = srsly.read_yaml(project)["assets"]
    found = [asset for asset in assets if f"{asset['dest']}/".startswith(f"{ASSETS}{kind}/")]
    if not found:
        kinds = sorted({asset["dest"].split("/")[1] for asset in assets})
        raise FetchError(f"{project} has no assets of the kind '{kind}': use {', '.join(kinds)}")
    return found


def fetch(asset: Dict[str, str], root: Path, local: Optional[Path]) -> str:
    """Get one file.

    asset (Dict[str, str]): Its entry in project.yml. One without "url" is nowhere to be had as it
        is; its "description" tells what it is made of.
    root (Path): The folder that its "dest" is relative to.
    local (Optional[Path]): Folder of copies in the same layout as assets/, plain or with .gz.
    RETURNS (str): Where it came from.
    RAISES (FetchError): If it cannot be had or has another checksum.
    """
    target = root / asset["dest"]
    wanted = asset.get("checksum")
    if target.is_file() and wanted in (None, md5(target)):
        return "already there"
    copy = find_copy(asset["dest"], local)
    if copy is None and "url" not in asset:
        raise FetchError(
            f"{asset['dest']} has no address of its own: {asset['description']}. Put it at "
            f"{target}, or name with --local a folder that has it."
        )
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(target.name + ".part")
    try:
        if copy is not None:
            opener = gzip.open if copy.suffix == ".gz" else open
            with opener(copy, "rb") as source, part.open("wb") as file:
                shutil.copyfileobj(source, file)
        else:
            with urllib.request.urlopen(asset["url"], timeout=TIMEOUT) as source:
                with part.open("wb") as file:
                    shutil.copyfileobj(source, file)
    except (OSError, EOFError, urllib.error.URLError) as error:
        part.unlink(missing_ok=True)
        where = copy or asset["url"]
        raise FetchError(
            f"{asset['dest']}: cannot read {where} ({error}). Check the connection, or put the "
            f"file at {target} yourself."
        ) from error
    origin = str(copy or asset["url"])
    got = md5(part)
    if wanted is not None and got != wanted:
        part.unlink()
        raise FetchError(
            f"{asset['dest']}: {origin} has the MD5 {got}, but {wanted} is wanted. The file has "
            "changed or is damaged."
        )
    os.replace(part, target)
    return origin


def find_copy(dest: str, local: Optional[Path]) -> Optional[Path]:
    """The local copy of a file, if there is one."""
    if local is None:
        return None
    path = local / dest[len(ASSETS) :]
    for candidate in (path, path.with_name(path.name + ".gz")):
        if candidate.is_file():
            return candidate
    return None


def md5(path: Path) -> str:
    """The MD5 of a file, as in project.yml."""
    return hashlib.md5(path.read_bytes()).hexdigest()


def main() -> None:
    """Get the corpora of some kinds."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("kinds", nargs="+", help="folders or files under assets/, like ner/uner")
    parser.add_argument("--local", type=Path, help="folder of copies, used where it has a file")
    parser.add_argument("--project", type=Path, default=ROOT / "project.yml")
    args = parser.parse_args()
    local = args.local
    if local is not None and not local.is_absolute():
        local = args.project.parent / local
    try:
        for kind in args.kinds:
            for asset in read_assets(args.project, kind):
                print(f"{asset['dest']}: {fetch(asset, args.project.parent, local)}")
    except FetchError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
