import type { Store } from "./stores.ts";

type OciStore = Extract<Store, `oci-${string}`>;

/** The kinds of resources in OCIDs. */
const KINDS: Readonly<Record<OciStore, string>> = {
  "oci-cert": "certificate",
  "oci-cert-authority": "certificateauthority",
  "oci-vault": "vaultsecret",
};

const OCID = /^ocid1\.([a-z]{1,40})\.oc\d{1,3}\.[a-z0-9-]{0,40}(?:\.[a-z0-9-]{0,40})?\.[a-z0-9_-]{1,128}$/;

/** What is wrong with an OCID; undefined where nothing is. */
export function readOci(store: OciStore, ocid: string): string | undefined {
  const [, kind] = OCID.exec(ocid) ?? [];
  if (kind === undefined) return "has no OCID";
  if (kind === KINDS[store]) return undefined;
  const other = Object.entries(KINDS).find(([, each]) => each === kind)?.[0];
  return other === undefined
    ? "has the OCID of something else"
    : `has the OCID of something else (did you mean ${other}:?)`;
}

/** The region in an OCID, such as `eu-frankfurt-1`, or its short code. Undefined where it has none. */
export function regionOfOcid(ocid: string): string | undefined {
  const region = ocid.split(".")[3] ?? "";
  return region === "" ? undefined : region;
}
