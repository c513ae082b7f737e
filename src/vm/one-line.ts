import { printable } from "../printable.ts";

const LONGEST = 600;

/** What a cloud has said, on one line and of bearable length, for the end of an error's sentence. */
export function oneLine(message: string): string {
  const line = printable(message).replaceAll(/\s+/g, " ").trim();
  return line.length > LONGEST ? `${line.slice(0, LONGEST)}…` : line;
}
