const patterns = new Map<string, RegExp>();

/** Whether a text fits a pattern in which `*` stands for any characters and `?` for one; `\` takes that meaning away. */
export function matchesPattern(pattern: string, text: string): boolean {
  if (!/[*?\\]/u.test(pattern)) return pattern === text;
  const known = patterns.get(pattern) ?? compile(pattern);
  patterns.set(pattern, known);
  return known.test(text);
}

function compile(pattern: string): RegExp {
  const source = pattern.replaceAll(/\\[*?\\]|\*|\?|[$(-+./[-^{|}]/gu, (part) => {
    if (part === "*") return ".*";
    if (part === "?") return ".";
    return part.startsWith("\\") && part.length > 1 ? part : `\\${part}`;
  });
  return new RegExp(`^${source}$`, "su");
}
