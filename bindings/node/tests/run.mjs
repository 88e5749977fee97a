// Packs the package, installs it in an empty project, and runs the tests there: what is tested is what people get.
// `npm test -- calls` runs the files with `calls` in their names.
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const root = dirname(here);
const project = mkdtempSync(join(tmpdir(), 'openskills-node-'));
const run = (program, args, more) => execFileSync(program, args, { stdio: 'inherit', cwd: project, ...more });

try {
  run('npm', ['pack', '--silent', '--pack-destination', project], { cwd: root });
  const tarball = readdirSync(project).find((name) => name.endsWith('.tgz'));
  writeFileSync(join(project, 'package.json'), '{ "name": "tried", "private": true }\n');
  run('npm', ['install', '--offline', '--no-audit', '--no-fund', `./${tarball}`]);
  // What the tests need and nobody else. Links from there lead to what these need themselves.
  for (const name of ['typescript', '@types', 'ajv']) {
    symlinkSync(join(root, 'node_modules', name), join(project, 'node_modules', name));
  }
  cpSync(here, join(project, 'tests'), { recursive: true });
  const tests = readdirSync(here).filter((name) => /\.test\.[cm]?js$/.test(name));
  const repository = resolve(root, '../..');
  const target = process.env.OPENSKILLS_TARGET ?? join(repository, 'target');
  mkdirSync(join(target, 'tmp/test-cache'), { recursive: true, mode: 0o700 });
  const env = { ...process.env, OPENSKILLS_REPOSITORY: repository, OPENSKILLS_TARGET: target, TARBALL: join(project, tarball) };
  const chosen = tests.filter((name) => name.includes(process.argv[2] ?? ''));
  run(process.execPath, ['--test', ...chosen.map((name) => join('tests', name))], { env });
} finally {
  rmSync(project, { recursive: true, force: true });
}
