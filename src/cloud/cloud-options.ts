import { isIP } from "node:net";

import * as z from "zod";

import type { ProxySpec } from "../bootstrap/node-spec.ts";
import { NotPlainWords, shellWords } from "../bootstrap/shell/shell-words.ts";
import { count, describe, durationMs, flag, text, textList, textRecord } from "../options/fields.ts";
import { clusterFields, type ClusterOptions, type ResolvedClusterOptions } from "../provider/cluster-options.ts";

/** The options that clusters on machines of a cloud have, whichever cloud it is. */
export interface VmOptions extends ClusterOptions {
  /**
   * `true` (default): the scheduler has a public address, behind a firewall that admits only {@link allowedCidrs}. `false`: no
   * machine has one, and the launcher must be inside the network.
   */
  readonly publicIp?: boolean | undefined;
  /**
   * Whether workers have public addresses, only for their outgoing traffic: no port of theirs is open. Set it to `false` where
   * the network has a way out of its own, a NAT gateway. Without `publicIp` none has one. Default: as `publicIp`.
   */
  readonly workerPublicIp?: boolean | undefined;
  /**
   * Who may reach the scheduler and its dashboard, in CIDR notation: `["203.0.113.0/24", "2001:db8:1:2::/64"]`. With IPv6 ranges
   * only, clients are given the scheduler's IPv6 address. Default: this computer's own public address; with `publicIp: false` the
   * network's own addresses.
   */
  readonly allowedCidrs?: readonly string[] | undefined;
  /** A URL that answers with the caller's public address. Default: `https://checkip.amazonaws.com/`. */
  readonly addressService?: string | undefined;
  /** Whether a machine installs what it lacks, Docker and for GPUs NVIDIA's parts, when it boots. Default: true. */
  readonly bootstrap?: boolean | undefined;
  /**
   * Shell commands that run as root on each machine before anything is installed: a mirror, a CA, `daemon.json`. They run in one
   * bash; the first that fails ends the boot. One that a reboot interrupts runs again from the first. Default: none.
   */
  readonly preBootstrap?: readonly string[] | undefined;
  /** The same, after what {@link bootstrap} installs and before Dask. Default: none. */
  readonly extraBootstrap?: readonly string[] | undefined;
  /**
   * Whether the machines' automatic updates (apt-daily, unattended-upgrades, dnf-automatic, …) stay on. They restart Docker, and a
   * scheduler that is restarted has lost its tasks. Default: false.
   */
  readonly autoUpdates?: boolean | undefined;
  /**
   * The proxy by which machines reach the internet: `"http://proxy:3128"`, or `{ http, https, noProxy }`. apt, Docker, pip and
   * Dask's environment (`HTTP_PROXY`, `HTTPS_PROXY`, `NO_PROXY`) get it, and so do your own commands; the scheduler and the cloud's
   * metadata are reached without it. A URL may hold a user name and a password. It is not the launcher's: that reads its own
   * environment. Default: none.
   */
  readonly proxy?: string | ProxySpec | undefined;
  /** Whether a machine powers off when Dask on it has ended or could not be started. Default: true. */
  readonly autoShutdown?: boolean | undefined;
  /** `docker` (default) runs {@link dockerImage}; `native` the Dask that is on the machine's image, as the user `dask`, not as root. */
  readonly runtime?: "docker" | "native" | undefined;
  /** The Python that runs Dask. Default: `python` in a Docker image, `python3` on a machine. */
  readonly python?: string | undefined;
  /**
   * Default: `ghcr.io/dask/dask` at a pinned release. Its Dask should be of the same version as your client's.
   * `name:tag@sha256:…` is pulled by its digest.
   */
  readonly dockerImage?: string | undefined;
  /**
   * More arguments of `docker run`, before the image: a list, one for each. A text is split as a POSIX shell splits it, by its
   * quotes and backslashes, and refused where a shell would do more (`$`, backquotes, `;`, `|`, `&`, `<`, `>`, parentheses).
   */
  readonly dockerArgs?: string | readonly string[] | undefined;
  /**
   * `true`: workers are spot machines, cheap and taken back at any time; lost ones are replaced. `"with-fallback"`: ordinary
   * machines where there is no spot machine to be had. The scheduler is never one. Default: false.
   */
  readonly spot?: boolean | "with-fallback" | undefined;
  /**
   * Tags (labels on GCP) of your own for everything that the cluster makes and the cloud can tag: machines, disks, network
   * interfaces, addresses, networks, firewalls. dask-fleet's own names are refused. Default: none.
   */
  readonly tags?: Readonly<Record<string, string>> | undefined;
  /** Base URL of the cloud's API, for gateways and tests. Default: the SDK's own. */
  readonly endpoint?: string | undefined;
  /** How often a call to the cloud is tried again after a transient failure: throttled, server error, lost connection. Default: 6. */
  readonly apiRetries?: number | undefined;
  /** Pause between two looks at the machines, in milliseconds. Default: 5 s. */
  readonly pollIntervalMs?: number | undefined;
  /** How long the cloud's lists may lag behind its create calls, in milliseconds. Default: 30 s. */
  readonly listLagMs?: number | undefined;
}

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

const spot: z.ZodType<boolean | "with-fallback"> = describe(z.union([z.boolean(), z.literal("with-fallback")]), {
  expected: 'true, false or "with-fallback"',
});

/** The schema behind {@link VmOptions}; a provider spreads it next to its own options. */
export const vmFields = {
  ...clusterFields,
  publicIp: flag().optional(),
  workerPublicIp: flag().optional(),
  allowedCidrs: textList({ each: cidr, min: 1 }).optional(),
  addressService: url.default("https://checkip.amazonaws.com/"),
  bootstrap: flag().default(true),
  preBootstrap: textList().default([]),
  extraBootstrap: textList().default([]),
  autoUpdates: flag().default(false),
  proxy: proxy.optional(),
  autoShutdown: flag().default(true),
  runtime: describe(z.enum(["docker", "native"]), { expected: '"docker" or "native"' }).default("docker"),
  python: text().optional(),
  dockerImage: text().optional(),
  dockerArgs: dockerArgs.default([]),
  spot: spot.default(false),
  tags: textRecord().default({}),
  endpoint: url.optional(),
  apiRetries: count({ max: 20 }).default(6),
  pollIntervalMs: durationMs().default(5000),
  listLagMs: durationMs({ min: 0 }).default(30_000),
};

type WithDefault =
  | "addressService"
  | "bootstrap"
  | "preBootstrap"
  | "extraBootstrap"
  | "autoUpdates"
  | "autoShutdown"
  | "runtime"
  | "spot"
  | "tags"
  | "apiRetries"
  | "pollIntervalMs"
  | "listLagMs";

/** {@link VmOptions}, checked and with their defaults. */
export type ResolvedVmOptions = ResolvedClusterOptions &
  Omit<VmOptions, WithDefault | "dockerArgs" | "proxy" | keyof ClusterOptions | keyof PublicAddresses> & {
    readonly [Option in WithDefault]: NonNullable<VmOptions[Option]>;
  } & PublicAddresses & { readonly dockerArgs: readonly string[]; readonly proxy?: ProxySpec | undefined };

/** Which machines have public addresses. */
export interface PublicAddresses {
  readonly publicIp: boolean;
  readonly workerPublicIp: boolean;
}

/** @param publicIp the option, or what an older spelling of it means */
export function publicAddresses(publicIp = true, workerPublicIp = true): PublicAddresses {
  return { publicIp, workerPublicIp: publicIp && workerPublicIp };
}

function isPlainUrl({ protocol, username, password }: URL): boolean {
  return /^https?:$/.test(protocol) && username === "" && password === "";
}

function isCidr(value: string): boolean {
  const [address = "", prefix, ...more] = value.split("/");
  // An interface of this computer, as in fe80::1%eth0, says nothing to a cloud.
  const family = address.includes("%") ? 0 : isIP(address);
  if (family === 0 || prefix === undefined || more.length > 0) return false;
  return /^\d{1,3}$/.test(prefix) && Number(prefix) <= (family === 4 ? 32 : 128);
}
