// The runtime that applications embed.
'use strict';

const native = require('../native.js');

const { callbacksOf } = require('./callbacks.js');
const { calls, ended, later, register } = require('./calls.js');
const { answered, errorOf } = require('./failure.js');
const { argumentsOf, resultOf, textOf } = require('./json.js');
const { callOptions, milliseconds, settingsOf, text } = require('./options.js');
const { path } = require('./path.js');
const { executionResult } = require('./result.js');
const { ToolReply } = require('./tool-reply.js');

class OpenSkillRuntime {
  #native;
  #callbacks;

  constructor(options) {
    const { text: settings, approver, sink, watcher } = settingsOf(options);
    this.#callbacks = callbacksOf(approver, sink, watcher);
    const owner = this.#callbacks === undefined ? 0 : register(this, this.#callbacks);
    this.#native = answered(() => new native.Runtime(calls, owner, settings));
  }

  loadSkills() {
    return this.#value(() => this.#native.loadSkills());
  }

  loadSkill(folder) {
    const place = path(folder, 'the folder of a skill');
    return this.#value(() => this.#native.loadSkill(place));
  }

  faults() {
    return this.#value(() => this.#native.faults());
  }

  prompt(options) {
    const chosen = textOf(callOptions(options, ['format', 'budgetTokens', 'all']), 'options');
    return this.#value(() => this.#native.prompt(chosen));
  }

  skill(skillId) {
    return this.#value(() => this.#native.skill(name(skillId)));
  }

  activate(skillId, args = '') {
    return answered(() => this.#native.activate(name(skillId), text(args, 'the arguments of a skill')));
  }

  instructions(skillId) {
    return answered(() => this.#native.instructions(name(skillId)));
  }

  resources(skillId) {
    return this.#value(() => this.#native.resources(name(skillId)));
  }

  resource(skillId, resourcePath) {
    return answered(() => this.#native.resource(name(skillId), text(resourcePath, 'the path of a resource')));
  }

  scripts(skillId) {
    return this.#value(() => this.#native.scripts(name(skillId)));
  }

  async executeSkill(skillId, input, options) {
    const end = await this.#execute(skillId, undefined, textOf(input, 'input'), options);
    return this.#executed(end, options);
  }

  async functions(skillId) {
    const skill = name(skillId);
    return this.#later((id) => this.#native.functions(id, skill));
  }

  async callFunction(skillId, functionName, args, options) {
    const called = text(functionName, 'the name of a function');
    const end = await this.#execute(skillId, called, argumentsOf(args, 'arguments'), options);
    return this.#executed(end, options);
  }

  /** Begins a call, and promises its end. Each promise between the two ends would be a turn that somebody waits for. */
  #execute(skillId, called, json, options) {
    const { timeoutMs, signal } = callOptions(options, ['timeoutMs', 'signal']);
    const skill = name(skillId);
    const time = milliseconds(timeoutMs, 'timeoutMs');
    return this.#end(signal, (id, isCancelled) =>
      this.#native.executeSkill(id, skill, called, json, time, isCancelled),
    );
  }

  /** The result of a call that has ended. */
  #executed(end, options) {
    if (end.failed) throw this.#error(end.text, options?.signal);
    const result = executionResult(end.text, end.beside);
    if (this.#callbacks !== undefined) this.#callbacks.taken(result.audit.id);
    return result;
  }

  async runScript(skillId, script, options) {
    const names = ['arguments', 'stdin', 'module', 'packages', 'timeoutMs', 'signal'];
    const { arguments: args, stdin, module, packages, timeoutMs, signal } = callOptions(options, names);
    const skill = name(skillId);
    const file = text(script, 'the script');
    const settings = textOf(
      { arguments: args, module, packages, timeoutMs: milliseconds(timeoutMs, 'timeoutMs') },
      'options',
    );
    const bytes = stdin === undefined ? undefined : Buffer.from(stdin);
    const end = await this.#end(signal, (id, isCancelled) =>
      this.#native.runScript(id, skill, file, settings, bytes, isCancelled),
    );
    if (end.failed) throw this.#error(end.text, signal);
    const { exitCode, output, ...rest } = resultOf(end.text);
    const [stdout, stderr] = end.beside;
    this.#callbacks?.taken(rest.audit.id);
    return { exitCode, output, stdout, stderr, ...rest };
  }

  async checkSkill(skillId) {
    const skill = name(skillId);
    return this.#later((id) => this.#native.checkSkill(id, skill));
  }

  async scriptHelp(skillId, script) {
    const skill = name(skillId);
    const file = path(script, 'the script');
    return this.#later((id) => this.#native.scriptHelp(id, skill, file));
  }

  async installInterpreter(from) {
    const file = from === undefined ? undefined : path(from, 'the file of an interpreter');
    return this.#later((id) => this.#native.installInterpreter(id, file));
  }

  interpreters() {
    return this.#value(() => this.#native.interpreters());
  }

  async compileSkill(skillId) {
    const skill = name(skillId);
    return this.#later((id) => this.#native.compileSkill(id, skill));
  }

  async inspectSkill(skillId) {
    const skill = name(skillId);
    return this.#later((id) => this.#native.inspectSkill(id, skill));
  }

  async inspectFile(file) {
    const place = path(file, 'the file of a component');
    return this.#later((id) => this.#native.inspectFile(id, place));
  }

  permissions(skillId) {
    return this.#value(() => this.#native.permissions(name(skillId)));
  }

  explainTarget(skillId, target) {
    return this.#value(() => this.#native.explainTarget(name(skillId), text(target, 'the target')));
  }

  policy() {
    return this.#value(() => this.#native.policy());
  }

  diagnose() {
    return this.#value(() => this.#native.diagnose());
  }

  async tools(format, options) {
    const chosen = toolOptions(format, options);
    return this.#later((id) => native.tools(this.#native, id, chosen));
  }

  toolsSync(format, options) {
    const chosen = toolOptions(format, options);
    return this.#value(() => native.toolsSync(this.#native, chosen));
  }

  async handle(call, options) {
    const { timeoutMs, signal } = callOptions(options, ['timeoutMs', 'signal']);
    const json = toolCall(call);
    const time = milliseconds(timeoutMs, 'timeoutMs');
    const end = await this.#end(signal, (id, isCancelled) =>
      native.handle(this.#native, id, json, time, isCancelled),
    );
    if (end.failed) throw this.#error(end.text, signal);
    return this.#replied(end.beside);
  }

  handleSync(call, options) {
    const { timeoutMs } = callOptions(options, ['timeoutMs']);
    const json = toolCall(call);
    const time = milliseconds(timeoutMs, 'timeoutMs');
    if (this.#callbacks?.areAsked) {
      throw new TypeError(
        'handleSync keeps the event loop from running the approver or the sink of this runtime: await `handle`',
      );
    }
    return this.#replied(answered(() => native.handleSync(this.#native, json, time)));
  }

  #replied(reply) {
    const told = new ToolReply(reply);
    this.#callbacks?.taken(told.audit?.id);
    return told;
  }

  /** What answers at once, as JSON text. */
  #value(call) {
    return JSON.parse(answered(call));
  }

  /** What takes time and cannot be cancelled. */
  #later(begin) {
    return later(begin, this);
  }

  /** The end of a call that a signal can cancel. */
  #end(signal, begin) {
    return ended((id, isCancelled) => answered(() => begin(id, isCancelled)), this, signal);
  }

  /** Made where its stack leads to whoever called. */
  #error(failure, signal) {
    const error = errorOf(failure);
    const cause = this.#callbacks?.taken(error.audit?.id);
    if (error.kind === 'Cancelled' && signal?.aborted) return because(error, signal.reason);
    return cause === undefined ? error : because(error, cause);
  }
}

/** As the constructor of errors sets it: not among what is listed. */
function because(error, cause) {
  return Object.defineProperty(error, 'cause', { value: cause, configurable: true, writable: true });
}

function toolOptions(format, options) {
  const { style } = callOptions(options, ['style']);
  const formats = "'openai', 'openai-responses', 'anthropic' or 'mcp'";
  return textOf({ format: text(format, 'the format of tools', formats), style }, 'options');
}

/** A call in a provider's form, or with `name` and `arguments`. */
function toolCall(call) {
  if (typeof call !== 'object' || call === null || Array.isArray(call)) {
    throw new TypeError('the call is no object: give one call, `toolCalls` finds those of an answer');
  }
  return textOf(call, 'the call');
}

function name(skillId) {
  return text(skillId, 'the name of a skill');
}

module.exports = { OpenSkillRuntime };
