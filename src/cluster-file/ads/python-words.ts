const PART = /'(?<single>[^']*)'|"(?<double>(?:[^"\\]|\\[^])*)"|\\(?<escaped>[^])|(?<plain>[^\s'"\\]+)/y;
const BLANK = /\s+/y;

/** The words of a text as Python's `shlex.split` gives them. Undefined: a quote is not closed, or nothing follows a backslash. */
export function pythonWords(text: string): string[] | undefined {
  const words: string[] = [];
  let word: string | undefined;
  for (let at = 0; at < text.length;) {
    BLANK.lastIndex = PART.lastIndex = at;
    if (BLANK.test(text)) {
      if (word !== undefined) words.push(word);
      word = undefined;
      at = BLANK.lastIndex;
      continue;
    }
    const found = PART.exec(text)?.groups;
    if (found === undefined) return undefined;
    const { single, double, escaped, plain } = found;
    word = (word ?? "") + (single ?? double?.replaceAll(/\\(["\\])/gu, "$1") ?? escaped ?? plain ?? "");
    at = PART.lastIndex;
  }
  return word === undefined ? words : [...words, word];
}
