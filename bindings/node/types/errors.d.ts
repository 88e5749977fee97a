import type { AuditRecord, LimitKind, Refusal } from './audit.js';
import type { Fault } from './skills.js';

/** The kinds of errors, which are the names of their classes. */
export type ErrorKind =
  | 'SkillNotFound'
  | 'InvalidManifest'
  | 'PermissionDenied'
  | 'Timeout'
  | 'ExecutionFailure'
  | 'InvalidInput'
  | 'InvalidFunction'
  | 'InvalidArtifact'
  | 'Cancelled'
  | 'LimitExceeded'
  | 'Io'
  | 'PolicyError';

/** Whatever goes wrong in the runtime; `instanceof` tells the kinds apart. Only the runtime makes them. */
export class OpenSkillError extends Error {
  protected constructor();
  readonly kind: ErrorKind;
  /** What to do about it: for a refusal the exact line to add. */
  readonly hint: string | null;
  /** The call's record and what it had printed, if a call began. */
  readonly audit?: AuditRecord;
  readonly stdout?: string;
  readonly stderr?: string;
  /** Why the sink could not keep the record, with `onAuditFailure: 'goOn'`. */
  readonly auditError?: string;
}
/** No skill has that name. */
export class SkillNotFound extends OpenSkillError {
  readonly kind: 'SkillNotFound';
  readonly id: string;
  /** The names that are most like it. */
  readonly nearest: string[];
  /** The folders that were searched. */
  readonly searched: string[];
}
/** The `SKILL.md` cannot be used. */
export class InvalidManifest extends OpenSkillError {
  readonly kind: 'InvalidManifest';
  readonly path: string;
  readonly faults: Fault[];
}
/** Something was refused, before any code ran or by the end of the call. */
export class PermissionDenied extends OpenSkillError {
  readonly kind: 'PermissionDenied';
  readonly skill: string;
  readonly refusals: Refusal[];
  /** What the skill itself said, if it said anything. */
  readonly detail: string | null;
}
export class Timeout extends OpenSkillError {
  readonly kind: 'Timeout';
  readonly skill: string;
  readonly limitMs: number;
  /** Whether the component was still being compiled: it goes on, and the next call finds it ready. */
  readonly compiling: boolean;
}
/** The skill said that it failed, trapped, or answered what is no JSON. */
export class ExecutionFailure extends OpenSkillError {
  readonly kind: 'ExecutionFailure';
  readonly skill: string;
  readonly detail: string;
}
/** The skill does not take that input. */
export class InvalidInput extends OpenSkillError {
  readonly kind: 'InvalidInput';
  readonly skill: string;
  /** The member at fault, such as `items[3].name`; empty for the whole. */
  readonly field: string;
  readonly detail: string;
}
/** The component has no such function, or it cannot be called. */
export class InvalidFunction extends OpenSkillError {
  readonly kind: 'InvalidFunction';
  readonly skill: string;
  readonly function: string;
  readonly nearest: string[];
  readonly detail: string;
}
/** There is no component, or it cannot be run. */
export class InvalidArtifact extends OpenSkillError {
  readonly kind: 'InvalidArtifact';
  readonly path: string;
  readonly detail: string;
}
/** By an `AbortSignal`; `cause` is its reason. */
export class Cancelled extends OpenSkillError {
  readonly kind: 'Cancelled';
  readonly skill: string;
  readonly code: 'ABORT_ERR';
}
export class LimitExceeded extends OpenSkillError {
  readonly kind: 'LimitExceeded';
  readonly skill: string;
  readonly which: LimitKind;
  /** The limit in words, with its value. */
  readonly limit: string;
}
/** The system failed, or a callback did: then `cause` is what it threw. */
export class Io extends OpenSkillError {
  readonly kind: 'Io';
  readonly context: string;
  readonly detail: string;
}
/** A rule or a policy file cannot be used. */
export class PolicyError extends OpenSkillError {
  readonly kind: 'PolicyError';
  readonly rule: string | null;
  readonly path: string | null;
}
