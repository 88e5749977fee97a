"""What is on record, and what an approver is asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from openskills._indexed import Record


@dataclass(frozen=True, eq=False)
class Use(Record):
    """One target that a call used."""

    #: What was done: ``read``, ``write``, ``fetch``, …
    action: str
    #: With what: a guest path, an origin, a variable's name.
    target: str
    #: How it came to be allowed: ``allowed`` by the rules, or ``approved``.
    decision: str
    #: How often.
    count: int


@dataclass(frozen=True, eq=False)
class Refusal(Record):
    """One target that a call was refused."""

    #: What was tried.
    action: str
    #: With what.
    target: str
    #: Why it was refused.
    reason: str
    #: The line that would permit it; empty if there is none.
    remedy: str
    #: How often it was tried.
    count: int


@dataclass(frozen=True, eq=False)
class Outcome(Record):
    """How a call ended."""

    #: ``success``, ``failed``, ``invalid-input``, ``denied``, ``timeout``, ``cancelled``, ``limit``,
    #: ``invalid-artifact`` or ``io``.
    kind: str
    message: str | None = None
    limit_ms: int | None = None
    which: str | None = None
    limit: str | None = None


@dataclass(frozen=True, eq=False)
class Usage(Record):
    """What a call used up, beside its limits."""

    memory_peak: int
    memory_limit: int
    timeout_ms: int
    input_bytes: int
    output_bytes: int
    stdout_bytes: int
    stderr_bytes: int
    #: Questions put to the approver.
    prompts: int
    #: Http requests that were granted, and the bytes of their bodies and of the responses'.
    requests: int
    sent_bytes: int
    received_bytes: int
    #: Instructions of the guest and the limit on them, if they were counted.
    fuel: int | None = None
    fuel_limit: int | None = None


@dataclass(frozen=True, eq=False)
class ScriptRecord(Record):
    """A script of a skill, as it was when it ran."""

    #: Its path in the skill's folder, or the name of the module that was run.
    name: str
    #: SHA-256 of the file; empty for a module.
    sha256: str


@dataclass(frozen=True, eq=False)
class Package(Record):
    """A package that scripts can import, as it was."""

    name: str
    version: str
    #: SHA-256 of its wheel.
    sha256: str


@dataclass(frozen=True, eq=False)
class AuditRecord(Record):
    """What one call asked, did and was refused: exactly one for every call, refusals and traps included."""

    #: The version of this form: 1.
    schema: int
    #: A unique id of the call (UUID, version 7: sorts by time).
    id: str
    skill: str
    version: str | None
    manifest_sha256: str
    component_sha256: str
    input_sha256: str
    output_sha256: str | None
    #: When the call began, in UTC.
    started: str
    duration_ms: float
    #: The entries of ``allowed-tools`` that have a meaning, and those that the policy did not take away wholly.
    requested: list[str]
    granted: list[str]
    uses: list[Use]
    refusals: list[Refusal]
    #: How often a file was looked at (allowed looks are not listed).
    looks: int
    #: Uses and refusals of targets beyond the first 1,000.
    unlisted: int
    outcome: Outcome
    usage: Usage
    #: The script that ran, if one did.
    script: ScriptRecord | None = None
    #: The typed function that was called, if one was.
    function: str | None = None
    #: The packages that the script could import.
    packages: list[Package] = field(default_factory=list)

    _parts = {
        "uses": Use,
        "refusals": Refusal,
        "outcome": Outcome,
        "usage": Usage,
        "script": ScriptRecord,
        "packages": Package,
    }


@dataclass(frozen=True, eq=False)
class ChainBreak(Record):
    """Where the chain of a record file breaks."""

    #: The number of the line, from 1.
    line: int
    #: What is wrong there: ``edited``, ``out-of-place``, ``not-the-beginning``, ``foreign``, ``torn-line-changed`` or
    #: ``head-missing``.
    fault: str
    #: The same in words, after "line N".
    words: str


@dataclass(frozen=True, eq=False)
class ChainReport(Record):
    """What a check of a record file found."""

    #: Records that are in order, up to the break if there is one.
    records: int
    #: The ``hash`` of the last of them. Only who remembers it can tell later whether the file's end was cut off.
    head: str
    #: Places where something unfinished stands that the next record names. No error.
    torn: int
    #: The number of a last line that is unfinished. No error either.
    unfinished: int | None
    #: Records after the one whose hash was given as the head.
    after_head: int | None
    #: Where the chain breaks first; none if it is whole.
    broken: ChainBreak | None

    _parts = {"broken": ChainBreak}


@dataclass(frozen=True, eq=False)
class AuditLine(Record):
    """One line of a record file."""

    #: Its number, from 1.
    line: int
    #: The record; none if the line is no record of this version of the form.
    record: AuditRecord | None


def audit_record(members: Mapping[str, Any]) -> AuditRecord:
    """A record of the runtime's JSON."""
    return AuditRecord._of(members)


@dataclass(frozen=True, eq=False)
class Question(Record):
    """What an approver is asked: may this skill do this, now? Its texts can be shown on a terminal."""

    #: The call that asks: the ``id`` of its record.
    call: str
    skill: str
    folder: str
    #: SHA-256 of ``SKILL.md`` and of the component.
    manifest_digest: str
    component_digest: str
    #: What the skill wants to do, as a verb phrase: ``read``, ``send a request to``.
    action: str
    #: With what. Never a variable's value.
    target: str
    #: The skill's own rule that requests it.
    rule: str
    #: Why it is asked and not simply allowed.
    reason: str
    #: How long an answer is waited for; after that it is a no.
    timeout_ms: int


def question(members: Mapping[str, Any]) -> Question:
    """A question of the runtime's JSON."""
    return Question._of(members)
