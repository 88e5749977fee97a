// The options of the constructor and of calls, as people write them, made what the native half reads.
'use strict';

const { fileURLToPath } = require('node:url');

const { AuditFile } = require('./audit-file.js');
const { OF, SETTINGS } = require('./internal.js');
const { textOf } = require('./json.js');
const { path } = require('./path.js');
const { Policy } = require('./policy.js');

const OWN = [
  'approver',
  'auditSink',
  'cacheDir',
  'compileWatcher',
  'environment',
  'mounts',
  'policy',
  'skillsDir',
  'skillsDirs',
  'trustCertificates',
];

/** Those that the native half reads as they are. */
const PLAIN = [
  'httpProxy',
  'limits',
  'onAuditFailure',
  'policyFiles',
  'projectPolicy',
  'projectPolicyFiles',
  'protect',
  'userPolicy',
  'workspace',
];

/** The settings of a runtime as JSON text, with its functions beside them. */
function settingsOf(options) {
  if (typeof options === 'string' || options instanceof URL) return settingsOf({ skillsDir: options });
  object(options, 'what a runtime is made with', 'the folder of skills, or an object with options');
  known(options, [...OWN, ...PLAIN]);
  const settings = {};
  for (const name of PLAIN) {
    if (options[name] !== undefined) settings[name] = paths(options[name]);
  }
  settings.skillsDirs = [...list(options.skillsDir), ...list(options.skillsDirs)].map((folder) =>
    path(folder, 'skillsDir'),
  );
  settings.environment = environment(options.environment ?? process.env);
  settings.mounts = list(options.mounts).map((mount) => ({ ...mount, host: path(mount.host, 'the host of a mount') }));
  if (options.policy !== undefined) settings.policy = Policy[OF](options.policy)[SETTINGS]();
  if (options.cacheDir === null) settings.cacheDir = 'none';
  else if (options.cacheDir !== undefined) settings.cacheDir = { folder: path(options.cacheDir, 'cacheDir') };
  settings.trustCertificates = list(options.trustCertificates).map((pem) =>
    typeof pem === 'string' ? pem : Buffer.from(pem).toString('utf8'),
  );
  const approver = callback(options.approver, 'approver');
  settings.approver = approver !== undefined;
  const watcher = options.compileWatcher;
  settings.compileWatcher = watcher !== undefined && object(watcher, 'compileWatcher') !== undefined;
  let sink;
  if (typeof options.auditSink === 'function') {
    sink = options.auditSink;
    settings.auditSink = 'callback';
  } else if (options.auditSink !== undefined) {
    const file = options.auditSink instanceof AuditFile ? options.auditSink : new AuditFile(options.auditSink);
    settings.auditSink = file[SETTINGS]();
  }
  return { text: textOf(settings, 'options'), approver, sink, watcher };
}

/** The variables that a process can have: what is odd in `process.env` is left out. */
function environment(variables) {
  object(variables, 'environment');
  if (variables !== process.env) return variables;
  return Object.fromEntries(Object.entries(variables).filter(([name]) => name !== '' && !name.includes('=')));
}

function list(value) {
  if (value === undefined) return [];
  return Array.isArray(value) ? value : [value];
}

/** File URLs as paths, alone and in lists. */
function paths(value) {
  if (Array.isArray(value)) return value.map(paths);
  return value instanceof URL ? fileURLToPath(value) : value;
}

function text(value, what, wanted = 'a text') {
  if (typeof value !== 'string') throw new TypeError(`${what} is ${kind(value)}: give ${wanted}`);
  return value;
}

function object(value, what, wanted = 'an object') {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new TypeError(`${what} is ${kind(value)}: give ${wanted}`);
  }
  return value;
}

/** Refuses options that are none, so that a misspelt one does not pass. */
function known(options, names) {
  for (const name of Object.keys(options)) {
    if (names.includes(name)) continue;
    const meant = names.find((other) => areAlike(name, other));
    const hint = meant === undefined ? `there are ${names.join(', ')}` : `did you mean \`${meant}\`?`;
    throw new TypeError(`there is no option \`${name}\`: ${hint}`);
  }
}

/** Whether two names begin alike, or are but for two letters in one place, whatever their case. */
function areAlike(one, other) {
  const [a, b] = [one, other].map((name) => name.toLowerCase().replaceAll(/[_-]/g, ''));
  if (a.startsWith(b) || b.startsWith(a)) return true;
  const most = Math.min(a.length, b.length);
  let [begin, end] = [0, 0];
  while (begin < most && a[begin] === b[begin]) begin += 1;
  while (end < most - begin && a.at(-1 - end) === b.at(-1 - end)) end += 1;
  return Math.max(a.length, b.length) - begin - end <= 2;
}

function callback(value, what) {
  if (value === undefined || typeof value === 'function') return value;
  throw new TypeError(`${what} is ${kind(value)}: give a function`);
}

function kind(value) {
  if (value === null || value === undefined) return String(value);
  return Array.isArray(value) ? 'an array' : `of type ${typeof value}`;
}

/** A time in milliseconds. */
function milliseconds(value, what) {
  if (value === undefined || value === null) return undefined;
  const number = typeof value === 'bigint' ? Number(value) : value;
  if (typeof number !== 'number' || !Number.isSafeInteger(number) || number < 0) {
    throw new TypeError(`${what} is no time: give whole milliseconds, 0 or more`);
  }
  return number;
}

/** The options of a method: nothing but these names, so that a misspelt one does not pass. */
function callOptions(options, names) {
  if (options === undefined) return {};
  known(object(options, 'the argument for options'), names);
  const { signal } = options;
  if (signal !== undefined && !(signal instanceof AbortSignal)) {
    throw new TypeError(`signal is ${kind(signal)}: give an AbortSignal`);
  }
  return options;
}

module.exports = { callOptions, milliseconds, settingsOf, text };
