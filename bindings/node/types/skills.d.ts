import type { Json, JsonSchema } from './json.js';

/** What an agent sees of a skill before it is used: tier 1. */
export interface SkillDescriptor {
  /** What calls name it by. */
  id: string;
  name: string;
  description: string;
  version: string | null;
  /** Its folder. */
  path: string;
  hasComponent: boolean;
  /** Not with `disable-model-invocation: true`. */
  modelInvocable: boolean;
}

/** All that a skill says of itself. A field that is not written, or not of its kind, is null or empty. */
export interface SkillDetail extends SkillDescriptor {
  manifestPath: string;
  whenToUse: string | null;
  license: string | null;
  compatibility: string | null;
  /** As written: keys are the author's. */
  metadata: { [key: string]: Json };
  /** Each entry as written, also those without a meaning. */
  allowedTools: string[];
  disallowedTools: string[];
  userInvocable: boolean;
  argumentHint: string | null;
  /** The names of its arguments. */
  arguments: string[];
  context: string | null;
  agent: string | null;
  model: string | null;
  effort: string | null;
  shell: string | null;
  paths: string[];
  /** As written; the runtime runs none. */
  hooks: Json;
}

export type Severity = 'note' | 'warning' | 'error';

/** Something odd about a `SKILL.md` or a policy file. */
export interface Fault {
  code: string;
  message: string;
  /** From 1, as `column`. */
  line: number;
  column: number;
  /** The text at fault. */
  text: string | null;
  hint: string | null;
  /** How bad it is by the specification. */
  strict: Severity;
  /** How bad it is for this runtime: an error keeps the skill from being used. */
  load: Severity;
}

export interface SkillFault {
  /** The file. */
  path: string;
  /** Whether the skill cannot be used. */
  refused: boolean;
  faults: Fault[];
}

/** Both verdicts on a `SKILL.md`. */
export interface CheckedManifest {
  path: string;
  /** By the specification. */
  valid: boolean;
  /** By this runtime. */
  load: 'ok' | 'warn' | 'refuse';
  faults: Fault[];
}

/** The catalogue as a text for a model. */
export interface Prompt {
  format: 'xml' | 'markdown' | 'json';
  text: string;
  /** Estimated. */
  tokens: number;
  /** The names of the skills in it. */
  skills: string[];
  /** Those of them whose description is not whole. */
  shortened: string[];
  /** Those that the budget had no room for. */
  leftOut: string[];
  /** Those that are not for models. */
  hidden: string[];
}

export interface Resource {
  /** Within the skill's folder. */
  path: string;
  bytes: number;
  /** Why it cannot be read, if it cannot. */
  problem?: string;
}

export interface Script {
  /** Within the skill's folder. */
  path: string;
  /** Whether the skill offers it to agents. */
  offered: boolean;
  /** How it is used, as far as that is known without running it. */
  help: ScriptHelp | null;
}

/** How a script is used. */
export interface ScriptHelp {
  text: string;
  /** Whether the script printed it; else it is its docstring. */
  isPrinted: boolean;
  /** The name to run it by, with `module: true`, if it runs as a module only. */
  module: string | null;
}

/** What reading a script, without running it, says of it. */
export interface ScriptCheck {
  path: string;
  verdict: 'runs' | 'partly' | 'needs packages' | 'needs native packages' | 'cannot' | 'invalid' | 'unreadable';
  /** Why it is invalid or unreadable. */
  message?: string;
  packages: NeededPackage[];
  /** Those that it can do without. */
  optionalPackages: NeededPackage[];
  /** Those that its header declares. */
  declared: string[];
  /** What it does that the sandbox cannot do. */
  limits: ScriptLimit[];
  /** Hosts that are written in it. */
  hosts: { host: string; line: number; entry: string }[];
  /** Whether it sends requests to hosts that are not written in it. */
  anyHost: boolean;
  /** Environment variables that it asks for by name. */
  variables: { name: string; line: number; entry: string }[];
  readsFiles: boolean;
  writesFiles: boolean;
  /** Of the entries above, those that the skill does not have. */
  missingEntries: string[];
}

export interface NeededPackage {
  module: string;
  package: string;
  kind: 'native' | 'unknown';
  line: number;
  /** The file of the skill that imports it, if it is another one. */
  in?: string;
}

export interface ScriptLimit {
  kind: string;
  message: string;
  line: number;
  /** Whether it happens in any case. */
  certain: boolean;
}

/** A component that runs scripts. */
export interface Interpreter {
  language: string;
  /** What it was built by. */
  recipe: string;
  sha256: string;
  bytes: number;
  path: string;
  /** Whether this version of the runtime uses it. */
  inUse: boolean;
}

/** A typed function that a skill's component exports. */
export interface SkillFunction {
  /** The name to call it by: `add`, or `example:math/sums#add` for one of an interface. */
  name: string;
  /** A name for agents, at most 64 characters. */
  toolName: string;
  description: string | null;
  /** As WIT writes it: `add: func(a: u32, b: u32) -> u32`. */
  signature: string;
  /** Of its arguments, an object by the names of its parameters. Null if it is refused. */
  inputSchema: JsonSchema | null;
  /** Of its output. Null if it is refused. */
  outputSchema: JsonSchema | null;
  /** Of the error that it returns, if it returns one that says something. */
  errorSchema?: JsonSchema;
  /** Why it cannot be called, if it cannot. */
  refused?: string;
}
