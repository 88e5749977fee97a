// Packs the package, installs it in an empty project, and runs the tests there: what is tested is what people get.
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
  for (const name of ['typescript', '@types']) {
    symlinkSync(join(root, 'node_modules', name), join(project, 'node_modules', name));
  }
  cpSync(here, join(project, 'tests'), { recursive: true });
  mkdirSync(join(project, 'docs'));
  cpSync(resolve(root, '../../docs/typescript.md'), join(project, 'docs/typescript.md'));
  const tests = readdirSync(here).filter((name) => /\.test\.[cm]?js$/.test(name));
  const target = process.env.OPENSKILLS_TARGET ?? resolve(root, '../../target');
  const env = { ...process.env, OPENSKILLS_TARGET: target };
  run(process.execPath, ['--test', ...tests.map((name) => join('tests', name))], { env });
} finally {
  rmSync(project, { recursive: true, force: true });
}
