// The errors: one class a kind. lib/failure.js makes them.
'use strict';

/** Whatever goes wrong in the runtime. */
class OpenSkillError extends Error {
  constructor(fields, options) {
    const { kind, message, hint, ...rest } = fields;
    super(message, options);
    this.kind = kind;
    this.hint = hint ?? null;
    Object.assign(this, rest);
    // A record is long: it is there for whoever asks, and not in every trace that is printed.
    if ('audit' in rest) hide(this, 'audit', rest.audit);
    hide(this, 'name', new.target.name);
  }
}

function hide(object, name, value) {
  Object.defineProperty(object, name, { value, enumerable: false, configurable: true, writable: true });
}

class SkillNotFound extends OpenSkillError {}
class InvalidManifest extends OpenSkillError {}
class PermissionDenied extends OpenSkillError {}
class Timeout extends OpenSkillError {}
class ExecutionFailure extends OpenSkillError {}
class InvalidInput extends OpenSkillError {}
class InvalidFunction extends OpenSkillError {}
class InvalidArtifact extends OpenSkillError {}
class Cancelled extends OpenSkillError {
  // What Node's own functions say when a signal ends them.
  code = 'ABORT_ERR';
}
class LimitExceeded extends OpenSkillError {}
class Io extends OpenSkillError {}
class PolicyError extends OpenSkillError {}

// Names alone, so that the imports of ES modules find them.
module.exports = {
  OpenSkillError,
  SkillNotFound,
  InvalidManifest,
  PermissionDenied,
  Timeout,
  ExecutionFailure,
  InvalidInput,
  InvalidFunction,
  InvalidArtifact,
  Cancelled,
  LimitExceeded,
  Io,
  PolicyError,
};
