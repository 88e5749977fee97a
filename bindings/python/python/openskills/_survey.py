"""What can be asked without a runtime."""

from __future__ import annotations

import os
from collections.abc import Iterable

from openskills import _native
from openskills._policy import StrPath
from openskills._records import CheckedManifest, SkillFault


def check_manifests(files: Iterable[StrPath]) -> list[CheckedManifest]:
    """Checks ``SKILL.md`` files for their authors. The answers are in the order of ``files``."""
    return CheckedManifest._all(_native.check_manifests([os.fspath(file) for file in files]))


def find_manifests(folder: StrPath) -> tuple[list[str], list[SkillFault]]:
    """Every ``SKILL.md`` in and below a folder, for checking, and what could not be read.

    Raises:
        OSError: There is no such folder.
    """
    found, faults = _native.find_manifests(os.fspath(folder))
    return found, SkillFault._all(faults)


def standard_places(
    directory: StrPath, path_variable: str | None = None, home: StrPath | None = None
) -> list[str]:
    """Where skills are looked for when nobody says where, those places that exist: the project's that ``directory``
    lies in, the folders of ``path_variable`` (the value of ``OPENSKILLS_PATH``), the user's below ``home``."""
    return _native.standard_places(os.fspath(directory), path_variable, None if home is None else os.fspath(home))


def is_broad(folder: StrPath, home: StrPath | None = None) -> bool:
    """Whether a folder is too much to be a workspace: the root, the home directory, or one that this lies in."""
    return _native.is_broad(os.fspath(folder), None if home is None else os.fspath(home))


def estimate_tokens(text: str) -> int:
    """The tokens of a text for a model, estimated."""
    return _native.estimate_tokens(text)


def user_policy_path() -> str | None:
    """The user's own policy file, whether it exists or not."""
    return _native.user_policy_path()


def project_policy_paths(folder: StrPath) -> list[str]:
    """The policy files of the project that ``folder`` lies in, the outermost first."""
    return _native.project_policy_paths(os.fspath(folder))
