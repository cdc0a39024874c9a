"""One base for what can go wrong in any room: a family, a code, a detail, and where."""

from enum import StrEnum
from typing import Any, ClassVar


class Fault(Exception):
    """Something that was asked for and could not be done; a room's family of faults derives from this.

    `code` says which, `detail` is for the log and for blanks in sentences, `where` holds what else is known
    (page, source, pages). Rows keep `key`, and sentences are found by it.
    """

    family: ClassVar[str]
    code: StrEnum

    def __init_subclass__(cls) -> None:
        """The family is the name of the room's class; what derives from that stays in its family."""
        if Fault in cls.__bases__:
            cls.family = cls.__name__

    def __init__(self, code: StrEnum, detail: str = "", **where: object) -> None:
        super().__init__(f"{code}: {detail}" if detail else str(code))
        self.code = code
        self.detail = detail
        self.where = where

    def __reduce__(self) -> tuple[Any, ...]:
        """Travel between processes whole, whatever the class takes to be made."""
        return _again, (type(self), self.args), self.__dict__

    @property
    def key(self) -> str:
        """Family and code, such as `ScanFault.BUSY`: several families have a BUSY."""
        return f"{self.family}.{self.code}"


def _again(kind: type[Fault], told: tuple[Any, ...]) -> Fault:
    fault = kind.__new__(kind)
    fault.args = told
    return fault
