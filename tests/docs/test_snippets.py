"""Every block of code in the documentation and in README.md is run, or says why it is not."""

import contextlib
import doctest
import importlib.util
import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.blocks import RUN, read_blocks
from tests.docs.named import ROOT, check_bash, check_config, check_python

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
# Share of blocks that are not run: what takes minutes, a GPU or a network
MAX_NOT_RUN = 0.3


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_blocks(page, workplace, tmp_path, monkeypatch):
    blocks = read_blocks(page)
    for path in workplace.iterdir():
        (tmp_path / path.name).symlink_to(path)
    monkeypatch.chdir(tmp_path)
    namespace = {"__name__": page.stem}
    for block in blocks:
        if "file" in block.options:
            path = Path(block.options["file"])
            path.parent.mkdir(exist_ok=True)
            path.write_text(block.code, encoding="utf8")
        if block.language == "python" and is_run(block):
            printed = run_python(block, namespace)
        elif block.language == "bash" and is_run(block):
            printed = run_bash(block)
        else:
            check(block)
            continue
        if block.output and not doctest.OutputChecker().check_output(block.output, printed, FLAGS):
            pytest.fail(f"{block.where} prints\n{printed}\nbut is said to print\n{block.output}")


def test_few_blocks_are_not_run(capsys):
    blocks = [block for page in PAGES for block in read_blocks(page) if block.language in RUN]
    left = [block for block in blocks if not is_run(block)]
    with capsys.disabled():
        print(f"\ndocs: {len(blocks) - len(left)} blocks are run, {len(left)} only checked")
        for block in left:
            print(f"  {block.where} {block.options}")
    assert len(left) <= MAX_NOT_RUN * len(blocks)


def is_run(block):
    missing = "needs" in block.options and not importlib.util.find_spec(block.options["needs"])
    return "no-run" not in block.options and not missing


def run_python(block, namespace):
    """Run in this process, so that a page imports torch once; returns what it prints."""
    # lines of tracebacks are those of the page
    code = compile("\n" * (block.line - 1) + block.code, str(block.page), "exec")
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(code, namespace)
    return printed.getvalue()


def run_bash(block):
    """Run with this Python; returns what it prints."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", block.code],
        env={**os.environ, "PATH": path, "COLUMNS": "100"},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert not done.returncode, f"{block.where}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def check(block):
    """Check a block that is not run."""
    if block.language == "python":
        check_python(block.code)
    elif block.language == "bash":
        check_bash(block.code)
    elif block.language == "json":
        for line in block.code.splitlines():
            json.loads(line)
    elif block.language == "ini":
        check_config(block.code)
    else:
        done = not block.language or "file" in block.options
        assert done, f"{block.where}: nothing is done with {block.language!r}"
