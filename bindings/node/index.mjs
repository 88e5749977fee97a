// The package for ES modules: what CommonJS gets, under the same names, so that `instanceof` holds across both.
import runtime from './index.js';

export const {
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
} = runtime;
