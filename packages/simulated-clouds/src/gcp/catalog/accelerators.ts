import { ZONES } from "./zones.ts";

export interface AcceleratorType {
  readonly name: string;
  readonly description: string;
  /** How many of it a VM can have. */
  readonly counts: readonly number[];
  readonly zones: readonly string[];
}

function inZones(...names: readonly string[]): readonly string[] {
  return ZONES.filter((zone) => names.includes(zone));
}

export const ACCELERATOR_TYPES: readonly AcceleratorType[] = [
  {
    name: "nvidia-tesla-t4",
    description: "NVIDIA T4",
    counts: [1, 2, 4],
    zones: inZones(
      "us-central1-a",
      "us-central1-b",
      "us-central1-c",
      "us-central1-f",
      "us-east1-c",
      "us-east1-d",
      "europe-west1-b",
      "europe-west1-c",
      "europe-west1-d",
    ),
  },
  {
    name: "nvidia-tesla-v100",
    description: "NVIDIA V100",
    counts: [1, 2, 4, 8],
    zones: inZones("us-central1-a", "us-central1-b", "us-central1-c", "us-central1-f", "us-east1-c"),
  },
  {
    name: "nvidia-tesla-p100",
    description: "NVIDIA Tesla P100",
    counts: [1, 2, 4],
    zones: inZones("us-central1-c", "us-central1-f", "us-east1-b", "us-east1-c", "europe-west1-b", "europe-west1-d"),
  },
  {
    name: "nvidia-l4",
    description: "NVIDIA L4",
    counts: [1, 2, 4, 8],
    zones: inZones(
      "us-central1-a",
      "us-central1-b",
      "us-central1-c",
      "us-east1-b",
      "us-east1-c",
      "us-east1-d",
      "europe-west1-b",
      "europe-west1-c",
    ),
  },
  {
    name: "nvidia-tesla-a100",
    description: "NVIDIA A100 40GB",
    counts: [1, 2, 4, 8, 16],
    zones: inZones("us-central1-a", "us-central1-b", "us-central1-c", "us-central1-f", "us-east1-b"),
  },
];

export function acceleratorTypesIn(zone: string): readonly AcceleratorType[] {
  return ACCELERATOR_TYPES.filter(({ zones }) => zones.includes(zone));
}
