// The first wrong guesses: each is told what would be right.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import test from 'node:test';

import { OpenSkillRuntime } from '@openskills/runtime';
import scenes from './scenario.cjs';

const { scenario } = scenes;

test('what a runtime cannot be made with is told with what it takes', () => {
  for (const [given, message] of [
    [undefined, 'what a runtime is made with is undefined: give the folder of skills, or an object with options'],
    [null, 'what a runtime is made with is null'],
    [['./skills'], 'what a runtime is made with is an array'],
    [{ skillDir: './skills' }, 'there is no option `skillDir`: did you mean `skillsDir`?'],
    [{ skills_dir: './skills' }, 'did you mean `skillsDir`?'],
    [{ Policy: {} }, 'did you mean `policy`?'],
    [{ colour: 'red' }, 'there is no option `colour`: there are approver, auditSink'],
    [{ skillsDir: null }, 'skillsDir is no path'],
    [{ approver: 'once' }, 'approver is of type string: give a function'],
    [{ limits: { timeoutMs: '5' } }, 'the option `limits.timeoutMs` cannot be used: invalid type: string "5", expected a whole number, 0 or more'],
    [{ limits: { memory: -5 } }, 'the option `limits.memory` cannot be used: invalid value: integer `-5`, expected a whole number'],
    [{ limits: { timeout: 5 } }, 'the option `limits.timeout` cannot be used: unknown field `timeout`, expected one of `timeoutMs`'],
    [{ environment: { A: 5 } }, 'the option `environment.A` cannot be used: invalid type: integer `5`, expected a string'],
  ]) {
    assert.throws(
      () => new OpenSkillRuntime(given),
      (error) => error instanceof TypeError && error.message.includes(message) && !error.message.includes(' at line '),
      message,
    );
  }
});

test('a folder that is not there is told when skills are loaded, and by its name', () => {
  const nowhere = join(scenario().root, 'nowhere');
  assert.throws(() => new OpenSkillRuntime(nowhere).loadSkills(), { kind: 'Io', message: /nowhere/ });
  assert.deepEqual(new OpenSkillRuntime({}).loadSkills(), []);
});

test('wrong arguments of calls are TypeErrors of the promise, and nothing is begun', async () => {
  const records = [];
  const runtime = scenario().runtime({ auditSink: (record) => void records.push(record) });
  for (const [args, message] of [
    [[], 'the name of a skill is undefined'],
    [[{ id: 'tried' }], 'the name of a skill is of type object'],
    [['tried', {}, 5000], 'the argument for options is of type number: give an object'],
    [['tried', {}, { timeout: 5000 }], 'there is no option `timeout`: did you mean `timeoutMs`?'],
    [['tried', {}, { timeout_ms: 5000 }], 'did you mean `timeoutMs`?'],
    [['tried', {}, { timeoutMs: '5000' }], 'timeoutMs is no time: give whole milliseconds'],
    [['tried', {}, { timeoutMs: Infinity }], 'timeoutMs is no time'],
    [['tried', {}, { signal: new AbortController() }], 'signal is of type object: give an AbortSignal'],
  ]) {
    await assert.rejects(
      runtime.executeSkill(...args),
      (error) => error instanceof TypeError && error.message.includes(message),
      message,
    );
  }
  assert.equal(records.length, 0);
  assert.throws(() => runtime.prompt({ budget: 5 }), /did you mean `budgetTokens`\?/);
  assert.throws(() => runtime.prompt({ format: 'html' }), /the option `format` cannot be used: .*expected one of `xml`/);
  await assert.rejects(runtime.tools(), /give 'openai', 'openai-responses', 'anthropic' or 'mcp'/);
  assert.throws(() => runtime.resource('tried', '../SKILL.md'), { kind: 'Io', message: /outside of the skill's folder/ });
});
