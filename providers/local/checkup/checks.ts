import { tmpdir } from "node:os";

import { DEFAULT_DOCKER_IMAGE } from "../../../src/bootstrap/node-spec.ts";
import { invalid } from "../../../src/options/invalid.ts";
import type { Check, Observation } from "../../../src/provider/checkup.ts";
import { groupsNamed } from "../../../src/provider/worker-group.ts";
import { printableName } from "../../../src/text/printable.ts";
import { findBash } from "../machines/bash.ts";
import { checkProcesses } from "../machines/process-group.ts";
import type { ResolvedLocalOptions } from "../options/schema.ts";
import type { DaskPython } from "../python/python.ts";
import { Pythons, ownPython } from "../python/pythons.ts";

const LONGEST_VERSION = 40;

/** What a cluster on this computer needs. */
export function localChecks(options: ResolvedLocalOptions): readonly Check[] {
  const { python } = options;
  const groups = groupsNamed(options);
  const pythons = new Pythons();
  let searched: Promise<DaskPython> | undefined;
  const search = async (signal: AbortSignal): Promise<DaskPython> =>
    await (searched ??= pythons.find({ python, groups }, tmpdir(), signal));
  return [
    { topic: "machines", title: "this computer", run: computer },
    {
      topic: "python",
      title: "Python",
      run: async (signal) => {
        const found = [inWords(await search(signal))];
        for (const group of groups) {
          const own = ownPython(group) === undefined ? undefined : pythons.of(group);
          if (own !== undefined) found.push(`${group.name}: ${inWords(own)}`);
        }
        return { state: "good", found: found.join("; ") };
      },
    },
    {
      topic: "versions",
      title: "Dask on clouds",
      after: ["python"],
      run: async (signal) => comparedWith(DEFAULT_DOCKER_IMAGE, await search(signal)),
    },
  ];
}

function inWords({ pythonVersion, distributedVersion, executable }: DaskPython): string {
  return `Python ${pythonVersion}, distributed ${distributedVersion}, ${printableName(executable)}`;
}

async function computer(): Promise<Observation> {
  if (process.platform === "win32") throw invalid("LocalCluster needs Linux or macOS; on Windows, use WSL.");
  await checkProcesses();
  return { state: "good", found: `machines run with ${await findBash()}` };
}

/**
 * A client of another Dask or Python than its cluster's often works, and sometimes cannot unpickle what the other sends.
 *
 * @param image whose tag names both versions, such as `ghcr.io/dask/dask:2026.7.1-py3.12`
 */
export function comparedWith(
  image: string,
  { pythonVersion, distributedVersion }: Pick<DaskPython, "pythonVersion" | "distributedVersion">,
): Observation {
  const { dask, python } = /:(?<dask>[\d.]+)-py(?<python>\d+\.\d+)/u.exec(image)?.groups ?? {};
  const found = `the default image has Python ${python}, distributed ${dask}`;
  if (dask === undefined || python === undefined) return { state: "unknown", found: `${image} names no versions` };
  const isSamePython = pythonVersion.startsWith(`${python}.`);
  if (isSamePython && distributedVersion === dask) return { state: "good", found };
  const version = printableName(distributedVersion, LONGEST_VERSION);
  const own = `\`dockerImage: "ghcr.io/dask/dask:${version}-py${pythonVersion.split(".").slice(0, 2).join(".")}"\``;
  return {
    state: "unknown",
    found: `${found}; this computer differs`,
    remedy: `Clients on this computer should have the cluster's versions: set ${own}, or run pip install "dask[complete]==${dask}" in a Python ${python}.`,
  };
}
