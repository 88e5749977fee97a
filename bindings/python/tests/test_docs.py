"""Every snippet of the documentation is run."""

import doctest
import importlib
import os
import pkgutil
import re
import shutil

import openskills
import pytest
from conftest import CACHE, REPOSITORY, skill
from typed_component import SUMS


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """What the snippets find where they are run."""
    skill(tmp_path / "skills", "my-skill", "echo")
    place = skill(tmp_path / "skills", "sums")
    (place / "wasm" / "skill.wasm").write_bytes(SUMS)
    skill(tmp_path / "skills", "greeter", "vars", allowed_tools="Env(LANG)")
    shutil.copytree(REPOSITORY / "skills" / "text-stats", tmp_path / "skills" / "text-stats")
    (tmp_path / "data").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LANG", "C.UTF-8")
    # The snippets have no say in the cache.
    monkeypatch.setenv("XDG_CACHE_HOME", str(CACHE / "home"))
    runtime = openskills.OpenSkillRuntime("skills")
    for loaded in runtime.load_skills():
        runtime.compile_skill(loaded.id)
    return tmp_path


def snippets(path):
    """Each block of Python with what the block after it says that it prints, and its line."""
    text = path.read_text()
    block = re.compile(r"^```python\n(.*?)^```\n(?:\n^```text\n(.*?)^```\n)?", re.M | re.S)
    return [(text[: found.start()].count("\n") + 2, *found.groups()) for found in block.finditer(text)]


@pytest.mark.parametrize(
    "page", ["docs/python.md", "bindings/python/README.md"], ids=["docs/python.md", "README.md"]
)
def test_the_snippets_of_a_page_run_and_print_what_it_says(page, folder, capsys):
    found = snippets(REPOSITORY / page)
    assert found
    names = {"__name__": "snippet"}
    for line, code, printed in found:
        exec(compile("\n" * (line - 1) + code, page, "exec"), names)
        out = capsys.readouterr().out
        if printed is not None:
            assert out == printed, f"{page}:{line}"


def modules():
    return ["openskills", *(f"openskills.{module.name}" for module in pkgutil.iter_modules(openskills.__path__))]


@pytest.mark.parametrize("name", modules())
def test_the_examples_of_a_module_print_what_they_say(name, folder):
    for place in os.listdir("skills"):
        if place != "text-stats":
            shutil.rmtree(folder / "skills" / place)
    ran = doctest.testmod(importlib.import_module(name))
    assert ran.failed == 0


def test_everything_public_is_there_and_has_a_docstring():
    for name in openskills.__all__:
        thing = getattr(openskills, name)
        assert thing.__doc__, name
        for member, value in vars(thing).items() if isinstance(thing, type) else ():
            if not member.startswith("_") and (callable(value) or isinstance(value, (property, classmethod))):
                assert getattr(thing, member).__doc__ or value.__doc__, f"{name}.{member}"
