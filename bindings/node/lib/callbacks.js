// The functions that an embedder gives to a runtime, and what they throw.
'use strict';

/** What an approver may answer. */
const ANSWERS = ['once', 'session', 'no'];

/** An approver, a sink and a watcher, each of which may be missing; nothing if all are. */
function callbacksOf(approver, sink, watcher) {
  return (approver ?? sink ?? watcher) === undefined ? undefined : new Callbacks(approver, sink, watcher);
}

class Callbacks {
  #approver;
  #sink;
  #watcher;
  /** What was thrown, by the id of the call's record: the cause of the error that the call ends with. */
  #thrown = new Map();

  constructor(approver, sink, watcher) {
    this.#approver = approver;
    this.#sink = sink;
    this.#watcher = watcher;
  }

  /** The answer to a question: whatever is not an answer is a no. Never throws. */
  async approve(question) {
    const { call, ...asked } = question;
    try {
      const answer = await this.#approver(asked);
      if (ANSWERS.includes(answer)) return answer;
      throw new TypeError(`an approver answers 'once', 'session' or 'no', and this one answered ${String(answer)}`);
    } catch (error) {
      this.#thrown.set(call, error);
      return 'no';
    }
  }

  /** Nothing if the record is kept, otherwise why not. Never throws. */
  async record(record) {
    try {
      await this.#sink(record);
      return '';
    } catch (error) {
      this.#thrown.set(record.id, error);
      return messageOf(error);
    }
  }

  /** Tells of compiling: what a watcher throws is its own fault, and thrown on the event loop. */
  compiling(bytes) {
    this.#watcher.started?.(bytes);
  }

  compiled() {
    this.#watcher.finished?.();
  }

  /** Whether a call waits for the event loop. */
  get areAsked() {
    return (this.#approver ?? this.#sink) !== undefined;
  }

  /** What was thrown during a call, once. */
  taken(call) {
    const thrown = this.#thrown.get(call);
    this.#thrown.delete(call);
    return thrown;
  }
}

function messageOf(error) {
  try {
    return (error instanceof Error && error.message) || String(error) || 'it failed';
  } catch {
    return 'it failed';
  }
}

module.exports = { callbacksOf };
