"""What the runtime tells of skills, scripts, components and rights."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from openskills._audit_records import Refusal
from openskills._indexed import Record


@dataclass(frozen=True, eq=False)
class Fault(Record):
    """One thing that is not as the rules of ``SKILL.md`` have it."""

    #: A stable name for this kind of fault, such as ``name-folder``.
    code: str
    #: What is wrong, with what.
    message: str
    #: Line and column of the file, from 1, in characters.
    line: int
    column: int
    #: The offending text, at most 80 characters of its first line.
    text: str | None
    #: What to do about it.
    hint: str | None
    #: Its weight in the verdict for authors: ``error``, ``warning`` or ``note``.
    strict: str
    #: Its weight in the verdict of this runtime.
    load: str


@dataclass(frozen=True, eq=False)
class SkillDescriptor(Record):
    """What an agent sees of a skill before it is used: tier 1 of progressive disclosure."""

    #: The name by which it is called.
    id: str
    #: The same name, as the field of ``SKILL.md``.
    name: str
    #: What it does and when to use it.
    description: str
    #: Its version, if it states one.
    version: str | None
    #: Its folder, absolute.
    path: str
    #: Whether it has a component at ``wasm/skill.wasm``.
    has_component: bool
    #: Whether its author lets a model use it on its own.
    model_invocable: bool


@dataclass(frozen=True, eq=False)
class SkillDetail(SkillDescriptor):
    """A skill's descriptor and the other fields of its ``SKILL.md``, for an application that honours them."""

    #: Its ``SKILL.md``, absolute.
    manifest_path: str
    when_to_use: str | None
    license: str | None
    #: What it needs of its surroundings.
    compatibility: str | None
    #: ``metadata`` as written.
    metadata: dict[str, Any]
    #: ``allowed-tools`` and ``disallowed-tools``, each entry as written.
    allowed_tools: list[str]
    disallowed_tools: list[str]
    #: Whether people may call it by its name.
    user_invocable: bool
    #: What to show beside its name.
    argument_hint: str | None
    #: The names of its arguments, in their order.
    arguments: list[str]
    context: str | None
    agent: str | None
    model: str | None
    effort: str | None
    shell: str | None
    #: Patterns of the files that it is about.
    paths: list[str]
    #: ``hooks`` as written. This runtime runs none.
    hooks: Any


@dataclass(frozen=True, eq=False)
class SkillFault(Record):
    """A folder with a ``SKILL.md`` that is not, or not quite, usable."""

    #: The ``SKILL.md``; or a folder or link that was not, or not wholly, searched.
    path: str
    #: Whether a skill was left out, or may have been.
    refused: bool
    #: What is odd about it.
    faults: list[Fault]

    _parts = {"faults": Fault}


@dataclass(frozen=True, eq=False)
class CheckedManifest(Record):
    """A ``SKILL.md`` with both verdicts."""

    #: Its path as it was given.
    path: str
    #: The specification's verdict, for authors.
    valid: bool
    #: What this runtime does with it: ``ok``, ``warn`` or ``refuse``.
    load: str
    #: All that is odd about it.
    faults: list[Fault]
    #: The skill's name, if it could be read.
    name: str | None

    _parts = {"faults": Fault}


@dataclass(frozen=True, eq=False)
class Prompt(Record):
    """The catalogue as a model gets it."""

    #: ``xml``, ``markdown`` or ``json``.
    format: str
    #: The text, without a line end.
    text: str
    #: Its tokens, estimated.
    tokens: int
    #: The names of the skills in it.
    skills: list[str]
    #: Those of them whose description is not whole.
    shortened: list[str]
    #: The names of the skills that the budget had no room for.
    left_out: list[str]
    #: The names of the skills that only people may call.
    hidden: list[str]


@dataclass(frozen=True, eq=False)
class Resource(Record):
    """A file that comes with a skill."""

    #: Its path within the skill's folder, with ``/`` between names.
    path: str
    #: Its size in bytes; 0 if it is no file.
    bytes: int
    #: Why it cannot be read as a resource.
    problem: str | None = None


@dataclass(frozen=True, eq=False)
class ScriptHelp(Record):
    """How a script is used."""

    #: At most 16 KiB, without control characters.
    text: str
    #: Whether the script printed it for ``--help``; otherwise it is its docstring.
    is_printed: bool
    #: The name to run it by, with ``module=True``, if it runs as a module only.
    module: str | None


@dataclass(frozen=True, eq=False)
class Script(Record):
    """A Python script that comes with a skill."""

    _parts = {"help": ScriptHelp}

    #: Its path within the skill's folder.
    path: str
    #: Whether the skill offers it to agents.
    offered: bool
    #: How it is used, as far as that is known without running it.
    help: ScriptHelp | None


@dataclass(frozen=True, eq=False)
class ScriptCheck(Record):
    """What reading a script, without running it, says of it."""

    #: Its path within the skill's folder.
    path: str
    #: ``runs``, ``partly``, ``needs packages``, ``needs native packages``, ``cannot``, ``invalid`` or ``unreadable``.
    verdict: str
    packages: list[Any]
    optional_packages: list[Any]
    #: The packages that its header declares (PEP 723).
    declared: list[str]
    #: What it does that the sandbox cannot do.
    limits: list[Any]
    #: Hosts that are written in it, with the entry of ``allowed-tools`` that grants each.
    hosts: list[Any]
    #: Whether it sends requests to hosts that are not written in it.
    any_host: bool
    #: Environment variables that it asks for by name, with the entry that grants each.
    variables: list[Any]
    reads_files: bool
    writes_files: bool
    #: Of the entries above, those that the skill does not have.
    missing_entries: list[str]
    #: Why it is invalid or unreadable.
    message: str | None = None


@dataclass(frozen=True, eq=False)
class Interpreter(Record):
    """An interpreter of scripts that is installed."""

    #: Its language: ``python``.
    language: str
    #: SHA-256 of its recipe, or of the component itself if it was installed from a file.
    recipe: str
    #: SHA-256 of the component.
    sha256: str
    #: The component's size in bytes.
    bytes: int
    #: The component's file.
    path: str
    #: Whether this version of the runtime uses it.
    in_use: bool


@dataclass(frozen=True, eq=False)
class TargetExplanation(Record):
    """What would be answered about one target."""

    action: str
    target: str
    #: What has to hold for this answer, if it is more than the target.
    condition: str | None
    #: ``allow``, ``ask`` or ``deny``.
    answer: str
    #: The skill's rule that requests it, if one does.
    requested_by: str | None
    #: What decided, in words.
    because: str
    #: The rule that decided, if it was one, and where it stands.
    rule: str | None
    source: str | None
    #: What would change the answer; empty if nothing would.
    change: str


@dataclass(frozen=True, eq=False)
class RuleExplanation(Record):
    """What the policy makes of one rule."""

    rule: str
    #: ``allow``, ``ask``, ``deny``, or ``depends`` where the parts differ.
    answer: str
    parts: list[TargetExplanation]
    #: Parts that are not shown.
    more: int

    _parts = {"parts": TargetExplanation}


@dataclass(frozen=True, eq=False)
class Note(Record):
    """An entry of ``allowed-tools`` that grants nothing."""

    entry: str
    message: str


@dataclass(frozen=True, eq=False)
class PolicyNote(Fault):
    """Something in a policy file that has no effect."""

    #: The policy file.
    file: str


@dataclass(frozen=True, eq=False)
class Permissions(Record):
    """What the policy makes of a skill's rules."""

    skill: str
    folder: str
    #: The policy files that were read, in their order.
    files: list[str]
    #: The preset, and where it stands.
    preset: str
    #: Where a lock stands, if a file has one.
    lock: str | None
    timeout_ms: int
    memory: int
    rules: list[RuleExplanation]
    #: What the skill itself takes away.
    disallowed: list[str]
    notes: list[Note]
    #: Sections of the policy for skills of this name that do not hold for this one.
    other_sections: list[str]
    without_effect: list[PolicyNote]

    _parts = {"rules": RuleExplanation, "notes": Note, "without_effect": PolicyNote}


@dataclass(frozen=True, eq=False)
class Function(Record):
    """A typed function that a skill's component exports."""

    #: The name to call it by: ``add``, or ``example:math/sums#add`` for one of an exported interface. Where nothing else
    #: could be meant, ``sums#add`` and ``add`` do, too.
    name: str
    #: A name for agents: letters, digits, ``_`` and ``-``, at most 64 characters, its own among all skills.
    tool_name: str
    #: What its author says of it, if the component tells.
    description: str | None
    #: It as WIT writes it: ``add: func(a: u32, b: u32) -> u32``.
    signature: str
    #: JSON Schema of its arguments, an object by the names of its parameters. None if it is refused.
    input_schema: Any
    #: JSON Schema of its output: of a ``result``, of what is ``ok``. None if it is refused.
    output_schema: Any
    #: JSON Schema of what is ``err``, if it returns a ``result`` that says something then.
    error_schema: Any = None
    #: Why it cannot be called, if it cannot.
    refused: str | None = None


@dataclass(frozen=True, eq=False)
class Import(Record):
    """An interface that a component imports."""

    name: str
    functions: list[str]


@dataclass(frozen=True, eq=False)
class Gap(Record):
    """Something that a component imports and will be refused."""

    #: The interface. The runtime's JSON has it as ``import``, which is a word of Python's.
    interface: str
    functions: list[str]
    message: str
    #: The line to add.
    remedy: str

    @classmethod
    def _of(cls, members: Mapping[str, Any]) -> Gap:
        return super()._of({"interface" if name == "import" else name: value for name, value in members.items()})

    def to_dict(self) -> dict[str, Any]:
        """The JSON that the runtime has for it: the interface is its member ``import``."""
        return {"import" if name == "interface" else name: value for name, value in super().to_dict().items()}


@dataclass(frozen=True, eq=False)
class Excess(Record):
    """A right that nothing in a component can use, or of which that cannot be told."""

    rule: str
    message: str
    remedy: str


@dataclass(frozen=True, eq=False)
class Needs(Record):
    """Imports and rights side by side."""

    #: What it needs and may not have.
    missing: list[Gap]
    #: What it may have and cannot use.
    unused: list[Excess]
    #: What it may have, and whether it uses that cannot be told from its imports.
    untold: list[Excess]

    _parts = {"missing": Gap, "unused": Excess, "untold": Excess}


@dataclass(frozen=True, eq=False)
class Inspection(Record):
    """A report on a component."""

    skill: str | None
    path: str
    sha256: str
    bytes: int
    #: How a call enters it: ``execute``, or ``wasi:cli/run``. None if it cannot be called.
    entry: str | None
    #: What adapted it when it was loaded, if the file is a core module.
    adapted: str | None
    imports: list[Import]
    exports: list[str]
    #: The typed functions among them.
    functions: list[Function]
    #: Bytes of linear memory that it starts with.
    initial_memory: int | None
    requested: list[str]
    granted: list[str]
    notes: list[Note]
    #: Imports that would be refused. Empty: the skill can run.
    refused: list[Refusal]
    needs: Needs
    #: JSON Schema of the input and the output, as the component describes them.
    schema: Any

    _parts = {"imports": Import, "functions": Function, "notes": Note, "refused": Refusal, "needs": Needs}


@dataclass(frozen=True, eq=False)
class Diagnosis(Record):
    """What this machine lets the runtime do."""

    #: The version of the runtime.
    version: str
    #: Whether instances come from a pool; if not, why. Without it calls are slower and as safe.
    pooling: bool
    pooling_problem: str | None
    #: Whether the kernel tells which pages a guest has touched (Linux 6.7 and later).
    pagemap_scan: bool
    #: Whether the kernel resolves paths beneath a directory in one step.
    openat2: bool
    #: The version of the adapter that makes components of programs for wasm32-wasip1.
    wasip1_adapter: str
    #: Where compiled components are kept, or why they are not.
    cache: str | None
    cache_problem: str | None
