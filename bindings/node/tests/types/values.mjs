// What the runtime really gives, as a TypeScript program: literals of the declared types, so that a member which is not
// declared, or is missing, or is of another type does not compile.
import { join } from 'node:path';

import * as all from '@openskills/runtime';

const { AuditFile, AuditLog, OpenSkillRuntime, Policy, ToolReply, checkManifests, findManifests, toolCalls } = all;

/** The program's text. */
export async function values({ root, skills }) {
  const lines = [
    "import type * as all from '@openskills/runtime';",
    'type Later<F extends (...args: never) => unknown> = Awaited<ReturnType<F>>;',
    'type Runtime = all.OpenSkillRuntime;',
    'type Told<E extends Error> = Omit<E, "name" | "message" | "stack" | "cause">;',
    'type Members<T> = { [K in keyof T]: true };',
  ];
  const add = (type, value) => lines.push(`export const v${lines.length}: ${type} = ${JSON.stringify(value)};`);
  const method = (name, value) => add(`Later<Runtime['${name}']>`, value);

  const file = join(root, 'values.jsonl');
  const runtime = new OpenSkillRuntime({
    skillsDir: skills,
    workspace: join(root, 'data'),
    cacheDir: process.env.OPENSKILLS_TARGET && join(process.env.OPENSKILLS_TARGET, 'tmp/test-cache'),
    environment: { LANG: 'C' },
    policy: { deny: ['Read(salaries.csv)'], yaml: 'allow: ["Env(LANG)"]\nlimits: { timeout: 20s }\n' },
    auditSink: new AuditFile(file),
  });
  const loaded = runtime.loadSkills();
  method('loadSkills', loaded);
  method('faults', runtime.faults());
  method('prompt', runtime.prompt({ budgetTokens: 100 }));
  for (const { id } of loaded) {
    method('skill', runtime.skill(id));
    method('resources', runtime.resources(id));
    method('scripts', runtime.scripts(id));
    method('permissions', runtime.permissions(id));
    method('functions', await runtime.functions(id));
    method('inspectSkill', await runtime.inspectSkill(id));
    method('compileSkill', await runtime.compileSkill(id));
  }
  method('inspectFile', await runtime.inspectFile(join(skills, 'wide/wasm/skill.wasm')));
  for (const target of ['Read(sales.csv)', 'Read(salaries.csv)', 'Env(LANG)', 'WebFetch(https://example.com/)']) {
    for (const id of ['csv-profile', 'env-card']) method('explainTarget', runtime.explainTarget(id, target));
  }
  method('policy', runtime.policy());
  method('diagnose', runtime.diagnose());
  method('interpreters', runtime.interpreters());

  method('executeSkill', await runtime.executeSkill('csv-profile', { path: 'sales.csv' }));
  method('executeSkill', await runtime.executeSkill('env-card'));
  method('callFunction', await runtime.callFunction('wide', 'same', { of: 5n }));
  const failing = [
    ['InvalidInput', async () => runtime.executeSkill('csv-profile', { way: 5 })],
    ['PermissionDenied', async () => runtime.executeSkill('csv-profile', { path: 'salaries.csv' })],
    ['SkillNotFound', async () => runtime.executeSkill('csv-profil')],
    ['InvalidFunction', async () => runtime.callFunction('wide', 'sam')],
    ['Timeout', async () => runtime.callFunction('wide', 'spin', {}, { timeoutMs: 20 })],
    ['Cancelled', async () => runtime.callFunction('wide', 'spin', {}, { signal: AbortSignal.abort('enough') })],
    ['InvalidManifest', async () => runtime.loadSkill(root)],
    ['Io', async () => runtime.resource('wide', '../x')],
    ['PolicyError', async () => new Policy().deny('Raed')],
    ['PolicyError', async () => new OpenSkillRuntime({ policyFiles: [join(root, 'nowhere.yaml')] })],
  ];
  for (const [name, failed] of failing) {
    const error = await failed().then(
      () => Promise.reject(new Error(`${name} did not fail`)),
      (thrown) => thrown,
    );
    if (!(error instanceof all[name])) throw error;
    const { audit } = error;
    add(`Told<all.${name}>`, { ...error, ...(audit && { audit }) });
  }

  const log = new AuditLog(file);
  add("Later<all.AuditLog['verify']>", await log.verify());
  for await (const line of log.lines()) add('all.AuditLine', line);
  const { files, faults } = await findManifests(skills);
  add('Later<typeof all.findManifests>', { files, faults });
  add('Later<typeof all.checkManifests>', await checkManifests(files));

  for (const format of ['openai', 'openai-responses', 'anthropic', 'mcp']) {
    add(`all.ToolDefinition<'${format}'>[]`, await runtime.tools(format));
  }
  const answer = [{ type: 'tool_use', id: 'a', name: 'skill_text-stats', input: { text: 'One.' } }];
  add('ReturnType<typeof all.toolCalls>', toolCalls(answer));
  const reply = await runtime.handle(answer[0]);
  add("all.ToolAnswers['openai']", reply.toOpenAI());
  add("all.ToolAnswers['openai-responses']", reply.toOpenAIResponses());
  add("all.ToolAnswers['anthropic']", reply.toValue());
  add("all.ToolAnswers['mcp']", reply.toMcp());
  add("Pick<all.ToolReply, 'hint' | 'audit'>", { hint: reply.hint, audit: reply.audit });
  const { value, ...rest } = reply;
  add("Omit<all.ToolReply, 'value' | 'hint' | 'audit' | `to${string}`>", rest);

  // What there is, by name: classes and functions, and the members of classes.
  const members = (type, names) => add(`Members<${type}>`, Object.fromEntries(names.map((name) => [name, true])));
  const own = (object, ...without) => Object.getOwnPropertyNames(object).filter((name) => !without.includes(name));
  members('typeof all', own(all));
  members('all.OpenSkillRuntime', own(OpenSkillRuntime.prototype, 'constructor'));
  members('typeof all.Policy', [...own(Policy, 'length', 'name')]);
  for (const Class of [AuditFile, AuditLog, Policy]) members(`all.${Class.name}`, own(Class.prototype, 'constructor'));
  members('all.ToolReply', [...own(ToolReply.prototype, 'constructor'), ...own(reply)]);
  return `${lines.join('\n')}\n`;
}
