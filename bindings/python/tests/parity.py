"""The cases of parity: setting them up, and comparing what comes of them. See tests/cases/parity/README.md."""

import base64
import shutil

from conftest import REPOSITORY, TARGET
from openskills import OpenSkillError, OpenSkillRuntime, Policy
from openskills._policy import Limits, MountPoint


def put(folder, files):
    for path, contents in (files or {}).items():
        place = folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(contents.encode() if isinstance(contents, str) else base64.b64decode(contents["base64"]))


def lay_out(folder, name, skill):
    """A skill's folder."""
    known = {"from", "manifest", "description", "allowed_tools", "body", "component", "files"}
    assert set(skill) <= known, f"{set(skill) - known} is unknown"
    if "from" in skill:
        shutil.copytree(REPOSITORY / skill["from"], folder, ignore=shutil.ignore_patterns("target"))
    else:
        folder.mkdir(parents=True)
        tools = f'allowed-tools: "{skill["allowed_tools"]}"\n' if "allowed_tools" in skill else ""
        made = (
            f"---\nname: {name}\ndescription: {skill.get('description', 'A skill that is tried.')}\n{tools}---\n\n"
            f"{skill.get('body', 'Instructions.')}\n"
        )
        (folder / "SKILL.md").write_text(skill.get("manifest", made))
    if "component" in skill:
        kind, rest = skill["component"].split(":", 1)
        (folder / "wasm").mkdir(exist_ok=True)
        bytes = {
            "guest": lambda: (TARGET / "guests" / f"{rest}.wasm").read_bytes(),
            "skill": lambda: (REPOSITORY / "skills" / rest / "wasm" / "skill.wasm").read_bytes(),
            "text": rest.encode,
        }[kind]()
        (folder / "wasm" / "skill.wasm").write_bytes(bytes)
    put(folder, skill.get("files"))


class Stage:
    """The runtime of a case, and what its calls left behind so far."""

    def __init__(self, case, root, cache):
        known = {"name", "skills", "workspace", "outside", "links", "mounts", "policy", "limits", "environment"}
        known |= {"approver", "sink", "interpreter", "load", "build", "calls"}
        assert set(case) <= known, f"{set(case) - known} is unknown"
        self.root = root.resolve()
        self.records, self.questions = [], []
        self.sink = case.get("sink", "memory")
        (self.root / "skills").mkdir()
        for name, skill in case.get("skills", {}).items():
            lay_out(self.root / "skills" / name, name, skill)
        if "workspace" in case:
            (self.root / "workspace").mkdir()
            put(self.root / "workspace", case["workspace"])
        put(self.root, case.get("outside"))
        for path, target in case.get("links", {}).items():
            (self.root / path).symlink_to(target)
        self.runtime = self.build(case, cache)
        if case.get("interpreter") and not any(found.in_use for found in self.runtime.interpreters()):
            self.runtime.install_interpreter()
        if case.get("load", True):
            self.runtime.load_skills()

    def build(self, case, cache):
        answers = list(case.get("approver") or [])

        def approver(question):
            self.questions.append(question.to_dict())
            answer = answers.pop(0) if answers else "no"
            if answer == "raise":
                raise LookupError("the approver fails")
            return answer

        def full(record):
            raise OSError("it is full")

        written = case.get("policy", {})
        rules = {name: written[name] for name in ("preset", "allow", "ask", "deny") if name in written}
        policy = Policy(**rules)
        if "yaml" in written:
            policy = policy.with_yaml(written["yaml"])
        return OpenSkillRuntime(
            self.root / "skills",
            workspace=self.root / "workspace" if "workspace" in case else None,
            mounts=[MountPoint(self.root / it["host"], it["guest"], it["writable"]) for it in case.get("mounts", [])],
            policy=policy,
            limits=Limits(**case.get("limits", {})),
            cache_dir=cache,
            environment=case.get("environment", {}),
            audit_sink=self.records.append if self.sink == "memory" else full,
            on_audit_failure="go-on" if self.sink == "fails-go-on" else "fail",
            approver=approver if case.get("approver") is not None else None,
        )

    def filled(self, value):
        """The same with the paths that placeholders stand for."""
        if isinstance(value, str):
            for name, path in self.names():
                value = value.replace(name, path)
            return value
        if isinstance(value, list):
            return [self.filled(item) for item in value]
        if isinstance(value, dict):
            return {name: self.filled(member) for name, member in value.items()}
        return value

    def names(self):
        return [
            ("${SKILLS}", str(self.root / "skills")),
            ("${WORKSPACE}", str(self.root / "workspace")),
            ("${REPOSITORY}", str(REPOSITORY.resolve())),
            ("${ROOT}", str(self.root)),
        ]


def neutral_error(error):
    """An error in its neutral form."""
    assert isinstance(error, OpenSkillError)
    fields = {
        "PermissionDenied": ["refusals"],
        "Timeout": ["limit_ms", "compiling"],
        "LimitExceeded": ["which"],
        "InvalidInput": ["field"],
        "InvalidFunction": ["function", "nearest"],
        "SkillNotFound": ["nearest"],
        "InvalidManifest": ["path", "faults"],
    }.get(error.kind, [])
    names = ["kind", "message", "hint", "stdout", "stderr", *fields]
    return {name: neutral(getattr(error, name)) for name in names}


def neutral(value):
    """A result in its neutral form."""
    if isinstance(value, bytes):
        try:
            return {"text": value.decode()}
        except UnicodeDecodeError:
            return {"base64": base64.b64encode(value).decode()}
    if hasattr(value, "to_dict"):
        members = value.to_dict()
        if hasattr(value, "to_value"):
            # What is not there in other languages is none here.
            absent = {"audit": value.audit is None, "value": value.audit is None}
            members = {name: member for name, member in members.items() if not absent.get(name)}
            members["answer"] = value.to_value()
        if hasattr(value, "exit_code"):
            members.update(stdout=neutral(value.stdout), stderr=neutral(value.stderr))
        return members
    if isinstance(value, list):
        return [neutral(item) for item in value]
    return value


def digits(value):
    """The same with whole numbers that are not exact everywhere as texts."""
    if isinstance(value, int) and abs(value) >= 2**53:
        return str(value)
    if isinstance(value, list):
        return [digits(item) for item in value]
    return {name: digits(item) for name, item in value.items()} if isinstance(value, dict) else value


def check(place, expected, found):
    """Whether what was found holds what is expected; the error says where it does not."""
    differs = f"{place}: expected {expected!r}, found {found!r}"
    if isinstance(expected, dict) and len(expected) == 1 and next(iter(expected)).startswith("$"):
        ((name, argument),) = expected.items()
        if name == "$contains":
            assert isinstance(found, str) and argument in found, differs
        elif name == "$lacks":
            assert isinstance(found, str) and argument not in found, differs
        elif name == "$length":
            assert isinstance(found, (str, list, dict)) and len(found) == argument, differs
        elif name == "$kind":
            assert kind(found) == argument, differs
        elif name == "$exactly":
            assert equal(argument, found), differs
        elif name == "$all":
            for each in argument:
                check(place, each, found)
        elif name == "$has":
            assert isinstance(found, list), differs
            for each in argument:
                assert any(holds(each, item) for item in found), f"{place}: no element is {each!r}, found {found!r}"
        elif name == "$absent":
            raise AssertionError(differs)
        else:
            raise LookupError(f"{place}: there is no `{name}`")
    elif isinstance(expected, dict) and isinstance(found, dict):
        for name, member in expected.items():
            if name in found:
                check(f"{place}.{name}", member, found[name])
            else:
                assert member == {"$absent": True}, f"{place}: there is no `{name}` in {found!r}"
    elif isinstance(expected, list) and isinstance(found, list) and len(expected) == len(found):
        for index, (one, other) in enumerate(zip(expected, found)):
            check(f"{place}[{index}]", one, other)
    else:
        assert equal(expected, found), differs


def holds(expected, found):
    try:
        check("", expected, found)
    except AssertionError:
        return False
    return True


def kind(found):
    if found is None:
        return "null"
    kinds = {bool: "bool", int: "number", float: "number", str: "string", list: "array", dict: "object"}
    return kinds[type(found)]


def equal(one, other):
    """Equal in everything but the order of members and the way in which a number is written."""
    if kind(one) != kind(other):
        return False
    if isinstance(one, list):
        return len(one) == len(other) and all(map(equal, one, other))
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(equal(one[name], other[name]) for name in one)
    return one == other
