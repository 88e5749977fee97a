/// <reference types="node" />

import type { AuditLine, AuditRecord, ChainReport } from './types/audit.js';
import type { Json, Jsonable } from './types/json.js';
import type { ExecutionOptions, Path, PromptOptions, RuntimeOptions, ScriptOptions } from './types/options.js';
import type { Diagnosis, Inspection, Permissions, PolicyReport, TargetExplanation } from './types/reports.js';
import type {
  CheckedManifest,
  Interpreter,
  Prompt,
  Resource,
  Script,
  ScriptHelp,
  ScriptCheck,
  SkillDescriptor,
  SkillDetail,
  SkillFault,
  SkillFunction,
} from './types/skills.js';
import type { AnyToolCall, ToolDefinition, ToolFormat, ToolOptions, ToolReply } from './types/tools.js';

export * from './types/audit.js';
export * from './types/errors.js';
export * from './types/json.js';
export * from './types/options.js';
export * from './types/reports.js';
export * from './types/skills.js';
export * from './types/tools.js';

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
  readonly preset: 'standard' | 'trust' | 'locked';
}

/** What a call gave back. */
export interface ExecutionResult<Output = Json<bigint>> {
  /** The skill's answer. Whole numbers beyond ±(2^53 − 1) are bigints. */
  output: Output;
  stdout: string;
  stderr: string;
  audit: AuditRecord;
  /** Why the sink could not keep the record, with `onAuditFailure: 'goOn'`. */
  auditError?: string;
}

/** What the run of a script gave back. */
export interface ScriptResult<Output = Json<bigint>> {
  exitCode: number;
  /** What it wrote to stdout: the JSON value if it is one, otherwise the text. */
  output: Output;
  stdout: Buffer;
  stderr: Buffer;
  audit: AuditRecord;
  auditError?: string;
}

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
  scripts(skillId: string): Script[];
  /** How a script is used: its `--help`, run once with nothing granted, or else its docstring. */
  scriptHelp(skillId: string, script: string): Promise<ScriptHelp | null>;
  /**
   * Runs a skill once, off the event loop. `Output` is what you know of its answer: nothing checks it. The input is `{}`
   * by default.
   */
  executeSkill<Output = Json<bigint>, Input = unknown>(
    skillId: string,
    input?: Input & Jsonable<Input>,
    options?: ExecutionOptions,
  ): Promise<ExecutionResult<Output>>;
  /** The typed functions that a skill's component exports, with the JSON Schema of what each takes and gives. */
  functions(skillId: string): Promise<SkillFunction[]>;
  /**
   * Calls one of them; `args` is an object by the names of its parameters. Integers of 64 bits are numbers or bigints, and
   * bigints beyond ±(2^53 − 1).
   */
  callFunction<Output = Json<bigint>, Args = unknown>(
    skillId: string,
    functionName: string,
    args?: Args & Jsonable<Args>,
    options?: ExecutionOptions,
  ): Promise<ExecutionResult<Output>>;
  /** Runs a Python script of a skill once. An exit code that is not 0 is a result. */
  runScript<Output = Json<bigint>>(
    skillId: string,
    script: string,
    options?: ScriptOptions,
  ): Promise<ScriptResult<Output>>;
  /** Reads the scripts of a skill, without running them. */
  checkSkill(skillId: string): Promise<ScriptCheck[]>;
  /** Installs what runs scripts: built here, or from a file. */
  installInterpreter(from?: Path): Promise<Interpreter>;
  /** The interpreters that are installed. */
  interpreters(): Interpreter[];
  /** Makes a skill ready for its first call. */
  compileSkill(skillId: string): Promise<'cached' | 'compiled'>;
  /** What its component needs and offers, beside what it may have. */
  inspectSkill(skillId: string): Promise<Inspection>;
  /** The same of a file that need not be a skill's. */
  inspectFile(path: Path): Promise<Inspection>;
  /** What the policy makes of each rule that a skill requests. */
  permissions(skillId: string): Permissions;
  /** What a call would be answered about a target, such as `Read(data/x.csv)`. */
  explainTarget(skillId: string, target: string): TargetExplanation[];
  /** The policy that holds for all skills. */
  policy(): PolicyReport;
  /** The tools to offer to a model. Components are asked for their schemas once. */
  tools<Format extends ToolFormat>(format: Format, options?: ToolOptions): Promise<ToolDefinition<Format>[]>;
  /** The same on the event loop, which waits while a component is compiled for the first time. */
  toolsSync<Format extends ToolFormat>(format: Format, options?: ToolOptions): ToolDefinition<Format>[];
  /** Answers a call of a model: activates a skill, reads a file of it, or runs it. What goes wrong is an answer, too. */
  handle(call: AnyToolCall, options?: ExecutionOptions): Promise<ToolReply>;
  /**
   * The same on the event loop, which waits for the guest.
   * @throws {TypeError} if the runtime has an approver or a sink that is a function: the event loop runs those.
   */
  handleSync(call: AnyToolCall, options?: Omit<ExecutionOptions, 'signal'>): ToolReply;
  /** What this machine lets the runtime do. */
  diagnose(): Diagnosis;
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
  verify(options?: { after?: string; head?: string }): Promise<ChainReport>;
  /** Its records, one after the other. */
  lines(): AsyncIterableIterator<AuditLine>;
}

/** Checks `SKILL.md` files for their authors. */
export function checkManifests(files: Iterable<Path>): Promise<CheckedManifest[]>;
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
