import type { Refusal } from './audit.js';
import type { JsonSchema } from './json.js';
import type { Fault, SkillFunction } from './skills.js';

/** What a component needs and offers, beside what it may have. */
export interface Inspection {
  /** Null of a file that was not inspected as a skill's. */
  skill: string | null;
  path: string;
  sha256: string;
  bytes: number;
  /** How a call enters it; null if `executeSkill` cannot call it. */
  entry: 'execute' | 'wasi:cli/run' | null;
  /** What adapted it when it was loaded, if the file is a core module. */
  adapted: string | null;
  imports: Import[];
  exports: string[];
  functions: SkillFunction[];
  /** Bytes of memory that it starts with. */
  initialMemory: number | null;
  requested: string[];
  granted: string[];
  /** Entries that grant nothing, and why. */
  notes: Note[];
  /** Imports that would be refused; none: the skill can run. */
  refused: Refusal[];
  needs: Needs;
  /** Of the input and the output, as the component describes them. */
  schema: JsonSchema | null;
}

export interface Import {
  name: string;
  functions: string[];
}

/** An entry of `allowed-tools` that grants nothing. */
export interface Note {
  entry: string;
  message: string;
}

export interface Needs {
  /** What it imports and has no right to. */
  missing: Gap[];
  /** What it has a right to and does not import. */
  unused: Excess[];
  /** What nobody can tell from the imports. */
  untold: Excess[];
}

export interface Gap {
  import: string;
  functions: string[];
  message: string;
  remedy: string;
}

export interface Excess {
  rule: string;
  message: string;
  remedy: string;
}

export type Answered = 'allow' | 'ask' | 'deny' | 'depends';

/** What the policy makes of a skill's rules. */
export interface Permissions {
  skill: string;
  folder: string;
  /** The policy files that were read. */
  files: string[];
  /** The preset, and where it stands. */
  preset: string;
  /** Where a lock stands, if a file has one. */
  lock: string | null;
  timeoutMs: number;
  memory: number;
  rules: RuleExplanation[];
  /** What the skill itself takes away. */
  disallowed: string[];
  /** Its entries that grant nothing. */
  notes: Note[];
  /** Sections of the policy for skills of this name that do not hold for this one. */
  otherSections: string[];
  /** What the policy files hold that has no effect. */
  withoutEffect: PolicyNote[];
}

export interface PolicyNote extends Fault {
  file: string;
}

export interface RuleExplanation {
  rule: string;
  answer: Answered;
  parts: TargetExplanation[];
  /** Parts that are not listed. */
  more: number;
}

/** What a call would be answered about a target. */
export interface TargetExplanation {
  action: string;
  target: string;
  /** When this holds, if not always. */
  condition: string | null;
  answer: Answered;
  /** The entry of the skill that asks for it. */
  requestedBy: string | null;
  because: string;
  /** The rule that decides, and where it stands. */
  rule: string | null;
  source: string | null;
  /** What would change it. */
  change: string;
}

/** The policy that holds for all skills, as data. */
export interface PolicyReport {
  preset: 'standard' | 'trust' | 'locked';
  /** The preset, and where it stands. */
  presetCited: string;
  allow: string[];
  ask: string[];
  deny: string[];
  lock: string | null;
  /** The most time that a call may be given. */
  timeoutCapMs: number | null;
  notes: { file: string; fault: Fault }[];
}

/** What this machine lets the runtime do. */
export interface Diagnosis {
  version: string;
  /** Whether instances come from a pool; without it calls are slower and as safe. */
  pooling: boolean;
  noPooling: string | null;
  /** Whether the kernel tells which pages a guest has touched; without it calls are slower. */
  pagemapScan: boolean;
  /** Whether the kernel resolves paths beneath a directory in one step. */
  openat2: boolean;
  /** The version of the adapter for programs of wasm32-wasip1. */
  wasip1Adapter: string;
  /** Where compiled components are kept, or why they are not. */
  cache: string | null;
  noCache: string | null;
}
