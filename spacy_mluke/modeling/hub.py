"""Checkpoint names to folders: a local path, or a download from the Hugging Face hub."""

from pathlib import Path
from typing import List, Optional

from ..errors import Errors
from .weights import WEIGHT_FILES, shard_names

_SIDE_FILES = (
    "config.json",
    "tokenizer_config.json",
    "added_tokens.json",
    "entity_vocab.json",
    "sentencepiece.bpe.model",
)


def checkpoint_folder(
    name: str,
    *,
    revision: Optional[str] = None,
    local_files_only: bool = False,
    cache_dir: Optional[Path] = None,
) -> Path:
    """Find the folder of a checkpoint, downloading the needed files if it is a hub name.

    name (str): A folder, or a repository such as "studio-ousia/mluke-base-lite".
    revision (Optional[str]): Branch, tag or commit of the repository.
    local_files_only (bool): Use what was downloaded before, never the network.
    cache_dir (Optional[Path]): Where downloads are kept, by default the hub's own cache.
    RETURNS (Path): The folder.
    RAISES (ValueError): If there is neither such a folder nor a reachable repository.
    """
    folder = Path(name).expanduser()
    if folder.is_dir():
        return folder
    if folder.exists():
        raise ValueError(Errors.M227.format(path=folder))
    # Only here: most checkpoints are folders, and the import is slow.
    from huggingface_hub import HfApi, hf_hub_download, snapshot_download

    trouble: Optional[Exception] = None
    files: List[str] = []
    # The hub's client has a dozen kinds of errors that all mean: not to be had.
    if not local_files_only:
        try:
            files = HfApi().list_repo_files(name, revision=revision)
        except Exception as error:  # what was downloaded before may do
            trouble = error
    offline = local_files_only or trouble is not None
    try:
        patterns = None
        if not offline:
            weights = [file for file in WEIGHT_FILES if file in files][:1]
            if weights and weights[0].endswith(".json"):
                index = hf_hub_download(name, weights[0], revision=revision, cache_dir=cache_dir)
                weights += shard_names(Path(index).read_text(encoding="utf8"))
            patterns = [*_SIDE_FILES, *weights]
        path = snapshot_download(
            name,
            revision=revision,
            allow_patterns=patterns,
            local_files_only=offline,
            cache_dir=cache_dir,
        )
    except Exception as error:
        reason = trouble or error
        text = (str(reason) or type(reason).__name__).splitlines()[0]
        raise ValueError(Errors.M228.format(name=name, error=text)) from reason
    return Path(path)
