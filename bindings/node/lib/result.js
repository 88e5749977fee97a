// What a call gave.
'use strict';

const { inspect } = require('node:util');

const { resultOf } = require('./json.js');

/** Printed with its record, as if that had been read from the beginning. */
const PRINTED = {
  value() {
    return { ...this };
  },
  configurable: true,
  writable: true,
};

/** A result. To read the record takes longer than all the rest: it is read when somebody looks at it. */
function executionResult(text, recordText) {
  const { output, stdout, stderr, auditError } = resultOf(text);
  let unread = recordText;
  let record;
  const result = {
    output,
    stdout,
    stderr,
    get audit() {
      if (unread !== undefined) this.audit = JSON.parse(unread);
      return record;
    },
    set audit(value) {
      unread = undefined;
      record = value;
    },
  };
  if (auditError !== undefined) result.auditError = auditError;
  return Object.defineProperty(result, inspect.custom, PRINTED);
}

module.exports = { executionResult };
