"""The entry point of the skill: JSON in, JSON out. What it computes is in `counting.py`."""

import json

import wit_world
from componentize_py_types import Err
from wit_world.imports.types import InputFault, SkillError_Failed, SkillError_InvalidInput

from counting import count


class WitWorld(wit_world.WitWorld):
    def execute(self, input: str) -> str:
        request = json.loads(input)
        path = request.get("path") if isinstance(request, dict) else None
        if not isinstance(path, str):
            raise Err(SkillError_InvalidInput(InputFault("path", "the path of a file is expected")))
        try:
            with open(path, encoding="utf-8") as file:
                return json.dumps(count(file.read()))
        except (OSError, UnicodeError) as error:
            raise Err(SkillError_Failed(f"cannot read {path}: {error}")) from error
