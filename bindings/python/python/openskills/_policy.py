"""What the host permits, and what a call may use up."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal, Union

from openskills import _native
from openskills._records import PolicyNote

StrPath = Union[str, "os.PathLike[str]"]
Preset = Literal["standard", "trust", "locked"]

_DEFAULTS = _native.default_limits()


class Policy:
    """The host's side of every decision.

    A concrete target is allowed if and only if the skill requests it **and** the policy allows it. Among the policy's
    rules an explicit deny comes first, then an explicit ask, then an explicit allow; only if none of them matches, the
    preset's default. Rules of a policy never widen what a skill requests.

    A policy does not change: ``allow``, ``ask`` and ``deny`` give a new one.

    >>> policy = Policy().deny("Read(.env)").allow("Env(LANG)")
    >>> policy.deny_rules
    ['Read(.env)']
    >>> Policy().deny("Raed(.env)")  # a misspelt rule must not fail open
    Traceback (most recent call last):
    ...
    openskills.errors.PolicyError: the policy rule `Raed(.env)` is not valid: unknown tool `Raed`: did you mean `Read`?
    """

    __slots__ = ("_inner",)

    def __init__(
        self,
        *,
        preset: Preset = "standard",
        allow: Iterable[str] = (),
        ask: Iterable[str] = (),
        deny: Iterable[str] = (),
    ) -> None:
        """A policy of these rules.

        Raises:
            PolicyError: A rule is unknown, malformed or without a meaning for components.
        """
        inner = _native.Policy(preset)
        for effect, rules in (("allow", allow), ("ask", ask), ("deny", deny)):
            for rule in texts(rules):
                inner = inner.with_rule(effect, rule)
        self._inner = inner

    @classmethod
    def _of(cls, inner: _native.Policy) -> Policy:
        policy = cls.__new__(cls)
        policy._inner = inner
        return policy

    @classmethod
    def trust_skills(cls) -> Policy:
        """Allows what skills request within the sandbox, without asking. Non-public addresses are still asked for."""
        return cls(preset="trust")

    @classmethod
    def locked(cls) -> Policy:
        """Allows nothing but what its own ``allow`` rules name."""
        return cls(preset="locked")

    def allow(self, rule: str) -> Policy:
        """With a rule that allows, where the skill requests it and no deny or ask rule matches."""
        return self._of(self._inner.with_rule("allow", rule))

    def ask(self, rule: str) -> Policy:
        """With a rule that puts the question to the approver; without an approver it is a denial."""
        return self._of(self._inner.with_rule("ask", rule))

    def deny(self, rule: str) -> Policy:
        """With a rule that denies. Nothing overrides it."""
        return self._of(self._inner.with_rule("deny", rule))

    def with_yaml(self, text: str) -> Policy:
        """With what the text of a policy file says.

        Raises:
            PolicyError: It is no YAML, longer than 256 KiB, or has unknown keys or rules.
        """
        return self._of(self._inner.with_yaml(text))

    @property
    def preset(self) -> Preset:
        """What happens to a request that no rule names."""
        return self._field("preset")  # type: ignore[no-any-return]

    @property
    def allow_rules(self) -> list[str]:
        """The rules that allow, in the order in which they were added."""
        return self._field("allow")  # type: ignore[no-any-return]

    @property
    def ask_rules(self) -> list[str]:
        """The rules that ask."""
        return self._field("ask")  # type: ignore[no-any-return]

    @property
    def deny_rules(self) -> list[str]:
        """The rules that deny."""
        return self._field("deny")  # type: ignore[no-any-return]

    @property
    def lock(self) -> str | None:
        """Where the lock stands, if a file has one: then nothing that is added later widens the policy."""
        return self._field("lock")  # type: ignore[no-any-return]

    @property
    def timeout_cap_ms(self) -> int | None:
        """The longest timeout that a single call may choose for itself, if a file caps it."""
        return self._field("timeout_cap_ms")  # type: ignore[no-any-return]

    @property
    def notes(self) -> list[PolicyNote]:
        """What the policy's files hold that has no effect."""
        return PolicyNote._all(self._field("notes"))

    def _field(self, name: str) -> Any:
        return self._inner.fields()[name]

    def __repr__(self) -> str:
        fields = self._inner.fields()
        rules = "".join(f", {name}={fields[name]!r}" for name in ("allow", "ask", "deny") if fields[name])
        return f"Policy(preset={fields['preset']!r}{rules})"


@dataclass(frozen=True)
class MountPoint:
    """A further root that skills see beside the workspace."""

    #: The host's folder.
    host: StrPath
    #: Its name at the guest's root: one segment, such as ``data`` for ``/data``. Rules see its files as ``data/…``.
    guest: str
    #: Whether it may be written, if the skill's rules say so too.
    writable: bool = False


@dataclass(frozen=True)
class Limits:
    """The limits of one call. Every one has a default; none but ``fuel`` can be switched off. Sizes are in bytes.

    >>> Limits(timeout_ms=5_000).memory
    268435456
    """

    #: Wall clock for the whole call: waiting for the compiler, instantiation, guest and host code.
    timeout_ms: int = _DEFAULTS["timeout_ms"]
    #: Memory of the guest, all its linear memories and tables together.
    memory: int = _DEFAULTS["memory"]
    #: The output's and the input's JSON text.
    output: int = _DEFAULTS["output"]
    input: int = _DEFAULTS["input"]
    #: Captured stdout, and captured stderr. What is beyond is cut and marked, never an error.
    stdio: int = _DEFAULTS["stdio"]
    #: The body of one http request, and of one response.
    body: int = _DEFAULTS["body"]
    #: Requests that may be sent over http.
    requests: int = _DEFAULTS["requests"]
    #: The bodies of all requests and responses together.
    transferred_bytes: int = _DEFAULTS["transferred_bytes"]
    #: Elements of all tables together; core instances, linear memories and tables of one component.
    table_elements: int = _DEFAULTS["table_elements"]
    instances: int = _DEFAULTS["instances"]
    memories: int = _DEFAULTS["memories"]
    tables: int = _DEFAULTS["tables"]
    #: Handles that the guest may hold at a time.
    handles: int = _DEFAULTS["handles"]
    #: What may be copied between guest and host in one host call.
    hostcall_bytes: int = _DEFAULTS["hostcall_bytes"]
    #: What may be written to files, and how many files may be opened for creation.
    written_bytes: int = _DEFAULTS["written_bytes"]
    created_files: int = _DEFAULTS["created_files"]
    #: Questions that may be put to the approver in one call, and how long one answer may take.
    prompts: int = _DEFAULTS["prompts"]
    prompt_timeout_ms: int = _DEFAULTS["prompt_timeout_ms"]
    #: Size of a component file, checked before it is compiled.
    component: int = _DEFAULTS["component"]
    #: Calls of the whole process that may wait for their turn.
    queue: int = _DEFAULTS["queue"]
    #: Instructions of the guest; none is no such limit. Counting makes guests slower, up to twice.
    fuel: int | None = _DEFAULTS["fuel"]


def texts(rules: Iterable[str]) -> list[str]:
    """The rules of an argument: one text would be a rule for each of its letters."""
    if isinstance(rules, str):
        raise TypeError(f"rules are a list of texts, and this is one text: write [{rules!r}]")
    given: list[Any] = list(rules)
    for text in given:
        if not isinstance(text, str):
            raise TypeError(f"{text!r} in a list of texts is of type {type(text).__name__}: give a text")
    return given
