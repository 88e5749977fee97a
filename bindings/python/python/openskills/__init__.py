"""Runs agent skills as sandboxed WebAssembly components, with the rights their ``SKILL.md`` asks for.

>>> from openskills import OpenSkillRuntime
>>> runtime = OpenSkillRuntime('./skills')
>>> skills = runtime.load_skills()
>>> result = runtime.execute_skill('text-stats', {'text': 'Hello, world.'}, timeout_ms=5000)
>>> print(result['output']['words'])
2
"""

import atexit as _atexit
import os as _os

from openskills import _native
from openskills._agent import ToolCall, ToolReply, tool_calls
from openskills._audit import AuditFile, AuditLog
from openskills._audit_records import (
    AuditLine,
    AuditRecord,
    ChainBreak,
    ChainReport,
    Outcome,
    Package,
    Question,
    Refusal,
    ScriptRecord,
    Usage,
    Use,
)
from openskills._policy import Limits, MountPoint, Policy
from openskills._records import (
    CheckedManifest,
    Diagnosis,
    Excess,
    Fault,
    Function,
    Gap,
    Import,
    Inspection,
    Interpreter,
    Needs,
    Note,
    Permissions,
    PolicyNote,
    Prompt,
    Resource,
    RuleExplanation,
    Script,
    ScriptCheck,
    ScriptHelp,
    SkillDescriptor,
    SkillDetail,
    SkillFault,
    TargetExplanation,
)
from openskills._results import ExecutionResult, ScriptResult
from openskills._runtime import CancelToken, OpenSkillRuntime
from openskills._survey import (
    check_manifests,
    estimate_tokens,
    find_manifests,
    is_broad,
    project_policy_paths,
    standard_places,
    user_policy_path,
)
from openskills.errors import (
    Cancelled,
    ExecutionFailure,
    InvalidArtifact,
    InvalidFunction,
    InvalidInput,
    InvalidManifest,
    Io,
    LimitExceeded,
    OpenSkillError,
    PermissionDenied,
    PolicyError,
    SkillNotFound,
    Timeout,
)

__version__ = _native.version

__all__ = [
    "AuditFile",
    "AuditLine",
    "AuditLog",
    "AuditRecord",
    "CancelToken",
    "Cancelled",
    "ChainBreak",
    "ChainReport",
    "CheckedManifest",
    "Diagnosis",
    "Excess",
    "ExecutionFailure",
    "ExecutionResult",
    "Fault",
    "Function",
    "Gap",
    "Import",
    "Inspection",
    "Interpreter",
    "InvalidArtifact",
    "InvalidFunction",
    "InvalidInput",
    "InvalidManifest",
    "Io",
    "LimitExceeded",
    "Limits",
    "MountPoint",
    "Needs",
    "Note",
    "OpenSkillError",
    "OpenSkillRuntime",
    "Outcome",
    "Package",
    "PermissionDenied",
    "Permissions",
    "Policy",
    "PolicyError",
    "PolicyNote",
    "Prompt",
    "Question",
    "Refusal",
    "Resource",
    "RuleExplanation",
    "Script",
    "ScriptCheck",
    "ScriptHelp",
    "ScriptRecord",
    "ScriptResult",
    "SkillDescriptor",
    "SkillDetail",
    "SkillFault",
    "SkillNotFound",
    "TargetExplanation",
    "Timeout",
    "ToolCall",
    "ToolReply",
    "Usage",
    "Use",
    "check_manifests",
    "estimate_tokens",
    "find_manifests",
    "is_broad",
    "project_policy_paths",
    "standard_places",
    "tool_calls",
    "user_policy_path",
]

# The engine has threads. They have to be out of the interpreter when it is taken down, and a forked process does not
# get them.
_atexit.register(_native.ending)
_os.register_at_fork(after_in_child=_native.forked)
