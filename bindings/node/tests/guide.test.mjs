// The guide's snippet, word for word, from what was installed.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';

import scenes from './scenario.cjs';

const SNIPPET = `import { OpenSkillRuntime } from '@openskills/runtime';

const runtime = new OpenSkillRuntime('./skills');
const skills = runtime.loadSkills();

const result = await runtime.executeSkill(
  'my-skill',
  { input: 'data' },
  { timeoutMs: 5000 }
);

console.log(result.output);
`;

const project = process.cwd();
const env = { ...process.env, XDG_CACHE_HOME: scenes.cacheDir };
const output = "{ input: { input: 'data' }, count: 1 }\n";

function staged() {
  const stage = scenes.scenario({ name: 'my-skill' });
  execFileSync('ln', ['-s', join(project, 'node_modules'), join(stage.root, 'node_modules')]);
  const run = (file) => execFileSync(process.execPath, [file], { cwd: stage.root, env, encoding: 'utf8' });
  // The first compilation is not what its five seconds are for.
  writeFileSync(
    join(stage.root, 'warm.cjs'),
    "const r = new (require('@openskills/runtime').OpenSkillRuntime)('./skills'); r.loadSkills(); r.compileSkill('my-skill');",
  );
  run('warm.cjs');
  return { ...stage, run };
}

test('the guide runs word for word, as a module', () => {
  const stage = staged();
  writeFileSync(join(stage.root, 'guide.mjs'), SNIPPET);
  assert.equal(stage.run('guide.mjs'), output);
});

test('the guide compiles under tsc --strict, and runs', () => {
  const stage = staged();
  writeFileSync(join(stage.root, 'guide.mts'), SNIPPET);
  const tsc = join(project, 'node_modules/typescript/bin/tsc');
  const options = ['--strict', '--module', 'nodenext', '--target', 'es2022', '--types', 'node', 'guide.mts'];
  execFileSync(process.execPath, [tsc, ...options], { cwd: stage.root, stdio: 'inherit' });
  assert.equal(stage.run('guide.mjs'), output);
});

test('the documentation has the snippet', () => {
  assert.ok(readFileSync('docs/typescript.md', 'utf8').includes(SNIPPET));
});
