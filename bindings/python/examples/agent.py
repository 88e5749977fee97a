"""An agent without a model: what a model would decide is written down.

``python examples/agent.py ../../skills`` offers the skills of a folder as tools and answers two calls.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from typing import Any

from openskills import OpenSkillRuntime, tool_calls


def model(tools: list[dict[str, Any]], messages: list[dict[str, Any]]) -> dict[str, Any]:
    """The decisions of a model, which sees the tools and what was said so far."""
    names = [tool["function"]["name"] for tool in tools]
    answers = [message for message in messages if message["role"] == "tool"]
    if not answers:
        return calling(names, "activate_skill", {"skill": "text-stats"})
    if len(answers) == 1:
        return calling(names, "skill_text-stats", {"text": "Hello, world."})
    words = json.loads(answers[-1]["content"])["words"]
    return {"role": "assistant", "content": f"It has {words} words."}


def calling(names: list[str], name: str, arguments: dict[str, Any]) -> dict[str, Any]:
    assert name in names, f"{name} is none of {names}"
    function = {"name": name, "arguments": json.dumps(arguments)}
    return {"role": "assistant", "tool_calls": [{"id": f"call_{name}", "type": "function", "function": function}]}


def agent(runtime: OpenSkillRuntime, question: str) -> Iterator[dict[str, Any]]:
    """Asks the model until it calls nothing more. Gives every message after the question."""
    tools = runtime.tools("openai")
    messages: list[dict[str, Any]] = [{"role": "user", "content": question}]
    while True:
        answer = model(tools, messages)
        replies = [runtime.handle(call, timeout_ms=10_000) for call in tool_calls(answer)]
        for reply in replies:
            if reply.hint is not None:
                # For whoever operates the agent, never for the model.
                print(f"hint: {reply.hint}", file=sys.stderr)
        new = [answer, *(reply.to_value() for reply in replies)]
        messages += new
        yield from new
        if not replies:
            return


def main() -> None:
    runtime = OpenSkillRuntime(sys.argv[1] if len(sys.argv) > 1 else "skills")
    skills = runtime.load_skills()
    print(f"{len(skills)} skills")
    for message in agent(runtime, "How many words has `Hello, world.`?"):
        print(json.dumps(message, ensure_ascii=False))


if __name__ == "__main__":
    main()
