import { expect, test } from "vitest";

import { registry } from "../../../providers/registry.ts";
import { documentedOptions } from "../../../src/options/documented.ts";
import { type OptionHelp, entryHelp, optionHelp } from "../../../src/options/option-help.ts";
import { kebabCase } from "../../../src/options/option-names.ts";

const PROVIDERS = await Promise.all(registry.map(async ({ manifest }) => await manifest()));
const helpFor = (command: string): ReadonlyMap<string, OptionHelp> => {
  const provider = PROVIDERS.find((each) => each.command === command);
  if (provider === undefined) throw new Error(`No provider ${command}`);
  return new Map(optionHelp(provider).map((help) => [help.option, help]));
};

test.each(PROVIDERS)("$command has a help line for each option of its schema", (provider) => {
  const { schema } = provider;
  const help = optionHelp(provider);
  const told = help.flatMap(({ option, aliases }) => [option, ...aliases]);
  const programOnly = new Set(documentedOptions(schema).flatMap((each) => (each.programOnly ? [each.name] : [])));
  const names = Object.keys(schema.shape).filter((name) => !programOnly.has(name));
  expect(names.filter((name) => !told.includes(`--${kebabCase(name)}`))).toEqual([]);
  expect(new Set(told).size).toBe(told.length);
  for (const { brief, otherwise, value, option } of help) {
    expect([option, brief, otherwise]).not.toContainEqual(expect.stringMatching(/`|\.$|[a-z]Ms\b/u));
    expect(value).toMatch(/^<[^<>]+>$|^\[true\|false(?:\|[a-z-]+)*\]$/u);
  }
});

test("a help line has the option's value, default, variable and group", () => {
  const ec2 = helpFor("ec2");
  expect(ec2.get("--max-lifetime")).toEqual({
    option: "--max-lifetime",
    value: "<duration>",
    repeatable: false,
    brief: "The machines end by themselves this long after the start",
    otherwise: "never",
    environment: "DASK_CLOUDPROVIDER__EC2__MAX_LIFETIME",
    aliases: ["--max-lifetime-ms"],
    isSecret: false,
    group: "of every cluster",
  });
  expect(ec2.get("--idle-timeout")).toMatchObject({ otherwise: "20 minutes", group: "of every cloud" });
  expect(ec2.get("--scale-timeout")).toMatchObject({ otherwise: "as --start-timeout" });
  expect(ec2.get("--disk-size")).toMatchObject({
    value: "<size>",
    aliases: ["--filesystem-size"],
    group: "of this provider",
  });
  expect(ec2.get("--spot")).toMatchObject({ value: "[true|false|with-fallback]" });
  expect(ec2.get("--security")).toMatchObject({ value: "[true|false]" });
  expect(ec2.get("--runtime")).toMatchObject({ value: "<docker|native>" });
  expect(ec2.get("--n-workers")).toMatchObject({ value: "<n>", otherwise: "0" });
  expect(ec2.get("--subnet-id")).toMatchObject({ value: "<text>", repeatable: true });
  expect(ec2.get("--tag")).toMatchObject({ value: "<name=value>", repeatable: true, aliases: ["--tags"] });
  expect(ec2.get("--env")).toMatchObject({ value: "<name=value>", repeatable: true, aliases: ["--env-vars"] });
  expect(ec2.get("--volume-tags")).toMatchObject({ value: "<name=value>", repeatable: true });
  expect(helpFor("azure").get("--location")?.environment).toBe("DASK_CLOUDPROVIDER__AZURE__LOCATION");
  expect(helpFor("azure").get("--vm-image")?.environment).toBe("DASK_CLOUDPROVIDER__AZURE__AZUREVM__VM_IMAGE");
  expect(helpFor("azure").get("--vnet")?.brief).not.toContain("publicIp");
  expect(helpFor("digitalocean").get("--token")).toMatchObject({ isSecret: true });
});

test("options of an entry of a mapping are written inside of it", () => {
  const ec2 = PROVIDERS.find((each) => each.command === "ec2");
  if (ec2 === undefined) throw new Error("no ec2");
  const help = new Map(entryHelp(ec2, "gpu").map((each) => [each.option, each]));
  expect(help.get("--workers.gpu.maximum")).toMatchObject({
    value: "<n>",
    otherwise: "no bound",
    environment: "DASK_CLOUDPROVIDER__EC2__WORKERS__GPU__MAXIMUM",
  });
  expect(help.get("--workers.gpu.env")).toMatchObject({ repeatable: true, aliases: ["--workers.gpu.env-vars"] });
});
