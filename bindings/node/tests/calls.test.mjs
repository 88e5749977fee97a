// Calls: what goes in and comes out, errors, signals, callbacks.
import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { inspect } from 'node:util';
import { Worker } from 'node:worker_threads';
import { spawnSync } from 'node:child_process';

import * as esm from '@openskills/runtime';
import scenes from './scenario.cjs';

const { scenario } = scenes;
const cjs = createRequire(import.meta.url)('@openskills/runtime');
const { Cancelled, ExecutionFailure, Io, OpenSkillError, OpenSkillRuntime, PermissionDenied, PolicyError } = esm;

async function failure(promise) {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  return assert.fail('it did not fail');
}

test('ES modules and CommonJS have the same classes', () => {
  assert.deepEqual(Object.keys(esm).filter((name) => name !== 'default').sort(), Object.keys(cjs).sort());
  for (const name of Object.keys(cjs)) assert.equal(esm[name], cjs[name], name);
});

test('an input comes back, and whole numbers of 64 bits as they are', async () => {
  const runtime = scenario().runtime();
  const input = { a: [1, -2.5, null, true, 'ü'], big: 2n ** 63n, small: -(2n ** 63n), safe: 2n, __proto__: null };
  const { output } = await runtime.executeSkill('tried', input);
  assert.deepEqual(output.input, { ...input, safe: 2 });
  assert.deepEqual((await runtime.executeSkill('tried')).output.input, {});
  const date = new Date(0);
  assert.deepEqual((await runtime.executeSkill('tried', { date, not: undefined })).output.input, {
    date: date.toJSON(),
  });
});

test('a record is read when somebody looks, and a result is a plain object all the same', async () => {
  const runtime = scenario().runtime();
  const result = await runtime.executeSkill('tried', {});
  const copies = [{ ...result }, structuredClone(result), JSON.parse(JSON.stringify(result)), Object.assign({}, result)];
  for (const copy of copies) assert.deepEqual(copy, result);
  assert.deepEqual(Object.keys(result), ['output', 'stdout', 'stderr', 'audit']);
  assert.equal(result.audit, result.audit);
  assert.match(inspect(result), /skill: 'tried'/);
  assert.ok(!inspect(result).includes('Getter'), inspect(result));
  // Whoever passes it on may leave the record out.
  result.audit = undefined;
  assert.equal(result.audit, undefined);
  delete result.audit;
  assert.ok(!('audit' in result));
});

test('a process that ends ends at once, whatever still runs', () => {
  const { skills } = scenario({ guest: 'abuse' });
  const code = (ending) => `
    const { OpenSkillRuntime } = require('@openskills/runtime');
    const runtime = new OpenSkillRuntime({ skillsDir: ${JSON.stringify(skills)}, cacheDir: ${JSON.stringify(scenes.cacheDir)} });
    runtime.loadSkills();
    runtime.compileSkill('tried').then(() => {
      for (let call = 0; call < 3; call += 1) runtime.executeSkill('tried', { op: 'spin' }, { timeoutMs: 600_000 });
      setImmediate(() => { ${ending} });
    });`;
  for (const [ending, status, told] of [
    ['process.exit(7)', 7, ''],
    ["throw new Error('mine')", 1, 'mine'],
    ["runtime.executeSkill('trid')", 1, 'SkillNotFound'],
  ]) {
    const ran = spawnSync(process.execPath, ['-e', code(ending)], { encoding: 'utf8', timeout: 60_000 });
    assert.deepEqual([ran.status, ran.signal, ran.stderr.includes(told)], [status, null, true], ran.stderr);
  }
});

test('what JSON has not is a TypeError with its place', async () => {
  const runtime = scenario().runtime();
  const circle = {};
  circle.self = circle;
  for (const [value, place] of [
    [{ a: [NaN] }, 'input.a[0] is NaN'],
    [{ 'b c': () => {} }, 'input["b c"] is a function'],
    [new Map(), 'input is a Map'],
    [{ x: Buffer.from('x') }, 'input.x is bytes'],
    [2n ** 64n, 'input is a bigint of more than 64 bits'],
    [{ t: '\ud800' }, 'input.t has half of a surrogate pair'],
    [circle, 'has itself within'],
  ]) {
    const error = await failure(runtime.executeSkill('tried', value));
    assert.ok(error instanceof TypeError && error.message.includes(place), error.message);
  }
});

test('errors are of the class of their kind', async () => {
  const runtime = scenario({ guest: 'abuse' }).runtime();
  const failed = await failure(runtime.executeSkill('tried', { op: 'fail', text: 'no luck' }));
  assert.ok(failed instanceof ExecutionFailure && failed instanceof OpenSkillError && failed instanceof Error);
  assert.ok(failed instanceof cjs.ExecutionFailure);
  assert.equal(failed.kind, 'ExecutionFailure');
  assert.equal(failed.audit.outcome.kind, 'failed');
  assert.match(failed.stack, /calls\.test\.mjs/);
  const gone = await failure(runtime.executeSkill('trid', {}));
  assert.deepEqual([gone.kind, gone.nearest], ['SkillNotFound', ['tried']]);
  const late = await failure(runtime.executeSkill('tried', { op: 'spin' }, { timeoutMs: 20 }));
  assert.deepEqual([late.kind, late.limitMs], ['Timeout', 20]);
  assert.throws(() => new OpenSkillRuntime({ policy: { deny: ['Raed'] } }), PolicyError);
  assert.throws(() => new OpenSkillRuntime({ rules: {} }), /rules/);
  assert.match((await failure(runtime.executeSkill('tried', {}, { timeout: 1 }))).message, /timeoutMs/);
});

test('a signal stops a call, also one that is aborted already, and no listener is left', async () => {
  const runtime = scenario({ guest: 'abuse' }).runtime();
  const controller = new AbortController();
  const { signal } = controller;
  await runtime.executeSkill('tried', { op: 'nothing' }, { signal });
  assert.equal(getEventListeners(signal, 'abort').length, 0);
  const spinning = failure(runtime.executeSkill('tried', { op: 'spin' }, { signal }));
  const reason = new Error('changed my mind');
  controller.abort(reason);
  for (const error of [await spinning, await failure(runtime.executeSkill('tried', { op: 'nothing' }, { signal }))]) {
    assert.ok(error instanceof Cancelled);
    assert.equal(error.cause, reason);
    assert.equal(error.audit.outcome.kind, 'cancelled');
  }
  assert.equal(getEventListeners(signal, 'abort').length, 0);
});

test('an approver answers, also later, and one that throws is a no with its error kept', async () => {
  const { runtime } = scenario({ guest: 'vars', allowedTools: 'Env(TRIED)' });
  const environment = { TRIED: 'yes' };
  const asked = [];
  const yes = runtime({
    environment,
    approver: async (question) => {
      asked.push(question);
      await new Promise((resolve) => setImmediate(resolve));
      return 'once';
    },
  });
  const { output } = await yes.executeSkill('tried', { get: ['TRIED'] });
  assert.deepEqual(output.values, [{ ok: 'yes' }]);
  assert.equal(asked[0].target, 'TRIED');
  const oops = new Error('oops');
  for (const approver of [() => 'no', () => undefined, () => { throw oops; }, async () => { throw oops; }]) {
    const error = await failure(runtime({ environment, approver }).executeSkill('tried', { get: ['TRIED'] }));
    assert.ok(error instanceof PermissionDenied, String(error));
    if (String(approver).includes('oops')) assert.equal(error.cause, oops);
  }
  const nobody = await failure(runtime({ environment }).executeSkill('tried', { get: ['TRIED'] }));
  assert.ok(nobody instanceof PermissionDenied);
});

test('a sink gets each record before the call ends, and one that fails fails the call', async () => {
  const { runtime } = scenario();
  const records = [];
  const kept = runtime({ auditSink: async (record) => void records.push(record) });
  const { audit } = await kept.executeSkill('tried', {});
  assert.deepEqual(records, [audit]);
  const full = new Error('full');
  const auditSink = () => {
    throw full;
  };
  const error = await failure(runtime({ auditSink }).executeSkill('tried', {}));
  assert.ok(error instanceof Io && error.cause === full && error.audit.outcome.kind === 'success', String(error));
  const on = await runtime({ auditSink, onAuditFailure: 'goOn' }).executeSkill('tried', {});
  assert.match(on.auditError, /full/);
});

test('many calls at once', async () => {
  const runtime = scenario().runtime();
  const results = await Promise.all(Array.from({ length: 300 }, (_, at) => runtime.executeSkill('tried', { at })));
  results.forEach((result, at) => assert.equal(result.output.input.at, at));
});

test('a process ends when nothing is pending, and waits as long as something is', () => {
  const { skills } = scenario();
  const code = `
    const { OpenSkillRuntime } = require('@openskills/runtime');
    const runtime = new OpenSkillRuntime({ skillsDir: ${JSON.stringify(skills)}, cacheDir: ${JSON.stringify(scenes.cacheDir)} });
    runtime.loadSkills();
    runtime.executeSkill('tried', {}).then(() => console.log('ended'));`;
  const ran = spawnSync(process.execPath, ['-e', code], { encoding: 'utf8', timeout: 60_000 });
  assert.equal(ran.stdout, 'ended\n', ran.stderr);
  assert.equal(ran.status, 0);
});

test('worker threads have runtimes of their own, and may end in the middle of a call', async () => {
  const { skills } = scenario({ guest: 'abuse' });
  const code = `
    const { parentPort } = require('node:worker_threads');
    const { OpenSkillRuntime } = require('@openskills/runtime');
    const runtime = new OpenSkillRuntime({ skillsDir: ${JSON.stringify(skills)}, cacheDir: ${JSON.stringify(scenes.cacheDir)} });
    runtime.loadSkills();
    runtime.executeSkill('tried', { op: 'nothing' }).then(({ output }) => {
      runtime.executeSkill('tried', { op: 'spin' });
      parentPort.postMessage(output);
    });`;
  for (let time = 0; time < 3; time += 1) {
    const worker = new Worker(code, { eval: true });
    const output = await new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject));
    assert.equal(output, null);
    await worker.terminate();
  }
});

test('calls run beside each other: of two that each wait for the other both end', { timeout: 60_000 }, async () => {
  let records = 0;
  let bothEnd;
  const both = new Promise((resolve) => (bothEnd = resolve));
  const auditSink = async () => {
    records += 1;
    if (records === 2) bothEnd();
    await both;
  };
  const runtime = scenario().runtime({ auditSink });
  const ended = await Promise.all([1, 2].map((call) => runtime.executeSkill('tried', { call })));
  assert.deepEqual(ended.map(({ output }) => output.input.call), [1, 2]);
});

test('guests that loop on every processor starve neither the event loop nor another call', async () => {
  const runtime = scenario({ guest: 'abuse' }).runtime();
  const controller = new AbortController();
  const options = { signal: controller.signal, timeoutMs: 120_000 };
  const loops = Array.from({ length: availableParallelism() + 1 }, () =>
    failure(runtime.executeSkill('tried', { op: 'spin' }, options)),
  );
  // A turn of the event loop comes while they run.
  await new Promise((resolve) => setTimeout(resolve, 1));
  assert.equal((await runtime.executeSkill('tried', { op: 'nothing' })).output, null);
  controller.abort();
  for (const error of await Promise.all(loops)) assert.ok(error instanceof Cancelled, String(error));
});

test('a typed function takes and gives bigints, and no number that may have lost digits', async () => {
  const { cases } = JSON.parse(readFileSync(join(scenes.repository, 'tests/cases/parity/cases/functions.json'), 'utf8'));
  const { base64 } = cases[0].skills.tried.files['wasm/skill.wasm'];
  const stage = scenario();
  writeFileSync(join(stage.skills, 'tried/wasm/skill.wasm'), Buffer.from(base64, 'base64'));
  const runtime = stage.runtime();
  const same = async (of) => (await runtime.callFunction('tried', 'same', { of })).output;
  assert.equal(await same(5), 5);
  assert.equal(await same(5n), 5);
  assert.equal(await same(Number.MAX_SAFE_INTEGER), Number.MAX_SAFE_INTEGER);
  assert.equal(await same(2n ** 53n), 2n ** 53n);
  assert.equal(await same(2n ** 64n - 1n), 2n ** 64n - 1n);
  assert.equal(await same('9007199254740993'), 9007199254740993n);
  assert.deepEqual((await runtime.callFunction('tried', 'twice', { of: 2n ** 53n })).output, [2n ** 53n, 2n ** 53n]);
  assert.equal((await runtime.callFunction('tried', 'half', { of: -(2n ** 63n) })).output, -(2n ** 62n));
  for (const number of [2 ** 53, 2 ** 60, 1e19]) {
    const error = await failure(runtime.callFunction('tried', 'same', { of: number }));
    assert.ok(error.kind === 'InvalidInput' && error.field === 'of', String(error));
  }
});

test('the reason of a signal is the cause of the error, and in no listing of it', async () => {
  const runtime = scenario({ guest: 'abuse' }).runtime();
  const error = await failure(runtime.executeSkill('tried', { op: 'spin' }, { signal: AbortSignal.timeout(20) }));
  assert.equal(error.cause.name, 'TimeoutError');
  assert.ok(!Object.keys(error).includes('cause'));
});
