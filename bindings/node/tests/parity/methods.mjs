// The methods by the names that the cases have for them.
import { toolCalls } from '@openskills/runtime';

import { neutral, neutralReply } from './neutral.mjs';

/** Makes a call. What it gives is in its neutral form; definitions of tools are in the provider's. */
export async function make(runtime, method, given, cancel) {
  const options = { timeoutMs: given.timeout_ms };
  let during;
  if (cancel === 'before') options.signal = AbortSignal.abort();
  if (cancel === 'during') {
    during = new AbortController();
    options.signal = during.signal;
  }
  const made = METHODS[method];
  if (made === undefined) throw new Error(`there is no method ${method}`);
  const called = made(runtime, given, options);
  if (during !== undefined) setImmediate(() => during.abort());
  const value = await called;
  if (method === 'tools') return value;
  return method === 'handle' ? neutralReply(value) : neutral(value);
}

const METHODS = {
  load_skills: (runtime) => runtime.loadSkills(),
  load_skill: (runtime, { folder }) => runtime.loadSkill(folder),
  faults: (runtime) => runtime.faults(),
  prompt: (runtime, { format, budget_tokens: budgetTokens, all }) => runtime.prompt({ format, budgetTokens, all }),
  skill: (runtime, { skill_id: id }) => runtime.skill(id),
  activate: (runtime, { skill_id: id, arguments: args }) => runtime.activate(id, args),
  instructions: (runtime, { skill_id: id }) => runtime.instructions(id),
  resources: (runtime, { skill_id: id }) => runtime.resources(id),
  resource: (runtime, { skill_id: id, path }) => runtime.resource(id, path),
  scripts: (runtime, { skill_id: id }) => runtime.scripts(id),
  execute_skill: (runtime, { skill_id: id, input }, options) => runtime.executeSkill(id, input, options),
  functions: (runtime, { skill_id: id }) => runtime.functions(id),
  call_function: (runtime, { skill_id: id, function: name, arguments: args }, options) =>
    runtime.callFunction(id, name, args, options),
  run_script: (runtime, { skill_id: id, script, arguments: args, stdin, module }, options) =>
    runtime.runScript(id, script, { arguments: args, stdin, module, ...options }),
  script_help: (runtime, { skill_id: id, script }) => runtime.scriptHelp(id, script),
  check_skill: (runtime, { skill_id: id }) => runtime.checkSkill(id),
  interpreters: (runtime) => runtime.interpreters(),
  compile_skill: (runtime, { skill_id: id }) => runtime.compileSkill(id),
  inspect_skill: (runtime, { skill_id: id }) => runtime.inspectSkill(id),
  inspect_file: (runtime, { path }) => runtime.inspectFile(path),
  permissions: (runtime, { skill_id: id }) => runtime.permissions(id),
  explain_target: (runtime, { skill_id: id, target }) => runtime.explainTarget(id, target),
  tools: (runtime, { format, style }) => runtime.tools(format, { style }),
  handle: (runtime, { call }, options) => runtime.handle(call, options),
  tool_calls: (_, { answer }) => toolCalls(answer),
};
