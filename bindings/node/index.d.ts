/// <reference types="node" />

/** A path: a text, or a file URL. */
export type Path = string | URL;

/** Settings of a runtime. The defaults are safe: the standard policy, no workspace, nobody to ask. */
export interface RuntimeOptions {
  /** A folder that is searched for skills. */
  skillsDir?: Path;
  /** Further ones. Of two skills with the same name the one found first is used. */
  skillsDirs?: Path | Path[];
  /** The folder whose files skills may use, as far as their rules and the policy say. None by default. */
  workspace?: Path;
  /** Further roots beside the workspace. */
  mounts?: MountPoint[];
  /** What skills may do of what they request. It comes before the files below. */
  policy?: Policy | PolicyRules;
  /** Adds the user's own policy file, if it exists. */
  userPolicy?: boolean;
  /** Adds the policy files of the project that this folder lies in: they only narrow. */
  projectPolicy?: Path;
  /** Adds these files as a project's: they only narrow. */
  projectPolicyFiles?: Path[];
  /** Adds these policy files. */
  policyFiles?: Path[];
  /** Who is asked where the policy leaves it open. Nobody by default, which is a no; so is one that throws. */
  approver?: (question: Question) => Answer | Promise<Answer>;
  /** Where the record of every call goes before the call ends: a function, or a file. */
  auditSink?: ((record: AuditRecord) => void | Promise<void>) | AuditFile | Path;
  /** What becomes of a call whose record could not be kept: it fails, by default. */
  onAuditFailure?: 'fail' | 'goOn';
  /** What one call may use up. */
  limits?: Limits;
  /** Where compiled components are kept; `null` for nowhere. The user's cache folder by default. */
  cacheDir?: Path | null;
  /** The variables that grants are taken from: a copy of `process.env` by default. */
  environment?: Record<string, string> | NodeJS.ProcessEnv;
  /** Files and folders that no skill may write. */
  protect?: Path[];
  /** Certificate authorities (PEM) that are trusted beside the platform's. */
  trustCertificates?: string | Uint8Array | (string | Uint8Array)[];
  /** A proxy for all http requests of skills: `http://HOST:PORT`. */
  httpProxy?: string;
  /** Who is told when a component has to be compiled. */
  compileWatcher?: { started?(bytes: number): void; finished?(): void };
}

/** A further root that calls see as `/GUEST`. */
export interface MountPoint {
  host: Path;
  guest: string;
  writable?: boolean;
}

/** A policy as data: the preset, then the rules, then the text of a policy file. */
export interface PolicyRules {
  preset?: 'standard' | 'trust' | 'locked';
  allow?: string[];
  ask?: string[];
  deny?: string[];
  yaml?: string;
}

/** What skills may do of what they request. Never changes: each method gives another one. */
export class Policy {
  /** The standard policy. */
  constructor();
  /** Allows what skills request within the sandbox, without asking. */
  static trustSkills(): Policy;
  /** Allows nothing but what its own rules allow. */
  static locked(): Policy;
  /** @throws {PolicyError} if the rule is unknown or malformed, as each of these. */
  allow(rule: string): Policy;
  ask(rule: string): Policy;
  deny(rule: string): Policy;
  /** Adds what the text of a policy file says. */
  withYaml(text: string): Policy;
  readonly preset: string;
}

/** Limits of one call, in bytes where nothing else is said. Whole numbers. */
export interface Limits {
  /** Wall clock. 30 s. */
  timeoutMs?: number;
  /** 256 MiB. */
  memory?: number;
  output?: number;
  input?: number;
  stdio?: number;
  body?: number;
  requests?: number;
  transferredBytes?: number;
  tableElements?: number;
  instances?: number;
  memories?: number;
  tables?: number;
  handles?: number;
  hostcallBytes?: number;
  writtenBytes?: number;
  createdFiles?: number;
  prompts?: number;
  promptTimeoutMs?: number;
  component?: number;
  /** Calls of the process that may wait for their turn, while 64 run: one more is refused. 1,024. */
  queue?: number;
  /** Instructions of the guest. Not counted by default. */
  fuel?: number | bigint;
}

/** What an approver is asked. The texts have no control characters. */
export interface Question {
  skill: string;
  folder: string;
  manifestDigest: string;
  componentDigest: string;
  action: string;
  target: string;
  rule: string;
  reason: string;
  timeoutMs: number;
}

export type Answer = 'once' | 'session' | 'no';

export interface ExecutionOptions {
  /** Wall clock for the whole call, in whole milliseconds. */
  timeoutMs?: number | bigint;
  /** Cancels the call: it ends as `Cancelled`, whose `cause` is the signal's reason. */
  signal?: AbortSignal;
}

export interface ScriptOptions extends ExecutionOptions {
  arguments?: string[];
  stdin?: string | Uint8Array;
  module?: boolean;
  /** Packages beside those that were added to the skill, which were added for single runs. */
  packages?: string[];
}

export interface ExecutionResult {
  /** The skill's answer. Whole numbers beyond ±(2^53 − 1) are bigints. */
  output: any;
  stdout: string;
  stderr: string;
  audit: AuditRecord;
  /** Why the sink could not keep the record, with `onAuditFailure: 'goOn'`. */
  auditError?: string;
}

export interface ScriptResult {
  exitCode: number;
  /** What it wrote to stdout: the JSON value if it is one, otherwise the text. */
  output: any;
  stdout: Buffer;
  stderr: Buffer;
  audit: AuditRecord;
  auditError?: string;
}

/** What one call asked, did and was refused. */
export interface AuditRecord {
  schema: number;
  id: string;
  skill: string;
  version: string | null;
  manifestSha256: string;
  componentSha256: string;
  script?: { name: string; sha256: string };
  inputSha256: string;
  outputSha256: string | null;
  started: string;
  durationMs: number;
  requested: string[];
  granted: string[];
  uses: { action: string; target: string; decision: 'allowed' | 'approved'; count: number }[];
  refusals: Refusal[];
  looks: number;
  unlisted: number;
  outcome: { kind: string; message?: string; limitMs?: number; which?: string; limit?: string };
  usage: Record<string, number>;
}

export interface Refusal {
  action: string;
  target: string;
  reason: string;
  /** The line that would permit it; empty if there is none. */
  remedy: string;
  count: number;
}

export interface SkillDescriptor {
  id: string;
  name: string;
  description: string;
  version: string | null;
  path: string;
  hasComponent: boolean;
  modelInvocable: boolean;
}

export interface Fault {
  code: string;
  message: string;
  line: number;
  column: number;
  text: string | null;
  hint: string | null;
  strict: 'note' | 'warning' | 'error';
  load: 'note' | 'warning' | 'error';
}

export interface SkillFault {
  path: string;
  refused: boolean;
  faults: Fault[];
}

export interface SkillDetail extends SkillDescriptor {
  manifestPath: string;
  whenToUse: string | null;
  license: string | null;
  compatibility: string | null;
  metadata: Record<string, unknown>;
  allowedTools: string[];
  disallowedTools: string[];
  userInvocable: boolean;
  argumentHint: string | null;
  arguments: string[];
  context: string | null;
  agent: string | null;
  model: string | null;
  effort: string | null;
  shell: string | null;
  paths: string[];
  hooks: unknown;
}

export interface PromptOptions {
  format?: 'xml' | 'markdown' | 'json';
  budgetTokens?: number;
  all?: boolean;
}

export interface Prompt {
  format: 'xml' | 'markdown' | 'json';
  text: string;
  tokens: number;
  skills: string[];
  shortened: string[];
  leftOut: string[];
  hidden: string[];
}

export interface Resource {
  path: string;
  bytes: number;
  problem?: string;
}

export interface Interpreter {
  language: string;
  recipe: string;
  sha256: string;
  bytes: number;
  path: string;
  inUse: boolean;
}

/** A report of the runtime's, as data: its members are those of the Rust type of that name, in camelCase. */
export type Report = Record<string, any>;

/** Discovers skills, discloses them in three tiers, and runs their components. */
export class OpenSkillRuntime {
  /** @throws {PolicyError} @throws {Io} @throws {TypeError} if an option cannot be used, or is unknown. */
  constructor(skillsDir: Path | RuntimeOptions);
  /** Reads the names and descriptions of all skills: tier 1. */
  loadSkills(): SkillDescriptor[];
  /** Loads the skill in one folder, beside those loaded already. */
  loadSkill(folder: Path): SkillDescriptor;
  /** The `SKILL.md` files that were left out or are odd. */
  faults(): SkillFault[];
  /** The catalogue as a text for a model. */
  prompt(options?: PromptOptions): Prompt;
  /** All that a skill says of itself. */
  skill(skillId: string): SkillDetail;
  /** The instructions with the values of their placeholders: tier 2. */
  activate(skillId: string, args?: string): string;
  /** The instructions as written. */
  instructions(skillId: string): string;
  /** The other files of a skill: tier 3. */
  resources(skillId: string): Resource[];
  /** One of these files; nothing outside the skill's folder. */
  resource(skillId: string, path: string): Buffer;
  /** The scripts of a skill, with what is known of their use without running them. */
  scripts(skillId: string): { path: string; offered: boolean; help: { text: string; isPrinted: boolean; module: string | null } | null }[];
  /** How a script is used: its `--help`, run once with nothing granted, or else its docstring. */
  scriptHelp(skillId: string, script: string): Promise<{ text: string; isPrinted: boolean; module: string | null } | null>;
  /** Runs a skill once, off the event loop. */
  executeSkill(skillId: string, input?: unknown, options?: ExecutionOptions): Promise<ExecutionResult>;
  /** The typed functions that a skill's component exports, with the JSON Schema of what each takes and gives. */
  functions(skillId: string): Promise<Report[]>;
  /** Calls one of them; `args` is an object by the names of its parameters. */
  callFunction(skillId: string, functionName: string, args?: unknown, options?: ExecutionOptions): Promise<ExecutionResult>;
  /** Runs a Python script of a skill once. An exit code that is not 0 is a result. */
  runScript(skillId: string, script: string, options?: ScriptOptions): Promise<ScriptResult>;
  /** Reads the scripts of a skill, without running them. */
  checkSkill(skillId: string): Promise<Report[]>;
  /** Installs what runs scripts: built here, or from a file. */
  installInterpreter(from?: Path): Promise<Interpreter>;
  interpreters(): Interpreter[];
  /** Makes a skill ready for its first call. */
  compileSkill(skillId: string): Promise<'cached' | 'compiled'>;
  inspectSkill(skillId: string): Promise<Report>;
  inspectFile(path: Path): Promise<Report>;
  /** What the policy makes of each rule that a skill requests. */
  permissions(skillId: string): Report;
  /** What a call would be answered about a target, such as `Read(data/x.csv)`. */
  explainTarget(skillId: string, target: string): Report[];
  /** The policy that holds for all skills. */
  policy(): Report;
  /** What this machine lets the runtime do. */
  diagnose(): Report;
}

/** A file that records are written to, each chained to the one before it. */
export class AuditFile {
  constructor(path: Path);
  /** Has every record on the disk itself before the call ends. */
  synced(): AuditFile;
  /** Chains the first record of a new file to another file's last one. */
  after(head: string): AuditFile;
  readonly path: string;
}

/** A record file, read. */
export class AuditLog {
  constructor(path: Path);
  /** Whether the file is whole. A broken chain is no error: it is in the report. */
  verify(options?: { after?: string; head?: string }): Promise<{
    records: number;
    head: string;
    torn: number;
    unfinished: number | null;
    afterHead: number | null;
    broken: { line: number; fault: string } | null;
  }>;
  lines(): AsyncIterableIterator<{ line: number; record: AuditRecord | null }>;
}

/** Checks `SKILL.md` files for their authors. */
export function checkManifests(
  files: Iterable<Path>,
): Promise<{ path: string; valid: boolean; load: 'ok' | 'warn' | 'refuse'; faults: Fault[] }[]>;
/** Every `SKILL.md` in and below a folder. */
export function findManifests(folder: Path): Promise<{ files: string[]; faults: SkillFault[] }>;
/** Tokens of a text, estimated. */
export function estimateTokens(text: string): number;
/** The user's own policy file, whether it exists or not. */
export function userPolicyPath(): string | null;
/** The policy files of the project that a folder lies in. */
export function projectPolicyPaths(folder: Path): string[];
/** The places where clients look for skills. */
export function standardPlaces(directory: Path, pathVariable?: string, home?: Path): string[];
/** Whether a folder is too broad for a workspace. */
export function isBroad(folder: Path, home?: Path): boolean;

/** Whatever goes wrong in the runtime; `instanceof` tells the kinds apart. */
export class OpenSkillError extends Error {
  /** The name of the kind, which is that of the class. */
  readonly kind: string;
  /** What to do about it: for a refusal the exact line to add. */
  readonly hint: string | null;
  /** The call's record and what it had printed, if a call began. */
  readonly audit?: AuditRecord;
  readonly stdout?: string;
  readonly stderr?: string;
  readonly auditError?: string;
}
export class SkillNotFound extends OpenSkillError {
  readonly id: string;
  readonly nearest: string[];
  readonly searched: string[];
}
export class InvalidManifest extends OpenSkillError {
  readonly path: string;
  readonly faults: Fault[];
}
export class PermissionDenied extends OpenSkillError {
  readonly skill: string;
  readonly refusals: Refusal[];
  readonly detail: string | null;
}
export class Timeout extends OpenSkillError {
  readonly skill: string;
  readonly limitMs: number;
  readonly compiling: boolean;
}
export class ExecutionFailure extends OpenSkillError {
  readonly skill: string;
  readonly detail: string;
}
export class InvalidInput extends OpenSkillError {
  readonly skill: string;
  readonly field: string;
  readonly detail: string;
}
export class InvalidFunction extends OpenSkillError {
  readonly skill: string;
  readonly function: string;
  readonly nearest: string[];
  readonly detail: string;
}
export class InvalidArtifact extends OpenSkillError {
  readonly path: string;
  readonly detail: string;
}
/** By an `AbortSignal`; `cause` is its reason. */
export class Cancelled extends OpenSkillError {
  readonly skill: string;
  readonly code: 'ABORT_ERR';
}
export class LimitExceeded extends OpenSkillError {
  readonly skill: string;
  readonly which: string;
  readonly limit: string;
}
/** The system failed, or a callback did: then `cause` is what it threw. */
export class Io extends OpenSkillError {
  readonly context: string;
  readonly detail: string;
}
export class PolicyError extends OpenSkillError {
  readonly rule: string | null;
  readonly path: string | null;
}
