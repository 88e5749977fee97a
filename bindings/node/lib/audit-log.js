// Record files, checked and read.
'use strict';

const native = require('../native.js');

const { calls, later } = require('./calls.js');
const { answered } = require('./failure.js');
const { callOptions, text } = require('./options.js');
const { path } = require('./path.js');

class AuditLog {
  #path;
  #native;

  constructor(file) {
    this.#path = path(file, 'the record file');
    this.#native = answered(() => new native.AuditReader(this.#path));
  }

  async verify(options) {
    const { after, head } = callOptions(options, ['after', 'head']);
    for (const hash of [after, head]) if (hash !== undefined) text(hash, 'a hash');
    return later((id) => this.#native.verify(calls, id, after, head));
  }

  async *lines() {
    const reader = answered(() => new native.AuditReader(this.#path));
    for (;;) {
      const lines = await later((id) => reader.next(calls, id));
      if (lines.length === 0) return;
      yield* lines;
    }
  }
}

module.exports = { AuditLog };
