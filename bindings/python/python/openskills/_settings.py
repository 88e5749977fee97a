"""What the constructor of the runtime takes."""

from __future__ import annotations

import operator
import os
from collections.abc import Iterable, Mapping
from typing import Callable, Literal, TypeVar, Union

from openskills._audit import AuditFile
from openskills._audit_records import AuditRecord, Question
from openskills._policy import StrPath

T = TypeVar("T")

Answer = Union[bool, Literal["once", "session", "no"]]
Approver = Callable[[Question], Answer]
AuditSink = Callable[[AuditRecord], object]


def optional_path(path: StrPath | None) -> str | None:
    return None if path is None else os.fsdecode(path)


def checked(given: T, kind: type | tuple[type, ...], what: str, wanted: str) -> T:
    """An argument, if it is of its type."""
    if isinstance(given, kind):
        return given
    raise TypeError(f"{what} is of type {type(given).__name__}: give {wanted}")


def milliseconds(given: int | None) -> int | None:
    """A timeout."""
    if given is None:
        return None
    try:
        whole = operator.index(given)
    except TypeError:
        raise TypeError(f"timeout_ms is {given!r}: give a whole number, 0 or more") from None
    if whole < 0:
        raise ValueError(f"timeout_ms is {given!r}: give a whole number, 0 or more")
    return whole


def variables(given: Mapping[str, str] | None) -> list[tuple[str, str]] | None:
    """The environment's variables."""
    if given is None:
        return None
    checked(given, Mapping, "the environment", "a dictionary of texts")
    return [(name, checked(value, str, f"the variable {name}", "a text")) for name, value in given.items()]


def certificates(given: Iterable[bytes]) -> list[bytes]:
    """PEM texts."""
    if isinstance(given, (str, bytes)):
        raise TypeError("certificates are a list, and this is one: write [pem]")
    return [checked(pem, bytes, "a certificate", "the bytes of its PEM file") for pem in given]


def paths(given: Iterable[StrPath]) -> list[str]:
    """The paths of an argument: one text would be a path for each of its letters."""
    if isinstance(given, (str, os.PathLike)):
        raise TypeError(f"paths are a list, and this is one: write [{os.fspath(given)!r}]")
    return [os.fsdecode(path) for path in given]


def sink(
    given: AuditSink | AuditFile | StrPath | None,
) -> tuple[AuditSink | None, tuple[str, bool, str | None] | None]:
    """A sink as a function, or as a file."""
    if given is None:
        return None, None
    if isinstance(given, AuditFile):
        return None, (os.fspath(given.path), given.synced, given.after)
    if isinstance(given, (str, os.PathLike)):
        return None, (os.fspath(given), False, None)
    if callable(given):
        return given, None
    raise TypeError(f"the audit sink is of type {type(given).__name__}: it is a function or the path of a file")
