"""Both commands on a minimal Debian 12, made here by debootstrap: `./motcua demo --once` and `./motcua test`.

A machine that has more than the set-up installs hides what the set-up lacks; this one has nothing. It is lent
what this host needs to reach its registries, as the environment names it: certificates, proxies, pip's and
Maven's settings, the addresses apt uses. It lives in name spaces of its own: what was mounted or started in
it ends with it.

    ./motcua bench fresh [--without-demo] [--without-tests] [--keep] [PYTEST ARGS]

With arguments for pytest (`tests/house -q`) those tests run, else all that CI runs. What is not committed is
not cloned.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from bench.goals import Goal, concluded  # noqa: E402 the rooms run in place, from the root

SUITE = "bookworm"
OUT = ROOT / "bench" / "out"
CLONE = f"/root/{ROOT.name}-fresh"
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
TARGETS = "$(REPO_URI)|$(RELEASE)|$(COMPONENT)"
LENT = re.compile(
    r"(?i:(https?|ftp|all|no)_proxy)|PIP_\w+|GO(PROXY|SUMDB|NOSUMDB|PRIVATE|FLAGS)|MAVEN_\w+|\w*CA_BUNDLE|\w*CAINFO"
    r"|SSL_CERT_(FILE|DIR)|PIP_CERT|\w*CA_CERTS|MOTCUA_LANG"
)
SETTINGS = (
    *("/etc/pip.conf", ".pip/pip.conf", ".config/pip/pip.conf", ".m2/settings.xml", ".config/go/env"),
    *("/etc/resolv.conf", "/etc/hosts"),
)
CERTIFICATE = re.compile(r"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)
BUNDLE = Path("/etc/ssl/certs/ca-certificates.crt")
OWN_CERTIFICATES = Path("/usr/share/ca-certificates")
MOUNTS = """
mount --make-rprivate /
mount --bind "$1" "$1"
cd "$1"; shift
mount -t proc proc proc
mount -t sysfs -o ro sysfs sys
mount --rbind /dev dev
mount -t tmpfs -o mode=1777 shm dev/shm
pivot_root . .  # a chroot alone would forbid the name spaces that walls are made of
umount -l .
cd /root
exec "$@"
"""


@dataclass(frozen=True)
class Run:
    """One command in the fresh Debian: its exit status, seconds, and the last of what it said."""

    name: str
    status: int
    seconds: float
    said: str


@dataclass(frozen=True)
class Fresh:
    """A minimal Debian in a folder, and the variables lent to what runs in it."""

    folder: Path
    lent: Mapping[str, str]

    def run(self, name: str, *command: str) -> Run:
        """Run a command there and show what it says; whatever it leaves running ends with it."""
        print(f"\n=== {name}", flush=True)
        began = time.monotonic()
        private = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "bash", "-euc", MOUNTS, "mounts"]
        environment = {"PATH": PATH, "HOME": "/root", "LANG": "C.UTF-8", "CI": "true", **self.lent}
        with subprocess.Popen(
            [*private, self.folder, *command],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        ) as running:
            said = list(_shown(running.stdout or iter(()), OUT / f"fresh-{name}.log"))
        return Run(name, running.returncode, time.monotonic() - began, "".join(said))


def main(arguments: Sequence[str]) -> int:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--without-demo", action="store_true")
    asked.add_argument("--without-tests", action="store_true")
    asked.add_argument("--keep", action="store_true", help="leave the folder where it is, and say where")
    options, for_pytest = asked.parse_known_args(arguments)
    if os.geteuid() != 0:
        print("skipped: only root may make a Debian by debootstrap")
        return 0
    OUT.mkdir(exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="motcua-fresh-"))
    folder.chmod(0o755)  # it becomes /, through which every account must pass
    try:
        runs = list(_both_commands(_make(folder), options, for_pytest))
    finally:
        if options.keep:
            print(f"kept: {folder}")
        else:
            _remove(folder)
    return concluded(goals(runs))


def goals(runs: Iterable[Run]) -> Iterator[Goal]:
    for run in runs:
        print(f"{run.name:6} exit {run.status} {run.seconds:8.1f} s  {run.said.strip().splitlines()[-1:]}")
        print(*(line for line in run.said.splitlines() if line.startswith("NOT SHOWN")), sep="\n")
        yield Goal(f"{run.name}: exit status", run.status, 0)
        if run.name == "test":
            yield Goal("test: failures and errors", bad_tests(run.said), 0)


def bad_tests(said: str) -> int | None:
    """How many tests failed or ended in errors, by pytest's closing line; None without one."""
    closing = [
        line for line in said.splitlines() if re.search(r"\d+ (passed|failed|error)s?\b.* in [\d.]+s", line)
    ]
    if not closing:
        return None
    return sum(int(count) for count in re.findall(r"(\d+) (?:failed|errors?)\b", closing[-1]))


def _both_commands(fresh: Fresh, options: argparse.Namespace, for_pytest: Sequence[str]) -> Iterator[Run]:
    if not options.without_demo:
        yield fresh.run("demo", f"{CLONE}/motcua", "demo", "--once", "--data", "/root/demo")
    if not options.without_tests:
        there = [
            f"{CLONE}/{word}" if (ROOT / word.partition("::")[0]).exists() else word for word in for_pytest
        ]
        yield fresh.run("test", f"{CLONE}/motcua", "test", *there)


def _make(folder: Path) -> Fresh:
    """Make the Debian, lend it what this host needs to reach the registries, clone this tree into it."""
    if shutil.which("debootstrap") is None:
        _apt("update", "-q")
        _apt("install", "-y", "-q", "--no-install-recommends", "debootstrap")
    sources = debian_sources(_told("apt-get", "indextargets", "--format", TARGETS, "Created-By: Packages"))
    print("\n=== debootstrap", flush=True)
    with (OUT / "fresh-debootstrap.log").open("wb") as log:
        made = ["debootstrap", "--variant=minbase", SUITE, str(folder), sources[0].split()[1]]
        private = ["unshare", "--mount", "--pid", "--fork", "--kill-child", *made]
        subprocess.run(private, stdin=subprocess.DEVNULL, stdout=log, stderr=log, check=True)
    (folder / "etc/apt/sources.list").write_text("\n".join(sources) + "\n", encoding="utf-8")
    proxies = [
        line for line in _told("apt-config", "dump").splitlines() if re.match(r"Acquire::https?\W", line)
    ]
    (folder / "etc/apt/apt.conf.d/90lent").write_text("\n".join(proxies) + "\n", encoding="utf-8")
    lent = {name: value for name, value in os.environ.items() if LENT.fullmatch(name)}
    _lend_files(folder, lent)
    clone = ["git", "-c", f"safe.directory={ROOT}", "clone", "-q", "--no-hardlinks", str(ROOT)]
    subprocess.run([*clone, f"{folder}{CLONE}"], check=True)
    return Fresh(folder, lent)


def debian_sources(told: str) -> list[str]:
    """Lines for sources.list from what apt of this host fetches: the suite itself first, then its updates."""
    found: dict[tuple[str, str], list[str]] = {}
    for line in told.splitlines():
        address, release, component = line.split("|")
        if release.split("-")[0].split("/")[0] == SUITE:
            found.setdefault((release, address), []).append(component)
    lines = [f"deb {address} {release} {' '.join(parts)}" for (release, address), parts in found.items()]
    if not lines or not any(line.split()[2] == SUITE for line in lines):
        raise SystemExit(f"apt of this host knows no archive of {SUITE}")
    return sorted(lines, key=lambda line: line.split()[2] != SUITE)


def _lend_files(folder: Path, lent: Mapping[str, str]) -> None:
    """Copy to the same places: settings, and files or folders that a lent variable names."""
    home = Path.home()
    for place in SETTINGS:
        source = Path(place) if place.startswith("/") else home / place
        _copy(source, folder / (place.lstrip("/") if place.startswith("/") else f"root/{place}"))
    for value in lent.values():
        if value.startswith("/") and not value.startswith("/etc/ssl/certs"):
            _copy(Path(value), folder / value.lstrip("/"))
    target = folder / "usr/local/share/ca-certificates"
    target.mkdir(parents=True, exist_ok=True)
    for number, certificate in enumerate(host_certificates(), 1):
        (target / f"lent-{number}.crt").write_text(certificate + "\n", encoding="ascii")
    (folder / BUNDLE.relative_to("/")).parent.mkdir(parents=True, exist_ok=True)
    if BUNDLE.exists():  # until ca-certificates is installed there and makes it anew, with the lent ones
        shutil.copy(BUNDLE, folder / BUNDLE.relative_to("/"))


def host_certificates() -> list[str]:
    """Authorities that this host trusts and Debian does not bring."""
    own = {text for path in OWN_CERTIFICATES.rglob("*.crt") for text in _certificates(path)}
    named = [Path(os.environ[name]) for name in ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE") if name in os.environ]
    trusted = dict.fromkeys(text for path in (BUNDLE, *named) for text in _certificates(path))
    return [text for text in trusted if text not in own]


def _certificates(path: Path) -> list[str]:
    return CERTIFICATE.findall(path.read_text(encoding="latin-1")) if path.is_file() else []


def _copy(source: Path, target: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, target, dirs_exist_ok=True)
    elif source.is_file():
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source, target)


def _remove(folder: Path) -> None:
    mounts = Path("/proc/self/mountinfo").read_text(encoding="utf-8")
    if f" {folder}" in mounts:
        raise SystemExit(f"still mounted under {folder}: not removed")
    shutil.rmtree(folder)


def _shown(lines: Iterator[str], log: Path) -> Iterator[str]:
    with log.open("w", encoding="utf-8") as out:
        for line in lines:
            print(line, end="", flush=True)
            out.write(line)
            yield line


def _apt(*words: str) -> None:
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    subprocess.run(
        ["apt-get", *words], env=environment, stdin=subprocess.DEVNULL, stdout=sys.stderr, check=True
    )


def _told(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
