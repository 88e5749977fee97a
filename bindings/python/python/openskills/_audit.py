"""Files of records."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass

from openskills import _native
from openskills._audit_records import AuditLine, AuditRecord, ChainReport
from openskills._policy import StrPath


@dataclass(frozen=True)
class AuditFile:
    """A sink that appends every record to a file as one line of JSON, each with the hash of the one before it.

    Several processes may append to one file. The path alone means the same as ``AuditFile(path)``.
    """

    path: StrPath
    #: Whether every record is on the disk itself before the call returns. Costs what the disk needs for that.
    synced: bool = False
    #: Chains the first record of a new file to another file's last one, by its hash.
    after: str | None = None


class AuditLog:
    """A record file, read from its beginning to its end in bounded memory, whatever is in it."""

    def __init__(self, path: StrPath) -> None:
        """Finds the file.

        Raises:
            OSError: It cannot be read.
        """
        self.path = os.fspath(path)
        self._inner = _native.AuditLog(self.path)

    def verify(self, after: str | None = None, head: str | None = None) -> ChainReport:
        """Checks the chain. A broken chain is no exception: it is in the report.

        Args:
            after: The hash that the first record follows, for a file that continues another one.
            head: A hash that was the last one at some time: a cut-off end is only found with it.

        Raises:
            OSError: The file cannot be read.
        """
        return ChainReport._of(self._inner.verify(after, head))

    def lines(self) -> Iterator[AuditLine]:
        """The lines, one after the other. Whether they are whole, ``verify`` says."""
        for line, record in self._inner.lines():
            yield AuditLine(line, None if record is None else AuditRecord._of(record))

    def __iter__(self) -> Iterator[AuditLine]:
        return self.lines()

    def __repr__(self) -> str:
        return f"AuditLog({self.path!r})"
