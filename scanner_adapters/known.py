"""The machines this house knows: where each was met, and by which key. One small file, written whole.

Machines are met at the same time, by many threads of a search and by many processes: each change is made
alone, on what the file says at that moment.
"""

import json
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from foundation.durable import write_whole
from foundation.locks import alone
from scanner_adapters.model import Capabilities, FaultCode, ScanFault


@dataclass(frozen=True)
class Known:
    """One machine: id, name, the address it was last met at, the SHA-256 of its key ("" without TLS)."""

    id: str
    name: str
    address: str
    key_sha256: str = ""


class KnownMachines:
    """The machines met before, by id."""

    def __init__(self, path: Path | None, allowed: Iterable[str] = ()) -> None:
        """Without a path nothing is remembered beyond this object.

        `allowed` are the ids of the only machines that may be scanned from; none: whichever.
        """
        self._path = path
        self._allowed = frozenset(map(_plain, allowed))
        self._held: Mapping[str, Known] = _read(path) if path else {}
        self._changing = threading.Lock()

    def all(self) -> tuple[Known, ...]:
        """Every machine that may be scanned from, by name."""
        return tuple(known for known in self._sorted() if self.allows(known.id))

    def allows(self, machine: str) -> bool:
        """May the machine of this id be scanned from?"""
        return not self._allowed or _plain(machine) in self._allowed

    def require_allowed(self, machine: str) -> None:
        """Raises: ScanFault NOT_ALLOWED for an id that is not on the list."""
        if not self.allows(machine):
            raise ScanFault(FaultCode.NOT_ALLOWED, machine)

    def find(self, name: str) -> Known | None:
        """The machine of this id, or at this address."""
        at_address = (known for known in self._held.values() if known.address == name)
        return self._held.get(name) or next(at_address, None)

    def pin_of(self, address: str) -> str:
        """The key the machine at this address must show; "" when it never showed one."""
        found = next((known for known in self._held.values() if known.address == address), None)
        return found.key_sha256 if found else ""

    def met(self, address: str, met: Capabilities, key_sha256: str) -> None:
        """Remember a machine; the first key stays its key.

        Raises: ScanFault NOT_ALLOWED for one that is not on the list; PIN_CHANGED when a machine of this id
        shows another key, or none any more over TLS.
        """
        self.require_allowed(met.id)
        with self._alone():
            self._meet(address, met, key_sha256)

    def _meet(self, address: str, met: Capabilities, key_sha256: str) -> None:
        before = self._held.get(met.id)
        is_secure = address.startswith("escl:https:")
        if before and before.key_sha256 and is_secure and before.key_sha256 != key_sha256:
            raise ScanFault(FaultCode.PIN_CHANGED, met.make_model)
        kept = key_sha256 or (before.key_sha256 if before else "")
        now = Known(met.id, met.make_model, address, kept)
        if now != before:
            self._save({**self._held, met.id: now})

    def forget(self, machine: str) -> None:
        """Forget a machine, so that its next key is taken as on the first meeting."""
        with self._alone():
            if machine in self._held:
                self._save({name: known for name, known in self._held.items() if name != machine})

    def _sorted(self) -> list[Known]:
        return sorted(self._held.values(), key=lambda known: (known.name, known.id))

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Nobody else changes the file meanwhile, and what others wrote is known."""
        with self._changing:
            if self._path is None:
                yield
                return
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with alone(self._path.with_name(f".{self._path.name}.lock")):
                self._held = _read(self._path)
                yield

    def _save(self, held: Mapping[str, Known]) -> None:
        self._held = held
        if self._path is None:
            return
        told = [asdict(replace(known)) for known in self._sorted()]
        write_whole(self._path, json.dumps(told, ensure_ascii=False, indent=1).encode())


def _plain(machine: str) -> str:
    return machine.strip().lower().removeprefix("urn:uuid:")


def _read(path: Path) -> Mapping[str, Known]:
    """What the file says. Raises: ScanFault SPOOL_DAMAGED: a pin must not be lost unseen."""
    if not path.exists():
        return {}
    try:
        rows = [Known(**row) for row in json.loads(path.read_text(encoding="utf-8"))]
    except (ValueError, TypeError) as broken:
        raise ScanFault(FaultCode.SPOOL_DAMAGED, f"{path.name}: {broken}") from broken
    return {known.id: known for known in rows}
