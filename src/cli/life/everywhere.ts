import { DaskFleetError, messageOf } from "../../errors.ts";
import type { Call } from "../command.ts";
import { type ClusterType, PROVIDERS, type RegisteredProvider } from "../providers.ts";

/** A provider that does not answer delays the others' result by this much. */
const TIMEOUT_MS = 30_000;
/** Nobody who has no account there wants to hear more than a line of it. */
const NOT_USED = new Set(["SDK_MISSING", "AUTH_FAILED", "CONFIG_INVALID"]);

/** What the providers answered, and whether all that are in use did. */
export interface Everywhere<T> {
  readonly answers: readonly T[];
  readonly isWhole: boolean;
}

/**
 * Asks the named provider, whose failure is the command's, or all providers at once. One without SDK, credentials or the settings that it
 * needs is a note.
 */
export async function everywhere<T>(
  call: Call,
  ask: (type: ClusterType, wait: { readonly timeoutMs: number }) => Promise<readonly T[]>,
): Promise<Everywhere<T>> {
  const { provider } = call;
  if (provider !== undefined) {
    const answers = await ask(await provider.type(), { timeoutMs: TIMEOUT_MS });
    return { answers, isWhole: true };
  }
  const all = await Promise.all([...PROVIDERS.values()].map(async (each) => await one(each, call, ask)));
  return { answers: all.flatMap(({ answers }) => answers), isWhole: all.every(({ isWhole }) => isWhole) };
}

async function one<T>(
  { command, clusterClass }: RegisteredProvider,
  { out }: Call,
  ask: (type: ClusterType, wait: { readonly timeoutMs: number }) => Promise<readonly T[]>,
): Promise<Everywhere<T>> {
  try {
    return { answers: await ask(await clusterClass(), { timeoutMs: TIMEOUT_MS }), isWhole: true };
  } catch (error) {
    const isUsed = !(error instanceof DaskFleetError && NOT_USED.has(error.code));
    const [reason = ""] = messageOf(error).split("\n");
    if (isUsed) out.warn(`${command} is left out: ${reason}`);
    else out.note(`${command} is left out: ${reason}`);
    return { answers: [], isWhole: !isUsed };
  }
}
