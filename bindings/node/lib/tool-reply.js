// What a model calls, and what its calls are answered with.
'use strict';

const native = require('../native.js');

const { answered } = require('./failure.js');
const { resultOf, textOf } = require('./json.js');

class ToolReply {
  #native;

  constructor(reply) {
    if (!(reply instanceof native.Reply)) throw new TypeError('`handle` makes a ToolReply');
    this.#native = reply;
    const { content, value, isError, kind, hint, audit, id, format } = resultOf(reply.fields(), 'value');
    Object.assign(this, { content, value, isError, kind, id, format });
    // They are the operator's: a copy or a spread of the reply, which may end up with the model, is without them.
    Object.defineProperties(this, { hint: { value: hint }, audit: { value: audit } });
  }

  toValue() {
    return JSON.parse(this.#native.toValue());
  }

  /** What `JSON.stringify` sends to a model is what the model is to see. */
  toJSON() {
    return this.toValue();
  }

  toOpenAI(id = this.#id()) {
    return JSON.parse(this.#native.toOpenAI(id));
  }

  toOpenAIResponses(id = this.#id()) {
    return JSON.parse(this.#native.toOpenAIResponses(id));
  }

  toAnthropic(id = this.#id()) {
    return JSON.parse(this.#native.toAnthropic(id));
  }

  toMcp() {
    return JSON.parse(this.#native.toMcp());
  }

  #id() {
    return this.id === null ? '' : String(this.id);
  }
}

function toolCalls(answer) {
  const text = textOf(answer, 'the answer') ?? 'null';
  return resultOf(answered(() => native.toolCalls(text)), 'calls').calls;
}

module.exports = { ToolReply, toolCalls };
