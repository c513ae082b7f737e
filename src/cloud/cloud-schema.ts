import { isIP } from "node:net";

import * as z from "zod";

import type { ProxySpec } from "../bootstrap/node-spec.ts";
import { NotPlainWords, shellWords } from "../bootstrap/shell/shell-words.ts";
import type { OptionSource } from "../options/config-tree.ts";
import { count, describe, durationMs, flag, oneOf, shared, text, textList, textRecord } from "../options/fields.ts";
import { mostImportant } from "../options/overlapping.ts";
import { wordsOf } from "../options/schema-walk.ts";
import { SAFE_ENDS, clusterFields, groupFields } from "../provider/cluster-schema.ts";
import { ofGroup, workersField } from "../provider/groups/group-fields.ts";

const cidr = describe(
  text().refine((value) => isCidr(value)),
  { expected: 'a range of addresses in CIDR notation, such as "203.0.113.7/32"' },
);

const url = describe(
  text().refine((value) => URL.canParse(value) && isPlainUrl(new URL(value))),
  { expected: "a URL that begins with https:// or http:// and has no user name in it", secret: true },
);

const PROXY = 'a URL such as "http://proxy:3128", or a mapping with http, https and noProxy';
const proxyUrl = describe(
  text({ pattern: /^https?:\/\/[^\s'"\\`$]+$/ }).refine((value) => URL.canParse(value)),
  { expected: 'a URL such as "http://proxy:3128", with special characters as %20', secret: true },
);
const proxy: z.ZodType<ProxySpec, string | ProxySpec> = describe(
  z.union([
    proxyUrl,
    z.strictObject({
      http: proxyUrl.optional(),
      https: proxyUrl.optional(),
      noProxy: textList({
        each: text({ pattern: /^[^\s,'"\\`$]+$/, expected: "a host, a domain or an address" }),
      }).optional(),
    }),
  ]),
  { expected: PROXY, secret: true },
).transform((value) => (typeof value === "string" ? { http: value, https: value } : value));

const dockerArgs: z.ZodType<readonly string[], string | readonly string[]> = describe(
  z.union([text({ empty: true }), textList()]),
  { expected: "a string or a list of strings", secret: true },
).transform((value, context) => {
  if (typeof value !== "string") return value;
  try {
    return shellWords(value);
  } catch (error) {
    if (!(error instanceof NotPlainWords)) throw error;
    const message = `a list of strings, one for each argument: no shell reads them, so a text cannot have ${error.message}`;
    context.addIssue({ code: "custom", message });
    return z.NEVER;
  }
});

const spot = describe(z.union([z.boolean(), z.literal("with-fallback")]), {
  expected: 'true, false or "with-fallback"',
});

const ownFields = {
  publicIp: describe(flag().default(true), {
    description:
      "Whether the scheduler has a public address, behind a firewall that admits only `allowedCidrs`. With `false` no machine has one, and the launcher must be inside the network.",
  }),
  workerPublicIp: describe(flag().default(true), {
    description:
      "Whether workers have public addresses, for outgoing traffic only. None of their ports is open. Set `false` if the network has a NAT gateway. `publicIp: false` implies it.",
  }),
  allowedCidrs: describe(textList({ each: cidr, min: 1 }).optional(), {
    description:
      'Address ranges that may reach the scheduler and the dashboard\'s gate, in CIDR notation: `["203.0.113.0/24", "2001:db8:1:2::/64"]`. With IPv6 ranges only, clients get the scheduler\'s IPv6 address.',
    absent: "this computer's public address; without `publicIp` the network's own addresses",
  }),
  addressService: describe(url.default("https://checkip.amazonaws.com/"), {
    description: "URL of a service that returns the caller's public address.",
  }),
  bootstrap: describe(flag().default(true), {
    description:
      "Whether a machine installs missing software at boot: Docker, and NVIDIA's driver and toolkit for GPUs.",
  }),
  preBootstrap: describe(textList().default([]), {
    description:
      "Shell commands that run as root on each machine before anything is installed: a mirror, a CA, `daemon.json`. They run in one bash; the first failure ends the boot. After a reboot in between, all run again.",
  }),
  extraBootstrap: describe(textList().default([]), {
    description: "Shell commands that run as root after `bootstrap` and before Dask.",
  }),
  autoUpdates: describe(flag().default(false), {
    description:
      "Whether the machines' automatic updates stay on (apt-daily, unattended-upgrades, dnf-automatic, …). They restart Docker, and a restarted scheduler loses its tasks.",
  }),
  proxy: describe(proxy.optional(), {
    description:
      "The machines' proxy to the internet: `\"http://proxy:3128\"`, or `{ http, https, noProxy }`. It applies to apt, Docker, pip, your own commands and Dask's environment (`HTTP_PROXY`, `HTTPS_PROXY`, `NO_PROXY`), not to the scheduler and the cloud's metadata. A URL may hold a user name and a password. The launcher reads its own environment instead.",
    type: "string | ProxySpec",
    output: "ProxySpec",
  }),
  autoShutdown: describe(flag().default(true), {
    description: "Whether a machine powers off when its Dask has ended or could not start.",
  }),
  runtime: describe(oneOf("docker", "native").default("docker"), {
    description:
      "`docker` runs `dockerImage`. `native` runs the Dask of the machine's image, as the user `dask`, not as root.",
  }),
  python: describe(text().optional(), {
    description: "The Python that runs Dask.",
    absent: "`python` in a Docker image and `python3` on a machine",
  }),
  dockerImage: describe(text().optional(), {
    description:
      "The container image that runs Dask. Its Dask version should be your client's. `name:tag@sha256:…` is pulled by digest.",
    absent: "`ghcr.io/dask/dask` at a pinned release",
  }),
  dockerArgs: describe(dockerArgs.default([]), {
    description:
      "More arguments of `docker run`, before the image, as a list. A text is split by POSIX quotes and backslashes, and refused if a shell would do more (`$`, backquotes, `;`, `|`, `&`, `<`, `>`, parentheses).",
    output: "readonly string[]",
  }),
  spot: describe(spot.default(false), {
    description:
      '`true` for spot machines as workers, `"with-fallback"` for on-demand machines when spot capacity runs out. Spot machines are cheap and can be reclaimed at any time; lost ones are replaced. The scheduler is never a spot machine.',
  }),
  tags: describe(textRecord().default({}), {
    description:
      "Your own tags (labels on GCP) for every resource that the cluster creates and the cloud can tag: machines, disks, network interfaces, addresses, networks, firewalls. Names that dask-fleet uses itself are refused.",
  }),
  endpoint: describe(url.optional(), {
    description: "Base URL of the cloud's API, for gateways and tests.",
    absent: "the SDK's own",
  }),
  apiRetries: describe(count({ max: 20 }).default(6), {
    description: "Retries of a call to the cloud after a transient failure: throttled, server error, lost connection.",
  }),
  pollIntervalMs: describe(durationMs().default(5000), { description: "Pause between two polls of the machines." }),
  listLagMs: describe(durationMs({ min: 0 }).default(30_000), {
    description: "How long the cloud's lists may lag behind its create calls.",
  }),
};

/** The options of every cloud that each group of workers may have of its own; a provider adds its own. */
export const vmGroupFields = {
  ...groupFields,
  ...ofGroup(
    ownFields,
    "bootstrap",
    "preBootstrap",
    "extraBootstrap",
    "autoUpdates",
    "runtime",
    "python",
    "dockerImage",
    "dockerArgs",
    "spot",
    "tags",
  ),
};

/** The options that all clouds share; a provider spreads them next to its own. */
export const vmFields = {
  ...clusterFields,
  ...SAFE_ENDS,
  ...shared("every cloud", {
    ...ownFields,
    workers: workersField(vmGroupFields, {
      name: "VmWorkerGroupOptions",
      about: "A group of workers on any cloud: its size, and options that override the cluster's.",
    }),
  }),
};

/** Where certificates or keys are that a cloud signs documents about machines with. Over plain HTTP only on this computer. */
export function identityCertificates(): z.ZodString {
  return text({
    pattern: /^(?:https:\/\/\S+|http:\/\/127\.0\.0\.1[:/]\S*|(?!\w+:\/\/).+)$/,
    expected: 'a file, an https URL or "never"',
  });
}

/** A group's `instanceType`: one or several. */
export function groupTypeField<Type extends z.ZodString>(type: Type) {
  return describe(z.union([type, textList({ each: type, min: 1 })]).optional(), {
    description:
      "The type of the group's machines, or a list: types that are tried in this order when capacity for the ones before runs out.",
    absent: "the cluster's",
    expected: `${wordsOf(type).expected ?? "a machine type"}, or a list of such`,
  });
}

/** A group's machine types by the names of the cluster's options. */
export function groupTypes(given: string | readonly string[] | undefined): {
  readonly workerInstanceType?: string;
  readonly instanceTypes?: readonly string[];
} {
  const [workerInstanceType, ...instanceTypes] = [given ?? []].flat();
  return workerInstanceType === undefined ? {} : { workerInstanceType, instanceTypes };
}

/** The types of each role's machines. Every cloud has these names beside `instanceType`. */
export function roleTypeFields<Type extends z.ZodType>(type: Type) {
  const absent = "`instanceType`, which wins where it comes from a more important source";
  return {
    schedulerInstanceType: describe(type.optional(), { description: "The type of the scheduler's machine.", absent }),
    workerInstanceType: describe(type.optional(), { description: "The type of the workers' machines.", absent }),
  };
}

/** The machine type of each role. */
export interface RoleTypes<Type = string> {
  readonly schedulerInstanceType: Type;
  readonly workerInstanceType: Type;
}

/** A role's own type, or `instanceType` where that comes from a more important source. */
export function roleTypes<Type extends string | undefined>({
  values,
  sources,
}: {
  readonly values: { readonly instanceType?: Type } & Partial<RoleTypes<string | undefined>>;
  readonly sources: Readonly<Record<keyof RoleTypes | "instanceType", OptionSource>>;
}): RoleTypes<string | Type> {
  const of = (role: keyof RoleTypes): string | Type =>
    mostImportant({ values, sources }, role, "instanceType") ?? (values.instanceType as Type);
  return { schedulerInstanceType: of("schedulerInstanceType"), workerInstanceType: of("workerInstanceType") };
}

/** Which machines have public addresses. */
export function publicAddresses({
  publicIp,
  workerPublicIp,
}: {
  readonly publicIp: boolean;
  readonly workerPublicIp: boolean;
}): {
  readonly publicIp: boolean;
  readonly workerPublicIp: boolean;
} {
  return { publicIp, workerPublicIp: publicIp && workerPublicIp };
}

function isPlainUrl({ protocol, username, password }: URL): boolean {
  return /^https?:$/.test(protocol) && username === "" && password === "";
}

function isCidr(value: string): boolean {
  const [address = "", prefix, ...more] = value.split("/");
  // An interface of this computer, as in fe80::1%eth0, means nothing to a cloud.
  const family = address.includes("%") ? 0 : isIP(address);
  if (family === 0 || prefix === undefined || more.length > 0) return false;
  return /^\d{1,3}$/.test(prefix) && Number(prefix) <= (family === 4 ? 32 : 128);
}
