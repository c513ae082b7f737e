import { expect, test } from "vitest";

import { camelCase, kebabCase, optionFor, snakeCase, variableFor } from "../../../src/options/option-names.ts";

test.each([
  ["nWorkers", "n_workers", "n-workers"],
  ["memoryInGBs", "memory_in_gbs", "memory-in-gbs"],
  ["schedulerMemoryInGBs", "scheduler_memory_in_gbs", "scheduler-memory-in-gbs"],
])("%s is %s in files and --%s on a command line, and is found by both", (option, file, flag) => {
  expect([snakeCase(option), kebabCase(option)]).toEqual([file, flag]);
  for (const name of [file, flag]) expect([camelCase(name), optionFor(name, [option])]).toEqual([option, option]);
  expect(variableFor("oci", option)).toBe(`DASK_CLOUDPROVIDER__OCI__${file.toUpperCase()}`);
});
