"""Real PKCS#11 tokens for tests: SoftHSM2, each set of tokens in a folder of its own."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization

from tests.conftest import skip_for_want_of

MODULES = ("/usr/lib/softhsm/libsofthsm2.so", "/usr/lib64/pkcs11/libsofthsm2.so")
SO_PIN = "0000000000"
WRITE_CERTIFICATE = """
import sys, pkcs11
from pkcs11 import Attribute, ObjectClass
from pkcs11.constants import CertificateType
module, label, pin, key, der = sys.argv[1:]
with pkcs11.lib(module).get_token(token_label=label).open(user_pin=pin, rw=True) as session:
    session.create_object({
        Attribute.CLASS: ObjectClass.CERTIFICATE, Attribute.CERTIFICATE_TYPE: CertificateType.X_509,
        Attribute.TOKEN: True, Attribute.PRIVATE: False, Attribute.SUBJECT: b"",
        Attribute.ID: bytes.fromhex(key), Attribute.LABEL: key, Attribute.VALUE: bytes.fromhex(der),
    })
"""


@dataclass(frozen=True)
class Tokens:
    """SoftHSM2 with its tokens in `folder`; whoever is to see them gets `environment`."""

    folder: Path
    module: str

    @property
    def environment(self) -> dict[str, str]:
        return {**os.environ, "SOFTHSM2_CONF": str(self.folder / "softhsm2.conf")}

    def begin(self) -> "Tokens":
        (self.folder / "tokens").mkdir(parents=True, exist_ok=True)
        conf = f"directories.tokendir = {self.folder / 'tokens'}\nobjectstore.backend = file\n"
        (self.folder / "softhsm2.conf").write_text(conf + "log.level = ERROR\n")
        return self

    def initialise(self, label: str, pin: str) -> None:
        pins = ["--so-pin", SO_PIN, "--pin", pin]
        self._run(["softhsm2-util", "--init-token", "--free", "--label", label, *pins])

    def put(self, token: tuple[str, str], key: str, private, certificate: x509.Certificate) -> None:
        """Put a key and its certificate on the token (label, PIN), under the id `key` (hex)."""
        label, pin = token
        pem = self.folder / "key.pem"
        kinds = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8)
        pem.write_bytes(private.private_bytes(*kinds, serialization.NoEncryption()))
        where = ["--token", label, "--label", key, "--id", key, "--pin", pin]
        self._run(["softhsm2-util", "--import", str(pem), *where])
        pem.unlink()
        self.put_certificate(token, key, certificate)

    def put_certificate(self, token: tuple[str, str], key: str, certificate: x509.Certificate) -> None:
        der = certificate.public_bytes(serialization.Encoding.DER).hex()
        self._run([sys.executable, "-c", WRITE_CERTIFICATE, self.module, *token, key, der])

    def copy_to(self, folder: Path) -> "Tokens":
        shutil.copytree(self.folder, folder)
        return Tokens(folder, self.module).begin()

    def _run(self, command: list[str]) -> None:
        subprocess.run(command, env=self.environment, check=True, capture_output=True)


def softhsm_module() -> str:
    module = next((path for path in MODULES if Path(path).exists()), None)
    if module is None or shutil.which("softhsm2-util") is None:
        skip_for_want_of("SoftHSM2", "no softhsm2 package")
    return str(module)


@pytest.fixture
def softhsm(tmp_path, monkeypatch) -> Iterator[Tokens]:
    """No tokens yet; this process and its children see those that are made here."""
    tokens = Tokens(tmp_path / "softhsm", softhsm_module()).begin()
    monkeypatch.setenv("SOFTHSM2_CONF", tokens.environment["SOFTHSM2_CONF"])
    return tokens
