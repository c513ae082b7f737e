import { isPlainObject } from "../../plain-object.ts";
import { placeOf } from "../nodes.ts";
import { CODE } from "./code-folder.ts";
import type { OwnTerms } from "./own-terms.ts";
import type { Reader } from "./reader.ts";

type Variables = Readonly<Record<string, string>>;

const CLUSTER = ["spec", "cluster", "spec"];
const RUNTIME = ["spec", "runtime", "spec", "env"];

/**
 * The variables of the program: those of the cluster, of the runtime and of main, the later over the earlier, as ADS sets them. The
 * machines get the workers' besides.
 */
export function adsVariables(reader: Reader, terms: OwnTerms, problems: string[]): Variables {
  const of = (...path: readonly string[]): Variables => variables(reader, path, problems);
  const common = { ...of(...CLUSTER, "config", "env"), ...of(...RUNTIME) };
  const main = of(...CLUSTER, "main", "config", "env");
  const worker = of(...CLUSTER, "worker", "config", "env");
  if (Object.keys({ ...main, ...worker }).length > 0) {
    terms.notes.push("The variables of main and worker are set on all machines: a cluster has one set.");
  }
  if (!["", "0"].includes(common["SYNC_ARTIFACTS"] ?? "")) {
    terms.notes.push(
      "SYNC_ARTIFACTS copies nothing to a bucket, and OCI__SYNC_DIR is not set: the program has to upload what it makes.",
    );
  }
  // The image's own start scripts do so, and the program's other modules are there.
  const code = terms.provider.isCloud ? { PYTHONPATH: CODE } : {};
  const all = { ...code, ...common, ...worker, ...main };
  if (Object.keys(all).length > 0) terms.set("envVars", reader.peek(...RUNTIME) ?? reader.peek("spec"), all);
  return { ...common, ...main };
}

/** `[{ name, value }]`; values may be numbers. */
function variables(reader: Reader, path: readonly string[], problems: string[]): Variables {
  const node = reader.node(...path);
  if (node === undefined) return {};
  const list = "children" in node ? undefined : node.readings[1];
  const pairs = Array.isArray(list) ? (list as readonly unknown[]) : [undefined];
  return Object.fromEntries(
    pairs.flatMap((pair) => {
      const { name, value } = isPlainObject(pair) ? pair : {};
      if (typeof name === "string" && ["string", "number", "boolean"].includes(typeof value))
        return [[name, String(value)]];
      problems.push(`Expected env to be a list of { name, value }${placeOf(node)}`);
      return [];
    }),
  );
}
