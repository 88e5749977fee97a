// What is going on between this event loop and the threads that run guests.
'use strict';

const native = require('../native.js');

const { answered, errorOf } = require('./failure.js');

// As `Kind` of src/calls.rs.
const DONE = 0;
const FAILED = 1;
const QUESTION = 2;
const RECORD = 3;
const COMPILING = 4;
const COMPILED = 5;

/** Calls that have not ended: their number, and how to tell whoever waits. */
const pending = new Map();

/** The runtimes that have an approver or a sink, by their numbers; a runtime that nobody has any more is not kept. */
const owners = new Map();
const gone = new FinalizationRegistry((owner) => owners.delete(owner));

const calls = new native.Calls(deliver);
let next = 0;
let nextOwner = 0;

function deliver(id, kind, text, beside) {
  switch (kind) {
    case DONE:
    case FAILED: {
      const resolve = pending.get(id);
      pending.delete(id);
      if (pending.size === 0) calls.hold(false);
      resolve({ failed: kind === FAILED, text, beside });
      return;
    }
    case QUESTION: {
      const { owner, question } = JSON.parse(text);
      answer(id, owner, (callbacks) => callbacks.approve(question));
      return;
    }
    case RECORD: {
      const { owner, record } = JSON.parse(text);
      answer(id, owner, (callbacks) => callbacks.record(record));
      return;
    }
    case COMPILING:
    case COMPILED: {
      const { owner, bytes } = JSON.parse(text);
      const callbacks = owners.get(owner)?.deref();
      queueMicrotask(() => (kind === COMPILING ? callbacks?.compiling(bytes) : callbacks?.compiled()));
      return;
    }
  }
}

/** Asks the functions of a runtime, which never throw. */
function answer(id, owner, ask) {
  const callbacks = owners.get(owner)?.deref();
  if (callbacks === undefined) {
    calls.answer(id, 'the runtime is gone');
    return;
  }
  ask(callbacks).then((text) => calls.answer(id, text));
}

/**
 * Begins a call with `begin`, which gets its number and whether it is cancelled already, and waits for its end. Until
 * then the process stays, so does `keep`, and `signal` can stop it.
 */
function ended(begin, keep, signal) {
  return new Promise((resolve) => {
    const id = next;
    next = (next + 1) >>> 0;
    const isCancelled = signal?.aborted === true;
    begin(id, isCancelled);
    const release = signal === undefined || isCancelled ? undefined : cancelledBy(signal, id);
    if (pending.size === 0) calls.hold(true);
    pending.set(id, (end) => {
      void keep;
      release?.();
      resolve(end);
    });
  });
}

/** A number for a runtime's functions, which live as long as `runtime` does. */
function register(runtime, callbacks) {
  const owner = nextOwner;
  nextOwner += 1;
  owners.set(owner, new WeakRef(callbacks));
  gone.register(runtime, owner);
  return owner;
}

/** Has a signal cancel a call until the function that is given back is called. */
function cancelledBy(signal, id) {
  const cancel = () => calls.cancel(id);
  signal.addEventListener('abort', cancel, { once: true });
  return () => signal.removeEventListener('abort', cancel);
}

/** What takes time and cannot be cancelled, as JSON text of the native half. Until its end `keep` stays. */
async function later(begin, keep) {
  const end = await ended((id) => answered(() => begin(id)), keep);
  if (end.failed) throw errorOf(end.text);
  return JSON.parse(end.text);
}

module.exports = { calls, ended, later, register };
