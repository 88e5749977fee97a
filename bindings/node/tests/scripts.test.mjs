// Scripts of skills, beyond what the cases of parity hold: bytes, options and signals as JavaScript has them.
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { before } from 'node:test';

import scenes from './scenario.cjs';

const ECHO = 'import sys\nsys.stdout.buffer.write(sys.stdin.buffer.read())\nsys.stderr.write(",".join(sys.argv[1:]))\n';

let runtime;

before(async () => {
  const stage = scenes.scenario();
  mkdirSync(join(stage.skills, 'tried/scripts'));
  for (const [name, text] of Object.entries({
    echo: ECHO,
    spins: 'while True: pass\n',
    big: 'print(2**64 - 1)\n',
    cuts: "import argparse\nargparse.ArgumentParser(description='Cuts.').parse_args()\n",
  })) {
    writeFileSync(join(stage.skills, 'tried/scripts', `${name}.py`), text);
  }
  runtime = stage.runtime();
  await runtime.installInterpreter();
});

test('standard input is a text or bytes, and the streams are bytes', async () => {
  const bytes = new Uint8Array([0, 255, 10]);
  for (const stdin of [bytes, bytes.buffer, Buffer.from(bytes)]) {
    const { stdout, exitCode } = await runtime.runScript('tried', 'scripts/echo.py', { stdin });
    assert.ok(Buffer.isBuffer(stdout));
    assert.deepEqual([...stdout, exitCode], [0, 255, 10, 0]);
  }
  const given = { stdin: '{"ü": 1}', arguments: ['a b', '--x'] };
  const { output, stderr, audit } = await runtime.runScript('tried', 'scripts/echo.py', given);
  assert.deepEqual([output, stderr.toString()], [{ ü: 1 }, 'a b,--x']);
  assert.equal(audit.script.name, 'scripts/echo.py');
});

test('whole numbers of a script that no number holds are bigints', async () => {
  assert.equal((await runtime.runScript('tried', 'scripts/big.py')).output, 2n ** 64n - 1n);
});

test('a signal stops a script, and the event loop goes on meanwhile', async () => {
  const controller = new AbortController();
  const spinning = runtime.runScript('tried', 'scripts/spins.py', { signal: controller.signal });
  let turns = 0;
  while (turns < 3) {
    await new Promise((resolve) => setImmediate(resolve));
    turns += 1;
  }
  controller.abort(new Error('enough'));
  await assert.rejects(spinning, (error) => error.kind === 'Cancelled' && error.cause.message === 'enough');
});

test('what is wrong with a script or its options is told', async () => {
  await assert.rejects(runtime.runScript('tried', 'scripts/none.py'), { kind: 'Io' });
  await assert.rejects(runtime.runScript('tried', 'scripts/echo.py', { args: ['x'] }), /no option `args`/);
  await assert.rejects(runtime.runScript('tried', 'scripts/echo.py', { arguments: 'x' }), /the option `arguments`/);
  await assert.rejects(runtime.runScript('tried', 'scripts/echo.py', { arguments: [5] }), /the option `arguments\[0\]`/);
  await assert.rejects(runtime.runScript('tried'), TypeError);
  await assert.rejects(runtime.scriptHelp('tried', '../../x.py'), { kind: 'Io' });
  await assert.rejects(runtime.checkSkill('trid'), { kind: 'SkillNotFound' });
});

test('what scripts need and how they are used is told without a call', async () => {
  const checks = await runtime.checkSkill('tried');
  assert.deepEqual(checks.map(({ path, verdict }) => [path, verdict]), [
    ['scripts/big.py', 'runs'],
    ['scripts/cuts.py', 'runs'],
    ['scripts/echo.py', 'runs'],
    ['scripts/spins.py', 'runs'],
  ]);
  const help = await runtime.scriptHelp('tried', 'scripts/cuts.py');
  assert.ok(help.isPrinted && help.text.includes('Cuts.'), help.text);
  assert.equal(await runtime.scriptHelp('tried', 'scripts/spins.py'), null);
  assert.deepEqual(runtime.scripts('tried').find(({ path }) => path === 'scripts/cuts.py').help, help);
});
