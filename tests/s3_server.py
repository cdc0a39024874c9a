"""A real S3 server for tests: MinIO on loopback with TLS, in a folder of its own, gone with its parent."""

import datetime as dt
import ipaddress
import os
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from itertools import count
from pathlib import Path

import pytest
import urllib3
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from minio import Minio
from minio.error import MinioException

ROOT = Path(__file__).resolve().parent.parent
HOST = "127.0.0.1"
START_SECONDS = 60


class MinioServer:
    """The server, its certificate's authority, and a file with its credentials."""

    def __init__(self) -> None:
        self.program = minio_program()
        self.folder = Path(tempfile.mkdtemp(prefix="motcua-s3-", dir="/tmp"))
        self.authority = make_certificate(self.folder / "certs")
        self.keys = (secrets.token_hex(10), secrets.token_hex(20))
        self.credentials = self.folder / "credentials"
        self.credentials.write_text("\n".join(self.keys) + "\n")
        self.port, console = free_ports(2)
        self._console = console
        self._numbers = count(1)
        self.start()

    @property
    def endpoint(self) -> str:
        return f"{HOST}:{self.port}"

    def client(self) -> Minio:
        pool = urllib3.PoolManager(ca_certs=str(self.authority))
        access_key, secret_key = self.keys
        return Minio(endpoint=self.endpoint, access_key=access_key, secret_key=secret_key, http_client=pool)

    def new_bucket(self, *, lock: bool = True) -> str:
        name = f"test-{os.getpid()}-{next(self._numbers)}"
        self.client().make_bucket(bucket_name=name, object_lock=lock)
        return name

    def url(self, bucket: str) -> str:
        return f"s3://{self.endpoint}/{bucket}"

    def start(self) -> None:
        (self.folder / "data").mkdir(exist_ok=True)
        access_key, secret_key = self.keys
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder),
            "MINIO_ROOT_USER": access_key,
            "MINIO_ROOT_PASSWORD": secret_key,
            "MINIO_CI_CD": "1",
            "MINIO_BROWSER": "off",
            "MINIO_UPDATE": "off",
            "GOMAXPROCS": "2",
        }
        addresses = ["--address", self.endpoint, "--console-address", f"{HOST}:{self._console}"]
        command = [self.program, "server", *addresses, "--certs-dir", self.folder / "certs"]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                ["setpriv", "--pdeathsig", "SIGKILL", *command, self.folder / "data"],
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        self._wait_until_ready()

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()

    def freeze(self) -> None:
        """Stop the server where it stands; it has stopped when this returns."""
        self._process.send_signal(signal.SIGSTOP)
        while Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2].split()[0] != "T":
            time.sleep(0.01)

    def thaw(self) -> None:
        self._process.send_signal(signal.SIGCONT)

    def stop(self) -> None:
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        with urllib3.PoolManager(ca_certs=str(self.authority), retries=False) as pool:
            while True:
                try:
                    if pool.request("GET", f"https://{self.endpoint}/minio/health/ready").status == 200:
                        self.client().list_buckets()  # it knows its users a moment later
                        return
                except (urllib3.exceptions.HTTPError, MinioException):
                    pass
                if self._process.poll() is not None or time.monotonic() > deadline:
                    self.kill()
                    raise TimeoutError((self.folder / "log").read_text()[-500:])
                time.sleep(0.05)


def minio_program() -> Path:
    told = os.environ.get("MOTCUA_MINIO")
    if not told:
        asked = [ROOT / "deploy" / "set-up", "minio-program"]
        told = subprocess.run(asked, capture_output=True, text=True, check=True).stdout.strip()
    if not Path(told).is_file():
        raise FileNotFoundError(f"{told} is not there: deploy/set-up minio")
    return Path(told)


def free_ports(wanted: int) -> list[int]:
    with closing(socket.socket()) as first, closing(socket.socket()) as second:
        taken = (first, second)[:wanted]
        for one in taken:
            one.bind((HOST, 0))
        return [one.getsockname()[1] for one in taken]


def make_certificate(folder: Path) -> Path:
    """A self-signed certificate for the loopback address, where MinIO looks for it; returns its PEM."""
    folder.mkdir()
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "motcua test")])
    address = x509.IPAddress(ipaddress.ip_address(HOST))
    now = dt.datetime.now(dt.UTC)
    built = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(days=2))
        .add_extension(x509.SubjectAlternativeName([address]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "private.key").write_bytes(private)
    (folder / "public.crt").write_bytes(built.public_bytes(serialization.Encoding.PEM))
    return folder / "public.crt"


@pytest.fixture(scope="session")
def s3_or_reason() -> Iterator[MinioServer | Exception]:
    """The session's S3 server, or why there is none; the reason is asked for once, not once a test."""
    try:
        server = MinioServer()
    except (OSError, subprocess.SubprocessError) as reason:
        yield reason
        return
    yield server
    server.stop()


@pytest.fixture
def s3_server(s3_or_reason: MinioServer | Exception) -> MinioServer:
    """A real S3 server; a test that asks for it on a machine without one is counted in the closing lines."""
    if isinstance(s3_or_reason, Exception):
        pytest.skip(f"cannot be had here: MinIO ({s3_or_reason})")
    return s3_or_reason
