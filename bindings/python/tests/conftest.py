"""What the tests share: a folder with skills whose components are the guests of the repository's own tests."""

import os
import shutil
from pathlib import Path

import pytest
from openskills import OpenSkillRuntime

REPOSITORY = Path(os.environ.get("OPENSKILLS_TEST_REPOSITORY", Path(__file__).parents[3]))
TARGET = Path(os.environ.get("OPENSKILLS_TEST_TARGET", REPOSITORY / "target"))
CACHE = TARGET / "tmp" / "test-cache"


def skill(folder, name, guest=None, allowed_tools="", body="Text.\n"):
    """A skill with a guest of tests/programs as its component."""
    place = folder / name
    (place / "wasm").mkdir(parents=True)
    tools = f"allowed-tools: {allowed_tools}\n" if allowed_tools else ""
    (place / "SKILL.md").write_text(f"---\nname: {name}\ndescription: Is tried.\n{tools}---\n{body}")
    if guest is not None:
        component = TARGET / "guests" / f"{guest}.wasm"
        assert component.is_file(), f"there is no {component}: run `cargo xtask guests`"
        shutil.copy(component, place / "wasm" / "skill.wasm")
    return place


@pytest.fixture(scope="session")
def cache():
    CACHE.mkdir(mode=0o700, parents=True, exist_ok=True)
    return CACHE


@pytest.fixture
def skills(tmp_path):
    folder = tmp_path / "skills"
    skill(folder, "echo", "echo")
    skill(folder, "abuse", "abuse")
    return folder


@pytest.fixture
def made(skills, cache):
    """Makes a runtime over these skills, compiled."""

    def make(**settings):
        runtime = OpenSkillRuntime(skills, cache_dir=cache, environment={}, **settings)
        for loaded in runtime.load_skills():
            if loaded.has_component:
                runtime.compile_skill(loaded.id)
        return runtime

    return make


@pytest.fixture
def runtime(made):
    return made()
