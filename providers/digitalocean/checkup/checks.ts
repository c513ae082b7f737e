import { accessChecks } from "../../../src/cloud/checkup/access-checks.ts";
import { clockCheck } from "../../../src/cloud/checkup/clock-check.ts";
import { roomIn, workersOf } from "../../../src/cloud/checkup/quota.ts";
import { kindsOf } from "../../../src/cloud/machines/kinds.ts";
import { ownFile } from "../../../src/files/own-file.ts";
import type { Check, Observation } from "../../../src/provider/checkup.ts";
import { groupsNamed } from "../../../src/provider/worker-group.ts";
import { type DropletApi, OWN_ENDPOINT } from "../api/client.ts";
import { DropletError } from "../errors/droplet-error.ts";
import { type Kind, accountOf, imagesFor, sizeFor } from "../machines/discovery.ts";
import { sizesIn } from "../machines/machine-types.ts";
import { assertVpc } from "../network/network.ts";
import type { ResolvedDropletOptions } from "../options/resolved-options.ts";

interface Question {
  readonly options: ResolvedDropletOptions;
  /** Where the token was found. */
  readonly tokenFrom: string | undefined;
}

type Look = (api: DropletApi, options: ResolvedDropletOptions, signal: AbortSignal) => Promise<Observation>;

const LIMIT_PAGE = "https://cloud.digitalocean.com/account/team/droplet_limit_increase";
const TOKENS_PAGE = "https://cloud.digitalocean.com/account/api/tokens";

/** Lists that a token with the documented scopes can read. */
const READ: Readonly<Record<string, string>> = {
  "droplet:read": "/droplets",
  "firewall:read": "/firewalls",
  "tag:read": "/tags",
  "vpc:read": "/vpcs",
};
const WRITE =
  "droplet:create, droplet:delete, firewall:create, firewall:delete, tag:create and tag:delete cannot be tried without an effect";

/** What a cluster of droplets needs, in the order in which it can be looked at. */
export function dropletChecks(open: () => Promise<DropletApi>, { options, tokenFrom }: Question): readonly Check[] {
  const url = async (): Promise<string> => options.endpoint ?? OWN_ENDPOINT;
  const asking = (look: Look) => async (signal: AbortSignal) => await look(await open(), options, signal);
  return [
    clockCheck(url),
    {
      topic: "credentials",
      title: "API token",
      run: async () => {
        await open();
        return { state: "good", found: `from ${tokenFrom ?? "nowhere"}` };
      },
    },
    { topic: "account", title: "account", after: ["credentials"], run: asking(account) },
    { topic: "machines", title: "region and sizes", after: ["account"], run: asking(sizes) },
    { topic: "image", title: "image", after: ["account"], run: asking(image) },
    { topic: "network", title: "network", after: ["account"], run: asking(network) },
    { topic: "quota", title: "droplet limit", after: ["account"], run: asking(quota) },
    { topic: "permissions", title: "token scopes", after: ["account"], run: asking(scopes) },
    ...accessChecks(options, url),
  ];
}

const account: Look = async (api, _options, signal) => {
  const { email, team, status = "active" } = await accountOf(api, signal);
  const whose = [email, team?.name === undefined ? undefined : `team ${team.name}`].filter(
    (word) => word !== undefined,
  );
  const found = `${whose.length === 0 ? "unnamed" : whose.join(", ")}, ${status}`;
  if (status === "active") return { state: "good", found };
  return { state: "bad", found, remedy: "Sign in at https://cloud.digitalocean.com to see why." };
};

const sizes: Look = async (api, options, signal) => {
  const { region } = options;
  const all = await sizesIn(api, region, signal);
  const found = await Promise.all(kindsIn(options).map((kind) => sizeFor(kind, all)));
  return { state: "good", found: `${once(found.map(({ slug }) => slug))} in ${region}` };
};

const image: Look = async (api, options, signal) => {
  const found = await imagesFor(api, kindsIn(options), signal);
  return { state: "good", found: once([...found.values()].map(({ slug, name }) => slug ?? name)) };
};

function kindsIn(options: ResolvedDropletOptions): readonly Kind[] {
  return kindsOf(options, groupsNamed(options));
}

function once(names: readonly string[]): string {
  return [...new Set(names)].join(", ");
}

const network: Look = async (api, options, signal) => {
  await assertVpc(api, options, signal);
  const { vpcUuid, region } = options;
  return {
    state: "good",
    found: vpcUuid === undefined ? `the default VPC network of ${region}` : `VPC network ${vpcUuid}`,
  };
};

const quota: Look = async (api, options, signal) => {
  const [{ droplet_limit: limit }, used] = await Promise.all([accountOf(api, signal), api.count("/droplets", signal)]);
  const needed = 1 + workersOf(options);
  const raise = `Ask for a higher limit at ${LIMIT_PAGE}, or take fewer workers.`;
  return roomIn([{ name: "droplets", used, limit, needed }], raise);
};

/** DigitalOcean tells nobody which scopes a token has: reading is tried. */
const scopes: Look = async (api, _options, signal) => {
  const answers = await Promise.all(
    Object.entries(READ).map(async ([scope, path]) => ({ scope, refusal: await refusalOf(api, path, signal) })),
  );
  const missing = answers.filter(({ refusal }) => refusal !== undefined).map(({ scope }) => scope);
  const list = ownFile("docs/providers/digitalocean.md");
  if (missing.length > 0) {
    const remedy = `Give the token the scopes listed in ${list} at ${TOKENS_PAGE}.`;
    return { state: "bad", found: `missing: ${missing.join(", ")}`, remedy };
  }
  return {
    state: "unknown",
    found: `${answers.map(({ scope }) => scope).join(", ")}; ${WRITE}`,
    remedy: `Compare the token at ${TOKENS_PAGE} with the scopes in ${list}. One with full access has them.`,
  };
};

async function refusalOf(api: DropletApi, path: string, signal: AbortSignal): Promise<DropletError | undefined> {
  try {
    await api.count(path, signal);
    return undefined;
  } catch (error) {
    if (error instanceof DropletError && error.meaning === "permission") return error;
    throw error;
  }
}
