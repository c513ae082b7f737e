import { invalid } from "../../options/invalid.ts";

/** Refuses text that no Unix environment or command line can carry. `what` begins the message. */
export function checkText(what: string, text: string): void {
  if (text.includes("\0"))
    throw invalid(`${what} holds a NUL character, which no environment or command line can carry.`);
  if (/\p{Surrogate}/u.test(text)) throw invalid(`${what} holds half of a surrogate pair, which has no UTF-8 form.`);
}
