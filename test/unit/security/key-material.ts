import { inspect } from "node:util";

const RUN = 24;

/** The base64 of every private key in some PEM texts, cut into runs too long to match by accident. */
export function keyRuns(...texts: readonly string[]): readonly string[] {
  return texts.flatMap((text) =>
    [...text.matchAll(/PRIVATE KEY-----([^-]+)-----END/g)].flatMap(([, body = ""]) => {
      // Without the first bytes, which only identify the kind of key.
      const secret = body.replaceAll(/[^A-Za-z0-9+/]/g, "").slice(40);
      return Array.from({ length: Math.floor(secret.length / RUN) }, (_, at) => secret.slice(at * RUN, (at + 1) * RUN));
    }),
  );
}

/** Everything that a log could print of a value: each way of printing it, errors with their causes and stacks. */
function allText(value: unknown): string {
  const deep = {
    depth: Infinity,
    showHidden: true,
    getters: true,
    maxStringLength: Infinity,
    maxArrayLength: Infinity,
  };
  const stack = value instanceof Error ? `${value.stack}${value.message}${allText(value.cause)}` : "";
  return [
    inspect(value, deep),
    inspect(value, { ...deep, customInspect: false }),
    JSON.stringify(value),
    String(value),
    stack,
  ].join("\n");
}

/** The runs of keys that leak, even if lines were joined or broken. */
export function leaks(value: unknown, runs: readonly string[]): readonly string[] {
  const text = allText(value).replaceAll(/\\[rn]|[^A-Za-z0-9+/]/g, "");
  return runs.filter((run) => text.includes(run));
}

export function thrownBy(act: () => unknown): unknown {
  try {
    act();
  } catch (error) {
    return error;
  }
  throw new Error("Nothing was thrown.");
}
