import type { AuditRecord } from './audit.js';
import type { ErrorKind } from './errors.js';
import type { Json } from './json.js';

/** Whose form definitions, calls and answers have: Chat Completions, Responses, Messages, Model Context Protocol. */
export type ToolFormat = 'openai' | 'openai-responses' | 'anthropic' | 'mcp';

export interface ToolOptions {
  /**
   * `own`: a tool for each skill that has a component. `general`: one tool that runs any of them. `auto`: `own` up to 32
   * such skills. `auto` by default.
   */
  style?: 'auto' | 'own' | 'general';
}

/** The schema of a tool's arguments, in the part of JSON Schema that no provider refuses. */
export type ToolSchema = {
  type: 'object';
  properties?: { [name: string]: { [keyword: string]: Json } };
  required?: string[];
  [keyword: string]: Json | undefined;
};

/** The definitions of tools in each form. */
export type ToolDefinitions = {
  openai: { type: 'function'; function: { name: string; description: string; parameters: ToolSchema } };
  'openai-responses': { type: 'function'; name: string; description: string; parameters: ToolSchema; strict: false };
  anthropic: { name: string; description: string; input_schema: ToolSchema };
  mcp: {
    name: string;
    title: string;
    description: string;
    inputSchema: ToolSchema;
    outputSchema?: ToolSchema;
    annotations: { title: string; readOnlyHint: boolean; destructiveHint: boolean; openWorldHint: boolean };
  };
};

/** A tool that a model is offered, in a provider's form. */
export type ToolDefinition<Format extends ToolFormat = ToolFormat> = ToolDefinitions[Format];

/** A call that a model makes, out of any provider's form. */
export interface ToolCall {
  name: string;
  /** As the model gave them: an object, or a text with JSON in it. */
  arguments: Json<bigint>;
  /** The provider's id of the call. */
  id: Json<bigint>;
  /** Whose form it came in. */
  format: ToolFormat | null;
}

/** One call in a provider's form, a `ToolCall`, or `name` and `arguments` alone. */
export type AnyToolCall =
  | ToolCall
  | { name: string; arguments?: unknown }
  | { id: string; function: { name: string; arguments: string } }
  | { type: 'function_call'; call_id: string; name: string; arguments: string }
  | { type: 'tool_use'; id: string; name: string; input: unknown }
  | { params: { name: string; arguments?: unknown } };

/** The answers to calls in each form. */
export type ToolAnswers = {
  openai: { role: 'tool'; tool_call_id: string; content: string };
  'openai-responses': { type: 'function_call_output'; call_id: string; output: string };
  anthropic: { type: 'tool_result'; tool_use_id: string; content: string; is_error: boolean };
  mcp: {
    content: { type: 'text'; text: string }[];
    isError: boolean;
    structuredContent?: { [name: string]: Json };
  };
};

/**
 * The answer to a call of a model. `content` is for the model; `hint` and `audit` are for whoever operates it, and are
 * in no form, no copy (`{ ...reply }`) and no `JSON.stringify` of a reply.
 */
export class ToolReply {
  private constructor();
  /** The text for the model, at most 64 KiB and a note that says what was cut. */
  readonly content: string;
  /** What a skill answered, whole; `undefined` if none did. */
  readonly value: Json<bigint> | undefined;
  /** Whether the call did not do what it was to do. */
  readonly isError: boolean;
  readonly kind: Exclude<ErrorKind, 'PolicyError'> | 'UnknownTool' | 'InvalidArguments' | null;
  /** What the operator can do about an error, such as the line to add to a `SKILL.md`. */
  readonly hint: string | null;
  /** The record, if something was run. */
  readonly audit: AuditRecord | null;
  /** The provider's id of the call. */
  readonly id: Json<bigint>;
  /** Whose form the call came in. */
  readonly format: ToolFormat | null;
  /** In the form in which the call came; of a call in nobody's form, as `toMcp`. */
  toValue(): ToolAnswers[ToolFormat];
  /** What `JSON.stringify` takes: as `toValue`. */
  toJSON(): ToolAnswers[ToolFormat];
  /** A message of Chat Completions; `id` is that of the call by default, here and below. */
  toOpenAI(id?: string): ToolAnswers['openai'];
  /** An item of Responses. */
  toOpenAIResponses(id?: string): ToolAnswers['openai-responses'];
  /** A block of Messages. */
  toAnthropic(id?: string): ToolAnswers['anthropic'];
  /** The result of `tools/call`. Whole numbers that a number cannot hold are the nearest in `structuredContent`. */
  toMcp(): ToolAnswers['mcp'];
}

/** The calls in the answer of a model: a message, or a response with messages in it. At most 128. */
export function toolCalls(answer: unknown): ToolCall[];
