// The example of an agent runs as it is, and skills as tools are what models and clients can use.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';

import { ToolReply, toolCalls } from '@openskills/runtime';
import Ajv2020 from 'ajv/dist/2020.js';

import scenes from './scenario.cjs';

const { cacheDir, repository, scenario, target } = scenes;
const FORMATS = ['openai', 'openai-responses', 'anthropic', 'mcp'];

const nameOf = (tool) => tool.function?.name ?? tool.name;
const schemaOf = (tool) => tool.function?.parameters ?? tool.parameters ?? tool.input_schema ?? tool.inputSchema;

/** A runtime over some of the repository's skills, as they are built. */
function builtSkills(...names) {
  const stage = scenario();
  for (const name of names) {
    const from = join(repository, 'skills', name);
    assert.ok(existsSync(join(from, 'wasm/skill.wasm')), `${name} is not built: \`cargo xtask skills\``);
    cpSync(from, join(stage.skills, name), { recursive: true, filter: (path) => !path.endsWith('/target') });
  }
  return stage;
}

test('the example answers what its model calls, and a misspelt call does not stop it', () => {
  const { skills, root } = builtSkills('text-stats');
  cpSync(join(repository, 'bindings/node/examples'), join(root, 'examples'), { recursive: true });
  symlinkSync(join(process.cwd(), 'node_modules'), join(root, 'node_modules'));
  const env = { ...process.env, XDG_CACHE_HOME: join(cacheDir, 'home') };
  const ran = execFileSync(process.execPath, ['examples/agent.mjs', skills], { cwd: root, env, encoding: 'utf8' });
  const messages = ran.trim().split('\n').map((line) => JSON.parse(line));
  assert.equal(messages.length, 6);
  assert.match(messages[2].content[0].content, /Text statistics/);
  const [right, wrong] = messages[4].content;
  assert.deepEqual([right.is_error, JSON.parse(right.content).words], [false, 2]);
  assert.ok(wrong.is_error && wrong.content.includes('txt'), wrong.content);
  assert.equal(messages[5].content, 'It has 2 words.');
});

test('names of tools have at most 64 legal characters, are different, and stay when skills are added', async () => {
  const long = 'a'.repeat(64);
  const stage = scenario();
  const add = (name) => {
    const folder = join(stage.skills, name);
    mkdirSync(join(folder, 'wasm'), { recursive: true });
    writeFileSync(join(folder, 'SKILL.md'), `---\nname: ${name}\ndescription: One.\n---\n`);
    cpSync(join(target, 'guests/echo.wasm'), join(folder, 'wasm/skill.wasm'));
  };
  add(long);
  const runtime = stage.runtime();
  const before = (await runtime.tools('openai')).map(nameOf);
  add(`${long.slice(1)}b`);
  runtime.loadSkills();
  for (const format of FORMATS) {
    const names = (await runtime.tools(format)).map(nameOf);
    assert.equal(new Set(names).size, 6);
    for (const name of names) assert.match(name, /^[a-zA-Z0-9_-]{1,64}$/);
    for (const name of before) assert.ok(names.includes(name), name);
  }
  const own = before.find((name) => name.startsWith('skill_aaa'));
  assert.deepEqual((await runtime.handle({ name: own, arguments: { x: 1 } })).value.input, { x: 1 });
});

test('schemas of tools are schemas, an answer fits the declared one, and what may be left out is not required', async () => {
  const runtime = builtSkills('text-stats', 'csv-profile').runtime();
  const ajv = new Ajv2020({ strict: true, strictTypes: false, validateFormats: false });
  for (const format of FORMATS) {
    const tools = await runtime.tools(format);
    assert.deepEqual(tools, runtime.toolsSync(format));
    for (const tool of tools) {
      ajv.compile(schemaOf(tool));
      assert.equal(schemaOf(tool).type, 'object');
    }
  }
  const tools = await runtime.tools('mcp');
  const stats = tools.find(({ name }) => name === 'skill_text-stats');
  assert.deepEqual(stats.inputSchema.required, ['text']);
  const call = { id: 7, method: 'tools/call', params: { name: stats.name, arguments: { text: 'One. Two, two!' } } };
  const { structuredContent } = (await runtime.handle(call)).toMcp();
  assert.equal(structuredContent.words, 3);
  const fits = ajv.compile(stats.outputSchema);
  assert.ok(fits(structuredContent), JSON.stringify(fits.errors));
  assert.ok(!fits({ ...structuredContent, words: 'three' }));
});

test('a reply is in the form of its call, and what only the operator may know is in no form and no copy', async () => {
  const stage = scenario({ guest: 'files_std', allowedTools: 'Read(data/**)', files: { 'workspace/secret': 's' } });
  const runtime = stage.runtime();
  const input = { ops: [{ op: 'read', path: 'secret', strict: true }] };
  const answer = { content: [{ type: 'tool_use', id: 'x', name: 'skill_tried', input }] };
  const [call] = toolCalls(answer);
  assert.deepEqual(call, { name: 'skill_tried', arguments: input, id: 'x', format: 'anthropic' });
  // A call that was kept as data is still one.
  for (const it of [call, structuredClone(call), answer.content[0]]) {
    const reply = await runtime.handle(it);
    assert.ok(reply instanceof ToolReply);
    assert.deepEqual([reply.isError, reply.kind, reply.id, reply.value], [true, 'PermissionDenied', 'x', undefined]);
    assert.match(reply.hint, /Read\(secret\)/);
    assert.equal(reply.audit.outcome.kind, 'denied');
    const value = { type: 'tool_result', tool_use_id: 'x', content: reply.content, is_error: true };
    assert.deepEqual(reply.toValue(), value);
    assert.deepEqual(JSON.parse(JSON.stringify([reply])), [value]);
    assert.equal(reply.toOpenAI('y').tool_call_id, 'y');
    assert.equal(reply.toOpenAIResponses().call_id, 'x');
    for (const form of [reply, { ...reply }, reply.toOpenAI(), reply.toOpenAIResponses(), reply.toAnthropic(), reply.toMcp()]) {
      assert.ok(!JSON.stringify(form).includes('Read(secret)'), JSON.stringify(form));
    }
  }
  assert.throws(() => new ToolReply(), TypeError);
});

test('whole numbers of 64 bits keep their digits in a value and in the text for the model', async () => {
  const runtime = scenario().runtime();
  const call = { name: 'skill_tried', arguments: '{"big":9007199254740993}' };
  const reply = await runtime.handle(call);
  assert.equal(reply.value.input.big, 9007199254740993n);
  assert.ok(reply.content.includes('9007199254740993'));
  assert.equal((await runtime.handle({ ...call, arguments: { big: 2n ** 64n - 1n } })).value.input.big, 2n ** 64n - 1n);
  JSON.stringify(reply.toMcp());
});

test('a signal stops what a model called, and wrong calls of ours are errors of ours', async () => {
  const runtime = scenario({ guest: 'abuse' }).runtime();
  const controller = new AbortController();
  const spinning = runtime.handle({ name: 'skill_tried', arguments: { op: 'spin' } }, { signal: controller.signal });
  controller.abort();
  const reply = await spinning;
  assert.deepEqual([reply.isError, reply.kind, reply.audit.outcome.kind], [true, 'Cancelled', 'cancelled']);
  for (const call of [undefined, null, 'list_skills', []]) await assert.rejects(runtime.handle(call), TypeError);
  await assert.rejects(runtime.tools('antropic'), /there is no format `antropic`/);
  await assert.rejects(runtime.tools('mcp', { style: 'some' }), TypeError);
  await assert.rejects(runtime.handle({ name: 'list_skills' }, { timeout: 1 }), /timeoutMs/);
});

test('handleSync answers on the event loop, also within a promise, and refuses what it would wait for for ever', async () => {
  const stage = scenario();
  const call = { name: 'skill_tried', arguments: { a: 1 } };
  assert.deepEqual(stage.runtime().handleSync(call).value.input, { a: 1 });
  await Promise.resolve().then(() => assert.equal(stage.runtime().handleSync(call).isError, false));
  for (const options of [{ approver: () => 'once' }, { auditSink: () => {} }]) {
    assert.throws(() => stage.runtime(options).handleSync(call), /await `handle`/);
    assert.equal((await stage.runtime(options).handle(call)).isError, false);
  }
  const file = stage.runtime({ auditSink: join(stage.root, 'records.jsonl') });
  assert.equal(file.handleSync(call).isError, false);
  assert.equal(readFileSync(join(stage.root, 'records.jsonl'), 'utf8').split('\n').length, 2);
});
