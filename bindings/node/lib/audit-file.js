// A file that records are written to.
'use strict';

const native = require('../native.js');

const { answered } = require('./failure.js');
const { SETTINGS } = require('./internal.js');
const { path: pathOf } = require('./path.js');

class AuditFile {
  #settings;

  constructor(path) {
    this.#settings = { path: pathOf(path, 'the record file'), synced: false };
    answered(() => native.openAuditFile(this.#settings.path));
  }

  synced() {
    return this.#with({ synced: true });
  }

  after(head) {
    if (typeof head !== 'string') throw new TypeError(`a hash is of type ${typeof head}: give a text`);
    return this.#with({ after: head });
  }

  get path() {
    return this.#settings.path;
  }

  #with(change) {
    const file = new AuditFile(this.#settings.path);
    file.#settings = { ...this.#settings, ...change };
    return file;
  }

  /** As the native half reads it. */
  [SETTINGS]() {
    return { file: this.#settings };
  }
}

module.exports = { AuditFile };
