/** What was counted of a text. */
export interface Counts {
  words: number;
  lines: number;
}

/** The number of words, that is, runs of anything but white space, and of lines. */
export function count(text: string): Counts {
  const words = text.split(/\s+/u).filter((word) => word !== "").length;
  const lines = text.split(/\r?\n/u).length - (text === "" || text.endsWith("\n") ? 1 : 0);
  return { words, lines };
}
