// TypeScript, by `tsc --strict` in one run: the guide and every snippet of the documentation, which are run then; what
// must and must not compile; and what the runtime really gives, held to the types that are declared for it.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { before } from 'node:test';

import scenes from './scenario.cjs';
import { values } from './types/values.mjs';

const { cacheDir, repository, scenario } = scenes;

const GUIDE = `import { OpenSkillRuntime } from '@openskills/runtime';

const runtime = new OpenSkillRuntime('./skills');
const skills = runtime.loadSkills();

const result = await runtime.executeSkill(
  'my-skill',
  { input: 'data' },
  { timeoutMs: 5000 }
);

console.log(result.output);
`;

const folder = join(process.cwd(), 'typed');
const env = { ...process.env, XDG_CACHE_HOME: join(cacheDir, 'home') };
const page = readFileSync(join(repository, 'docs/typescript.md'), 'utf8');
/** Each snippet, with the output that stands below it, if one does. */
const snippets = [...page.matchAll(/^```typescript\n(.*?)^```\n(?:\n```text\n(.*?)^```\n)?/gms)].map(([, code, output]) => ({
  code,
  output,
}));

let stage;
let compiled;

before(async () => {
  stage = staged();
  mkdirSync(folder);
  cpSync(join(process.cwd(), 'tests/types/usage.mts'), join(folder, 'usage.mts'));
  writeFileSync(join(folder, 'values.mts'), await values(stage));
  snippets.forEach(({ code }, index) => writeFileSync(join(folder, `snippet-${index}.mts`), code));
  writeFileSync(join(folder, 'guide.mjs'), GUIDE);
  const options = ['--strict', '--noUncheckedIndexedAccess', '--module', 'nodenext', '--target', 'es2022'];
  const tsc = join(process.cwd(), 'node_modules/typescript/bin/tsc');
  const files = ['usage.mts', 'values.mts', ...snippets.map((_, index) => `snippet-${index}.mts`)];
  compiled = spawnSync(process.execPath, [tsc, ...options, '--types', 'node', '--pretty', 'false', ...files], {
    cwd: folder,
    encoding: 'utf8',
  });
});

/** The skills and files that the page speaks of. */
function staged() {
  const made = scenario({
    name: 'my-skill',
    files: { 'data/sales.csv': 'day,sum\n1,20\n2,30\n', 'data/salaries.csv': 'name,sum\nAnn,1\n' },
  });
  for (const name of ['text-stats', 'csv-profile', 'env-card']) {
    const from = join(repository, 'skills', name);
    assert.ok(existsSync(join(from, 'wasm/skill.wasm')), `${name} is not built: \`cargo xtask skills\``);
    cpSync(from, join(made.skills, name), { recursive: true, filter: (path) => !path.endsWith('/target') });
  }
  const { cases } = JSON.parse(readFileSync(join(repository, 'tests/cases/parity/cases/functions.json'), 'utf8'));
  mkdirSync(join(made.skills, 'wide/wasm'), { recursive: true });
  writeFileSync(join(made.skills, 'wide/SKILL.md'), '---\nname: wide\ndescription: Whole numbers.\n---\n');
  const { base64 } = cases[0].skills.tried.files['wasm/skill.wasm'];
  writeFileSync(join(made.skills, 'wide/wasm/skill.wasm'), Buffer.from(base64, 'base64'));
  // The first compilation is not what the times in the snippets are for.
  const warm = `const { OpenSkillRuntime } = require('@openskills/runtime');
    const runtime = new OpenSkillRuntime('./skills');
    for (const { id, hasComponent } of runtime.loadSkills()) if (hasComponent) runtime.compileSkill(id);`;
  writeFileSync(join(process.cwd(), 'warm.cjs'), warm);
  run(made, join(process.cwd(), 'warm.cjs'));
  return made;
}

function run(made, file) {
  const ran = spawnSync(process.execPath, [file], { cwd: made.root, env, encoding: 'utf8' });
  assert.equal(ran.status, 0, `${file}: ${ran.stderr}`);
  return ran.stdout;
}

test('it compiles under tsc --strict, what the runtime gives is as declared, and what must not compile does not', () => {
  assert.equal(compiled.stdout, '');
  assert.equal(compiled.status, 0);
});

test('the guide runs word for word, and is on the page', () => {
  assert.equal(run(stage, join(folder, 'guide.mjs')), "{ input: { input: 'data' }, count: 1 }\n");
  assert.equal(snippets[0].code, GUIDE);
});

test('every snippet of the page runs, and prints what stands below it', () => {
  assert.ok(snippets.length >= 7);
  snippets.forEach(({ code, output }, index) => {
    const printed = run(stage, join(folder, `snippet-${index}.mjs`));
    if (output === undefined) assert.notEqual(printed, '', code);
    else assert.equal(printed, output, code);
  });
});
