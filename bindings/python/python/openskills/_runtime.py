"""The runtime that applications embed."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Callable, Literal, NoReturn

from openskills import _native
from openskills._agent import ToolCall, ToolFormat, ToolReply, ToolStyle, plain
from openskills._audit import AuditFile
from openskills._policy import Limits, MountPoint, Policy, StrPath, texts
from openskills._records import (
    Diagnosis,
    Function,
    Inspection,
    Interpreter,
    Permissions,
    Prompt,
    Resource,
    Script,
    ScriptCheck,
    ScriptHelp,
    SkillDescriptor,
    SkillDetail,
    SkillFault,
    TargetExplanation,
)
from openskills._results import ExecutionResult, ScriptResult
from openskills._settings import (
    Approver,
    AuditSink,
    certificates,
    checked,
    milliseconds,
    optional_path,
    paths,
    sink,
    variables,
)
from openskills._waiting import wait_for

CancelToken = _native.CancelToken


class OpenSkillRuntime:
    """Discovers skills, discloses them in three tiers, and runs their components.

    One runtime can be used from several threads at once; calls run side by side, without the interpreter's lock. Each
    call gets an instance of its own.

    >>> runtime = OpenSkillRuntime("./skills")
    >>> [skill.id for skill in runtime.load_skills()]
    ['text-stats']
    >>> result = runtime.execute_skill("text-stats", {"text": "Hello, world."}, timeout_ms=5000)
    >>> result["output"]["words"]
    2
    """

    __slots__ = ("__weakref__", "_inner")

    def __init__(
        self,
        skills_dir: StrPath | None = None,
        *,
        skills_dirs: Iterable[StrPath] = (),
        workspace: StrPath | None = None,
        mounts: Iterable[MountPoint] = (),
        policy: Policy | None = None,
        user_policy: bool = False,
        project_policy: StrPath | None = None,
        policy_files: Iterable[StrPath] = (),
        project_policy_files: Iterable[StrPath] = (),
        allow: Iterable[str] = (),
        ask: Iterable[str] = (),
        deny: Iterable[str] = (),
        approver: Approver | None = None,
        audit_sink: AuditSink | AuditFile | StrPath | None = None,
        on_audit_failure: Literal["fail", "go-on"] = "fail",
        limits: Limits | None = None,
        cache_dir: StrPath | Literal[False] | None = None,
        environment: Mapping[str, str] | None = None,
        protect: Iterable[StrPath] = (),
        trust_certificates: Iterable[bytes] = (),
        http_proxy: str | None = None,
        compile_watcher: Callable[[int | None], object] | None = None,
    ) -> None:
        """A runtime for the skills of one folder. No skill is read yet.

        Args:
            skills_dir: The folder that is searched for skills.
            skills_dirs: Further folders. Of two skills with the same name the one found first is used.
            workspace: The folder whose files skills may use, as far as their rules and the policy say. None by
                default: then every use of a file outside the skill's own folder is refused.
            mounts: Further roots beside the workspace.
            policy: What skills may do of what they request. ``Policy()`` by default.
            user_policy: Whether to add the user's own policy file, if it exists.
            project_policy: A folder; the policy files of the project that it lies in are added. They only narrow.
            policy_files: Policy files to be added by name.
            project_policy_files: Files that are added as a project's, wherever they lie: they only narrow.
            allow: Rules that allow, added after all files; ``ask`` and ``deny`` likewise.
            ask: Rules that put the question to the approver.
            deny: Rules that deny.
            approver: Who is asked where the policy leaves it open; nobody by default, which is a no. Called on another
                thread; the call's clock stands still meanwhile. True and ``"once"`` are a yes for this call,
                ``"session"`` as long as the runtime lives. One that raises has said no; the exception goes to
                ``sys.unraisablehook``.
            audit_sink: Where the record of every call goes, before the call returns: a function, or the path of a
                file. It is given back with each call in any case.
            on_audit_failure: What becomes of a call whose record the sink could not keep: ``fail`` raises ``Io``,
                whose ``__cause__`` is what the function raised.
            limits: What one call may use up.
            cache_dir: Where compiled components are kept: by default ``$XDG_CACHE_HOME/openskills`` or
                ``~/.cache/openskills``; ``False`` keeps none on disk.
            environment: The environment variables that grants are taken from: by default those of this process.
            protect: Files and folders that no skill may write, whatever it requests.
            trust_certificates: PEM texts whose certificate authorities are trusted for https too.
            http_proxy: A proxy that all http requests of skills go through. The environment's are not used.
            compile_watcher: Told the component's size when it has to be compiled, and ``None`` when that is done.

        Raises:
            Io: The workspace or a mount is no folder, or a setting cannot be used.
            PolicyError: A rule or a policy file cannot be used.
        """
        folders = paths(skills_dirs)
        if skills_dir is not None:
            folders.insert(0, os.fsdecode(skills_dir))
        if policy is not None:
            checked(policy, Policy, "the policy", "a Policy")
        if limits is not None:
            checked(limits, Limits, "limits", "Limits")
        mounted = [checked(mount, MountPoint, "a mount", "a MountPoint") for mount in mounts]
        audit_function, audit_file = sink(audit_sink)
        if on_audit_failure not in ("fail", "go-on"):
            raise ValueError(f"on_audit_failure is 'fail' or 'go-on', and not {on_audit_failure!r}")
        for function, name in ((approver, "approver"), (compile_watcher, "compile_watcher")):
            if function is not None and not callable(function):
                raise TypeError(f"the {name} is of type {type(function).__name__}: it has to be a function")
        self._inner = _native.Runtime(
            {
                "skills_dirs": folders,
                "workspace": optional_path(workspace),
                "mounts": [(os.fsdecode(mount.host), mount.guest, mount.writable) for mount in mounted],
                "policy": None if policy is None else policy._inner,
                "user_policy": user_policy,
                "project_policy": optional_path(project_policy),
                "policy_files": paths(policy_files),
                "project_policy_files": paths(project_policy_files),
                "allow": texts(allow),
                "ask": texts(ask),
                "deny": texts(deny),
                "approver": approver,
                "audit_function": audit_function,
                "audit_file": audit_file,
                "go_on": on_audit_failure == "go-on",
                "limits": None if limits is None else dict(vars(limits)),
                "has_cache": cache_dir is not False,
                "cache_dir": None if cache_dir is None or cache_dir is False else os.fsdecode(cache_dir),
                "environment": variables(environment),
                "protect": paths(protect),
                "trust_certificates": certificates(trust_certificates),
                "http_proxy": http_proxy,
                "compile_watcher": compile_watcher,
            }
        )

    def load_skills(self) -> list[SkillDescriptor]:
        """Reads the names and descriptions of all skills: tier 1. Sorted by name.

        A skill that cannot be used does not hide the others: see ``faults``. Called again, it reads everything anew.

        Raises:
            Io: A skills folder cannot be read.
        """
        return SkillDescriptor._all(self._inner.load_skills())

    def load_skill(self, folder: StrPath) -> SkillDescriptor:
        """Loads the skill in one folder, beside those loaded already; it takes the place of one with its name.

        Raises:
            InvalidManifest: Its ``SKILL.md`` cannot be used.
            Io: It cannot be read.
        """
        return SkillDescriptor._of(self._inner.load_skill(os.fsdecode(folder)))

    def faults(self) -> list[SkillFault]:
        """The ``SKILL.md`` files that were left out or are odd, with reasons."""
        return SkillFault._all(self._inner.faults())

    def prompt(
        self,
        format: Literal["xml", "markdown", "json"] = "xml",
        *,
        budget_tokens: int | None = None,
        all: bool = False,
    ) -> Prompt:
        """The catalogue of the loaded skills as a text for a model, sorted by name: tier 1.

        Args:
            format: Its form.
            budget_tokens: The most tokens that it may have.
            all: Whether skills that only people may call are in it, too.

        >>> runtime = OpenSkillRuntime("./skills")
        >>> skills = runtime.load_skills()
        >>> runtime.prompt(budget_tokens=2_000).text.splitlines()[0]
        '<available_skills>'
        """
        return Prompt._of(self._inner.prompt(format, budget_tokens, all))

    def skill(self, skill_id: str) -> SkillDetail:
        """All that a skill says of itself in its front matter.

        Raises:
            SkillNotFound, InvalidManifest
        """
        return SkillDetail._of(self._inner.skill(skill_id))

    def activate(self, skill_id: str, arguments: str = "") -> str:
        """The instructions of a skill with the values of its placeholders: tier 2, when the skill is used.

        Args:
            skill_id: The skill.
            arguments: What was typed after its name, or empty.

        Raises:
            SkillNotFound, InvalidManifest, Io
        """
        return self._inner.activate(skill_id, arguments)

    def instructions(self, skill_id: str) -> str:
        """The instructions of a skill, the Markdown of its ``SKILL.md``, as written: tier 2, to look at.

        Raises:
            SkillNotFound, InvalidManifest, Io
        """
        return self._inner.instructions(skill_id)

    def resources(self, skill_id: str) -> list[Resource]:
        """The other files that come with a skill: tier 3.

        Raises:
            SkillNotFound, InvalidManifest
        """
        return Resource._all(self._inner.resources(skill_id))

    def resource(self, skill_id: str, path: str) -> bytes:
        """One of these files. Nothing outside the skill's folder can be read, by whatever path or link.

        Raises:
            SkillNotFound, InvalidManifest, Io
        """
        return self._inner.resource(skill_id, path)

    def scripts(self, skill_id: str) -> list[Script]:
        """The Python scripts that come with a skill, sorted by path.

        Raises:
            SkillNotFound, InvalidManifest
        """
        return Script._all(self._inner.scripts(skill_id))

    def execute_skill(
        self,
        skill_id: str,
        input: Any = {},
        *,
        timeout_ms: int | None = None,
        cancel: CancelToken | None = None,
    ) -> ExecutionResult:
        """Runs a skill once with a JSON input.

        Blocks the calling thread, without the interpreter's lock. Ctrl-C stops the guest and raises
        ``KeyboardInterrupt``.

        Args:
            skill_id: The skill's name.
            input: What JSON can hold: texts, numbers, booleans, lists, dictionaries; an empty dictionary by default.
            timeout_ms: Wall clock for the whole call; the runtime's limit (30 s) by default.
            cancel: Who can stop the call. It raises ``Cancelled`` then.

        Raises:
            OpenSkillError: Each of its subclasses but ``InvalidFunction`` and ``PolicyError``.
            TypeError, ValueError: The input is nothing that JSON can hold. The message says where.
        """
        return ExecutionResult(*self._inner.execute(skill_id, None, input, timeout_ms, cancel))

    async def execute_skill_async(
        self,
        skill_id: str,
        input: Any = {},
        *,
        timeout_ms: int | None = None,
        cancel: CancelToken | None = None,
    ) -> ExecutionResult:
        """As ``execute_skill``, for asyncio. Cancelling the task stops the guest.

        >>> import asyncio
        >>> async def main():
        ...     runtime = OpenSkillRuntime("./skills")
        ...     skills = runtime.load_skills()
        ...     calls = [runtime.execute_skill_async("text-stats", {"text": text}) for text in ("a", "b c")]
        ...     return [result.output["words"] for result in await asyncio.gather(*calls)]
        >>> asyncio.run(main())
        [1, 2]
        """
        inner = self._inner
        made = await wait_for(lambda done: inner.start(done, skill_id, None, input, timeout_ms, cancel))
        return ExecutionResult(*made)

    def functions(self, skill_id: str) -> list[Function]:
        """The typed functions that a skill's component exports, with the JSON Schema of what each takes and gives.
        ``execute`` and ``describe``, the entry point of skills, are not among them. No code of the skill is run. Of a
        component, the first 1,000 functions are seen.

        Raises:
            SkillNotFound, InvalidManifest, InvalidArtifact
        """
        return Function._all(self._inner.functions(skill_id))

    def call_function(
        self,
        skill_id: str,
        function: str,
        arguments: Any = {},
        *,
        timeout_ms: int | None = None,
        cancel: CancelToken | None = None,
    ) -> ExecutionResult:
        """Calls a typed function of a skill once.

        Everything holds for it that holds for ``execute_skill``. Arguments are checked before any code of the skill
        runs. If the function returns a ``result``, the output is what is ``ok``.

        Args:
            skill_id: The skill's name.
            function: Its name, or a short form of that which can mean nothing else.
            arguments: A dictionary by the names of its parameters, as its ``input_schema`` has it.
            timeout_ms: Wall clock for the whole call; the runtime's limit (30 s) by default.
            cancel: Who can stop the call.

        Raises:
            InvalidFunction: There is none of that name, or it cannot be called.
            InvalidInput: With the path of the argument at fault.
            ExecutionFailure: With the JSON of what is ``err``.
            OpenSkillError: As ``execute_skill``.
        """
        return ExecutionResult(*self._inner.execute(skill_id, function, arguments, timeout_ms, cancel))

    async def call_function_async(
        self,
        skill_id: str,
        function: str,
        arguments: Any = {},
        *,
        timeout_ms: int | None = None,
        cancel: CancelToken | None = None,
    ) -> ExecutionResult:
        """As ``call_function``, for asyncio. Cancelling the task stops the guest."""
        inner = self._inner
        made = await wait_for(lambda done: inner.start(done, skill_id, function, arguments, timeout_ms, cancel))
        return ExecutionResult(*made)

    def tools(self, format: ToolFormat = "openai", *, style: ToolStyle = "auto") -> list[dict[str, Any]]:
        """The tools to offer to a model: a few general ones, and one for each skill with a component, or ``run_skill``
        for all of them. Only skills that models may use on their own.

        A name has at most 64 characters, letters, digits, ``_`` and ``-``, and depends on its skill's name alone. The
        first call compiles what is not compiled yet, as ``compile_skill`` does.

        Args:
            format: Whose form they have: OpenAI's Chat Completions or Responses, Anthropic's Messages, or MCP's.
            style: Whether skills have tools of their own: ``auto`` if at most 32 skills have components, ``own`` in any
                case, ``general`` never.

        >>> runtime = OpenSkillRuntime("./skills")
        >>> skills = runtime.load_skills()
        >>> [tool["name"] for tool in runtime.tools("anthropic")]
        ['activate_skill', 'list_skills', 'read_skill_resource', 'skill_text-stats']
        """
        return self._inner.tools(format, style)

    def handle(
        self, call: Any, *, timeout_ms: int | None = None, cancel: CancelToken | None = None
    ) -> ToolReply:
        """Answers a model's call of one of the tools, through the runtime's own policy.

        Whatever goes wrong is an answer that the model can read. Skills that models may not use on their own are not
        there for it.

        Args:
            call: The call as a provider sends it, a ``ToolCall``, or a dictionary with ``name`` and ``arguments``.
            timeout_ms: Wall clock for what it runs; the runtime's limit (30 s) by default.
            cancel: Who can stop it.

        Raises:
            TypeError, ValueError: The call is nothing that JSON can hold.

        >>> runtime = OpenSkillRuntime("./skills")
        >>> skills = runtime.load_skills()
        >>> block = {"type": "tool_use", "id": "c1", "name": "skill_text-stats", "input": {"text": "Hello, world."}}
        >>> runtime.handle(block).to_value()["is_error"]
        False
        """
        return ToolReply(self._inner.handle(plain(call), isinstance(call, ToolCall), timeout_ms, cancel))

    async def handle_async(
        self, call: Any, *, timeout_ms: int | None = None, cancel: CancelToken | None = None
    ) -> ToolReply:
        """As ``handle``, for asyncio. Cancelling the task stops what runs."""
        inner, given, is_read = self._inner, plain(call), isinstance(call, ToolCall)
        return ToolReply(
            await wait_for(lambda done: inner.start_handle(done, given, is_read, timeout_ms, cancel))
        )

    def run_script(
        self,
        skill_id: str,
        script: str,
        arguments: Sequence[str] = (),
        *,
        stdin: bytes = b"",
        module: bool = False,
        packages: Sequence[str] = (),
        timeout_ms: int | None = None,
        cancel: CancelToken | None = None,
    ) -> ScriptResult:
        """Runs a Python script of a skill once, unchanged, in the interpreter component and under the skill's grant.

        An exit status that is not 0 is a result; after a refusal it is an error.

        Args:
            skill_id: The skill's name.
            script: The script's path within the skill's folder.
            arguments: What it has in ``sys.argv`` after its own name.
            stdin: What it reads from its standard input.
            module: Whether ``script`` is the name of a module, to be run as ``python3 -m`` does.
            packages: Packages beside those that were added to the skill, which were added for single runs with
                ``openskills packages``.
            timeout_ms: Wall clock for the whole call; the runtime's limit (30 s) by default.
            cancel: Who can stop the script.

        Raises:
            Io: There is no such script, or the interpreter is not installed (``install_interpreter``).
            OpenSkillError: As ``execute_skill``.
        """
        options = _script_options(arguments, stdin, module, packages, timeout_ms, cancel)
        return ScriptResult(*self._inner.run_script(skill_id, script, options))

    async def run_script_async(
        self,
        skill_id: str,
        script: str,
        arguments: Sequence[str] = (),
        *,
        stdin: bytes = b"",
        module: bool = False,
        packages: Sequence[str] = (),
        timeout_ms: int | None = None,
        cancel: CancelToken | None = None,
    ) -> ScriptResult:
        """As ``run_script``, for asyncio. Cancelling the task stops the script."""
        inner = self._inner
        options = _script_options(arguments, stdin, module, packages, timeout_ms, cancel)
        return ScriptResult(*await wait_for(lambda done: inner.start_script(done, skill_id, script, options)))

    def check_skill(self, skill_id: str) -> list[ScriptCheck]:
        """Reads the Python scripts of a skill, without running them, and says what each needs.

        Raises:
            Io: The interpreter is not installed.
            OpenSkillError: As ``execute_skill``.
        """
        return ScriptCheck._all(self._inner.check_skill(skill_id))

    def script_help(self, skill_id: str, script: str) -> ScriptHelp | None:
        """How a script is used: what it prints for ``--help``, or else the docstring at its top; None if it has neither.

        The first time, a script that knows ``--help`` is run for that, in the interpreter and with nothing granted: no
        workspace, no variables, no requests, 5 s, no record. What it prints is kept until a Python file of the skill
        changes. Nothing is run without an interpreter (``install_interpreter``).

        Args:
            skill_id: The skill's name.
            script: The script's path within the skill's folder.

        Raises:
            Io: The skill has no such file.
            SkillNotFound, InvalidManifest
        """
        told = self._inner.script_help(skill_id, script)
        return None if told is None else ScriptHelp._of(told)

    def install_interpreter(
        self, from_file: StrPath | None = None, *, watcher: Callable[[str], object] | None = None
    ) -> Interpreter:
        """Installs the interpreter of scripts, or finds it installed. Once for a version of the runtime; about half a
        minute.

        Args:
            from_file: A component that was built elsewhere; by default it is built on the spot, which needs a package
                index once.
            watcher: Told what is being done, in words. Called on another thread.

        Raises:
            Io: There is no cache folder, ``python3`` or package index, or the file is no interpreter.
        """
        return Interpreter._of(self._inner.install_interpreter(optional_path(from_file), watcher))

    def interpreters(self) -> list[Interpreter]:
        """The interpreters that are installed, the one in use first.

        Raises:
            Io: There is no cache folder.
        """
        return Interpreter._all(self._inner.interpreters())

    def compile_skill(self, skill_id: str) -> Literal["cached", "compiled"]:
        """Makes a skill ready for its first call: compiles its component, or finds it compiled.

        Raises:
            SkillNotFound, InvalidManifest, InvalidArtifact
        """
        return self._inner.compile_skill(skill_id)

    def inspect_skill(self, skill_id: str) -> Inspection:
        """What a skill's component imports and exports, what its grant permits of that, and the schema of its input and
        output, if it describes them.

        Raises:
            SkillNotFound, InvalidManifest, InvalidArtifact
        """
        return Inspection._of(self._inner.inspect_skill(skill_id))

    def inspect_file(self, path: StrPath) -> Inspection:
        """The same for a component file that belongs to no skill: nothing is granted to it.

        Raises:
            InvalidArtifact
        """
        return Inspection._of(self._inner.inspect_file(os.fsdecode(path)))

    def permissions(self, skill_id: str) -> Permissions:
        """What the policy makes of each rule that a skill requests, and why. Nothing is run.

        Raises:
            SkillNotFound, InvalidManifest
        """
        return Permissions._of(self._inner.permissions(skill_id))

    def explain_target(self, skill_id: str, target: str) -> list[TargetExplanation]:
        """What a call would be answered about concrete targets, such as ``Read(data/x.csv)``.

        Raises:
            ValueError: That is no target.
            SkillNotFound, InvalidManifest
        """
        return TargetExplanation._all(self._inner.explain_target(skill_id, target))

    @property
    def policy(self) -> Policy:
        """The policy that holds for all skills, without the sections of single ones."""
        return Policy._of(self._inner.policy())

    def diagnose(self) -> Diagnosis:
        """Looks at the engine, the kernel and the cache."""
        return Diagnosis._of(self._inner.diagnose())

    def __reduce__(self) -> NoReturn:
        raise TypeError("a runtime cannot be pickled: make one in each process")


def _script_options(
    arguments: Sequence[str],
    stdin: bytes,
    module: bool,
    packages: Sequence[str],
    timeout_ms: int | None,
    cancel: CancelToken | None,
) -> dict[str, Any]:
    return {
        "arguments": texts(arguments),
        "stdin": bytes(checked(stdin, (bytes, bytearray, memoryview), "stdin", "bytes")),
        "module": module,
        "packages": texts(packages),
        "timeout_ms": milliseconds(timeout_ms),
        "cancel": cancel,
    }
