"""The README tells of the command as it is."""

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def asked_for_help(*words):
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "80"}
    line = [sys.executable, "-P", "-m", "office", *words, "--help"]
    return subprocess.run(line, env=environment, capture_output=True, text=True, check=True).stdout


def test_the_help_in_the_readme_is_the_commands_own():
    assert asked_for_help() in README


def test_every_command_the_readme_shows_exists():
    shown = set(re.findall(r"\./motcua (\w+)", README)) - {"test", "bench"}
    for command in shown:
        assert "usage: motcua" in asked_for_help(command)


def test_every_bench_the_readme_names_is_there():
    for name in re.findall(r"\./motcua bench (\w+)", README):
        bench = ROOT / "bench"
        assert (bench / f"{name}.py").exists() or (bench / name / "__main__.py").exists(), name


def test_every_page_the_readme_links_is_there():
    for target in re.findall(r"\]\(([^)#]+)\)", README):
        assert (ROOT / target).exists(), target
