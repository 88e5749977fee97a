// The entry point of the skill: JSON in, JSON out. What it computes is in `counting.ts`.
//
// `bindings/skill.d.ts` is made of SKILL.md: it has what `allowed-tools` asks for, and no more.

import { read, type Error as FileError } from "openskills:skill/fs@0.1.0";
import type { SkillError } from "openskills:skill/types@0.1.0";
import type { Exports } from "openskills:skill/world";

import { count } from "./counting";

/** Runs the skill once. */
export const execute: Exports["execute"] = (input) => {
  const request: unknown = JSON.parse(input);
  const path = typeof request === "object" && request !== null && "path" in request ? request.path : undefined;
  if (typeof path !== "string") {
    throw failure({ tag: "invalid-input", val: { field: "path", message: "the path of a file is expected" } });
  }
  return JSON.stringify(count(readText(path)));
};

/** The whole file: it comes in pieces, until an empty one. */
function readText(path: string): string {
  const decoder = new TextDecoder();
  let text = "";
  for (let offset = 0; ; ) {
    const piece = bytes(path, offset);
    if (piece.length === 0) {
      return text + decoder.decode();
    }
    text += decoder.decode(piece, { stream: true });
    offset += piece.length;
  }
}

function bytes(path: string, offset: number): Uint8Array {
  try {
    return read(path, offset, 1 << 20);
  } catch (error) {
    const { payload } = error as { payload: FileError };
    const reason = "val" in payload ? payload.val : payload.tag;
    throw failure({ tag: "failed", val: `cannot read ${path}: ${reason}` });
  }
}

/** What is thrown ends the call. */
function failure(error: SkillError): SkillError {
  return error;
}
