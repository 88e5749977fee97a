// The folders and the runtime of a case.
import { cpSync, mkdirSync, readFileSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

import { OpenSkillRuntime } from '@openskills/runtime';

import scenes from '../scenario.cjs';
import { check } from './matching.mjs';
import { make } from './methods.mjs';
import { neutral, neutralError } from './neutral.mjs';

const { cacheDir, repository, target } = scenes;

export class Stage {
  #sink;
  #records = [];
  #questions = [];
  #places;

  constructor(it) {
    this.#sink = it.sink ?? 'memory';
    const root = realpathSync(scenes.folder());
    const skills = join(root, 'skills');
    const workspace = join(root, 'workspace');
    this.#places = { SKILLS: skills, WORKSPACE: workspace, REPOSITORY: repository, ROOT: root };
    mkdirSync(skills);
    for (const [name, skill] of Object.entries(it.skills ?? {})) layOut(join(skills, name), name, skill);
    if (it.workspace !== undefined) {
      mkdirSync(workspace);
      putAll(workspace, it.workspace);
    }
    putAll(root, it.outside ?? {});
    for (const [path, to] of Object.entries(it.links ?? {})) symlinkSync(to, join(root, path));
    this.options = {
      skillsDir: skills,
      ...(it.workspace && { workspace }),
      mounts: (it.mounts ?? []).map((mount) => ({ ...mount, host: join(root, mount.host) })),
      policy: it.policy,
      limits: camel(it.limits ?? {}),
      environment: it.environment ?? {},
      cacheDir,
      auditSink: (record) => {
        if (this.#sink !== 'memory') throw new Error('it is full');
        this.#records.push(record);
      },
      ...(this.#sink === 'fails-go-on' && { onAuditFailure: 'goOn' }),
      ...(it.approver && { approver: this.#approver([...it.approver]) }),
    };
  }

  /** Makes the runtime. */
  async begin({ interpreter = false, load = true }) {
    this.runtime = new OpenSkillRuntime(this.options);
    if (interpreter && !this.runtime.interpreters().some((found) => found.inUse)) await this.runtime.installInterpreter();
    if (load) this.runtime.loadSkills();
  }

  #approver(answers) {
    return ({ timeoutMs, ...question }) => {
      this.#questions.push(neutral(question));
      const answer = answers.shift() ?? 'no';
      if (answer === 'raise') throw new Error('the approver fails');
      return answer;
    };
  }

  /** Makes a call and compares all that it left behind. */
  async check(call) {
    this.#questions = [];
    let found;
    let error;
    try {
      found = await make(this.runtime, call.method, this.filled(call.arguments ?? {}), call.cancel);
    } catch (thrown) {
      if (thrown.kind === undefined) throw thrown;
      error = thrown;
    }
    if ('returns' in call) {
      if (error !== undefined) throw error;
      check('returns', this.filled(call.returns), found);
    } else {
      check('error', this.filled(call.error), error === undefined ? found : neutralError(error));
    }
    if (call.record !== undefined) {
      const record = error === undefined ? found.audit : neutral(error.audit);
      check('record', this.filled(call.record), record);
      if (this.#sink === 'memory') check("the sink's record", { $exactly: record }, neutral(this.#records.at(-1)));
    }
    if (call.records !== undefined) check('records', call.records, this.#records.length);
    if (call.questions !== undefined) check('questions', this.filled(call.questions), this.#questions);
    for (const [path, expected] of Object.entries(call.workspace ?? {})) {
      check(`workspace ${path}`, expected, text(join(this.#places.WORKSPACE, path)));
    }
  }

  /** The same with the paths that placeholders stand for. */
  filled(value) {
    if (typeof value === 'string') {
      return value.replace(/\$\{(SKILLS|WORKSPACE|REPOSITORY|ROOT)\}/g, (_, name) => this.#places[name]);
    }
    if (Array.isArray(value)) return value.map((element) => this.filled(element));
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, this.filled(member)]));
  }
}

function camel(members) {
  const named = (name) => name.replace(/_([a-z])/g, (_, letter) => letter.toUpperCase());
  return Object.fromEntries(Object.entries(members).map(([name, value]) => [named(name), value]));
}

function text(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}

function layOut(folder, name, skill) {
  mkdirSync(folder, { recursive: true });
  if (skill.from !== undefined) {
    cpSync(join(repository, skill.from), folder, { recursive: true, filter: (from) => basename(from) !== 'target' });
  } else {
    writeFileSync(join(folder, 'SKILL.md'), skill.manifest ?? manifest(name, skill));
  }
  if (skill.component !== undefined) {
    mkdirSync(join(folder, 'wasm'), { recursive: true });
    writeFileSync(join(folder, 'wasm/skill.wasm'), component(skill.component));
  }
  putAll(folder, skill.files ?? {});
}

function component(named) {
  const [, kind, name] = /^(guest|skill|text):(.*)$/s.exec(named);
  if (kind === 'text') return name;
  return readFileSync(kind === 'guest' ? join(target, `guests/${name}.wasm`) : join(repository, `skills/${name}/wasm/skill.wasm`));
}

function manifest(name, { description = 'A skill that is tried.', allowed_tools: tools, body = 'Instructions.' }) {
  const line = tools === undefined ? '' : `allowed-tools: "${tools}"\n`;
  return `---\nname: ${name}\ndescription: ${description}\n${line}---\n\n${body}\n`;
}

function putAll(folder, files) {
  for (const [path, contents] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    const bytes = typeof contents === 'string' ? contents : Buffer.from(contents.base64, 'base64');
    writeFileSync(join(folder, path), bytes);
  }
}
