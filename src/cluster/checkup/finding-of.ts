import { CloudError } from "../../cloud/errors/cloud-error.ts";
import { DaskFleetError, type Meaning, messageOf } from "../../errors.ts";
import type { Check, Finding, FindingState, Observation } from "../../provider/checkup.ts";
import { printableLine, printableLines, printableName } from "../../text/printable.ts";

/** What a refusal says of the thing that was looked at. One that passes by itself, or that nobody knows, proves nothing. */
const MEANINGS: Readonly<Record<Meaning, readonly [state: FindingState, found: string]>> = {
  transient: ["unknown", "no usable answer"],
  throttled: ["unknown", "too many calls"],
  capacity: ["unknown", "no capacity right now"],
  quota: ["bad", "quota used up"],
  policy: ["bad", "forbidden by a policy"],
  permission: ["bad", "permission missing"],
  credentials: ["bad", "missing or refused"],
  configuration: ["bad", "missing or invalid"],
  gone: ["bad", "not found"],
  unknown: ["unknown", "failed"],
};

export function findingOf({ topic, title }: Pick<Check, "topic" | "title">, seen: Observation): Finding {
  const { state, found, remedy } = seen;
  const what = { topic, title, state, found: printableLine(found) };
  return remedy === undefined || remedy === "" ? what : { ...what, remedy: printableLines(remedy.split("\n")) };
}

/** What a check's failure tells. The words are the error tables'. */
export function failureOf({ tellsOnly = false }: Pick<Check, "tellsOnly">, error: unknown): Observation {
  if (!(error instanceof DaskFleetError)) return { state: "unknown", found: "failed", remedy: messageOf(error) };
  if (error.code === "SDK_MISSING") return { state: "bad", found: "not installed", remedy: error.message };
  if (error.code === "TIMEOUT") return { state: "unknown", found: "no answer in time", remedy: error.message };
  const [state, found] = MEANINGS[error.meaning];
  const code = error instanceof CloudError ? printableName(error.cloudCode, 60) : "";
  return {
    state: tellsOnly && error.meaning === "permission" ? "unknown" : state,
    found: code === "" ? found : `${found} (${code})`,
    remedy: error instanceof CloudError ? error.sentence : error.message,
  };
}
