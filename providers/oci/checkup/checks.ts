import { accessChecks } from "../../../src/cloud/checkup/access-checks.ts";
import { clockCheck } from "../../../src/cloud/checkup/clock-check.ts";
import { sdkCheck } from "../../../src/cloud/checkup/sdk-check.ts";
import type { Check, Observation } from "../../../src/provider/checkup.ts";
import type { OciApi } from "../api/client.ts";
import { loadSdk } from "../api/sdk.ts";
import { discover, domainsAndShapes, subnetsFor } from "../machines/discovery.ts";
import { allKinds, shapesOf } from "../options/kinds.ts";
import type { ResolvedOciOptions } from "../options/resolved-options.ts";
import { capacity } from "./capacity.ts";
import { permissions } from "./permissions.ts";
import { quota } from "./quota.ts";

type Look = (api: OciApi, options: ResolvedOciOptions, signal: AbortSignal) => Promise<Observation>;

/** What a cluster on OCI needs, in the order in which it can be looked at. */
export function ociChecks(open: () => Promise<OciApi>, options: ResolvedOciOptions): readonly Check[] {
  const url = async (): Promise<string> => options.endpoint ?? (await open()).urlOf("iaas");
  const asking = (look: Look) => async (signal: AbortSignal) => await look(await open(), options, signal);
  return [
    sdkCheck(["oci-common", "oci-core"], loadSdk),
    {
      topic: "credentials",
      title: "credentials",
      after: ["sdk"],
      run: async () => ({ state: "good", found: (await open()).from }),
    },
    clockCheck(url, ["credentials"]),
    { topic: "place", title: "region and compartment", after: ["credentials"], run: asking(place) },
    { topic: "network", title: "network", after: ["place"], run: asking(network) },
    { topic: "machines", title: "shapes", after: ["place"], run: asking(machines) },
    { topic: "image", title: "image", after: ["machines", "network"], run: asking(image) },
    { topic: "quota", title: "service limits", after: ["machines"], tellsOnly: true, run: asking(quota) },
    { topic: "capacity", title: "capacity", after: ["machines", "network"], tellsOnly: true, run: asking(capacity) },
    { topic: "permissions", title: "permissions", after: ["place"], run: asking(permissions) },
    ...accessChecks(options, url),
  ];
}

const place: Look = async (api, _options, signal) => {
  const [domains] = await domainsAndShapes(api, signal);
  return { state: "good", found: `${api.compartmentId}, ${domains.join(", ")}` };
};

const network: Look = async (api, options, signal) => {
  const { vcnId, kinds } = await subnetsFor(api, { options, kinds: allKinds(options) }, signal);
  const names = [...new Set(kinds.flat().map(({ displayName, id }) => displayName ?? id))];
  return { state: "good", found: `${names.join(", ")} of ${vcnId}` };
};

const machines: Look = async (api, options, signal) => {
  const [, shapes] = await domainsAndShapes(api, signal);
  const names = [...new Set(allKinds(options).flatMap(shapesOf))];
  const missing = names.filter((name) => !shapes.has(name));
  if (missing.length > 0) {
    const found = `the region ${api.region} has no ${missing.join(", ")}`;
    return { state: "bad", found, remedy: "Set another `shape`, or another `region`." };
  }
  const words = names.map((name) => `${name} (in ${[...(shapes.get(name)?.domains ?? [])].sort().join(", ")})`);
  return { state: "good", found: words.join(", ") };
};

/** Also whether the images fit the shapes, and the shapes the places. */
const image: Look = async (api, options, signal) => {
  const { kinds } = await discover(api, { options, kinds: allKinds(options) }, signal);
  const images = [...kinds.values()].flatMap(({ shapes }) => shapes.map(({ imageId }) => imageId));
  return { state: "good", found: [...new Set(images)].join(", ") };
};
