"""What deploy/set-up says and does where it may not, or need not, install anything."""

import shutil
import subprocess
from pathlib import Path

import pytest

TOOLS = (
    *("bash", "cat", "chmod", "dirname", "env", "flock", "grep", "head", "id", "mkdir", "mv"),
    *("mktemp", "readlink", "rm", "sha256sum", "tail", "tee", "touch"),
)
SAYS_PAGES = """#!/bin/sh
for page in 1 2 3 4 5 6 7 8 9; do echo "Get:$page a page of words"; echo "W: and another" >&2; done
exit "$(cat "$(dirname "$0")/answer")"
"""
ANY_PYTHON = """#!/bin/sh
if [ "$2" = venv ]; then mkdir -p "$3/bin" && cp "$0" "$3/bin/python"; exit; fi
case "$*" in *--version*) exit 1;; esac
echo "Collecting pages of words"; echo "ERROR: one of the hashes differs" >&2
exit 2
"""
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
        "usage: deploy/set-up run|test|bench|judges|judges-folder|minio|minio-program\n",
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


@pytest.fixture
def machine_to_install_on(bare_machine):
    """The bare machine with an apt-get and a python that say much; nothing is written outside it."""
    for tool, words in (("apt-get", SAYS_PAGES), ("python", ANY_PYTHON)):
        (bare_machine / "bin" / tool).write_text(words)
        (bare_machine / "bin" / tool).chmod(0o755)
    (bare_machine / "bin" / "sudo").write_text('#!/bin/sh\n[ "$1" != -n ] || shift\nexec "$@"\n')
    (bare_machine / "bin" / "sudo").chmod(0o755)
    for tool in ("tee", "chmod"):  # the guard against started servers lies outside
        (bare_machine / "bin" / tool).unlink()
        (bare_machine / "bin" / tool).write_text("#!/bin/sh\n")
        (bare_machine / "bin" / tool).chmod(0o755)
    (bare_machine / "bin" / "cp").symlink_to(shutil.which("cp"))
    (bare_machine / "bin" / "answer").write_text("0")
    return bare_machine


def install(machine, kind="run", **environment):
    return set_up(machine, kind, MOTCUA_PYTHON=str(machine / "bin" / "python"), **environment)


def test_what_apt_says_stays_in_the_log_and_each_step_is_one_line(machine_to_install_on):
    told = install(machine_to_install_on).stderr.splitlines()
    assert told[0].startswith("Đang cài gói hệ thống: python3-venv ")
    assert told[1] == "Đang cài thư viện Python (run)"
    assert not [line for line in told if line.startswith(("Get:", "W:"))]
    log = (machine_to_install_on / ".cache" / "motcua" / "set-up-run.log").read_text()
    assert "Get:9 a page of words\n" in log
    assert "W: and another\n" in log


def test_a_step_of_apt_that_fails_names_the_log(machine_to_install_on):
    (machine_to_install_on / "bin" / "answer").write_text("100")
    done = install(machine_to_install_on)
    log = machine_to_install_on / ".cache" / "motcua" / "set-up-run.log"
    assert done.returncode == 69
    assert done.stderr.splitlines()[-1] == f"Bước này không thành; chi tiết: {log}"
    assert len(done.stderr.splitlines()) <= 5
    assert not (machine_to_install_on / ".venv").exists()


def test_a_step_of_pip_that_fails_names_the_log_and_is_tried_again_next_time(machine_to_install_on):
    for _ in range(2):
        done = install(machine_to_install_on, MOTCUA_LANG="en")
        log = machine_to_install_on / ".cache" / "motcua" / "set-up-run.log"
        assert done.returncode != 0
        assert done.stderr.splitlines()[-1] == f"This step failed; details: {log}"
        assert "ERROR: one of the hashes differs" in log.read_text()
        assert log.read_text().count("Collecting pages of words") == 1


def test_where_the_cache_cannot_be_written_the_log_lies_elsewhere_and_is_named(machine_to_install_on):
    (machine_to_install_on / "no-folder").touch()
    done = install(
        machine_to_install_on, MOTCUA_LANG="en", XDG_CACHE_HOME=str(machine_to_install_on / "no-folder")
    )
    named = done.stderr.splitlines()[-1].removeprefix("This step failed; details: ")
    assert "ERROR: one of the hashes differs" in Path(named).read_text()
    Path(named).unlink()


def test_the_tests_tools_hold_what_a_minimal_debian_lacks(bare_machine):
    """git: the house's rules ask it; libatomic1: Playwright's own program is linked to it."""
    told = set_up(bare_machine, "test", MOTCUA_PYTHON="/no-python").stderr
    command = next(line for line in told.splitlines() if "apt-get install" in line)
    assert {"git", "libatomic1"} <= set(command.split())


def test_a_bench_installs_no_peer_by_being_started(root):
    """Only a bench that asks for OCRmyPDF installs it and what it needs (bench/peers.py)."""
    start = (root / "motcua").read_text()
    assert "set_up bench" not in start
    asking = {path.name for path in (root / "bench").rglob("*.py") if "ocrmypdf()" in path.read_text()}
    assert asking == {"peers.py", "recall.py", "stack.py", "peer.py"}


def test_a_minio_that_cannot_be_built_is_told_and_leaves_nothing(bare_machine):
    done = set_up(bare_machine, "minio", MOTCUA_LANG="en")
    assert done.returncode == 0
    assert done.stderr.splitlines()[-1].startswith("MinIO could not be built")
    assert not list((bare_machine / ".cache" / "motcua").glob("minio*"))


def test_a_minio_that_is_built_is_left_alone(bare_machine):
    program = Path(set_up(bare_machine, "minio-program").stdout)
    program.parent.mkdir(parents=True)
    program.touch(0o755)
    assert set_up(bare_machine, "minio").stderr == ""
