// What skills may do of what they request.
'use strict';

const native = require('../native.js');

const { answered } = require('./failure.js');
const { OF, SETTINGS } = require('./internal.js');

class Policy {
  #preset;
  #steps;

  constructor() {
    this.#preset = 'standard';
    this.#steps = [];
  }

  static trustSkills() {
    return Policy.#of('trust', []);
  }

  static locked() {
    return Policy.#of('locked', []);
  }

  /** A policy, or an object with the members `preset`, `allow`, `ask`, `deny` and `yaml`, as a policy. */
  static [OF](value) {
    if (value instanceof Policy) return value;
    if (typeof value !== 'object' || value === null) throw new TypeError('policy is none: give a Policy or an object');
    const { preset = 'standard', allow = [], ask = [], deny = [], yaml, ...rest } = value;
    const [unknown] = Object.keys(rest);
    if (unknown !== undefined) {
      throw new TypeError(`a policy has no \`${unknown}\`: there are preset, allow, ask, deny and yaml`);
    }
    const steps = [];
    for (const [effect, rules] of Object.entries({ allow, ask, deny })) {
      if (!Array.isArray(rules)) throw new TypeError(`${effect} of a policy is no list: give an array of rules`);
      steps.push(...rules.map((rule) => ({ [effect]: rule })));
    }
    if (yaml !== undefined) steps.push({ yaml });
    return Policy.#of(preset, steps);
  }

  static #of(preset, steps) {
    const policy = new Policy();
    policy.#preset = preset;
    policy.#steps = steps;
    answered(() => native.tryPolicy(JSON.stringify(policy[SETTINGS]())));
    return policy;
  }

  allow(rule) {
    return this.#with('allow', rule);
  }

  ask(rule) {
    return this.#with('ask', rule);
  }

  deny(rule) {
    return this.#with('deny', rule);
  }

  withYaml(text) {
    return this.#with('yaml', text);
  }

  get preset() {
    return answered(() => native.tryPolicy(JSON.stringify(this[SETTINGS]())));
  }

  #with(effect, rule) {
    if (typeof rule !== 'string') throw new TypeError(`a rule is of type ${typeof rule}: give a text`);
    return Policy.#of(this.#preset, [...this.#steps, { [effect]: rule }]);
  }

  /** As the native half reads it. */
  [SETTINGS]() {
    return { preset: this.#preset, steps: this.#steps };
  }
}

module.exports = { Policy };
