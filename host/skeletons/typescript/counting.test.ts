import assert from "node:assert/strict";
import test from "node:test";

import { count } from "../src/counting";

test("words and lines are counted", () => {
  assert.deepEqual(count("ship it\non Friday\n"), { words: 4, lines: 2 });
  assert.deepEqual(count(""), { words: 0, lines: 0 });
});
