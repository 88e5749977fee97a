"""Calls: results, errors, stopping them, JSON both ways."""

import asyncio
import os
import pickle
import signal
import sys
import threading
from collections.abc import Mapping

import openskills
import pytest
from openskills import CancelToken, ExecutionResult, OpenSkillError


def test_a_result_has_attributes_and_indexes_like_a_dictionary(runtime):
    result = runtime.execute_skill("abuse", {"op": "say", "text": "hello"})
    assert isinstance(result, ExecutionResult) and isinstance(result, Mapping)
    assert result["output"] is result.output is None
    assert result.stdout == "out: hello\n" and result["stderr"] == "err: hello\n"
    assert result.audit.outcome.kind == result["audit"]["outcome"]["kind"] == "success"
    assert "nothing" not in result and set(result) == {*result.to_dict(), "audit_error"}
    with pytest.raises(KeyError):
        result["nothing"]
    assert pickle.loads(pickle.dumps(result)) == result


def test_values_pass_both_ways(runtime):
    value = {
        "null": None,
        "numbers": [0, -1, 2**63 - 1, -(2**63), 2**64 - 1, 1.5, 1e300],
        "bools": (True, False),
        "texts": ["", "größe 漢字 \U0001f600", "\x00"],
        "empty": [[], {}],
    }
    output = runtime.execute_skill("echo", value).output["input"]
    assert output == {**value, "bools": [True, False]}
    assert output["bools"][0] is True and isinstance(output["numbers"][5], float)
    assert runtime.execute_skill("echo").output["input"] == {}


class Whole:
    def __index__(self):
        return 7


def test_a_whole_number_of_another_library_is_one(runtime):
    assert runtime.execute_skill("echo", [Whole()]).output["input"] == [7]


def looped():
    value = {}
    value["a"] = [value]
    return {"x": value}


def deep(levels):
    value = []
    for _ in range(levels - 1):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("value", "kind", "message"),
    [
        ({"a": [1, {"b": float("nan")}]}, ValueError, 'the value["a"][1]["b"] is NaN'),
        ([float("inf")], ValueError, "the value[0] is inf"),
        ({"a": 2**64}, ValueError, 'the value["a"] does not fit into 64 bits'),
        ({"a": {1: 2}}, TypeError, 'a key of the value["a"] is of type int'),
        (b"x", TypeError, "the value is of type bytes: pass them as a text"),
        ([{1, 2}], TypeError, "the value[0] is of type set"),
        ({"a": "\ud800"}, ValueError, 'a text at the value["a"] has half of a surrogate pair'),
        (looped(), ValueError, 'the value["x"] contains itself'),
        (deep(128), ValueError, "nested more than 127 deep"),
    ],
)
def test_what_json_cannot_hold_is_an_error_that_says_where(runtime, value, kind, message):
    with pytest.raises(kind) as raised:
        runtime.execute_skill("echo", value)
    assert message in str(raised.value)


def test_as_deep_as_json_may_be(runtime):
    assert runtime.execute_skill("echo", deep(125)).output["input"] == deep(125)


@pytest.mark.parametrize(
    ("skill", "input", "settings", "kind", "builtin", "fields"),
    [
        ("ecko", {}, {}, openskills.SkillNotFound, LookupError, {"id": "ecko", "nearest": ["echo"]}),
        ("abuse", {"op": "spin"}, {"timeout_ms": 50}, openskills.Timeout, TimeoutError, {"limit_ms": 50}),
        ("abuse", {"op": "fail", "text": "no"}, {}, openskills.ExecutionFailure, RuntimeError, {"detail": "no"}),
        ("abuse", {"op": "blame"}, {}, openskills.InvalidInput, ValueError, {"field": "text"}),
        ("abuse", {"op": "grab", "number": 2**30}, {}, openskills.LimitExceeded, Exception, {"which": "memory"}),
    ],
)
def test_each_kind_of_error_has_its_class_and_its_fields(runtime, skill, input, settings, kind, builtin, fields):
    with pytest.raises(kind) as raised:
        runtime.execute_skill(skill, input, **settings)
    error = raised.value
    assert isinstance(error, (OpenSkillError, builtin)) and isinstance(error, builtin)
    assert error.kind == kind.__name__
    for name, value in fields.items():
        assert getattr(error, name) == value
    assert str(error).startswith(error.message)
    if error.hint:
        assert error.hint in str(error)
    assert (error.audit is None) == (kind is openskills.SkillNotFound)
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is kind and str(again) == str(error) and again.audit == error.audit


def test_every_class_is_one_kind():
    kinds = [kind for kind in OpenSkillError.__subclasses__()]
    assert len(kinds) == 12
    for kind in kinds:
        assert kind.kind == kind.__name__ and getattr(openskills, kind.__name__) is kind


def test_a_token_stops_a_call(runtime):
    token = CancelToken()
    threading.Timer(0.1, token.cancel).start()
    with pytest.raises(openskills.Cancelled) as raised:
        runtime.execute_skill("abuse", {"op": "spin"}, cancel=token)
    assert token.is_cancelled and raised.value.audit.outcome.kind == "cancelled"


@pytest.fixture
def listening():
    """Shells start what runs in the background deaf to Ctrl-C, and Python leaves it so."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.parametrize("input", [{"op": "spin"}, {"op": "sleep", "number": 25_000}])
def test_ctrl_c_stops_the_guest(made, input, listening):
    records = []
    runtime = made(audit_sink=records.append)
    threading.Timer(0.1, os.kill, (os.getpid(), signal.SIGINT)).start()
    with pytest.raises(KeyboardInterrupt):
        runtime.execute_skill("abuse", input)
    assert [record.outcome.kind for record in records] == ["cancelled"]
    # The next call works.
    assert runtime.execute_skill("echo", 1).output["input"] == 1


def test_a_cancelled_task_stops_the_guest_before_it_ends(made):
    records = []
    runtime = made(audit_sink=records.append)

    async def main():
        task = asyncio.create_task(runtime.execute_skill_async("abuse", {"op": "spin"}))
        await asyncio.sleep(0.1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return [record.outcome.kind for record in records]

    assert asyncio.run(main()) == ["cancelled"]


def test_tasks_run_side_by_side_and_raise(runtime):
    async def main():
        calls = [runtime.execute_skill_async("echo", number) for number in range(20)]
        calls.append(runtime.execute_skill_async("abuse", {"op": "fail", "text": "no"}))
        return await asyncio.gather(*calls, return_exceptions=True)

    *results, failure = asyncio.run(main())
    assert [result.output["input"] for result in results] == list(range(20))
    assert isinstance(failure, openskills.ExecutionFailure)


def test_threads_are_in_calls_at_the_same_time(made):
    """A record is kept when both calls are under way: under one lock of the runtime the second would never begin."""
    both = threading.Barrier(2, timeout=60)
    runtime = made(audit_sink=lambda record: both.wait())
    outputs = []
    calls = [
        threading.Thread(target=lambda number: outputs.append(runtime.execute_skill("echo", number).output), args=(n,))
        for n in range(2)
    ]
    for call in calls:
        call.start()
    for call in calls:
        call.join()
    assert sorted(output["input"] for output in outputs) == [0, 1] and not both.broken


def test_threads_run_python_while_others_are_in_calls(runtime):
    """The interpreter takes its lock from nobody here, so that this thread goes on only where a call gives it up."""
    token = CancelToken()
    begun = threading.Semaphore(0)
    ended = []

    def spin():
        # What a first call looks up in the interpreter, it gives the lock up for.
        with pytest.raises(openskills.Timeout):
            runtime.execute_skill("abuse", {"op": "spin"}, timeout_ms=100)
        begun.release()
        try:
            runtime.execute_skill("abuse", {"op": "spin"}, cancel=token, timeout_ms=20_000)
        except openskills.OpenSkillError as error:
            ended.append(error.kind)

    threads = [threading.Thread(target=spin) for _ in range(2)]
    before = sys.getswitchinterval()
    sys.setswitchinterval(1_000)
    try:
        for thread in threads:
            thread.start()
        for _ in threads:
            begun.acquire()
        assert runtime.execute_skill("echo", 1).output["input"] == 1
        token.cancel()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(before)
    assert ended == ["Cancelled", "Cancelled"]


def test_a_process_forked_after_a_call_is_told_so(runtime):
    runtime.execute_skill("echo", 1)
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            runtime.execute_skill("echo", 1)
            message = "it ran"
        except RuntimeError as error:
            message = str(error)
        os.write(writing, message.encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as told:
        assert "forked" in told.read()
    os.waitpid(child, 0)


def test_what_cannot_be_pickled_says_what_to_do(runtime):
    with pytest.raises(TypeError, match="make one in each process"):
        pickle.dumps(runtime)
    with pytest.raises(TypeError, match="keep what `to_value`"):
        pickle.dumps(runtime.handle({"name": "list_skills", "arguments": {}}))


@pytest.mark.parametrize(
    ("settings", "kind", "message"),
    [
        ({"stdin": "text"}, TypeError, "stdin is of type str: give bytes"),
        ({"arguments": [5]}, TypeError, "5 in a list of texts is of type int: give a text"),
        ({"arguments": "x"}, TypeError, "write ['x']"),
        ({"timeout_ms": "5"}, TypeError, "timeout_ms is '5': give a whole number, 0 or more"),
        ({"timeout_ms": -1}, ValueError, "timeout_ms is -1"),
    ],
)
def test_wrong_arguments_of_scripts_are_told(runtime, settings, kind, message):
    with pytest.raises(kind) as raised:
        runtime.run_script("echo", "scripts/none.py", **settings)
    assert message in str(raised.value)


@pytest.mark.parametrize(
    ("settings", "kind", "message"),
    [
        ({"timeout_ms": 5.5}, TypeError, "timeout_ms is 5.5: give a whole number, 0 or more"),
        ({"timeout_ms": "5"}, TypeError, "timeout_ms is '5'"),
        ({"timeout_ms": -1}, ValueError, "timeout_ms is -1: give a whole number, 0 or more"),
        ({"timeout": 5}, TypeError, "timeout"),
        ({"cancel": threading.Event()}, TypeError, "CancelToken"),
    ],
)
def test_wrong_arguments_of_calls_are_told(runtime, settings, kind, message):
    with pytest.raises(kind) as raised:
        runtime.execute_skill("echo", {}, **settings)
    assert message in str(raised.value)
