import { globSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { expect, test } from "vitest";

import config from "../../vitest.config.ts";

const cwd = fileURLToPath(new URL("../..", import.meta.url));

test("every test file belongs to a project", () => {
  const run = (config.test?.projects ?? []).flatMap((project) =>
    typeof project === "object" && "test" in project ? (project.test?.include ?? []) : [],
  );
  const files = globSync(["test/**/*.test.ts", "packages/*/test/**/*.test.ts"], { cwd });
  const known = new Set(globSync(run, { cwd }));
  expect(files.length).toBeGreaterThan(200);
  expect(files.filter((file) => !known.has(file))).toEqual([]);
});
