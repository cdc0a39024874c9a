"""What tests of every room share: databases, judges of PDF/A and signatures, the count of what is missing."""

import json
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
import zipfile
from collections import Counter
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from itertools import count
from pathlib import Path

import psycopg
import pytest
from hypothesis import settings
from lxml import etree

ROOT = Path(__file__).resolve().parent.parent
MISSING = "cannot be had here: "  # starts the reason of every skip that the closing lines count
START_SECONDS = 60
JUDGE_SECONDS = 300
DATABASES = ("sqlite", "postgresql")
SETTINGS = {  # of a PostgreSQL that need not survive a power cut
    "listen_addresses": "",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
}
JAVA: tuple[str | Path, ...] = (
    "java",
    "-Djava.awt.headless=true",
    "-XX:TieredStopAtLevel=1",
    "-XX:+UseSerialGC",
)

settings.register_profile("house", deadline=None)  # a busy machine is no fault of the code
settings.load_profile("house")


class PostgresServer:
    """Debian's PostgreSQL in a temporary folder, on a Unix socket alone, gone with its parent."""

    def __init__(self) -> None:
        self.folder = Path(
            tempfile.mkdtemp(prefix="motcua-pg-", dir="/tmp")
        )  # socket paths may hold 107 bytes
        self._numbers = count(1)
        self._make()
        self._process = self._start()

    def new_database(self) -> str:
        """Make an empty database and return its name."""
        name = f"test_{next(self._numbers)}"
        self._administer(f"CREATE DATABASE {name}")
        return name

    def drop_database(self, name: str) -> None:
        self._administer(f"DROP DATABASE {name} WITH (FORCE)")

    def url(self, database: str) -> str:
        return f"postgresql+psycopg://motcua@/{database}?host={self.folder}"

    def stop(self) -> None:
        self.end()
        shutil.rmtree(self.folder, ignore_errors=True)

    def end(self) -> None:
        """End the server with all its connections; `begin` starts it again."""
        self._process.send_signal(signal.SIGINT)  # "fast": open connections are not waited for
        try:
            self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def begin(self) -> None:
        self._process = self._start()

    def _make(self) -> None:
        if os.getuid() == 0:
            account = unprivileged_account()
            os.chown(self.folder, account.pw_uid, account.pw_gid)
        data, program = self.folder / "data", postgres_programs() / "initdb"
        initdb: list[str | Path] = [program, "-D", data, "-U", "motcua", "--auth=trust", "--no-sync"]
        locale = ["--encoding=UTF8", "--locale=C.UTF-8"]
        with (self.folder / "log").open("wb") as log:
            command = as_unprivileged([*initdb, *locale])
            subprocess.run(command, check=True, stdout=log, stderr=log, cwd=self.folder)

    def _start(self) -> "subprocess.Popen[bytes]":
        options = [word for name, value in SETTINGS.items() for word in ("-c", f"{name}={value}")]
        sockets = ["-c", f"unix_socket_directories={self.folder}"]
        program, data = postgres_programs() / "postgres", self.folder / "data"
        with (self.folder / "log").open("ab") as log:
            process = subprocess.Popen(
                as_unprivileged([program, "-D", data, *options, *sockets]),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.folder,
            )
        self._wait_until_ready(process)
        return process

    def _wait_until_ready(self, process: "subprocess.Popen[bytes]") -> None:
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                self._administer("SELECT 1")
            except psycopg.OperationalError:
                if process.poll() is not None or time.monotonic() > deadline:
                    process.kill()
                    process.wait()
                    raise
                time.sleep(0.05)
            else:
                return

    def _administer(self, statement: str) -> None:
        with psycopg.connect(
            host=str(self.folder), user="motcua", dbname="postgres", autocommit=True
        ) as connection:
            connection.execute(statement.encode())


def postgres_programs() -> Path:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda path: int(path.parts[4]))
    if not found:
        raise FileNotFoundError("no /usr/lib/postgresql/*/bin/postgres")
    return found[-1].parent


def unprivileged_account() -> pwd.struct_passwd:
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise LookupError("neither postgres nor nobody is an account here")


def as_unprivileged(command: list[str | Path]) -> list[str | Path]:
    """The command, ended with its parent and, where we are root, run by an account PostgreSQL accepts."""
    guard: list[str | Path] = ["setpriv", "--pdeathsig", "SIGQUIT"]
    if os.getuid() == 0:
        account = unprivileged_account()
        guard += [f"--reuid={account.pw_uid}", f"--regid={account.pw_gid}", "--clear-groups"]
    return [*guard, *command]


def skip_for_want_of(what: str, reason: object) -> None:
    pytest.skip(f"{MISSING}{what} ({reason})")


@pytest.fixture(scope="session")
def postgres_or_reason() -> Iterator[PostgresServer | Exception]:
    """The session's PostgreSQL, or why there is none; the reason is asked for once, not once a test."""
    try:
        server = PostgresServer()
    except (OSError, LookupError, subprocess.SubprocessError, psycopg.Error) as reason:
        yield reason
        return
    yield server
    server.stop()


@pytest.fixture
def postgresql_url(postgres_or_reason: PostgresServer | Exception) -> Iterator[str]:
    """The address of a fresh, empty database on PostgreSQL."""
    if isinstance(postgres_or_reason, Exception):
        skip_for_want_of("PostgreSQL", postgres_or_reason)
    else:
        name = postgres_or_reason.new_database()
        yield postgres_or_reason.url(name)
        postgres_or_reason.drop_database(name)


@pytest.fixture(params=DATABASES)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a fresh, empty database; who asks for it runs once on SQLite, once on PostgreSQL."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'motcua.db'}"
        return
    yield request.getfixturevalue("postgresql_url")


@pytest.fixture
def engine(database_url: str) -> Iterator[object]:
    """A `sqlalchemy.Engine` on a fresh, empty database of each kind, opened the way the product opens it."""
    from storage.database import open_engine

    opened = open_engine(database_url)
    yield opened
    opened.dispose()


def judges_folder() -> Path:
    told = os.environ.get("MOTCUA_JUDGES")
    if told:
        return Path(told)
    asked = subprocess.run(
        [ROOT / "deploy" / "set-up", "judges-folder"], capture_output=True, text=True, check=True
    )
    return Path(asked.stdout.strip())


def judge_or_skip(what: str, needed: str) -> Path:
    folder = judges_folder()
    if not (folder / "complete").is_file() or not (folder / needed).exists():
        skip_for_want_of(what, f"{folder} is not complete: deploy/set-up test")
    if shutil.which("java") is None:
        skip_for_want_of(what, "no java on the PATH")
    return folder


def run_judge(command: list[str | Path]) -> str:
    environment = os.environ | {"LC_ALL": "C.UTF-8"}  # else a JVM cannot open what is named in Vietnamese
    done = subprocess.run(
        command, env=environment, capture_output=True, text=True, timeout=JUDGE_SECONDS, check=False
    )
    if not done.stdout.strip():
        raise AssertionError(f"the judge said nothing (exit {done.returncode}): {done.stderr[-2000:]}")
    return done.stdout


@pytest.fixture(scope="session")
def verapdf() -> Callable[[Iterable[Path]], Mapping[Path, bool]]:
    """veraPDF's word: does each of these files keep PDF/A-2u? One JVM run answers for all paths."""
    folder = judge_or_skip("veraPDF", "verapdf.jar")

    def judge(paths: Iterable[Path]) -> Mapping[Path, bool]:
        asked = {str(path.resolve()): path for path in paths}
        command = [*JAVA, "-cp", folder / "verapdf.jar"]
        options = ["org.verapdf.apps.GreenfieldCliWrapper", "--format", "text", "--flavour", "2u"]
        lines = run_judge([*command, *options, *asked]).splitlines()
        verdicts = {
            path: line.startswith("PASS ") for name, path in asked.items() for line in lines if name in line
        }
        if len(verdicts) != len(asked):
            raise AssertionError(f"veraPDF left out some of {sorted(asked)}: {lines}")
        return verdicts

    return judge


@pytest.fixture(scope="session")
def eu_dss() -> Callable[[Iterable[Path], Path], Mapping[Path, list[dict[str, str]]]]:
    """EU DSS's word on the signatures of files, offline, trusting the PEM certificates of one file alone.

    Each signature: field, indication, sub_indication (empty when passed), level; oldest first.
    """
    folder = judge_or_skip("EU DSS", "judge")

    def judge(paths: Iterable[Path], trust: Path) -> Mapping[Path, list[dict[str, str]]]:
        asked = {str(path.resolve()): path for path in paths}
        classes = f"{folder / 'judge'}:{folder / 'dss'}/*"
        answer = run_judge([*JAVA, "-cp", classes, "Judge", trust, *asked])
        return {asked[name]: signatures for name, signatures in json.loads(answer).items()}

    return judge


class _Schemas(etree.Resolver):
    """The schemas that ETSI TS 119 102-2's refers to, from EU DSS's archives instead of the network."""

    PLACES: Mapping[str, tuple[str, str]] = {  # the end of an address: which archive, which file
        "xmldsig-core-schema.xsd": ("xmldsig", "xmldsig-core-schema.xsd"),
        "xml.xsd": ("xmldsig", "xml.xsd"),
        "XAdES.xsd": ("xades", "XAdES01903v132-202407.xsd"),
        "XAdES01903v132-201601.xsd": ("xades", "XAdES01903v132-202407.xsd"),
        "ts_119612v020201_201601xsd.xsd": ("trusted-list", "ts_119612v020101_xsd.xsd"),
    }

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._folder = folder

    def read(self, archive: str, name: str) -> bytes:
        (found,) = self._folder.glob(f"specs-{archive}-*.jar")
        with zipfile.ZipFile(found) as opened:
            return opened.read(f"xsd/{name}")

    def resolve(self, url: str, public: str, context: object) -> object:
        del public
        place = self.PLACES.get(url.rpartition("/")[2])
        if place is None:
            raise AssertionError(f"no schema for {url}")
        return self.resolve_string(self.read(*place), context)


@pytest.fixture(scope="session")
def etsi_report_schema() -> etree.XMLSchema:
    """The schema of ETSI TS 119 102-2 V1.4.1, as EU DSS brings it along."""
    schemas = _Schemas(judge_or_skip("the schema of ETSI TS 119 102-2", "dss") / "dss")
    parser = etree.XMLParser(no_network=True)
    parser.resolvers.add(schemas)
    return etree.XMLSchema(etree.fromstring(schemas.read("validation-report", "TS119102-2-v141.xsd"), parser))


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> Generator[None, None, None]:
    """Say in the last lines what could not be had on this machine and how many tests that cost."""
    yield
    costs = Counter(
        str(report.longrepr[2]).split(MISSING, 1)[1]
        for report in terminalreporter.getreports("skipped")
        if isinstance(report.longrepr, tuple) and MISSING in str(report.longrepr[2])
    )
    for reason, tests in sorted(costs.items()):
        terminalreporter.write_line(f"NOT SHOWN: {tests} tests without {reason}", yellow=True)
