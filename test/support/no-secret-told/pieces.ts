/** The texts that a body consists of: of JSON its strings and names, of a form its fields, of anything else itself. */
export function piecesOf(body: Buffer, contentType: string): readonly Buffer[] {
  const text = body.toString();
  if (/^\s*[[{]/.test(text)) {
    try {
      return stringsIn(JSON.parse(text)).map((piece) => Buffer.from(piece));
    } catch {
      return [body];
    }
  }
  if (!contentType.startsWith("application/x-www-form-urlencoded")) return [body];
  return [...new URLSearchParams(text)].flat().map((piece) => Buffer.from(piece));
}

/** Members of an object are named, so that what only together is a key (`"d": "…"`) is seen. */
function stringsIn(value: unknown): readonly string[] {
  if (typeof value === "string") return [value];
  if (typeof value !== "object" || value === null) return [];
  if (Array.isArray(value)) return value.flatMap(stringsIn);
  const members = Object.entries(value);
  const short = members.filter(([, member]) => typeof member === "string" && member.length < 500);
  return [
    JSON.stringify(Object.fromEntries(short)),
    ...members.flatMap(([name, member]) => [name, ...stringsIn(member)]),
  ];
}
