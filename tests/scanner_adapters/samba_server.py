"""Debian's Samba on a loopback port of its own, in a temporary folder, ended with the test."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from contextlib import suppress
from pathlib import Path

from tests.conftest import skip_for_want_of

CONFIGURATION = """[global]
server role = standalone server
smb ports = {port}
interfaces = 127.0.0.1
bind interfaces only = yes
private dir = {home}/private
lock directory = {home}/lock
state directory = {home}/state
cache directory = {home}/cache
pid directory = {home}/pid
ncalrpc dir = {home}/ncalrpc
passdb backend = tdbsam:{home}/private/passdb.tdb
log file = {home}/log
disable netbios = yes
load printers = no
server min protocol = SMB2_02
map to guest = never
[scans]
path = {share}
read only = no
force user = {account}
"""
PASSWORD = "chỉ-để-thử"
START_SECONDS = 30


class SambaServer:
    """One share, one account; uploads by smbclient."""

    def __init__(self, share: Path) -> None:
        for program in ("smbd", "smbclient", "smbpasswd"):
            if shutil.which(program, path=f"{os.environ['PATH']}:/usr/sbin") is None:
                skip_for_want_of("Samba", f"no {program}")
        if os.getuid() != 0:
            skip_for_want_of("Samba", "its accounts need root")
        self.home = Path(tempfile.mkdtemp(prefix="motcua-smb-", dir="/tmp"))
        self.port = free_port()
        self.account = pwd.getpwuid(os.getuid()).pw_name
        for name in ("private", "lock", "state", "cache", "pid", "ncalrpc"):
            (self.home / name).mkdir(mode=0o755)
        self.configuration = self.home / "smb.conf"
        values = {"home": self.home, "port": self.port, "share": share, "account": self.account}
        self.configuration.write_text(CONFIGURATION.format(**values))
        subprocess.run(
            ["smbpasswd", "-c", self.configuration, "-L", "-s", "-a", self.account],
            input=f"{PASSWORD}\n{PASSWORD}\n".encode(),
            capture_output=True,
            check=True,
        )
        self._process = subprocess.Popen(
            ["/usr/sbin/smbd", "-F", "--no-process-group", "-s", self.configuration],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            process_group=0,
        )
        self._wait_until_ready()

    def client(self, commands: str, **options) -> "subprocess.Popen[bytes]":
        """Start smbclient with these commands."""
        words = ["smbclient", "//127.0.0.1/scans", "-p", str(self.port), "-s", str(self.configuration)]
        signing = ["-U", f"{self.account}%{PASSWORD}", "--client-protection=sign", "-c", commands]
        quiet = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
        return subprocess.Popen([*words, *signing], **(quiet | options))

    def upload(self, source: Path, name: str) -> None:
        with self.client(f'put "{source}" "{name}"') as done:
            said = done.communicate(timeout=60)[0]
        assert done.returncode == 0, said

    def stop(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        shutil.rmtree(self.home, ignore_errors=True)

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while True:
            with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=1):
                return
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise RuntimeError("smbd does not start")
            time.sleep(0.05)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
