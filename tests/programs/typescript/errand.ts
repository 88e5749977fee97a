// A list of steps through files, web servers and variables of the host: the same in five languages.

import * as fs from "openskills:skill/fs@0.1.0";
import * as http from "openskills:skill/http@0.1.0";
import * as env from "openskills:skill/env@0.1.0";
import { log } from "openskills:skill/log@0.1.0";
import type { SkillError } from "openskills:skill/types@0.1.0";
import type { Exports } from "openskills:skill/world";

interface Step {
  do: string;
  path: string;
  to: string;
  text?: string;
  name: string;
  url: string;
  method?: string;
  headers?: [string, string][];
  offset?: number;
  length?: number;
}

interface Input {
  steps: Step[];
  end?: { tag: SkillError["tag"]; field: string; text: string };
}

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
const bytes = (text = "") => new TextEncoder().encode(text);

const STEPS: Record<string, (step: Step) => unknown> = {
  read: ({ path, offset = 0, length = 1 << 20 }) => text(fs.read(path, offset, length)),
  write: ({ path, text }) => fs.write(path, bytes(text)),
  append: ({ path, text }) => fs.append(path, bytes(text)),
  stat: ({ path }) => {
    const { kind, size } = fs.stat(path);
    return { kind, size: kind === "file" ? size : 0 };
  },
  list: ({ path }) =>
    fs
      .listDir(path)
      .map(({ name, kind }) => `${kind} ${name}`)
      .sort(),
  "make-dir": ({ path }) => fs.makeDir(path),
  remove: ({ path }) => fs.remove(path),
  rename: ({ path, to }) => fs.rename(path, to),
  fetch: ({ url, method = "GET", headers = [], text: body }) => {
    const pairs = headers.map(([name, value]) => ({ name, value: bytes(value) }));
    const request = { method, url, headers: pairs, body: body === undefined ? null : bytes(body), timeoutMs: 5000 };
    const response = http.fetch(request);
    const type = response.headers.find(({ name }) => name.toLowerCase() === "content-type");
    return { status: response.status, type: type === undefined ? null : text(type.value), body: text(response.body) };
  },
  get: ({ name }) => env.get(name),
  names: () => env.names(),
  log: ({ text = "" }) => log("info", text),
};

/** What a failed function of the host throws holds the interface's own error. */
const tag = (error: unknown) => (error as { payload?: { tag: string } }).payload?.tag;

const answer = (step: Step) => {
  try {
    return { ok: STEPS[step.do]?.(step) ?? null };
  } catch (error) {
    const found = tag(error);
    if (found === undefined) throw error;
    return { error: found };
  }
};

const failure = ({ tag, field, text }: NonNullable<Input["end"]>): SkillError =>
  tag === "invalid-input" ? { tag, val: { field, message: text } } : { tag, val: text };

export const execute: Exports["execute"] = (input) => {
  const { steps, end } = JSON.parse(input) as Input;
  const answers = steps.map(answer);
  if (end !== undefined) throw failure(end);
  return JSON.stringify(answers);
};
