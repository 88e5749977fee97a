"""A list of steps through files, web servers and variables of the host: the same in five languages."""

import json
import re

import wit_world
from componentize_py_types import Err
from wit_world.imports import env, fs, http, log, types


def stat(step):
    found = fs.stat(step["path"])
    kind = found.kind.name.lower()
    return {"kind": kind, "size": found.size if kind == "file" else 0}


def fetch(step):
    headers = [http.Header(name, value.encode()) for name, value in step.get("headers", [])]
    body = step["text"].encode() if "text" in step else None
    response = http.fetch(http.Request(step.get("method", "GET"), step["url"], headers, body, 5000))
    kinds = [header.value.decode() for header in response.headers if header.name.lower() == "content-type"]
    return {"status": response.status, "type": next(iter(kinds), None), "body": response.body.decode()}


STEPS = {
    "read": lambda step: fs.read(step["path"], step.get("offset", 0), step.get("length", 1 << 20)).decode(),
    "write": lambda step: fs.write(step["path"], step["text"].encode()),
    "append": lambda step: fs.append(step["path"], step["text"].encode()),
    "stat": stat,
    "list": lambda step: sorted(f"{entry.kind.name.lower()} {entry.name}" for entry in fs.list_dir(step["path"])),
    "make-dir": lambda step: fs.make_dir(step["path"]),
    "remove": lambda step: fs.remove(step["path"]),
    "rename": lambda step: fs.rename(step["path"], step["to"]),
    "fetch": fetch,
    "get": lambda step: env.get(step["name"]),
    "names": lambda step: env.names(),
    "log": lambda step: log.log(log.Level.INFO, step["text"]),
}


def tag(error):
    """The name of a case as WIT has it: `Error_NotFound` is `not-found`."""
    name = type(error).__name__.removeprefix("Error_")
    return re.sub(r"(?<!^)(?=[A-Z])", "-", name).lower()


def answer(step):
    try:
        return {"ok": STEPS[step["do"]](step)}
    except Err as error:
        return {"error": tag(error.value)}


ENDS = {
    "denied": lambda end: types.SkillError_Denied(end["text"]),
    "failed": lambda end: types.SkillError_Failed(end["text"]),
    "invalid-input": lambda end: types.SkillError_InvalidInput(types.InputFault(end["field"], end["text"])),
}


class WitWorld(wit_world.WitWorld):
    def execute(self, input: str) -> str:
        task = json.loads(input)
        answers = [answer(step) for step in task["steps"]]
        if "end" in task:
            raise Err(ENDS[task["end"]["tag"]](task["end"]))
        return json.dumps(answers)
