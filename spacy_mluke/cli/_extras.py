"""Which extra of the package brings a package that is not installed."""

from collections import defaultdict
from importlib.metadata import PackageNotFoundError, requires
from typing import Dict, Set

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

_PACKAGE = "spacy-mluke"


def what_to_install(module: str) -> str:
    """Find out how to get a missing module.

    module (str): Its name, like "matplotlib.figure".
    RETURNS (str): What to give to `pip install`: the smallest extra that brings it, or else the
        package itself.
    """
    package = module.split(".")[0]
    extras = {
        extra: packages
        for extra, packages in _extras().items()
        if canonicalize_name(package) in packages
    }
    if not extras:
        return package
    return f"{_PACKAGE}[{min(extras, key=lambda extra: len(extras[extra]))}]"


def _extras() -> Dict[str, Set[str]]:
    found: Dict[str, Set[str]] = defaultdict(set)
    try:
        requirements = [Requirement(line) for line in requires(_PACKAGE) or ()]
    except PackageNotFoundError:  # run from a folder
        requirements = []
    for requirement in requirements:
        # 'extra == "viz"', alone or with conditions on Python and system
        for part in str(requirement.marker or "").split(" and "):
            name, _, value = part.partition(" == ")
            if name == "extra":
                found[value.strip('"')].add(canonicalize_name(requirement.name))
    return found
