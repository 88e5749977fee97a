// What calls from Node cost, beside the same calls from Rust in one run. On an idle machine:
//
//     cargo xtask bench node
//
// It builds what is needed, optimised, and prints
// - microseconds of a call, one after another: as JavaScript waits for it, as Rust does, and as the library has it on
//   record (from its beginning to its outcome).
// - calls a second of a skill that computes, one at a time and two at once: two processors do twice as many.
// - the processor time that a guest takes that loops, and after it was cancelled.
// - the memory of the process every 10,000 calls, up to 100,000.
//
// `npm run build && node --expose-gc benches/calls.mjs` in bindings/node does the same with an addon of its own, after
// `cargo xtask skills` and `cargo xtask guests`; beside Rust if `target/release/examples/calls` was built.
import { spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

import { OpenSkillRuntime } from '@openskills/runtime';

const repository = resolve(dirname(fileURLToPath(import.meta.url)), '../../..');
const target = process.env.OPENSKILLS_TARGET ?? join(repository, 'target');
const root = mkdtempSync(join(tmpdir(), 'openskills-bench-'));
process.on('exit', () => rmSync(root, { recursive: true, force: true }));

const runtime = prepared();
for (const { id } of runtime.loadSkills()) await runtime.compileSkill(id);

await cost();
await scaling();
await cancelling();
await memory();

/** Three skills: one that answers at once, one that can loop, one that reads and measures a file. */
function prepared() {
  const skill = (name, component, tools = '') => {
    mkdirSync(join(root, 'skills', name, 'wasm'), { recursive: true });
    writeFileSync(join(root, 'skills', name, 'SKILL.md'), `---\nname: ${name}\ndescription: One.\n${tools}---\n`);
    cpSync(component, join(root, 'skills', name, 'wasm/skill.wasm'));
  };
  skill('echo', join(target, 'guests/echo.wasm'));
  skill('abuse', join(target, 'guests/abuse.wasm'));
  skill('csv-profile', join(repository, 'skills/csv-profile/wasm/skill.wasm'), 'allowed-tools: Read\n');
  mkdirSync(join(root, 'data'));
  const rows = Array.from({ length: 5_000 }, (_, row) => `${row},${(row * 7919) % 1000},name ${row % 97}`);
  writeFileSync(join(root, 'data/rows.csv'), `id,amount,name\n${rows.join('\n')}\n`);
  const folders = { skillsDir: join(root, 'skills'), workspace: join(root, 'data'), cacheDir: join(root, 'openskills') };
  return new OpenSkillRuntime({ ...folders, environment: {} });
}

async function cost() {
  const input = { input: 'data' };
  const rust = rustCalls(input);
  for (let call = 0; call < 2_000; call += 1) await runtime.executeSkill('echo', input);
  await rust?.perCall(2_000);
  // The best of many short rounds: whatever else the machine does makes a round longer, never shorter.
  const rounds = [];
  for (let round = 0; round < 50; round += 1) {
    const results = [];
    const begun = performance.now();
    for (let call = 0; call < 200; call += 1) results.push(await runtime.executeSkill('echo', input));
    const node = (performance.now() - begun) * 5;
    const record = results.reduce((sum, { audit }) => sum + audit.durationMs, 0) * 5;
    rounds.push({ node, record, rust: await rust?.perCall(200) });
  }
  rust?.end();
  const told = (name, of) => {
    const [node, record, other] = [of('node'), of('record'), of('rust')];
    const us = (number) => `${number.toFixed(1)} us`;
    const beside = other === undefined ? '' : `, from Rust ${us(other)}: ${us(node - other)} above it`;
    console.log(`one call, ${name}: ${us(node)}, on record ${us(record)}${beside}`);
  };
  const sorted = (kind) => rounds.map((round) => round[kind]).sort((one, other) => one - other);
  told('best round', (kind) => sorted(kind)[0]);
  told('median round', (kind) => sorted(kind)[25]);
  if (rust === undefined) console.log('not beside Rust: `cargo xtask bench node` builds what calls from there');
}

/** The same calls from Rust, in a process that waits meanwhile. */
function rustCalls(input) {
  const program = process.env.OPENSKILLS_BENCH_RUST ?? join(target, 'release/examples/calls');
  if (!existsSync(program)) return undefined;
  const env = { ...process.env, XDG_CACHE_HOME: root };
  const stdio = ['pipe', 'pipe', 'inherit'];
  const child = spawn(program, [join(root, 'skills'), 'echo', JSON.stringify(input)], { env, stdio });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    async perCall(calls) {
      child.stdin.write(`${calls}\n`);
      return Number((await lines.next()).value);
    },
    end: () => child.stdin.end(),
  };
}

async function scaling() {
  const rate = async (atOnce) => {
    let left = 60 * atOnce;
    const begun = performance.now();
    const worker = async () => {
      while (left-- > 0) await runtime.executeSkill('csv-profile', { path: 'rows.csv' });
    };
    await Promise.all(Array.from({ length: atOnce }, worker));
    return (60 * atOnce) / ((performance.now() - begun) / 1000);
  };
  await rate(2);
  const [one, two] = [await rate(1), await rate(2)];
  console.log(`one at a time: ${one.toFixed(1)} calls a second; two at once: ${two.toFixed(1)}, ${(two / one).toFixed(2)} times`);
}

async function cancelling() {
  const used = async () => {
    const before = process.cpuUsage();
    await new Promise((done) => setTimeout(done, 500));
    const { user, system } = process.cpuUsage(before);
    return ((user + system) / 1000).toFixed(0);
  };
  const controller = new AbortController();
  const spinning = runtime.executeSkill('abuse', { op: 'spin' }, { signal: controller.signal }).catch((error) => error);
  const during = await used();
  const begun = performance.now();
  controller.abort();
  const { kind } = await spinning;
  const took = (performance.now() - begun).toFixed(1);
  console.log(`a loop: ${during} ms of processor in 500 ms; ${kind} after ${took} ms; then ${await used()} ms in 500 ms`);
}

async function memory() {
  for (let round = 0; round <= 10; round += 1) {
    globalThis.gc?.();
    const { rss, heapUsed } = process.memoryUsage();
    console.log(`${round * 10_000} calls: ${(rss / 1e6).toFixed(1)} MB, of JavaScript ${(heapUsed / 1e6).toFixed(1)} MB`);
    for (let call = 0; call < 10_000 && round < 10; call += 1) await runtime.executeSkill('echo', { call });
  }
}
