"""Tools for models, and an agent."""

import asyncio
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import CACHE, REPOSITORY, skill
from openskills import CancelToken, OpenSkillRuntime, ToolCall, ToolReply, tool_calls

FORMATS = ["openai", "openai-responses", "anthropic", "mcp"]


def name_of(tool):
    return tool["function"]["name"] if "function" in tool else tool["name"]


@pytest.mark.parametrize("format", FORMATS)
def test_a_skill_is_a_tool_in_each_form(runtime, format):
    assert [name_of(tool) for tool in runtime.tools(format)] == [
        "activate_skill",
        "list_skills",
        "read_skill_resource",
        "skill_abuse",
        "skill_echo",
    ]
    general = [name_of(tool) for tool in runtime.tools(format, style="general")]
    assert general[-1] == "run_skill" and "skill_echo" not in general


def test_names_of_tools_are_at_most_64_characters_and_stay(skills, cache):
    long = "a" * 64
    skill(skills, long, "echo")
    runtime = OpenSkillRuntime(skills, cache_dir=cache)
    runtime.load_skills()
    before = [name_of(tool) for tool in runtime.tools()]
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{1,64}", name) for name in before), before
    skill(skills, "a" * 63, "echo")
    runtime.load_skills()
    after = [name_of(tool) for tool in runtime.tools()]
    assert set(before) < set(after) and len(set(after)) == len(after)


def test_a_call_is_answered_in_the_form_in_which_it_came(runtime):
    arguments = {"op": "output", "number": 3}
    function = {"name": "skill_abuse", "arguments": json.dumps(arguments)}
    for call, expected in [
        (
            {"id": "c", "type": "function", "function": function},
            {"role": "tool", "tool_call_id": "c", "content": "xxx"},
        ),
        (
            {"type": "function_call", "call_id": "c", **function},
            {"type": "function_call_output", "call_id": "c", "output": "xxx"},
        ),
        (
            {"type": "tool_use", "id": "c", "name": "skill_abuse", "input": arguments},
            {"type": "tool_result", "tool_use_id": "c", "content": "xxx", "is_error": False},
        ),
    ]:
        reply = runtime.handle(call)
        assert isinstance(reply, ToolReply)
        assert reply.to_value() == expected
        assert reply["content"] == "xxx" and reply.value == "xxx" and not reply.is_error
        assert reply.audit.outcome.kind == "success"
        # What was read before is answered in the same form.
        (read,) = tool_calls([call])
        assert isinstance(read, ToolCall) and read.id == "c"
        assert runtime.handle(read).to_value() == expected
        assert asyncio.run(runtime.handle_async(call)).to_value() == expected
    nobodys = runtime.handle({"name": "skill_abuse", "arguments": arguments})
    assert nobodys.to_value() == nobodys.to_mcp()
    assert nobodys.to_openai("d")["tool_call_id"] == nobodys.to_openai_responses("d")["call_id"] == "d"
    assert nobodys.to_anthropic("d")["tool_use_id"] == "d"


class OfAClient:
    """As the libraries of providers have them."""

    def __init__(self, members):
        self.members = members

    def model_dump(self, mode):
        assert mode == "json"
        return self.members


def test_objects_of_clients_are_taken(runtime):
    block = {"type": "tool_use", "id": "c", "name": "list_skills", "input": {}}
    message = OfAClient({"role": "assistant", "content": [{"type": "text", "text": "…"}, block]})
    (call,) = tool_calls(message)
    assert call.name == "list_skills"
    for form in (call, OfAClient(block), block):
        assert "echo" in runtime.handle(form).content
    assert tool_calls({"role": "assistant", "content": "nothing is called"}) == []


def test_a_model_is_not_told_how_to_be_granted_something(skills, cache):
    skill(skills, "vars", "vars", allowed_tools="Env(LANG)")
    runtime = OpenSkillRuntime(skills, cache_dir=cache, environment={"LANG": "C"})
    runtime.load_skills()
    reply = runtime.handle({"name": "skill_vars", "arguments": {}})
    assert reply.is_error and reply.kind == "PermissionDenied"
    assert "--allow" in reply.hint and "allow" not in reply.content.replace("not allowed", "")
    assert reply.audit.outcome.kind == "denied"


@pytest.mark.parametrize("path", ["../../../etc/passwd", "/etc/passwd", "out", "a\0b"])
def test_no_tool_reads_outside_of_a_skill(runtime, skills, path):
    (skills / "echo" / "out").symlink_to("/etc/passwd")
    (skills / "echo" / "in.txt").write_text("inside")
    read = {"name": "read_skill_resource", "arguments": {"skill": "echo", "path": path}}
    reply = runtime.handle(read)
    assert reply.is_error and "root:" not in reply.content
    read["arguments"]["path"] = "in.txt"
    assert runtime.handle(read).content == "inside"


@pytest.mark.parametrize(
    ("call", "kind"),
    [
        ({"name": "skill_ecko", "arguments": {}}, "UnknownTool"),
        ({"name": "activate_skill", "arguments": {"skil": "echo"}}, "InvalidArguments"),
        ({"name": "activate_skill", "arguments": "{"}, "InvalidArguments"),
        ({"name": "activate_skill", "arguments": {"skill": "none"}}, "SkillNotFound"),
        ([], "UnknownTool"),
        ("text", "UnknownTool"),
    ],
)
def test_whatever_a_model_calls_is_answered(runtime, call, kind):
    reply = runtime.handle(call)
    assert reply.is_error and reply.kind == kind and reply.content and reply.audit is None


def test_what_a_tool_runs_can_be_stopped(runtime):
    call = {"name": "skill_abuse", "arguments": {"op": "spin"}}
    assert runtime.handle(call, timeout_ms=50).kind == "Timeout"
    token = CancelToken()
    token.cancel()
    assert runtime.handle(call, cancel=token).kind == "Cancelled"

    async def main():
        task = asyncio.create_task(runtime.handle_async(call))
        await asyncio.sleep(0.1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())


def test_formats_and_styles_that_do_not_exist_are_named(runtime):
    with pytest.raises(ValueError, match="openai-responses"):
        runtime.tools("gemini")
    with pytest.raises(ValueError, match="general"):
        runtime.tools(style="all")


def test_the_example_agent_comes_to_an_answer():
    home = CACHE / "home"
    ran = subprocess.run(
        [sys.executable, Path(__file__).parents[1] / "examples" / "agent.py", REPOSITORY / "skills"],
        env={**os.environ, "XDG_CACHE_HOME": str(home)},
        capture_output=True,
        text=True,
    )
    assert ran.returncode == 0, ran.stderr
    first, *messages = ran.stdout.splitlines()
    messages = [json.loads(message) for message in messages]
    assert first.endswith("skills")
    assert [message["role"] for message in messages] == ["assistant", "tool", "assistant", "tool", "assistant"]
    assert "skill_text-stats" in messages[1]["content"]
    assert messages[-1]["content"] == "It has 2 words."
