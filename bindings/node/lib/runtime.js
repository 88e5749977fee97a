// The runtime that applications embed.
'use strict';

const native = require('../native.js');

const { callbacksOf } = require('./callbacks.js');
const { calls, cancelledBy, ended, register } = require('./calls.js');
const { answered, errorOf } = require('./errors.js');
const { resultOf, textOf } = require('./json.js');
const { callOptions, milliseconds, settingsOf, text } = require('./options.js');
const { path } = require('./path.js');

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

  prompt(options = {}) {
    const chosen = textOf(options, 'options');
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
    return this.#execute(skillId, undefined, textOf(input, 'input'), options);
  }

  async functions(skillId) {
    const skill = name(skillId);
    return this.#later((id) => this.#native.functions(id, skill));
  }

  async callFunction(skillId, functionName, args, options) {
    const called = text(functionName, 'the name of a function');
    return this.#execute(skillId, called, textOf(args, 'arguments'), options);
  }

  async #execute(skillId, called, json, options) {
    const { timeoutMs, signal } = callOptions(options, ['timeoutMs', 'signal']);
    const skill = name(skillId);
    const time = milliseconds(timeoutMs, 'timeoutMs');
    const end = await this.#call(signal, (id, isCancelled) =>
      this.#native.executeSkill(id, skill, called, json, time, isCancelled),
    );
    return this.#kept(resultOf(end.text));
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
    const end = await this.#call(signal, (id, isCancelled) =>
      this.#native.runScript(id, skill, file, settings, bytes, isCancelled),
    );
    const { exitCode, output, ...rest } = resultOf(end.text);
    return this.#kept({ exitCode, output, stdout: end.one, stderr: end.other, ...rest });
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

  /** What answers at once, as JSON text. */
  #value(call) {
    return JSON.parse(answered(call));
  }

  /** What takes time and cannot be cancelled, as JSON text. */
  async #later(begin) {
    const end = await ended((_, id) => answered(() => begin(id)), this);
    if (end.failed) throw errorOf(end.text);
    return JSON.parse(end.text);
  }

  /** A call that a signal can cancel. The error is made here, where its stack leads to whoever called. */
  async #call(signal, begin) {
    let release;
    const end = await ended((_, id) => {
      answered(() => begin(id, signal?.aborted === true));
      if (signal !== undefined && !signal.aborted) release = cancelledBy(signal, id);
    }, this);
    release?.();
    if (!end.failed) return end;
    throw this.#error(end.text, signal);
  }

  #error(failure, signal) {
    const error = errorOf(failure);
    const cause = this.#callbacks?.taken(error.audit?.id);
    if (error.kind === 'Cancelled' && signal?.aborted) error.cause = signal.reason;
    else if (cause !== undefined) error.cause = cause;
    return error;
  }

  /** A result. What its callbacks threw is no longer of use. */
  #kept(result) {
    this.#callbacks?.taken(result.audit.id);
    return result;
  }
}

function name(skillId) {
  return text(skillId, 'the name of a skill');
}

module.exports = { OpenSkillRuntime };
