"""Tools for models: the calls that a model made, and what they are answered with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, NoReturn

from openskills import _native
from openskills._audit_records import AuditRecord, audit_record
from openskills._indexed import Indexed, Record

ToolFormat = Literal["openai", "openai-responses", "anthropic", "mcp"]
ToolStyle = Literal["auto", "own", "general"]


@dataclass(frozen=True, eq=False)
class ToolCall(Record):
    """A tool call of a model's, whoever's form it came in."""

    #: The tool's name.
    name: str
    #: Its arguments: an object, or a JSON text of one.
    arguments: Any = None
    #: The provider's id of the call, which its answer repeats.
    id: Any = None
    #: Whose form it came in, and its answer gets.
    format: ToolFormat | None = None


class ToolReply(Indexed):
    """The answer to a model's call.

    ``content`` is for the model; ``hint`` and ``audit`` are for whoever operates it. What would grant something, such as
    the line to add to a ``SKILL.md``, is in the hint alone.
    """

    __slots__ = ("_audit", "_inner", "content", "format", "hint", "id", "is_error", "kind", "value")

    #: The text for the model; at most 64 KiB and the note that says what was cut.
    content: str
    #: What a skill answered, whole.
    value: Any
    #: Whether the call did not do what it was to do.
    is_error: bool
    #: For an error its kind: the name of an exception class, ``UnknownTool`` or ``InvalidArguments``.
    kind: str | None
    #: What the operator can do about an error. Not for the model.
    hint: str | None
    #: The provider's id of the call.
    id: Any
    #: Whose form the call came in.
    format: ToolFormat | None

    def __init__(self, inner: _native.RawReply) -> None:
        self._inner = inner
        self._audit: AuditRecord | None = None
        for name, value in inner.fields().items():
            setattr(self, name, value)

    @property
    def audit(self) -> AuditRecord | None:
        """The record, if something was run."""
        if self._audit is None:
            raw = self._inner.audit()
            self._audit = None if raw is None else audit_record(raw.fields())
        return self._audit

    def to_value(self) -> dict[str, Any]:
        """In the form in which the call came; of a call in nobody's form, as ``to_mcp``."""
        return self._inner.to_value()

    def to_openai(self, id: str) -> dict[str, Any]:
        """A message of OpenAI's Chat Completions, with the id of the call."""
        return self._inner.to_openai(id)

    def to_openai_responses(self, id: str) -> dict[str, Any]:
        """An item of OpenAI's Responses, with the ``call_id`` of the call."""
        return self._inner.to_openai_responses(id)

    def to_anthropic(self, id: str) -> dict[str, Any]:
        """A block of Anthropic's Messages, with the id of the call."""
        return self._inner.to_anthropic(id)

    def to_mcp(self) -> dict[str, Any]:
        """The result of MCP's ``tools/call``."""
        return self._inner.to_mcp()

    def __reduce__(self) -> NoReturn:
        raise TypeError("a reply cannot be pickled: keep what `to_value` or `to_dict` gives")

    def _names(self) -> tuple[str, ...]:
        return ("content", "value", "is_error", "kind", "hint", "audit", "id", "format")

    def __repr__(self) -> str:
        return f"ToolReply({self.content!r}, is_error={self.is_error!r}, kind={self.kind!r})"


def tool_calls(answer: Any) -> list[ToolCall]:
    """All calls in a provider's answer, in their order, at most 128: of OpenAI's completion or message, a response of the
    Responses API, Anthropic's message, or a list of any of these. None if the model called nothing.

    Args:
        answer: What the provider sent, as a dictionary or as the object of its client's library.

    >>> block = {"type": "tool_use", "id": "c1", "name": "list_skills", "input": {}}
    >>> [call.name for call in tool_calls({"role": "assistant", "content": [block]})]
    ['list_skills']
    """
    return ToolCall._all(_native.tool_calls(plain(answer)))


def plain(given: Any) -> Any:
    """A provider's object as a dictionary: clients' libraries have objects that can be dumped."""
    dump = getattr(given, "model_dump", None)
    if callable(dump):
        return dump(mode="json")
    if isinstance(given, list):
        return [plain(item) for item in given]
    return dict(given) if isinstance(given, Mapping) and not isinstance(given, dict) else given
