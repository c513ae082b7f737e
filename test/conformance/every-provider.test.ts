import { readdirSync, readFileSync } from "node:fs";

import { expect, test } from "vitest";

import { registry } from "../../providers/registry.ts";
import config from "../../vitest.config.ts";
import { allProviders, providerNames } from "./adapters.ts";

const read = (folder: string): readonly string[] =>
  readdirSync(new URL(folder, import.meta.url)).map((file) =>
    readFileSync(new URL(`${folder}/${file}`, import.meta.url), "utf8"),
  );

test("every cloud of the registry, and nothing else, has an adapter named after the provider's command", async () => {
  const clouds = registry.filter(({ isCloud }) => isCloud).map(({ command }): string => command);
  expect(providerNames.toSorted()).toEqual(clouds.toSorted());
  expect((await allProviders()).map(({ manifest }) => manifest.command)).toEqual(providerNames);
});

test("every provider runs the whole suite in a process of its own", () => {
  const projects = (config.test?.projects ?? []).flatMap((project) =>
    typeof project === "object" && "test" in project && project.test?.provide !== undefined ? [project.test] : [],
  );
  expect(projects.map(({ name, isolate, provide }) => [name, isolate, provide?.provider])).toEqual(
    providerNames.map((name) => [`clouds-${name}`, false, name]),
  );
  for (const { include } of projects) expect(include).toContain("test/conformance/suite/*.test.ts");
});

test("the suite has every topic", () => {
  const exported = read("topics").flatMap(
    (text) => text.match(/(?<=^export (?:async )?function )describe\w+/gmu) ?? [],
  );
  const called = read("suite").flatMap((text) => text.match(/\bdescribe\w+(?=\(provider\b)/gu) ?? []);
  expect(exported).toContain("describeTable");
  expect([...new Set(called)].toSorted()).toEqual(exported.toSorted());
});
