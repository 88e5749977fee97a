"""The developer guide's Python snippet, word for word, and the package as it is installed."""

import os
import subprocess
import sys
from importlib.metadata import distribution
from pathlib import Path

import openskills
from conftest import CACHE, REPOSITORY, skill
from openskills import OpenSkillRuntime

SNIPPET = """\
from openskills import OpenSkillRuntime

runtime = OpenSkillRuntime('./skills')
skills = runtime.load_skills()

result = runtime.execute_skill(
    'my-skill',
    {'input': 'data'},
    timeout_ms=5000
)

print(result['output'])
"""


def test_the_guide_runs_word_for_word(tmp_path):
    skill(tmp_path / "skills", "my-skill", "echo")
    # The snippet has no say in the cache, and the first compilation is not what its five seconds are for.
    home = CACHE / "home"
    warm = OpenSkillRuntime(tmp_path / "skills", cache_dir=home / "openskills")
    warm.load_skills()
    warm.compile_skill("my-skill")
    environment = {**os.environ, "XDG_CACHE_HOME": str(home)}
    ran = subprocess.run([sys.executable, "-c", SNIPPET], cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert ran.stdout == "{'input': {'input': 'data'}, 'count': 1}\n", ran.stderr


def test_the_package_is_the_installed_one_and_carries_its_types():
    folder = Path(openskills.__file__).parent
    assert "site-packages" in folder.parts
    assert (folder / "py.typed").is_file()
    assert (folder / "_native.pyi").is_file()
    assert openskills.__version__


def test_the_package_carries_its_licences():
    files = {path.name: path for path in distribution("openskills").files}
    for name in ("LICENSE-MIT", "LICENSE-APACHE"):
        assert files[name].locate().read_text() == (REPOSITORY / name).read_text()
    metadata = distribution("openskills").metadata
    assert metadata["License-Expression"] == "MIT OR Apache-2.0" and metadata.get_all("Requires-Dist") is None
