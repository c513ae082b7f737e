import { types } from "node:util";

import type { NodeSpec } from "../../bootstrap/node-spec.ts";
import type { Resources } from "../../dask/demand.ts";
import { pythonLiteral } from "../../options/python-literal.ts";

/** Dask's variable for a worker's resources; Dask lower-cases a name in it (dask.config.collect_env). */
const VARIABLE = /^DASK_DISTRIBUTED__WORKER__RESOURCES(?:__(?<name>\w+))?$/u;

/**
 * The abstract resources of each new worker: those of the options, and those seen on workers, since an image can add some.
 */
export class OfferedResources {
  #amounts: Resources;

  constructor({ workerOptions, envVars }: Pick<NodeSpec, "workerOptions" | "envVars">) {
    this.#amounts = { ...fromVariables(envVars ?? {}), ...fromOption(workerOptions?.["resources"]) };
  }

  get amounts(): Resources {
    return this.#amounts;
  }

  /** @param resources of a worker. All are alike */
  see(resources: Resources): void {
    this.#amounts = { ...this.#amounts, ...resources };
  }
}

/** `{ GPU: 1 }`, or in the command line's form `GPU=1 MEM=10e9`, separated by commas or blanks. */
function fromOption(resources: unknown): Resources {
  if (typeof resources === "object" && resources !== null && !Array.isArray(resources)) return resources as Resources;
  const text = [resources].flat().at(-1);
  if (typeof text !== "string") return {};
  return numbers(text.split(/[\s,]+/u).map((word) => word.split("=", 2) as [string, unknown]));
}

function fromVariables(envVars: Readonly<Record<string, string>>): Resources {
  return numbers(
    Object.entries(envVars).flatMap(([variable, text]): [string, unknown][] => {
      const found = VARIABLE.exec(variable);
      const value = pythonLiteral(text)?.value;
      const name = found?.groups?.["name"]?.toLowerCase();
      if (found === null) return [];
      if (name !== undefined) return [[name, value]];
      return types.isMap(value) ? [...(value as Map<string, unknown>)] : [];
    }),
  );
}

function numbers(entries: readonly (readonly [string, unknown])[]): Resources {
  return Object.fromEntries(
    entries
      .map(([name, amount]) => [name, typeof amount === "string" ? Number.parseFloat(amount) : amount] as const)
      .filter((entry): entry is readonly [string, number] => Number.isFinite(entry[1])),
  );
}
