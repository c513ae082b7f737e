import { isPlainObject } from "../../plain-object.ts";

/** The members of an answer that is a JSON object; none of anything else. */
export function membersOf(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return isPlainObject(value) ? value : {};
  } catch {
    return {};
  }
}

/** A member of a member; empty where there is none. */
export function within(members: Readonly<Record<string, unknown>>, name: string): Readonly<Record<string, unknown>> {
  const value = members[name];
  return isPlainObject(value) ? value : {};
}

export function textIn(members: Readonly<Record<string, unknown>>, name: string): string | undefined {
  const value = members[name];
  return typeof value === "string" ? value : undefined;
}
