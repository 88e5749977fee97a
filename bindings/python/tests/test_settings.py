"""What a runtime can be told: policy, approver, sink, limits, folders."""

import gc
import sys
import weakref

import openskills
import pytest
from conftest import skill
from openskills import AuditFile, AuditLog, Limits, MountPoint, OpenSkillRuntime, Policy, PolicyError


@pytest.fixture
def vars_skill(skills):
    skill(skills, "vars", "vars", allowed_tools="Env(LANG)")


def env_runtime(skills, cache, **settings):
    runtime = OpenSkillRuntime(skills, cache_dir=cache, environment={"LANG": "C"}, **settings)
    runtime.load_skills()
    runtime.compile_skill("vars")
    return runtime


def test_nobody_to_ask_is_a_no_with_the_line_to_add(skills, cache, vars_skill):
    with pytest.raises(openskills.PermissionDenied) as raised:
        env_runtime(skills, cache).execute_skill("vars", {})
    error = raised.value
    assert isinstance(error, PermissionError)
    assert [(refusal.action, refusal["target"]) for refusal in error.refusals] == [("env", "LANG")]
    assert error.hint == "allow it: `--allow 'Env(LANG)'`, or `allow: [\"Env(LANG)\"]` in the policy"
    assert error.audit.outcome.kind == "denied"


@pytest.mark.parametrize("answer", [True, "once", "session"])
def test_an_approver_says_yes(skills, cache, vars_skill, answer):
    asked = []

    def approver(question):
        asked.append(question)
        return answer

    runtime = env_runtime(skills, cache, approver=approver)
    for _ in range(2):
        assert runtime.execute_skill("vars", {}).audit.uses[0].decision == "approved"
    assert len(asked) == (1 if answer == "session" else 2)
    assert (asked[0].skill, asked[0].target, asked[0]["rule"]) == ("vars", "LANG", "Env(LANG)")


def test_an_approver_that_raises_has_said_no_and_is_reported(skills, cache, vars_skill, monkeypatch):
    reported = []
    monkeypatch.setattr(sys, "unraisablehook", lambda unraisable: reported.append(unraisable.exc_value))

    def approver(question):
        raise LookupError("nobody is here")

    for wrong in (approver, lambda question: "perhaps"):
        with pytest.raises(openskills.PermissionDenied):
            env_runtime(skills, cache, approver=wrong).execute_skill("vars", {})
    assert [type(error) for error in reported] == [LookupError, TypeError]


def test_a_sink_that_raises_fails_the_call_and_is_its_cause(made, monkeypatch):
    reported = []
    monkeypatch.setattr(sys, "unraisablehook", lambda unraisable: reported.append(unraisable.exc_value))

    def sink(record):
        raise LookupError("the shelf is full")

    with pytest.raises(openskills.Io) as raised:
        made(audit_sink=sink).execute_skill("echo", 1)
    assert isinstance(raised.value, OSError) and isinstance(raised.value.__cause__, LookupError)
    assert raised.value.audit.outcome.kind == "success" and not reported
    result = made(audit_sink=sink, on_audit_failure="go-on").execute_skill("echo", 1)
    assert result.audit_error == "LookupError: the shelf is full"
    assert [type(error) for error in reported] == [LookupError]


def test_a_record_file_is_written_and_verified(made, tmp_path):
    path = tmp_path / "audit.jsonl"
    for sink in (path, AuditFile(path, synced=True)):
        made(audit_sink=sink).execute_skill("echo", 1)
    report = AuditLog(path).verify()
    assert report.records == 2 and report.broken is None
    assert [line.record.skill for line in AuditLog(path)] == ["echo", "echo"]
    path.write_text(path.read_text().replace('"echo"', '"ekko"', 1))
    assert AuditLog(path).verify(head=report.head).broken.fault == "edited"


def test_a_policy_does_not_change_and_a_misspelt_rule_is_an_error():
    policy = Policy(deny=["Read(.env)"])
    other = policy.allow("Env(LANG)")
    assert (policy.allow_rules, other.allow_rules, other.deny_rules) == ([], ["Env(LANG)"], ["Read(.env)"])
    assert Policy.locked().preset == "locked" and Policy.trust_skills().preset == "trust"
    with pytest.raises(PolicyError) as raised:
        Policy().deny("Raed(.env)")
    assert raised.value.rule == "Raed(.env)" and isinstance(raised.value, ValueError)
    with pytest.raises(TypeError, match="one text"):
        Policy(deny="Read")


def test_policy_files_are_read_and_named(skills, cache, tmp_path):
    file = tmp_path / "policy.yaml"
    file.write_text("deny: [Read(secret)]\n")
    runtime = OpenSkillRuntime(skills, cache_dir=cache, policy_files=[file], allow=["Env(LANG)"])
    assert runtime.policy.deny_rules == ["Read(secret)"] and runtime.policy.allow_rules == ["Env(LANG)"]
    file.write_text("dney: [Read(secret)]\n")
    with pytest.raises(PolicyError) as raised:
        OpenSkillRuntime(skills, policy_files=[file])
    assert raised.value.path == str(file)


def test_limits_hold(made):
    runtime = made(limits=Limits(output=100))
    with pytest.raises(openskills.LimitExceeded) as raised:
        runtime.execute_skill("abuse", {"op": "output", "number": 200})
    assert raised.value.which == "output"
    assert made(limits=Limits(output=300)).execute_skill("abuse", {"op": "output", "number": 200})
    assert set(vars(Limits())) == set(openskills._native.default_limits())


def test_settings_that_cannot_be_used_are_errors(skills, tmp_path):
    with pytest.raises(openskills.Io):
        OpenSkillRuntime(skills, workspace=tmp_path / "none")
    with pytest.raises(openskills.Io):
        OpenSkillRuntime(skills, mounts=[MountPoint(tmp_path, "workspace")])
    with pytest.raises(TypeError, match="approver"):
        OpenSkillRuntime(skills, approver=1)
    with pytest.raises(TypeError, match="audit sink"):
        OpenSkillRuntime(skills, audit_sink=1)
    with pytest.raises(ValueError, match="on_audit_failure"):
        OpenSkillRuntime(skills, on_audit_failure="ignore")


@pytest.mark.parametrize(
    ("settings", "kind", "message"),
    [
        ({"policy": {"deny": []}}, TypeError, "the policy is of type dict: give a Policy"),
        ({"policy": "locked"}, TypeError, "the policy is of type str"),
        ({"limits": {"memory": 5}}, TypeError, "limits is of type dict: give Limits"),
        ({"limits": Limits(memory=-5)}, ValueError, "memory is -5: give a whole number, 0 or more"),
        ({"limits": Limits(queue="5")}, TypeError, "queue is '5'"),
        ({"mounts": [("/tmp", "x")]}, TypeError, "a mount is of type tuple: give a MountPoint"),
        ({"environment": {"A": None}}, TypeError, "the variable A is of type NoneType: give a text"),
        ({"environment": ["A"]}, TypeError, "the environment is of type list: give a dictionary"),
        ({"trust_certificates": b"pem"}, TypeError, "certificates are a list"),
        ({"trust_certificates": ["pem"]}, TypeError, "a certificate is of type str: give the bytes"),
        ({"skills_dirs": "skills"}, TypeError, "write ['skills']"),
    ],
)
def test_wrong_guesses_are_told_what_would_be_right(settings, kind, message):
    with pytest.raises(kind) as raised:
        OpenSkillRuntime(**settings)
    assert message in str(raised.value)


def test_a_folder_may_be_a_path_of_any_kind(skills):
    for folder in (skills, str(skills), bytes(skills)):
        assert len(OpenSkillRuntime(folder).load_skills()) == 2


def test_a_runtime_that_its_own_approver_refers_to_is_collected(skills):
    class Application:
        def __init__(self):
            self.runtime = OpenSkillRuntime(skills, approver=self.approve)

        def approve(self, question):
            return False

    gone = weakref.ref(Application())
    gc.collect()
    assert gone() is None


def test_tiers(runtime, skills):
    assert [found.id for found in runtime.load_skills()] == ["abuse", "echo"]
    (skills / "echo" / "data.txt").write_text("data")
    assert runtime.skill("echo").description == "Is tried."
    assert runtime.instructions("echo") == runtime.activate("echo") == "Text.\n"
    assert [file.path for file in runtime.resources("echo") if file.path.endswith(".txt")] == ["data.txt"]
    assert runtime.resource("echo", "data.txt") == b"data"
    assert runtime.prompt("json", budget_tokens=2_000).skills == ["abuse", "echo"]
    assert runtime.scripts("echo") == [] and runtime.faults() == []


def test_reports_are_records_all_the_way_down(runtime, skills):
    inspection = runtime.inspect_skill("echo")
    assert inspection.needs.missing == [] and inspection.imports[0].name
    permissions = runtime.permissions("echo")
    assert permissions.skill == "echo"
    assert runtime.explain_target("echo", "Read(a)")[0].answer == "deny"
    assert runtime.diagnose().version == openskills.__version__
    assert runtime.inspect_file(skills / "echo/wasm/skill.wasm").sha256 == inspection.sha256
    with pytest.raises(ValueError):
        runtime.explain_target("echo", "nothing")
    checked = openskills.check_manifests([skills / "echo" / "SKILL.md"])[0]
    assert checked.valid and checked.name == "echo"
    assert len(openskills.find_manifests(skills)[0]) == 2
