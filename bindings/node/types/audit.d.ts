/** What a skill did, or wanted to do. */
export type Action = 'look' | 'read' | 'list' | 'write' | 'fetch' | 'env' | 'connect' | 'import' | 'run';

/** Which limit a call met. */
export type LimitKind =
  | 'memory'
  | 'table-elements'
  | 'memories'
  | 'tables'
  | 'instances'
  | 'handles'
  | 'host-call'
  | 'call-stack'
  | 'fuel'
  | 'input'
  | 'output'
  | 'written'
  | 'traffic'
  | 'queue'
  | 'compiling'
  | 'engine';

/** What one call asked, did and was refused. Inputs, outputs and the values of variables are not in it. */
export interface AuditRecord {
  /** The version of this form: 1. */
  schema: number;
  /** A unique id of the call: a UUID of version 7, which sorts by time. */
  id: string;
  skill: string;
  /** The skill's version, if its `SKILL.md` states one. */
  version: string | null;
  manifestSha256: string;
  /** Empty if the component could not be read. */
  componentSha256: string;
  /** The script that was run, if one was. */
  script?: RecordedScript;
  /** The typed function that was called, if one was. */
  function?: string;
  /** The packages that the script could import, if there were any. */
  packages?: RecordedPackage[];
  inputSha256: string;
  /** Null if the call failed. */
  outputSha256: string | null;
  /** When the call began, in UTC: `2026-01-31T12:00:00.123456789Z`. */
  started: string;
  durationMs: number;
  /** The entries of `allowed-tools` that have a meaning, as written. */
  requested: string[];
  /** Those of them that the policy did not take away wholly. */
  granted: string[];
  /** At most 1,000 targets, each once. */
  uses: Use[];
  /** At most 1,000 targets, each once. */
  refusals: Refusal[];
  /** How often a file was looked at: allowed looks are not listed. */
  looks: number;
  /** Uses and refusals of targets beyond the first 1,000. */
  unlisted: number;
  outcome: Outcome;
  usage: Usage;
}

export interface RecordedScript {
  /** Its path in the skill's folder, or the name of a module. */
  name: string;
  /** Empty for a module. */
  sha256: string;
}

export interface RecordedPackage {
  name: string;
  version: string;
  /** Of the wheel. */
  sha256: string;
}

export interface Use {
  action: Action;
  target: string;
  decision: 'allowed' | 'approved';
  count: number;
}

export interface Refusal {
  action: Action;
  target: string;
  reason: string;
  /** The line that would permit it; empty if there is none. */
  remedy: string;
  count: number;
}

/** How a call ended. */
export type Outcome =
  | { kind: 'success' | 'invalid-input' | 'denied' | 'cancelled' }
  | { kind: 'failed' | 'invalid-artifact' | 'io'; message: string }
  | { kind: 'timeout'; limitMs: number }
  | { kind: 'limit'; which: LimitKind; limit: string };

/** What a call used up, beside its limits. */
export interface Usage {
  /** The most bytes of memory that the guest had at a time. */
  memoryPeak: number;
  memoryLimit: number;
  timeoutMs: number;
  inputBytes: number;
  outputBytes: number;
  /** What was cut included, as with `stderrBytes`. */
  stdoutBytes: number;
  stderrBytes: number;
  /** Questions put to the approver. */
  prompts: number;
  /** Http requests that were granted. */
  requests: number;
  sentBytes: number;
  receivedBytes: number;
  /** Instructions, if they were counted. */
  fuel?: number;
  fuelLimit?: number;
}

/** Whether a record file is whole. */
export interface ChainReport {
  records: number;
  /** The hash of the last record: keep it elsewhere, and a cut-off end is found by it. */
  head: string;
  /** Lines that a killed writer left unfinished, and the next record names. */
  torn: number;
  /** The line of such an end that no record names yet. */
  unfinished: number | null;
  /** Records after the one with the `head` that was asked for. */
  afterHead: number | null;
  /** Where the chain breaks first, if it does. */
  broken: ChainBreak | null;
}

export interface ChainBreak {
  line: number;
  fault: 'edited' | 'out-of-place' | 'not-the-beginning' | 'foreign' | 'torn-line-changed' | 'head-missing';
}

export interface AuditLine {
  /** From 1. */
  line: number;
  /** Null if the line is no record. */
  record: AuditRecord | null;
}
