import os
import re
import signal
import socket
import subprocess
import sys
import urllib.request

import pytest
from spacy.cli._util import app as spacy_app
from typer.testing import CliRunner

import spacy_mluke.cli.serve  # noqa: F401 registers the command
from tests.entities.alias_folders import make_dictionary


def run(*args):
    return CliRunner().invoke(spacy_app, ["mluke", "serve", *map(str, args)])


def _heed_interrupts():
    signal.signal(signal.SIGINT, signal.default_int_handler)


def test_serves_until_it_is_stopped(tmp_path):
    command = [sys.executable, "-m", "spacy", "mluke", "serve", "blank:de", "--port", "0"]
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
        # A shell that runs the tests in the background has them ignore Ctrl+C, and their children.
        preexec_fn=_heed_interrupts,
    ) as process:
        try:
            first = process.stdout.readline()
            url = re.search(r"http://127\.0\.0\.1:\d+", first)
            assert url, first + process.stderr.read()
            with urllib.request.urlopen(f"{url[0]}/api/info", timeout=120) as answer:
                assert b'"de_pipeline"' in answer.read()
            process.send_signal(signal.SIGINT)
            rest, errors = process.communicate(timeout=120)
        finally:
            process.kill()
    assert process.returncode == 0 and "Ended" in rest and "Traceback" not in errors


def test_pipeline_that_is_not_there(tmp_path):
    result = run(tmp_path / "nothing")
    assert result.exit_code == 1 and "[M621]" in result.output
    assert "Traceback" not in result.output and "nothing" in result.output
    (tmp_path / "config.cfg").write_text("no config")
    (tmp_path / "meta.json").write_text("{}")
    result = run(tmp_path)
    assert result.exit_code == 1 and "[M621]" in result.output


def test_port_that_is_taken():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        result = run("blank:xx", "--port", taken.getsockname()[1])
    assert result.exit_code == 1 and "[M620]" in result.output and "--port" in result.output


@pytest.mark.parametrize("port", ["-1", "65536", "x"])
def test_port_that_is_none(port):
    assert run("blank:xx", f"--port={port}").exit_code == 2


def test_folder_that_is_no_vocabulary(tmp_path):
    aliases = make_dictionary(tmp_path).path
    result = run("blank:xx", "--entities", aliases)
    assert result.exit_code == 1 and "Traceback" not in result.output


def test_help_has_examples():
    assert "python -m spacy mluke serve" in run("--help").output
