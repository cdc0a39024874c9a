"""What deploy/set-up says and does where it may not, or need not, install anything."""

import shutil
import subprocess
from pathlib import Path

import pytest

TOOLS = (
    *("bash", "cat", "chmod", "dirname", "env", "flock", "grep", "head", "id", "mkdir", "mv"),
    *("readlink", "rm", "sha256sum", "tail", "tee", "touch"),
)
NOTHING_INSTALLED = "#!/bin/sh\nexit 1\n"


@pytest.fixture
def bare_machine(tmp_path, root):
    """A copy of the set-up on a machine that has a shell, no system packages and no way to install them."""
    bin_ = tmp_path / "bin"
    bin_.mkdir()
    for tool in TOOLS:
        (bin_ / tool).symlink_to(shutil.which(tool))
    (bin_ / "dpkg-query").write_text(NOTHING_INSTALLED)
    (bin_ / "dpkg-query").chmod(0o755)
    for folder in ("deploy", "requirements"):
        shutil.copytree(root / folder, tmp_path / folder)
    shutil.copytree(root / "tests" / "judges", tmp_path / "tests" / "judges")
    return tmp_path


def set_up(machine, kind, **environment):
    return subprocess.run(
        [machine / "deploy" / "set-up", kind],
        env={"PATH": str(machine / "bin"), "HOME": str(machine)} | environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def test_where_it_may_not_install_it_names_the_command_and_installs_nothing(bare_machine):
    done = set_up(bare_machine, "run")
    assert done.returncode == 69
    assert "Nhờ quản trị viên chạy lệnh sau" in done.stderr
    command = done.stderr.splitlines()[-1].strip()
    assert command.startswith("apt-get update && apt-get install -y --no-install-recommends ")
    assert {"tesseract-ocr-vie", "fonts-croscore", "python3-venv"} <= set(command.split())
    assert not (bare_machine / ".venv").exists()


def test_it_speaks_english_when_asked(bare_machine):
    assert "Ask an administrator" in set_up(bare_machine, "run", MOTCUA_LANG="en").stderr


def test_an_unknown_kind_is_a_usage_error(bare_machine):
    done = set_up(bare_machine, "everything")
    assert (done.returncode, done.stderr) == (
        64,
        "usage: deploy/set-up run|test|bench|judges|judges-folder\n",
    )


def test_the_judges_live_in_the_users_cache_under_the_checksum_of_what_makes_them(bare_machine):
    folder = set_up(bare_machine, "judges-folder", XDG_CACHE_HOME="/cache").stdout
    assert folder.startswith("/cache/motcua/judges-")
    with (bare_machine / "tests" / "judges" / "Judge.java").open("a") as judge:
        judge.write("// changed\n")
    assert set_up(bare_machine, "judges-folder", XDG_CACHE_HOME="/cache").stdout != folder
    assert set_up(bare_machine, "judges-folder").stdout.startswith(f"{bare_machine}/.cache/motcua/judges-")


def test_judges_that_cannot_be_had_are_told_and_leave_nothing_that_looks_whole(bare_machine):
    done = set_up(bare_machine, "judges")
    assert done.returncode == 0
    assert "veraPDF" in done.stderr.splitlines()[-1]
    assert not list((bare_machine / ".cache" / "motcua").glob("*/complete"))


def test_judges_that_are_whole_are_left_alone(bare_machine):
    folder = set_up(bare_machine, "judges-folder").stdout
    Path(folder).mkdir(parents=True)
    (Path(folder) / "complete").touch()
    assert set_up(bare_machine, "judges").stderr == ""
