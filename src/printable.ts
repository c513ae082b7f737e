import { stripVTControlCharacters } from "node:util";

/** Controls, characters that change the direction of text, and halves of a character: a terminal would obey them, or show nothing. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

/**
 * Text from outside, such as a console's or a cloud's, made safe to show: colours and other terminal sequences are removed, any
 * other control character is spelled out (`\u{7}`). Line feeds and tabs stay; every other kind of line end becomes a line feed.
 */
export function printable(text: string): string {
  return stripVTControlCharacters(text.replaceAll(/\r\n?/g, "\n")).replaceAll(UNPRINTABLE, spelledOut);
}

function spelledOut(character: string): string {
  if (character === "\n" || character === "\t") return character;
  return `\\u{${character.codePointAt(0)?.toString(16) ?? ""}}`;
}
