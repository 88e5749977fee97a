"""Everything that can go wrong: one exception class for each kind of error, all of them ``OpenSkillError``.

>>> from openskills import OpenSkillRuntime, SkillNotFound
>>> runtime = OpenSkillRuntime("./skills")
>>> skills = runtime.load_skills()
>>> try:
...     runtime.execute_skill("text-stat", {"text": "Hello"})
... except SkillNotFound as error:
...     print(error.message, error.nearest)
no skill is named `text-stat` ['text-stats']
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Callable, ClassVar, Union

from openskills._audit_records import AuditRecord, Refusal, audit_record
from openskills._indexed import _part
from openskills._records import Fault

if TYPE_CHECKING:
    from openskills import _native
    from openskills._indexed import Record

__all__ = [
    "Cancelled",
    "ExecutionFailure",
    "InvalidArtifact",
    "InvalidFunction",
    "InvalidInput",
    "InvalidManifest",
    "Io",
    "LimitExceeded",
    "OpenSkillError",
    "PermissionDenied",
    "PolicyError",
    "SkillNotFound",
    "Timeout",
]


class OpenSkillError(Exception):
    """Why a skill could not be loaded or a call did not succeed.

    A call that began carries its record and what the guest had written so far, whatever the error.
    """

    #: The kind's name, the same in every language: ``PermissionDenied``.
    kind: ClassVar[str] = "OpenSkillError"
    _parts: ClassVar[Mapping[str, type[Record]]] = {}

    #: What happened, to what.
    message: str
    #: What to do about it, on one line: for a refusal the exact line to add.
    hint: str | None
    #: What the guest wrote to stdout and stderr before the call failed; none if no call began.
    stdout: str | None
    stderr: str | None
    #: Why the sink could not keep the record, if the runtime goes on in that case.
    audit_error: str | None
    _audit: Union[_native.RawRecord, AuditRecord, None]

    def __init__(self, message: str = "", **fields: Any) -> None:
        super().__init__(message)
        self.message = message
        self.hint = fields.pop("hint", None)
        self.stdout = fields.pop("stdout", None)
        self.stderr = fields.pop("stderr", None)
        self.audit_error = fields.pop("audit_error", None)
        self._audit = fields.pop("audit", None)
        for name, value in fields.items():
            setattr(self, name, _part(self._parts.get(name), value))

    @property
    def audit(self) -> AuditRecord | None:
        """The call's record, if a call began."""
        if self._audit is not None and not isinstance(self._audit, AuditRecord):
            self._audit = audit_record(self._audit.fields())
        return self._audit

    def __str__(self) -> str:
        return self.message if self.hint is None else f"{self.message}\nhint: {self.hint}"

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        state = dict(self.__dict__)
        state["_audit"] = self.audit
        return _restored, (type(self), state)


class SkillNotFound(OpenSkillError, LookupError):
    """No skill has that name."""

    kind = "SkillNotFound"

    #: The name that was asked for.
    id: str
    #: The names most like it, best first; at most three.
    nearest: list[str]
    #: The folders that were searched.
    searched: list[str]


class InvalidManifest(OpenSkillError, ValueError):
    """A ``SKILL.md`` cannot be used."""

    kind = "InvalidManifest"
    _parts = {"faults": Fault}

    #: The file.
    path: str
    #: What is wrong with it, all of it.
    faults: list[Fault]


class PermissionDenied(OpenSkillError, PermissionError):
    """Something that the skill needs is not granted."""

    kind = "PermissionDenied"
    _parts = {"refusals": Refusal}

    #: The skill's name.
    skill: str
    #: What was refused, in the order in which it was asked for, from the host's own record. Each names in ``remedy`` the
    #: line that would permit it; ``hint`` has them on one line.
    refusals: list[Refusal]
    #: What the skill itself said, if it ran. A guest's text.
    detail: str | None


class Timeout(OpenSkillError, TimeoutError):
    """The call took longer than it may."""

    kind = "Timeout"

    #: The skill's name.
    skill: str
    #: The limit in milliseconds.
    limit_ms: int
    #: Whether the time went into compiling the component, which goes on for the next call.
    compiling: bool


class ExecutionFailure(OpenSkillError, RuntimeError):
    """The skill said that it failed, trapped, or answered something that is not JSON."""

    kind = "ExecutionFailure"

    #: The skill's name.
    skill: str
    #: What happened. It may be a guest's text.
    detail: str


class InvalidInput(OpenSkillError, ValueError):
    """The input is not what the skill takes."""

    kind = "InvalidInput"

    #: The skill's name.
    skill: str
    #: The field at fault, as a path from the input's root; empty for the input as a whole.
    field: str
    #: What was expected and what was found. It may be a guest's text.
    detail: str


class InvalidFunction(OpenSkillError, LookupError):
    """A skill has no typed function of that name, or it cannot be called."""

    kind = "InvalidFunction"

    #: The skill's name.
    skill: str
    #: The function that was asked for.
    function: str
    #: Why it cannot be called; of a wrong name, which there are.
    detail: str
    #: The names most like a wrong one, best first; at most three.
    nearest: list[str]


class InvalidArtifact(OpenSkillError):
    """The skill's ``wasm/skill.wasm`` is missing or is no component that can run here."""

    kind = "InvalidArtifact"

    #: The file.
    path: str
    #: What it is, and what was expected.
    detail: str


class Cancelled(OpenSkillError):
    """The caller gave the call up, by a ``CancelToken``."""

    kind = "Cancelled"

    #: The skill's name.
    skill: str


class LimitExceeded(OpenSkillError):
    """A limit other than wall clock was exceeded."""

    kind = "LimitExceeded"

    #: The skill's name.
    skill: str
    #: Which limit: ``memory``, ``output``, ``fuel``, ``queue``, …
    which: str
    #: The limit in words, with its value.
    limit: str


class Io(OpenSkillError, OSError):
    """The system failed, or a setting cannot be used. If a function of yours raised, that is the ``__cause__``."""

    kind = "Io"

    #: What was being done, to what.
    context: str
    #: What the system said.
    detail: str


class PolicyError(OpenSkillError, ValueError):
    """A rule of a policy, or a policy file, that cannot be used. A policy that is misspelt must not fail open."""

    kind = "PolicyError"

    #: The rule as written, if it is one rule that is at fault.
    rule: str | None
    #: The policy file, if it is a file.
    path: str | None


_KINDS: dict[str, type[OpenSkillError]] = {
    kind.kind: kind
    for kind in (
        SkillNotFound,
        InvalidManifest,
        PermissionDenied,
        Timeout,
        ExecutionFailure,
        InvalidInput,
        InvalidFunction,
        InvalidArtifact,
        Cancelled,
        LimitExceeded,
        Io,
        PolicyError,
    )
}


def error_of(kind: str, message: str, fields: Mapping[str, Any], common: Mapping[str, Any]) -> OpenSkillError:
    """The exception for an error of the runtime."""
    return _KINDS.get(kind, OpenSkillError)(message, **fields, **common)


def _restored(kind: type[OpenSkillError], state: dict[str, Any]) -> OpenSkillError:
    """An exception that was pickled."""
    error = kind(state["message"])
    error.__dict__.update(state)
    return error
