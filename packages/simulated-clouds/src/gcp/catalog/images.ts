import type { Architecture } from "./machine-families.ts";

export interface Image {
  readonly project: string;
  readonly name: string;
  readonly family?: string | undefined;
  readonly architecture: Architecture;
  readonly diskSizeGb: number;
  /** Days before now. */
  readonly ageDays: number;
  readonly state?: "DEPRECATED" | "OBSOLETE" | undefined;
  /** @default true */
  readonly cloudInit?: boolean | undefined;
}

const UBUNTU = "ubuntu-os-cloud";

/** The newest release of a family and two before it, which Canonical deprecates as it publishes. */
function releases(family: string, stem: string, architecture: Architecture, ageDays = 5): Image[] {
  return [0, 1, 2].map((nth) => {
    const age = ageDays + nth * 14;
    return {
      project: UBUNTU,
      name: `${stem}-v${stamp(age)}`,
      family,
      architecture,
      diskSizeGb: 10,
      ageDays: age,
      state: nth === 0 ? undefined : "DEPRECATED",
    };
  });
}

function stamp(ageDays: number): string {
  return new Date(Date.now() - ageDays * 86_400_000).toISOString().slice(0, 10).replaceAll("-", "");
}

/** What is public, in the state of late 2026. */
export function publicImages(): readonly Image[] {
  const others: readonly (readonly [string, string, string])[] = [
    ["debian-cloud", "debian-13", "debian-13-trixie-v20261110"],
    ["rocky-linux-cloud", "rocky-linux-10-optimized-gcp", "rocky-linux-10-optimized-gcp-v20261110"],
    ["rhel-cloud", "rhel-10", "rhel-10-v20261110"],
  ];
  const gone = releases("ubuntu-2004-lts", "ubuntu-2004-focal", "X86_64", 540);
  return [
    ...releases("ubuntu-2204-lts", "ubuntu-2204-jammy", "X86_64"),
    ...releases("ubuntu-2204-lts-arm64", "ubuntu-2204-jammy-arm64", "ARM64"),
    ...releases("ubuntu-2404-lts-amd64", "ubuntu-2404-noble-amd64", "X86_64"),
    ...releases("ubuntu-2404-lts-arm64", "ubuntu-2404-noble-arm64", "ARM64"),
    ...releases("ubuntu-2604-lts-amd64", "ubuntu-2604-resolute-amd64", "X86_64"),
    ...releases("ubuntu-2604-lts-arm64", "ubuntu-2604-resolute-arm64", "ARM64"),
    ...releases("ubuntu-2610-amd64", "ubuntu-2610-stonking-amd64", "X86_64", 2),
    ...releases("ubuntu-2610-arm64", "ubuntu-2610-stonking-arm64", "ARM64", 2),
    ...releases("ubuntu-minimal-2404-lts-amd64", "ubuntu-minimal-2404-noble-amd64", "X86_64", 1),
    ...releases("ubuntu-minimal-2604-lts-amd64", "ubuntu-minimal-2604-resolute-amd64", "X86_64", 1),
    ...releases("ubuntu-minimal-2604-lts-arm64", "ubuntu-minimal-2604-resolute-arm64", "ARM64", 1),
    ...releases("ubuntu-pro-2404-lts-amd64", "ubuntu-pro-2404-noble-amd64", "X86_64", 1),
    ...releases("ubuntu-pro-2604-lts-amd64", "ubuntu-pro-2604-resolute-amd64", "X86_64", 1),
    ...releases(
      "ubuntu-accelerator-2604-lts-amd64-with-nvidia-580",
      "ubuntu-accelerator-2604-resolute-amd64-nvidia-580",
      "X86_64",
      1,
    ),
    ...gone.map((image): Image => ({ ...image, state: image.ageDays > 550 ? "OBSOLETE" : "DEPRECATED" })),
    ...others.map(([project, family, name]): Image => {
      return { project, family, name, architecture: "X86_64", diskSizeGb: 10, ageDays: 12, cloudInit: false };
    }),
    {
      project: "deeplearning-platform-release",
      name: "common-cu129-ubuntu-2404-nvidia-580-v20261101",
      family: "common-cu129-ubuntu-2404-nvidia-580",
      architecture: "X86_64",
      diskSizeGb: 50,
      ageDays: 21,
    },
  ];
}
