/** A value that knows which parts of it were read. */
export interface Marked<T> {
  readonly value: T;
  /** The paths of fields that were never read. */
  unread(): readonly string[];
}

/** Lets a simulation notice what it was sent and took no notice of. */
export function markReads<T extends object>(original: T): Marked<T> {
  const read = new Set<string>();
  return { value: watch(original, "", read), unread: () => leaves(original, "").filter((path) => !read.has(path)) };
}

function watch<T extends object>(target: T, path: string, read: Set<string>): T {
  return new Proxy(target, {
    get(object, property, receiver) {
      const value: unknown = Reflect.get(object, property, receiver);
      if (typeof property !== "string" || !Object.hasOwn(object, property)) return value;
      const inner = `${path}.${property}`;
      if (isTree(value)) return watch(value, inner, read);
      read.add(inner);
      return value;
    },
  });
}

function leaves(value: object, path: string): string[] {
  return Object.entries(value).flatMap(([name, child]: [string, unknown]) =>
    isTree(child) ? leaves(child, `${path}.${name}`) : [`${path}.${name}`],
  );
}

function isTree(value: unknown): value is object {
  return typeof value === "object" && value !== null && (Array.isArray(value) || value.constructor === Object);
}
