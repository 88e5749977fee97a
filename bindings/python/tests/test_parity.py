"""The cases of parity, ``tests/cases/parity``, run from Python: each by blocking calls and by asyncio."""

import asyncio
import json
import threading

import pytest
from conftest import REPOSITORY
from openskills import CancelToken, OpenSkillError, tool_calls
from parity import Stage, check, digits, neutral, neutral_error

FILES = sorted((REPOSITORY / "tests/cases/parity/cases").glob("*.json"))
CASES = [
    pytest.param(case, form, id=f"{file.stem}::{case['name']}::{form}")
    for file in FILES
    for case in json.loads(file.read_text())["cases"]
    for form in ("blocking", "async")
]

#: The methods that are called with a token and a timeout, and have a form for asyncio.
CALLS = {"execute_skill", "call_function", "run_script", "handle"}


def make(runtime, method, arguments, cancel, form):
    """Makes one call."""
    arguments = dict(arguments)
    if method == "tool_calls":
        return tool_calls(**arguments)
    if "stdin" in arguments:
        arguments["stdin"] = arguments["stdin"].encode()
    if cancel is not None:
        arguments["cancel"] = token = CancelToken()
        if cancel == "before":
            token.cancel()
        else:
            threading.Timer(0.05, token.cancel).start()
    if form == "async" and method in CALLS:
        return asyncio.run(getattr(runtime, f"{method}_async")(**arguments))
    return getattr(runtime, method)(**arguments)


def test_there_are_cases():
    assert len(CASES) > 60


@pytest.mark.parametrize(("case", "form"), CASES)
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_case(case, form, tmp_path, cache):
    try:
        stage = Stage(case, tmp_path, cache)
    except OpenSkillError as error:
        found = json.dumps(neutral_error(error), ensure_ascii=False)
        for name, path in ("${SKILLS}", tmp_path / "skills"), ("${ROOT}", tmp_path):
            found = found.replace(str(path), name)
        check("build.error", case["build"]["error"], json.loads(found))
        return
    assert "build" not in case, "the set-up can be used, and an error was expected"
    for number, call in enumerate(case["calls"], 1):
        known = {"method", "arguments", "cancel", "returns", "error", "record", "records", "questions", "workspace"}
        assert set(call) <= known, f"{set(call) - known} is unknown"
        answer(stage, call, f"call {number} ({call['method']})", form)


def answer(stage, call, place, form):
    """Makes a call and compares all that it left behind."""
    stage.questions.clear()
    arguments = stage.filled(call.get("arguments", {}))
    assert ("returns" in call) != ("error" in call)
    try:
        result = make(stage.runtime, call["method"], arguments, call.get("cancel"), form)
    except OpenSkillError as error:
        assert "error" in call, f"{place} failed: {neutral_error(error)}"
        check(f"{place}: error", stage.filled(call["error"]), neutral_error(error))
        record = error.audit
    else:
        assert "returns" in call, f"{place} did not fail: {neutral(result)}"
        found = neutral(result)
        if call["method"] == "call_function":
            found["output"] = digits(found["output"])
        check(f"{place}: returns", stage.filled(call["returns"]), found)
        record = getattr(result, "audit", None)
    if "record" in call:
        check(f"{place}: record", stage.filled(call["record"]), record.to_dict())
        if stage.sink == "memory":
            assert stage.records[-1].to_dict() == record.to_dict()
    if "records" in call:
        assert len(stage.records) == call["records"], place
    if "questions" in call:
        check(f"{place}: questions", stage.filled(call["questions"]), stage.questions)
    for path, expected in call.get("workspace", {}).items():
        file = stage.root / "workspace" / path
        assert (file.read_text() if file.is_file() else None) == expected, f"{place}: workspace {path}"
