import { kindInWords, optionInWords } from "../../../src/cloud/machines/kinds.ts";
import { assertOverride } from "../../../src/cloud/raw-override.ts";
import { invalid } from "../../../src/options/invalid.ts";
import { parseLink } from "../api/links.ts";
import { assertUserMetadata } from "../machines/metadata.ts";
import { assertFitForNodes } from "../machines/public-images.ts";
import { assertUserLabels } from "../tags/tags.ts";
import { allKinds, attachedGpusOf, type GcpKind } from "./kinds.ts";
import { INSTANCE_PROPERTIES_OVERRIDE } from "./override.ts";
import type { ResolvedGcpOptions } from "./resolved-options.ts";

/** @throws DaskFleetError `CONFIG_INVALID` for what Compute Engine would refuse, or what would hide the cluster's own */
export function assertOptions(options: ResolvedGcpOptions): void {
  assertEndpoint(options.endpoint);
  for (const kind of allKinds(options)) assertKind(kind);
}

function assertKind(kind: GcpKind): void {
  const { instanceMetadata, instanceProperties, sourceImage = "" } = kind.options;
  const place = (option: string): string => optionInWords(kind, option);
  assertUserLabels(kind.options, place);
  assertUserMetadata(place("instanceMetadata"), instanceMetadata);
  assertOverride({ ...INSTANCE_PROPERTIES_OVERRIDE, option: place("instanceProperties") }, instanceProperties);
  assertFitForNodes(place("sourceImage"), parseLink(sourceImage)?.project ?? "");
  assertGpus(kind);
}

function assertGpus(kind: GcpKind): void {
  const { nGpus, gpuType } = attachedGpusOf(kind);
  const { role, options } = kind;
  if (nGpus === 0) return;
  if (gpuType === undefined) {
    const own = optionInWords(kind, "workerNGpus", "gpuType");
    const set = own === "workerNGpus" ? `\`gpuType\` or \`${role}GpuType\`` : `\`${own}\``;
    throw invalid(
      `The ${kindInWords(kind)} is to have ${nGpus} GPU${nGpus === 1 ? "" : "s"}, but of which type? Set ${set}, such as "nvidia-tesla-t4", or take a machine type that comes with GPUs, such as "g2-standard-4", and leave the number out.`,
    );
  }
  if (options.onHostMaintenance === "MIGRATE") {
    throw invalid(
      `Machines with GPUs cannot be migrated: \`${optionInWords(kind, "onHostMaintenance")}\` must be "TERMINATE" with \`${optionInWords(kind, `${role}NGpus`, "nGpus")}\`.`,
    );
  }
}

function assertEndpoint(endpoint: string | undefined): void {
  if (endpoint === undefined || new URL(endpoint).pathname === "/") return;
  throw invalid(
    `The \`endpoint\` option must have no path: Google's SDK knows a host and a port only, got \`"${endpoint}"\`.`,
  );
}
