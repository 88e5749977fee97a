// The package for CommonJS. `index.mjs` is the same for ES modules: there is one copy of everything.
'use strict';

const { OpenSkillRuntime } = require('./lib/runtime.js');
const { AuditFile, AuditLog } = require('./lib/audit-log.js');
const { checkManifests, estimateTokens, findManifests } = require('./lib/manifest.js');
const { isBroad, projectPolicyPaths, standardPlaces, userPolicyPath } = require('./lib/place.js');
const { Policy } = require('./lib/policy.js');
const errors = require('./lib/errors.js');

module.exports = {
  OpenSkillRuntime,
  AuditFile,
  AuditLog,
  Policy,
  checkManifests,
  estimateTokens,
  findManifests,
  isBroad,
  projectPolicyPaths,
  standardPlaces,
  userPolicyPath,
  OpenSkillError: errors.OpenSkillError,
  SkillNotFound: errors.SkillNotFound,
  InvalidManifest: errors.InvalidManifest,
  PermissionDenied: errors.PermissionDenied,
  Timeout: errors.Timeout,
  ExecutionFailure: errors.ExecutionFailure,
  InvalidInput: errors.InvalidInput,
  InvalidFunction: errors.InvalidFunction,
  InvalidArtifact: errors.InvalidArtifact,
  Cancelled: errors.Cancelled,
  LimitExceeded: errors.LimitExceeded,
  Io: errors.Io,
  PolicyError: errors.PolicyError,
};
