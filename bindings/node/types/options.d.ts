/// <reference types="node" />

import type { AuditFile, Policy } from '../index.js';
import type { AuditRecord } from './audit.js';

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

/** Limits of one call, in bytes where nothing else is said. Whole numbers. */
export interface Limits {
  /** Wall clock. 30 s. */
  timeoutMs?: number;
  /** 256 MiB. */
  memory?: number;
  /** The output's JSON text. 8 MiB. */
  output?: number;
  /** The input's JSON text. 8 MiB. */
  input?: number;
  /** Stdout, and stderr: what is beyond is cut and marked. 1 MiB each. */
  stdio?: number;
  /** The body of one http request, and of one response. 16 MiB. */
  body?: number;
  /** Http requests. 1,000. */
  requests?: number;
  /** The bodies of all requests and responses together. 256 MiB. */
  transferredBytes?: number;
  /** Elements of all tables together. 200,000. */
  tableElements?: number;
  /** Core instances within one component. 64. */
  instances?: number;
  /** Linear memories of one component. 4. */
  memories?: number;
  /** Tables of one component. 8. */
  tables?: number;
  /** Files, streams and the like that the guest may hold at a time. 1,024. */
  handles?: number;
  /** What may be copied between guest and host at once. 24 MiB. */
  hostcallBytes?: number;
  /** What may be written to files. 256 MiB. */
  writtenBytes?: number;
  /** Files and folders that may be made. 10,000. */
  createdFiles?: number;
  /** Questions that may be put to the approver. 5. */
  prompts?: number;
  /** How long an approver may take for one answer; the call's clock stands still meanwhile. 120 s. */
  promptTimeoutMs?: number;
  /** The component's file. 64 MiB. */
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
  /** In words: `read the environment variables`. */
  action: string;
  target: string;
  /** The entry of the skill that asks for it. */
  rule: string;
  /** Why it is asked about. */
  reason: string;
  /** How long an answer may take. */
  timeoutMs: number;
}

/** For this time; for the session, as long as skill, component and rule are the same; not. */
export type Answer = 'once' | 'session' | 'no';

export interface ExecutionOptions {
  /** Wall clock for the whole call, in whole milliseconds. */
  timeoutMs?: number | bigint;
  /** Cancels the call: it ends as `Cancelled`, whose `cause` is the signal's reason. */
  signal?: AbortSignal;
}

export interface ScriptOptions extends ExecutionOptions {
  /** What the script has in `sys.argv`, after its own name. */
  arguments?: string[];
  /** What it reads from its standard input. Nothing by default. */
  stdin?: string | Uint8Array;
  /** Whether the script is the name of a module, to be run as `python3 -m` does. */
  module?: boolean;
  /** Packages beside those that were added to the skill, which were added for single runs. */
  packages?: string[];
}

export interface PromptOptions {
  /** `xml` by default. */
  format?: 'xml' | 'markdown' | 'json';
  /** The most tokens that it may have, estimated. No bound by default. */
  budgetTokens?: number;
  /** Whether skills that are not for models are in it, too. */
  all?: boolean;
}
