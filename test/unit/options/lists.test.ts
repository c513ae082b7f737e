import { describe, expect, test } from "vitest";
import type * as z from "zod";

import { registry } from "../../../providers/registry.ts";
import { parseCommandLine } from "../../../src/cli/command-line.ts";
import { mayRepeat } from "../../../src/options/flags/flag-readings.ts";
import { carrying } from "../../../src/options/flags/flags.ts";
import { kebabCase, variableFor } from "../../../src/options/option-names.ts";
import { resolveOptions } from "../../../src/options/resolve.ts";

const PROVIDERS = await Promise.all(registry.map(async ({ manifest }) => await manifest()));

/** Two items of each list. */
const ITEMS: Readonly<Record<string, readonly [string, string]>> = {
  allowedCidrs: ["10.0.0.0/8", "::1/128"],
  preBootstrap: ["echo a,b", "echo c"],
  extraBootstrap: ["echo a,b", "echo c"],
  availabilityZone: ["us-east-1a", "use1-az2"],
  instanceTypes: ["m5.large", "c5.large"],
  subnetId: ["subnet-0a", "subnet-0b"],
  securityGroups: ["sg-0a", "sg-0b"],
  zones: ["1", "2"],
  sshKeys: ["aa:bb:cc", "11:22:33"],
  dropletTags: ["a", "b:c"],
  networkTags: ["a", "b"],
  instanceScopes: ["https://www.googleapis.com/auth/a", "https://www.googleapis.com/auth/b"],
};
/** The same of one provider. */
const OWN: typeof ITEMS = {
  "gcp.instanceTypes": ["n2-standard-4", "e2-standard-4"],
  "azure.instanceTypes": ["Standard_D4s_v5", "Standard_D4as_v5"],
  "gcp.zones": ["us-east1-b", "us-east1-c"],
  "oci.availabilityDomain": ["Uocm:PHX-AD-1", "AD-2"],
  "oci.availabilityZone": ["Uocm:PHX-AD-1", "AD-2"],
  "oci.faultDomain": ["FAULT-DOMAIN-2", "FAULT-DOMAIN-1"],
  "oci.instanceTypes": ["VM.Standard.E5.Flex", "VM.Standard3.Flex"],
  "oci.nsgIds": ["ocid1.networksecuritygroup.oc1.phx.a", "ocid1.networksecuritygroup.oc1.phx.b"],
  "oci.securityGroups": ["ocid1.networksecuritygroup.oc1.phx.a", "ocid1.networksecuritygroup.oc1.phx.b"],
  "oci.sshAuthorizedKeys": ["ssh-ed25519 AAAA me@a, b", "ssh-ed25519 BBBB"],
  "oci.subnetId": ["ocid1.subnet.oc1.phx.a", "ocid1.subnet.oc1.phx.b"],
  "azure.sshKeys": ["ssh-ed25519 AAAA me@a, b", "ssh-ed25519 BBBB"],
};
/** Items that may have commas themselves: a comma divides nothing. */
const WITH_COMMAS = new Set(["preBootstrap", "extraBootstrap", "azure.sshKeys", "oci.sshAuthorizedKeys"]);

const LISTS = PROVIDERS.flatMap((provider) =>
  Object.entries(provider.schema.shape)
    .filter(([, field]) => mayRepeat(field as z.ZodType))
    .map(([name]) => ({ provider, name, command: provider.command })),
);

describe.each(LISTS)("$name of $command", ({ provider, name, command }) => {
  const { schema, section, needed } = provider;
  const own = `${command}.${name}`;
  const items = OWN[own] ?? ITEMS[name];
  const has = (args: readonly string[], env: Readonly<Record<string, string>> = {}): readonly string[] => {
    const { flags } = parseCommandLine(args, { schema });
    const where = { section, env: { DASK_ROOT_CONFIG: "/nonexistent", ...env }, home: "/nonexistent" };
    const { values } = resolveOptions(schema, { ...where, options: { ...needed, ...carrying({ flags }) } });
    // An alias's value is its option's.
    const { aliasOf = name } = (schema.shape[name]?.meta() ?? {}) as { readonly aliasOf?: string };
    return [values[aliasOf]].flat().map(String);
  };

  test("is a list of what is given several times, or of what commas divide, in each source", () => {
    if (items === undefined) throw new Error(`Items for ${own}`);
    const [first, second] = items;
    const option = `--${kebabCase(name)}`;
    const variable = variableFor(section, name);
    expect(has([option, first])).toEqual([first]);
    expect(has([option, first, `${option}=${second}`])).toEqual(items);
    expect(has([option, JSON.stringify(items)])).toEqual(items);
    expect(has([], { [variable]: JSON.stringify(items) })).toEqual(items);
    expect(has([], { [variable]: first })).toEqual([first]);
    const joined = items.join(",");
    const divided = [own, name].some((each) => WITH_COMMAS.has(each)) ? [joined] : items;
    expect(has([option, joined])).toEqual(divided);
    expect(has([], { [variable]: joined })).toEqual(divided);
  });
});

test("every provider that has lists is walked", () => {
  expect(new Set(LISTS.map(({ command }) => command))).toEqual(new Set(["ec2", "azure", "digitalocean", "gcp", "oci"]));
});
