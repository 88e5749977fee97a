// The entry point of the skill: JSON in, JSON out. What it computes is in `counting.js`.

import { read } from "openskills:skill/fs@0.1.0";

import { count } from "./counting.js";

/** Runs the skill once. */
export function execute(input) {
  const path = JSON.parse(input)?.path;
  if (typeof path !== "string") {
    throw { tag: "invalid-input", val: { field: "path", message: "the path of a file is expected" } };
  }
  return JSON.stringify(count(readText(path)));
}

/** The whole file: it comes in pieces, until an empty one. */
function readText(path) {
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

function bytes(path, offset) {
  try {
    return read(path, offset, 1 << 20);
  } catch (error) {
    const { tag, val } = error?.payload ?? error;
    throw { tag: "failed", val: `cannot read ${path}: ${val ?? tag}` };
  }
}
