"""A pipeline laid out as a repository of the Hugging Face hub.

The layout is that of `spacy-huggingface-hub`: the pipeline at the root, its card, and its wheel
under its own name and as `<name>-any-py3-none-any.whl`, which today's pip refuses and older
addresses name. That package cannot be used: it pins a typer that today's spaCy cannot run with, and
calls functions that huggingface_hub has dropped.
"""

import json
import re
import shutil
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import Any, Dict, List, Optional, Set

from spacy.cli.package import package

from ..errors import Errors
from .folders import folder_size, pipeline_folder
from .model_card import model_card

HUB = "https://huggingface.co"
_REPO = re.compile(r"^[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*$")
_MEBI = 2**20


@dataclass(frozen=True)
class Published:
    """url (str): The repository. wheel_url (str): Its wheel. version (str): Of the pipeline."""

    url: str
    wheel_url: str
    version: str


def lay_out(source: str, repo: str, folder: Path, *, most: int) -> Published:
    """Write what belongs into the repository of a pipeline.

    source (str): A wheel of `spacy package`, a folder of a pipeline, or an installed package.
    repo (str): The repository, "org/name".
    folder (Path): An empty folder.
    most (int): Largest wheel in MiB.
    RETURNS (Published): Where things will be.
    RAISES (ValueError): If the source is no pipeline, or the wheel is too large.
    """
    if not _REPO.match(repo):
        raise ValueError(Errors.M660.format(repo=repo))
    with TemporaryDirectory() as temporary:
        wheel = Path(source)
        if wheel.suffix != ".whl":
            _check_size(source, folder_size(pipeline_folder(source)), most)
            wheel = _build_wheel(pipeline_folder(source), Path(temporary))
        elif not wheel.is_file():
            raise ValueError(Errors.M661.format(path=source, reason="there is no such file"))
        _check_size(source, wheel.stat().st_size, most)
        meta = _unpack(wheel, folder)
        shutil.copyfile(wheel, folder / wheel.name)
    name = f"{meta['lang']}_{meta['name']}"
    shutil.copyfile(folder / wheel.name, folder / f"{name}-any-py3-none-any.whl")
    wheel_url = f"{HUB}/{repo}/resolve/main/{wheel.name}"
    card = folder / "README.md"
    readme = card.read_text(encoding="utf8") if card.is_file() else ""
    card.write_text(model_card(meta, readme, wheel_url, repo), encoding="utf8")
    return Published(f"{HUB}/{repo}", wheel_url, meta["version"])


def write_local(source: str, repo: str, folder: Path, target: Path, *, most: int) -> Published:
    """Lay a repository out in a folder, where older wheels of the same pipeline stay.

    source (str), repo (str), most (int): As for `lay_out`.
    folder (Path): An empty folder to write to.
    target (Path): The folder that it will replace.
    RETURNS (Published): Where things would be on the hub.
    RAISES (ValueError): If the target holds something else.
    """
    published = lay_out(source, repo, folder, most=most)
    if target.is_dir() and any(target.iterdir()):
        meta = target / "meta.json"
        _check_same(repo, folder, meta.read_text(encoding="utf8") if meta.is_file() else None)
        for wheel in target.glob("*.whl"):
            if not (folder / wheel.name).exists():
                shutil.copyfile(wheel, folder / wheel.name)
    return published


def upload(folder: Path, repo: str, *, message: str, private: bool) -> str:
    """Upload what `lay_out` wrote. Needs a token, from `huggingface-cli login` or HF_TOKEN.

    folder (Path): The folder.
    repo (str): The repository; it is made if need be.
    message (str): Message of the commit.
    private (bool): Whether a new repository is private.
    RETURNS (str): Address of the commit.
    RAISES (ValueError): If the repository holds something else, or the hub refuses.
    """
    from huggingface_hub import HfApi
    from huggingface_hub.errors import HfHubHTTPError, LocalTokenNotFoundError

    api = HfApi()
    try:
        present: Set[str] = set()
        if api.repo_exists(repo):
            present = set(api.list_repo_files(repo))
        if present - {".gitattributes", "README.md"}:
            meta = None
            if "meta.json" in present:
                with TemporaryDirectory() as temporary:  # not in the cache of models
                    file = api.hf_hub_download(repo, "meta.json", local_dir=temporary)
                    meta = Path(file).read_text(encoding="utf8")
            _check_same(repo, folder, meta)
        api.create_repo(repo, private=private, exist_ok=True)
        new = {path.relative_to(folder).as_posix() for path in folder.rglob("*")}
        stale = [n for n in present - new if not n.endswith((".whl", ".gitattributes"))]
        patterns = [re.sub(r"([*?\[])", r"[\1]", name) for name in sorted(stale)]
        commit = api.upload_folder(
            repo_id=repo,
            folder_path=folder,
            commit_message=message,
            delete_patterns=patterns or None,
        )
    except (HfHubHTTPError, LocalTokenNotFoundError, OSError) as error:
        reason = (str(error) or type(error).__name__).strip().splitlines()[0]
        raise ValueError(Errors.M664.format(repo=repo, reason=reason)) from error
    return str(commit.commit_url)


def _check_size(source: str, size: int, most: int) -> None:
    if size > most * _MEBI:
        raise ValueError(Errors.M662.format(path=source, size=size / _MEBI, most=most))


def _check_same(repo: str, folder: Path, meta: Optional[str]) -> None:
    mine = json.loads((folder / "meta.json").read_text(encoding="utf8"))
    theirs = {} if meta is None else json.loads(meta)
    if any(theirs.get(key) != mine[key] for key in ("lang", "name")):
        there = f"the pipeline {theirs['lang']}_{theirs['name']}" if theirs else "other files"
        name = f"{mine['lang']}_{mine['name']}"
        raise ValueError(Errors.M663.format(repo=repo, there=there, name=name))


def _build_wheel(folder: Path, work: Path) -> Path:
    package(folder, work, create_sdist=False, create_wheel=False, silent=True)
    project = next(path.parent for path in work.glob("*/setup.py"))
    # Where spaCy builds a wheel, setuptools is downloaded for it.
    command = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "."]
    done = subprocess.run([*command, "-w", "dist"], cwd=project, capture_output=True, text=True)
    found = list(project.glob("dist/*.whl"))
    if done.returncode or not found:
        last = (done.stderr.strip() or "no wheel was made").splitlines()[-1]
        raise ValueError(Errors.M661.format(path=folder, reason=last))
    return found[0]


def _unpack(wheel: Path, folder: Path) -> Dict[str, Any]:
    """Write the pipeline in a wheel to a folder, without the package around it."""
    try:
        with zipfile.ZipFile(wheel) as archive:
            names = [PurePosixPath(name) for name in archive.namelist()]
            roots = [n.parent for n in names if n.name == "config.cfg" and len(n.parts) == 3]
            if not roots or roots[0] / "meta.json" not in names:
                raise ValueError(Errors.M661.format(path=wheel, reason="it holds no pipeline"))
            members: List[PurePosixPath] = [n for n in names if roots[0] in n.parents]
            for member in members:
                target = folder.joinpath(*member.relative_to(roots[0]).parts)
                if ".." in member.parts:
                    raise ValueError(Errors.M661.format(path=wheel, reason=f"it holds {member}"))
                target.parent.mkdir(parents=True, exist_ok=True)
                with archive.open(str(member)) as source, target.open("wb") as file:
                    shutil.copyfileobj(source, file)
        return json.loads((folder / "meta.json").read_text(encoding="utf8"))
    except zipfile.BadZipFile as error:
        raise ValueError(Errors.M661.format(path=wheel, reason=error)) from error
