// What the native half says of failures, as errors.
'use strict';

const errors = require('./errors.js');

/** The error that a JSON text of the native half describes. `cause` is left out if it is undefined. */
function errorOf(text, cause) {
  const fields = JSON.parse(text);
  const options = cause === undefined ? undefined : { cause };
  if (fields.kind === 'TypeError') return new TypeError(fields.message, options);
  const Class = Object.hasOwn(errors, fields.kind) ? errors[fields.kind] : undefined;
  return Class === undefined ? new Error(fields.message, options) : new Class(fields, options);
}

/** Calls a function of the native half that answers at once. */
function answered(call) {
  try {
    return call();
  } catch (error) {
    if (error instanceof Error && error.message.startsWith('{"kind":')) throw errorOf(error.message);
    throw error;
  }
}

module.exports = { answered, errorOf };
