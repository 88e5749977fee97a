"""What calls give back."""

from __future__ import annotations

from typing import Any, Callable, Union

from openskills import _native
from openskills._audit_records import AuditRecord, audit_record
from openskills._indexed import Indexed


class _Result(Indexed):
    """A result whose record is converted when somebody looks at it."""

    __slots__ = ("_audit", "audit_error")

    #: Why the sink could not keep the record, if the runtime goes on in that case.
    audit_error: str | None
    _audit: Union[_native.RawRecord, AuditRecord]

    @property
    def audit(self) -> AuditRecord:
        """The call's record. Refusals that the skill coped with are in it."""
        if not isinstance(self._audit, AuditRecord):
            self._audit = audit_record(self._audit.fields())
        return self._audit

    def _is_left_out(self, name: str) -> bool:
        return name == "audit_error" and self.audit_error is None

    def __repr__(self) -> str:
        values = ", ".join(f"{name}={getattr(self, name)!r}" for name in self._names() if name != "audit")
        return f"{type(self).__name__}({values}, audit=<{self.audit.outcome.kind}, {self.audit.id}>)"

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return type(self), tuple(getattr(self, name) for name in self._names())


class ExecutionResult(_Result):
    """The result of a call that succeeded. ``result["output"]`` is ``result.output``."""

    __slots__ = ("output", "stderr", "stdout")

    #: The skill's answer.
    output: Any
    #: What the guest wrote to stdout; at most 1 MiB by default, cut and marked.
    stdout: str
    #: What the guest wrote to stderr, log messages included; bounded likewise.
    stderr: str

    def __init__(
        self,
        output: Any,
        stdout: str,
        stderr: str,
        audit: Union[_native.RawRecord, AuditRecord],
        audit_error: str | None = None,
    ) -> None:
        self.output = output
        self.stdout = stdout
        self.stderr = stderr
        self._audit = audit
        self.audit_error = audit_error

    def _names(self) -> tuple[str, ...]:
        return ("output", "stdout", "stderr", "audit", "audit_error")


class ScriptResult(_Result):
    """The result of a script that ran to its end, whatever its exit status."""

    __slots__ = ("exit_code", "output", "stderr", "stdout")

    #: The script's exit status; 0 is success.
    exit_code: int
    #: What it wrote to stdout: the JSON value if it is one, otherwise the text.
    output: Any
    #: What it wrote to stdout and stderr, byte for byte; bounded, cut and marked.
    stdout: bytes
    stderr: bytes

    def __init__(
        self,
        exit_code: int,
        output: Any,
        stdout: bytes,
        stderr: bytes,
        audit: Union[_native.RawRecord, AuditRecord],
        audit_error: str | None = None,
    ) -> None:
        self.exit_code = exit_code
        self.output = output
        self.stdout = stdout
        self.stderr = stderr
        self._audit = audit
        self.audit_error = audit_error

    def _names(self) -> tuple[str, ...]:
        return ("exit_code", "output", "stdout", "stderr", "audit", "audit_error")
