import { accessChecks } from "../../../src/cloud/checkup/access-checks.ts";
import { clockCheck } from "../../../src/cloud/checkup/clock-check.ts";
import { sdkCheck } from "../../../src/cloud/checkup/sdk-check.ts";
import type { Check, Observation } from "../../../src/provider/checkup.ts";
import type { ComputeApi } from "../api/client.ts";
import { lastPart } from "../api/links.ts";
import { OWN_ENDPOINT } from "../api/proxy.ts";
import { loadService } from "../api/sdk.ts";
import { discoverKinds, typesInZones, typesOfKind } from "../machines/kinds.ts";
import { describeTypes, type MachineType } from "../machines/machine-types.ts";
import { findNetwork, reachOf } from "../network/network.ts";
import { allKinds, allZones } from "../options/kinds.ts";
import type { ResolvedGcpOptions } from "../options/resolved-options.ts";
import { permissions } from "./permissions.ts";
import { quota } from "./quota.ts";

interface Question {
  readonly options: ResolvedGcpOptions;
  /** Whether the options hold the credentials. */
  readonly isGiven: boolean;
}

type Look = (api: ComputeApi, options: ResolvedGcpOptions, signal: AbortSignal) => Promise<Observation>;

/** What a cluster on Compute Engine needs, in the order in which it can be looked at. */
export function gcpChecks(open: () => Promise<ComputeApi>, { options, isGiven }: Question): readonly Check[] {
  const url = async (): Promise<string> => options.endpoint ?? OWN_ENDPOINT;
  const asking = (look: Look) => async (signal: AbortSignal) => await look(await open(), options, signal);
  return [
    sdkCheck(["@google-cloud/compute"], () => loadService("instances")),
    clockCheck(url),
    {
      topic: "credentials",
      title: "credentials",
      after: ["sdk"],
      run: async (signal) => await credentials(await open(), isGiven, signal),
    },
    { topic: "place", title: "project and zones", after: ["credentials"], run: asking(place) },
    { topic: "network", title: "network", after: ["place"], run: asking(network) },
    { topic: "machines", title: "machine types", after: ["place"], run: asking(machines) },
    { topic: "image", title: "image", after: ["machines"], run: asking(image) },
    { topic: "quota", title: "quotas", after: ["machines"], tellsOnly: true, run: asking(quota) },
    { topic: "permissions", title: "permissions", after: ["place"], tellsOnly: true, run: asking(permissions) },
    ...accessChecks(options, url),
  ];
}

async function credentials(api: ComputeApi, isGiven: boolean, signal: AbortSignal): Promise<Observation> {
  const { email, kind } = await api.credentials(signal);
  const who = email ?? (kind === "authorized_user" ? 'a user ("gcloud auth list" tells which)' : (kind ?? "unknown"));
  const file = process.env["GOOGLE_APPLICATION_CREDENTIALS"] ?? "";
  const kept = file === "" ? "gcloud's application default credentials" : `the file ${file}`;
  const from = isGiven ? "the options" : kind === undefined ? "the metadata server" : kept;
  return { state: "good", found: `${who}, from ${from}` };
}

const place: Look = async (api, options, signal) => {
  const types = [...(await typesOf(api, options, signal)).values()];
  const there = allZones(options).filter((zone) => types.some(({ zones }) => zones.has(zone)));
  return { state: "good", found: `${api.project}, ${there.join(", ")}` };
};

const network: Look = async (api, options, signal) => {
  const found = await findNetwork(api, { ...options, zones: allZones(options) }, signal);
  const { families } = reachOf(found, options);
  const kinds = families.map((family) => `IPv${family}`).join(" and ");
  return { state: "good", found: `${lastPart(found.link)} in ${found.project}, reached by ${kinds}` };
};

const machines: Look = async (api, options, signal) => {
  const types = await typesOf(api, options, signal);
  const words = [...types.values()].map(
    ({ name, vcpus, zones }) => `${name} (${vcpus} vCPUs, in ${[...zones].sort().join(", ")})`,
  );
  return { state: "good", found: words.join(", ") };
};

/** Also whether the images fit the types, and whether the zones have GPUs to attach. */
const image: Look = async (api, options, signal) => {
  const found = await discoverKinds(api, allKinds(options), signal);
  const links = [...found.values()].flatMap(({ types }) => types.map(({ image: { link } }) => lastPart(link)));
  return { state: "good", found: [...new Set(links)].join(", ") };
};

async function typesOf(
  api: ComputeApi,
  options: ResolvedGcpOptions,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, MachineType>> {
  const kinds = allKinds(options);
  const types = await describeTypes(api, kinds.flatMap(typesInZones), signal);
  for (const kind of kinds) typesOfKind(kind, types);
  return types;
}
