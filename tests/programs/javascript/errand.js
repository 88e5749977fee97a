// A list of steps through files, web servers and variables of the host: the same in five languages.

import * as fs from "openskills:skill/fs@0.1.0";
import * as http from "openskills:skill/http@0.1.0";
import * as env from "openskills:skill/env@0.1.0";
import { log } from "openskills:skill/log@0.1.0";

// QuickJS has no TextDecoder and no TextEncoder.
const text = (bytes) => decodeURIComponent(Array.from(bytes, (byte) => `%${byte.toString(16).padStart(2, "0")}`).join(""));
const bytes = (text) => Uint8Array.from(unescape(encodeURIComponent(text)), (c) => c.charCodeAt(0));

const STEPS = {
  read: ({ path, offset = 0, length = 1 << 20 }) => text(fs.read(path, offset, length)),
  write: ({ path, text }) => void fs.write(path, bytes(text)),
  append: ({ path, text }) => void fs.append(path, bytes(text)),
  stat: ({ path }) => {
    const { kind, size } = fs.stat(path);
    return { kind, size: kind === "file" ? size : 0 };
  },
  list: ({ path }) =>
    fs
      .listDir(path)
      .map(({ name, kind }) => `${kind} ${name}`)
      .sort(),
  "make-dir": ({ path }) => void fs.makeDir(path),
  remove: ({ path }) => void fs.remove(path),
  rename: ({ path, to }) => void fs.rename(path, to),
  fetch: ({ url, method = "GET", headers = [], text: body }) => {
    const pairs = headers.map(([name, value]) => ({ name, value: bytes(value) }));
    const request = { method, url, headers: pairs, body: body === undefined ? undefined : bytes(body), timeoutMs: 5000 };
    const response = http.fetch(request);
    const type = response.headers.find(({ name }) => name.toLowerCase() === "content-type");
    return { status: response.status, type: type === undefined ? null : text(type.value), body: text(response.body) };
  },
  get: ({ name }) => env.get(name) ?? null,
  names: () => env.names(),
  log: ({ text }) => void log("info", text),
};

// What a failed function of the host throws: its error, or something that holds it.
const variant = (error) => (error?.tag ? error : error?.payload);

const answer = (step) => {
  try {
    return { ok: STEPS[step.do](step) ?? null };
  } catch (error) {
    const found = variant(error);
    if (found === undefined) throw error;
    return { error: found.tag };
  }
};

export function execute(input) {
  const { steps, end } = JSON.parse(input);
  const answers = steps.map(answer);
  if (end !== undefined) {
    throw end.tag === "invalid-input" ? { tag: end.tag, val: { field: end.field, message: end.text } } : { tag: end.tag, val: end.text };
  }
  return JSON.stringify(answers);
}
