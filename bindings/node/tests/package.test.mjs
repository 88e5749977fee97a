// The tarball: what is in it, and what happens when it is installed.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';

import scenes from './scenario.cjs';

const { repository } = scenes;
const installed = join(process.cwd(), 'node_modules/@openskills/runtime');
const manifest = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8'));

test('the tarball has what runs, the licences, and nothing else', () => {
  const listed = execFileSync('tar', ['-tzf', process.env.TARBALL], { encoding: 'utf8' }).trim().split('\n');
  const files = listed.map((path) => path.replace('package/', ''));
  for (const name of ['LICENSE-MIT', 'LICENSE-APACHE']) {
    assert.ok(files.includes(name), name);
    assert.equal(readFileSync(join(installed, name), 'utf8'), readFileSync(join(repository, name), 'utf8'));
  }
  assert.match(files.find((name) => name.endsWith('.node')), /^openskills\.linux-(x64|arm64)-gnu\.node$/);
  const known = /^(package\.json|README\.md|LICENSE-\w+|index\.(js|d\.ts)|native\.js|(lib|types)\/[\w-]+\.(js|d\.ts)|openskills\.[\w-]+\.node)$/;
  assert.deepEqual(files.filter((name) => !known.test(name)), []);
});

test('installing runs and fetches nothing, and brings no other package', () => {
  for (const script of ['preinstall', 'install', 'postinstall', 'prepare']) assert.equal(manifest.scripts[script], undefined);
  for (const kind of ['dependencies', 'optionalDependencies', 'peerDependencies']) assert.equal(manifest[kind], undefined);
  const lock = JSON.parse(readFileSync('package-lock.json', 'utf8'));
  assert.deepEqual(Object.keys(lock.packages), ['', 'node_modules/@openskills/runtime']);
});

test('a package without the native half of this machine says what to do', () => {
  const copy = join(process.cwd(), 'without');
  mkdirSync(copy);
  writeFileSync(join(copy, 'native.js'), readFileSync(join(installed, 'native.js')));
  const ran = spawnSync(process.execPath, ['-e', `require(${JSON.stringify(join(copy, 'native.js'))})`], { encoding: 'utf8' });
  assert.match(ran.stderr, /has no native half for linux-\w+: build it with `npm run build`/);
  writeFileSync(join(copy, readdirSync(installed).find((name) => name.endsWith('.node'))), 'not an addon');
  const broken = spawnSync(process.execPath, ['-e', `require(${JSON.stringify(join(copy, 'native.js'))})`], { encoding: 'utf8' });
  assert.match(broken.stderr, /the native half of @openskills\/runtime cannot be loaded/);
});
