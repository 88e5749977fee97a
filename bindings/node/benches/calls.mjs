// What a call costs from Node: `node benches/calls.mjs SKILLS SKILL`, with a release addon and a skill that answers at
// once. Prints microseconds a call one after another, calls a second with many at once, the time from a cancellation to
// an idle core, and the memory after 100,000 calls.
import { OpenSkillRuntime } from '../index.mjs';

const [skills = './skills', skill = 'my-skill', spinning] = process.argv.slice(2);
const runtime = new OpenSkillRuntime(skills);
runtime.loadSkills();
const input = { input: 'data' };
for (let n = 0; n < 2_000; n += 1) await runtime.executeSkill(skill, input);

let host = 0;
let begun = performance.now();
const calls = 20_000;
for (let n = 0; n < calls; n += 1) host += (await runtime.executeSkill(skill, input)).audit.durationMs;
const each = ((performance.now() - begun) * 1000) / calls;
console.log(`one after another: ${each.toFixed(1)} us a call, of which the library's own ${((host * 1000) / calls).toFixed(1)} us`);

for (const atOnce of [1, 2, 8]) {
  begun = performance.now();
  let left = calls;
  const worker = async () => {
    while (left-- > 0) await runtime.executeSkill(skill, input);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  console.log(`${atOnce} at once: ${Math.round(calls / ((performance.now() - begun) / 1000))} calls a second`);
}

if (spinning !== undefined) {
  const controller = new AbortController();
  const spin = runtime.executeSkill(spinning, { op: 'spin' }, { signal: controller.signal }).catch((error) => error);
  setTimeout(() => controller.abort(), 200);
  const error = await spin;
  const before = process.cpuUsage();
  await new Promise((resolve) => setTimeout(resolve, 500));
  const { user, system } = process.cpuUsage(before);
  console.log(`after a cancellation (${error.kind}): ${((user + system) / 1000).toFixed(1)} ms of processor in 500 ms`);
}

for (let round = 0; round <= 10; round += 1) {
  globalThis.gc?.();
  if (round % 5 === 0) console.log(`${round * 10_000} calls: ${Math.round(process.memoryUsage.rss() / 1e6)} MB`);
  if (round < 10) for (let n = 0; n < 10_000; n += 1) await runtime.executeSkill(skill, input);
}
