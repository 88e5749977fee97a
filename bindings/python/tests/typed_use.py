"""How the package is used, for the checkers of types: nothing runs this."""

from __future__ import annotations

from typing import Any

from openskills import (
    AuditRecord,
    CancelToken,
    ExecutionResult,
    Limits,
    OpenSkillRuntime,
    PermissionDenied,
    Policy,
    Question,
    Refusal,
    SkillDescriptor,
    ToolReply,
    tool_calls,
)


def guide() -> None:
    runtime = OpenSkillRuntime('./skills')
    skills = runtime.load_skills()

    result = runtime.execute_skill(
        'my-skill',
        {'input': 'data'},
        timeout_ms=5000
    )

    print(result['output'])
    first: SkillDescriptor = skills[0]
    name: str = first.id
    output: Any = result.output
    record: AuditRecord = result.audit
    kind: str = record.outcome.kind
    print(name, output, kind)


def approver(question: Question) -> bool:
    return question.target == "LANG"


def settings(records: list[AuditRecord]) -> OpenSkillRuntime:
    return OpenSkillRuntime(
        "skills",
        policy=Policy(deny=["Read(.env)"]).allow("Env(LANG)"),
        approver=approver,
        limits=Limits(memory=2**26),
        audit_sink=records.append,
        on_audit_failure="go-on",
    )


def errors(runtime: OpenSkillRuntime, cancel: CancelToken) -> list[Refusal]:
    try:
        runtime.call_function("sums", "add", {"a": 1, "b": 2}, cancel=cancel)
    except PermissionDenied as error:
        hint: str | None = error.hint
        print(hint)
        return error.refusals
    return []


async def tasks(runtime: OpenSkillRuntime, answer: dict[str, Any]) -> ToolReply:
    result: ExecutionResult = await runtime.execute_skill_async("my-skill")
    print(result.stdout)
    tools: list[dict[str, Any]] = runtime.tools("anthropic", style="own")
    print(tools)
    return await runtime.handle_async(tool_calls(answer)[0])


def mistakes(runtime: OpenSkillRuntime) -> None:
    runtime.execute_skill(1)  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
    runtime.execute_skill("a", timeout="5")  # type: ignore[call-arg] # pyright: ignore[reportCallIssue]
    runtime.tools("gemini")  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
    OpenSkillRuntime(approver=print_nothing)  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]


def print_nothing() -> None:
    pass
