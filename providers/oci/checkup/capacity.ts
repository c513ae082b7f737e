import type { Observation } from "../../../src/provider/checkup.ts";
import type { OciApi } from "../api/client.ts";
import type { KindShape } from "../machines/candidates.ts";
import { discover, foundKind } from "../machines/discovery.ts";
import { allKinds } from "../options/kinds.ts";
import type { ResolvedOciOptions } from "../options/resolved-options.ts";

const ANSWERED: Readonly<Record<string, string>> = {
  AVAILABLE: "available",
  OUT_OF_HOST_CAPACITY: "no capacity",
  HARDWARE_NOT_SUPPORTED: "not there",
};

/** Whether there is room for machines right now, by OCI's own report. It reserves nothing. */
export async function capacity(api: OciApi, options: ResolvedOciOptions, signal: AbortSignal): Promise<Observation> {
  const kinds = allKinds(options);
  const discovery = await discover(api, { options, kinds }, signal);
  const found = await Promise.all(
    kinds.map(async (kind) => {
      const { places, shapes } = foundKind(discovery.kinds, kind);
      const asked = shapes.flatMap((shape) =>
        places
          .filter(({ availabilityDomain }) => shape.domains.has(availabilityDomain))
          .map((place) => ({ shape, place })),
      );
      return await Promise.all(
        asked.map(async ({ shape, place: { availabilityDomain } }) => {
          const status = await statusOf(api, shape, availabilityDomain, signal);
          return { words: `${shape.shape} in ${availabilityDomain}: ${ANSWERED[status] ?? status}`, status };
        }),
      );
    }),
  );
  const words = [...new Set(found.flat().map((each) => each.words))].join("; ");
  const isOut = found.some((kind) => kind.every(({ status }) => status !== "AVAILABLE"));
  if (!isOut) return { state: "good", found: words };
  return {
    state: "bad",
    found: words,
    remedy: "Allow more `instanceTypes` or availability domains, take another region, or try again later.",
  };
}

async function statusOf(
  api: OciApi,
  { shape: instanceShape, config }: KindShape,
  availabilityDomain: string,
  signal: AbortSignal,
): Promise<string> {
  const { computeCapacityReport: report } = await api.call("compute", "CreateComputeCapacityReport", signal, (client) =>
    client.createComputeCapacityReport({
      createComputeCapacityReportDetails: {
        // OCI reports for the whole tenancy only.
        compartmentId: api.tenancy ?? api.compartmentId,
        availabilityDomain,
        shapeAvailabilities: [
          { instanceShape, ...(config === undefined ? {} : { instanceShapeConfig: { ...config } }) },
        ],
      },
    }),
  );
  const all = report.shapeAvailabilities.map(({ availabilityStatus }) => String(availabilityStatus));
  return all.includes("AVAILABLE") ? "AVAILABLE" : (all[0] ?? "UNKNOWN");
}
