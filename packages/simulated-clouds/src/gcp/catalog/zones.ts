/** The regions of this cloud, each with its zones' letters. */
const LETTERS: Readonly<Record<string, string>> = { "us-central1": "abcf", "us-east1": "bcd", "europe-west1": "bcd" };

export const REGIONS: readonly string[] = Object.keys(LETTERS);

export const ZONES: readonly string[] = REGIONS.flatMap(zonesOf);

export function zonesOf(region: string): readonly string[] {
  return (LETTERS[region] ?? "").split("").map((letter) => `${region}-${letter}`);
}

export function regionOf(zone: string): string {
  return zone.slice(0, zone.lastIndexOf("-"));
}
