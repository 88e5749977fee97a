// The cases of parity, tests/cases/parity, run from Node. What else must hold in every language is a case there.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';

import { check } from './parity/matching.mjs';
import { neutralError } from './parity/neutral.mjs';
import { Stage } from './parity/stage.mjs';
import scenes from './scenario.cjs';

const folder = join(scenes.repository, 'tests/cases/parity/cases');

for (const file of readdirSync(folder).sort()) {
  const { cases } = JSON.parse(readFileSync(join(folder, file), 'utf8'));
  for (const it of cases) test(`${file.replace('.json', '')}: ${it.name.replaceAll('_', ' ')}`, () => run(it));
}

async function run(it) {
  const stage = new Stage(it);
  if (it.build !== undefined) {
    const error = await stage.begin(it).then(() => assert.fail('the set-up can be used'), neutralError);
    check('build.error', stage.filled(it.build.error), error);
    return;
  }
  await stage.begin(it);
  for (const [index, call] of (it.calls ?? []).entries()) {
    try {
      await stage.check(call);
    } catch (error) {
      error.message = `call ${index + 1} (${call.method}): ${error.message}`;
      throw error;
    }
  }
}
