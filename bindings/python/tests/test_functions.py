"""Typed functions of a skill's own world."""

import asyncio
import json
import threading
from base64 import b64decode

import openskills
import pytest
from conftest import REPOSITORY, skill
from openskills import CancelToken, Function, OpenSkillRuntime
from typed_component import SUMS


@pytest.fixture
def sums(tmp_path, cache):
    place = skill(tmp_path / "skills", "sums")
    (place / "wasm" / "skill.wasm").write_bytes(SUMS)
    runtime = OpenSkillRuntime(tmp_path / "skills", cache_dir=cache)
    runtime.load_skills()
    return runtime


def test_functions_have_names_signatures_and_schemas(sums):
    spin, add = sums.functions("sums")
    assert isinstance(add, Function)
    assert (spin.name, add.name, add.tool_name) == ("spin", "example:math/sums#add", "skill_sums_sums_add")
    assert add.signature == "add: func(a: u8, b: u32) -> u32"
    # A whole number is no `number`, and has its bounds.
    assert add.input_schema["properties"]["a"] == {"type": "integer", "minimum": 0, "maximum": 255}
    assert add.input_schema["required"] == ["a", "b"]
    assert [function.name for function in sums.inspect_skill("sums").functions] == [spin.name, add.name]


def test_a_function_is_called_by_its_name_and_is_on_record(sums):
    result = sums.call_function("sums", "add", {"a": 2, "b": 40})
    assert result["output"] == 42 and type(result.output) is int
    assert result.audit.function == "example:math/sums#add"
    assert asyncio.run(sums.call_function_async("sums", "sums#add", {"a": 1, "b": 2**32 - 2})).output == 2**32 - 1


def test_a_wrong_name_and_wrong_arguments_are_told_apart(sums):
    with pytest.raises(openskills.InvalidFunction) as raised:
        sums.call_function("sums", "ad")
    assert raised.value.nearest == ["example:math/sums#add"] or "add" in str(raised.value)
    assert isinstance(raised.value, LookupError) and raised.value.function == "ad"
    with pytest.raises(openskills.InvalidInput) as raised:
        sums.call_function("sums", "add", {"a": 256, "b": 0})
    assert raised.value.field == "a"
    with pytest.raises(openskills.InvalidInput):
        sums.call_function("sums", "add", {"a": 1})


def test_whole_numbers_of_64_bits_keep_their_digits(tmp_path, cache):
    cases = json.loads((REPOSITORY / "tests/cases/parity/cases/functions.json").read_text())["cases"]
    component = cases[0]["skills"]["tried"]["files"]["wasm/skill.wasm"]["base64"]
    place = skill(tmp_path / "skills", "wide")
    (place / "wasm" / "skill.wasm").write_bytes(b64decode(component))
    runtime = OpenSkillRuntime(tmp_path / "skills", cache_dir=cache)
    runtime.load_skills()
    for number in 5, 2**53, 2**64 - 1:
        output = runtime.call_function("wide", "same", {"of": number}).output
        assert output == number and type(output) is int
    # A float of that size has lost digits already.
    with pytest.raises(openskills.InvalidInput):
        runtime.call_function("wide", "same", {"of": 2.0**60})


def test_a_function_that_spins_is_stopped(sums):
    token = CancelToken()
    threading.Timer(0.1, token.cancel).start()
    with pytest.raises(openskills.Cancelled):
        sums.call_function("sums", "spin", cancel=token)
    with pytest.raises(openskills.Timeout):
        sums.call_function("sums", "spin", timeout_ms=50)
