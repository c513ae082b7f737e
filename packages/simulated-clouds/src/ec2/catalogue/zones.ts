/** An availability zone. */
export interface Zone {
  readonly name: string;
  readonly id: string;
}

/** Which of its places a zone's letter stands for differs between accounts. */
const PLACES: Readonly<Record<string, number>> = { a: 4, b: 6, c: 1, d: 2, e: 3, f: 5 };

/** The zones of a region: six in `us-east-1`, three elsewhere. */
export function zonesOf(region: string): readonly Zone[] {
  const letters = region === "us-east-1" ? ["a", "b", "c", "d", "e", "f"] : ["a", "b", "c"];
  return letters.map((letter) => ({ name: `${region}${letter}`, id: `${shortName(region)}-az${PLACES[letter]}` }));
}

/** A local zone, which AWS only shows to those who ask for all zones. */
export function localZoneOf(region: string): Zone & { readonly group: string } {
  return { name: `${region}-bos-1a`, id: `${shortName(region)}-bos1-az1`, group: `${region}-bos-1` };
}

/** `us-east-1` is `use1`, `ap-southeast-2` is `apse2`. */
function shortName(region: string): string {
  return region.replaceAll(
    /-(north|south|east|west|central)(east|west)?-?/gu,
    (_, first: string, second: string = "") => {
      return `${first.slice(0, 1)}${second.slice(0, 1)}`;
    },
  );
}

const OPTED_IN = [
  "us-east-1 us-east-2 us-west-1 us-west-2 ca-central-1 sa-east-1",
  "eu-west-1 eu-west-2 eu-west-3 eu-central-1 eu-north-1",
  "ap-south-1 ap-southeast-1 ap-southeast-2 ap-northeast-1 ap-northeast-2 ap-northeast-3",
].flatMap((names) => names.split(" "));
const NOT_OPTED_IN = ["af-south-1", "ap-east-1", "eu-south-1", "me-south-1"];

/** Most of the regions that AWS has; some of them an account must ask for. */
export const REGIONS: readonly { readonly name: string; readonly optIn: boolean }[] = [
  ...OPTED_IN.map((name) => ({ name, optIn: false })),
  ...NOT_OPTED_IN.map((name) => ({ name, optIn: true })),
];
