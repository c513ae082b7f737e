import { invalid } from "../../options/invalid.ts";

/** Quotes a text as exactly one word for bash. The only quoting function. */
export function shellQuote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/** Refuses text that no Unix environment or command line can carry. `what` begins the message. */
export function checkText(what: string, text: string): void {
  if (text.includes("\0"))
    throw invalid(`${what} holds a NUL character, which no environment or command line can carry.`);
  if (/\p{Surrogate}/u.test(text)) throw invalid(`${what} holds half of a surrogate pair, which has no UTF-8 form.`);
}
