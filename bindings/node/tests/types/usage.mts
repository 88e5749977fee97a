// What compiles, and what must not: a line after `@ts-expect-error` that compiles is an error, too. It is never run.
import {
  AuditLog,
  Cancelled,
  OpenSkillError,
  OpenSkillRuntime,
  PermissionDenied,
  Policy,
  Timeout,
  ToolReply,
  checkManifests,
  toolCalls,
} from '@openskills/runtime';
import type { AuditRecord, ExecutionResult, Json, RuntimeOptions, ToolDefinition } from '@openskills/runtime';
import * as all from '@openskills/runtime';

export async function usage(runtime: OpenSkillRuntime): Promise<void> {
  // Nothing that has a default is required.
  new OpenSkillRuntime('./skills');
  new OpenSkillRuntime(new URL('file:///skills'));
  new OpenSkillRuntime({});
  await runtime.executeSkill('x');
  await runtime.executeSkill('x', {}, {});
  await runtime.callFunction('x', 'f');
  await runtime.runScript('x', 'scripts/a.py');
  await runtime.installInterpreter();
  runtime.activate('x');
  runtime.prompt();
  await runtime.handle({ name: 'list_skills' });
  await new AuditLog('a.jsonl').verify();
  const options: RuntimeOptions = { limits: { fuel: 2n ** 60n }, mounts: [{ host: '/a', guest: 'a' }] };
  new OpenSkillRuntime(options);

  // What is asked for must be there, under its name and of its type.
  // @ts-expect-error
  new OpenSkillRuntime();
  // @ts-expect-error
  new OpenSkillRuntime({ skillDir: './skills' });
  // @ts-expect-error
  new OpenSkillRuntime({ policy: { rules: [] } });
  // @ts-expect-error
  new OpenSkillRuntime({ approver: () => 'yes' });
  // @ts-expect-error
  await runtime.executeSkill();
  // @ts-expect-error
  await runtime.executeSkill('x', {}, { timeout: 5 });
  // @ts-expect-error
  await runtime.executeSkill('x', {}, { signal: true });
  // @ts-expect-error
  runtime.handleSync({ name: 'x' }, { signal: AbortSignal.timeout(5) });
  // @ts-expect-error
  new Policy().allow(5);
  // @ts-expect-error
  await checkManifests(5);

  // An input is what JSON has, in whatever type it is kept.
  interface Order {
    id: bigint;
    placed: Date;
    lines: readonly { name: string; count?: number }[];
  }
  const order: Order = { id: 1n, placed: new Date(), lines: [{ name: 'a' }] };
  const unknown: unknown = JSON.parse('{}');
  await runtime.executeSkill('x', order);
  await runtime.executeSkill('x', [order, null, 'a', 5, true, undefined]);
  await runtime.executeSkill('x', unknown);
  await runtime.callFunction('x', 'f', { of: 2n ** 63n });
  // @ts-expect-error
  await runtime.executeSkill('x', new Map());
  // @ts-expect-error
  await runtime.executeSkill('x', { tags: new Set(['a']) });
  // @ts-expect-error
  await runtime.executeSkill('x', { rows: [{ cell: Symbol('a') }] });
  // @ts-expect-error
  await runtime.executeSkill('x', Buffer.from('a'));
  // @ts-expect-error
  await runtime.executeSkill('x', { later: Promise.resolve(1) });
  // @ts-expect-error
  await runtime.executeSkill('x', () => 5);

  // An output is JSON, and not anything.
  const result = await runtime.executeSkill('x');
  const output: Json<bigint> = result.output;
  // @ts-expect-error
  const count: number = result.output;
  // @ts-expect-error
  result.output.words;
  if (typeof output === 'object' && output !== null && !Array.isArray(output)) void output['words'];
  const known = await runtime.executeSkill<{ words: number }>('x', { text: 'a' });
  const words: number = known.output.words;
  const typed: ExecutionResult<{ words: number }> = known;
  void [count, words, typed];

  // Errors are told apart by their classes and by their kinds.
  try {
    await runtime.executeSkill('x');
  } catch (error) {
    if (error instanceof Timeout) void (error.limitMs + 1);
    // @ts-expect-error
    else if (error instanceof PermissionDenied) void error.limitMs;
    else if (error instanceof Cancelled) void (error.code satisfies 'ABORT_ERR');
    if (error instanceof OpenSkillError) {
      const record: AuditRecord | undefined = error.audit;
      // @ts-expect-error
      error.kind === 'TimeOut';
      if (record?.outcome.kind === 'timeout') void (record.outcome.limitMs + 1);
      // @ts-expect-error
      void record?.outcome.limitMs;
    }
  }
  // @ts-expect-error
  new Timeout();

  // Tools are in the form that was asked for.
  const [anthropic] = await runtime.tools('anthropic');
  void anthropic?.input_schema.properties;
  const openai: ToolDefinition<'openai'>[] = runtime.toolsSync('openai', { style: 'general' });
  void openai[0]?.function.parameters;
  // @ts-expect-error
  void openai[0]?.input_schema;
  // @ts-expect-error
  await runtime.tools('antropic');
  // @ts-expect-error
  await runtime.tools('mcp', { style: 'some' });
  const [call] = toolCalls(unknown);
  if (call !== undefined) {
    const reply: ToolReply = await runtime.handle(call, { signal: AbortSignal.timeout(5), timeoutMs: 5n });
    const id: string = reply.toAnthropic().tool_use_id;
    void [id, reply.kind === 'UnknownTool'];
    // @ts-expect-error
    reply.content = 'mine';
  }
  // @ts-expect-error
  new ToolReply();

  // What is declared is all there is.
  // @ts-expect-error
  all.settingsOf;
  // @ts-expect-error
  runtime.executeSkillSync('x');
}
