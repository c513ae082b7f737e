import { isPlainObject } from "../../plain-object.ts";
import { LIMITS } from "./limits.ts";
import { RpcError } from "./rpc-error.ts";

/** Chosen by the client, unique among its requests under way. */
export type RequestId = string | number;

export interface Request {
  /** Undefined: no answer is wanted. */
  readonly id: RequestId | undefined;
  readonly method: string;
  readonly params: Readonly<Record<string, unknown>>;
}

/**
 * Reads a line. Its text is in no error: it may hold secrets.
 *
 * @throws RpcError `PARSE_ERROR`
 */
export function parseRequest(text: string): Request {
  if (isTooDeep(text)) throw refused(`its JSON is nested deeper than ${LIMITS.depth}.`);
  const request = parsed(text);
  if (!isPlainObject(request)) throw refused("it is no JSON object.");
  const { id, method, params } = request;
  if (typeof method !== "string") throw refused("`method` is no text.");
  if (!isAbsent(params) && !isPlainObject(params)) throw refused("`params` is no object.");
  return { id: idOf(id), method, params: isAbsent(params) ? {} : params };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // V8 quotes the text.
    throw refused("it is not JSON.");
  }
}

function idOf(id: unknown): RequestId | undefined {
  if (isAbsent(id)) return undefined;
  if (typeof id === "number" && Number.isSafeInteger(id)) return id;
  if (typeof id === "string" && id.length <= LIMITS.idLength) return id;
  throw refused(`\`id\` is neither a whole number nor a text of at most ${LIMITS.idLength} characters.`);
}

function isAbsent(value: unknown): value is undefined | null {
  return value === undefined || value === null;
}

function refused(why: string): RpcError {
  return new RpcError("PARSE_ERROR", `A line is no request: ${why}`);
}

/** Before it is parsed: a line of brackets becomes a hundred times its size in memory. */
function isTooDeep(text: string): boolean {
  let depth = 0;
  let isText = false;
  for (let at = 0; at < text.length; at += 1) {
    const letter = text[at];
    if (isText) {
      if (letter === "\\") at += 1;
      else if (letter === '"') isText = false;
    } else if (letter === '"') isText = true;
    else if (letter === "[" || letter === "{") depth += 1;
    else if (letter === "]" || letter === "}") depth -= 1;
    if (depth > LIMITS.depth) return true;
  }
  return false;
}
