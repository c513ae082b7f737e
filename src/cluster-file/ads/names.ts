import { CLUSTER_NAME } from "../../state/cluster-name.ts";

const LONGEST = 40;

/** A cluster's name made of a title: `LGBM Dask` is `lgbm-dask`. Undefined if nothing of it can be in one. */
export function nameOf(title: string): string | undefined {
  const plain = title
    .normalize("NFKD")
    .toLowerCase()
    .replaceAll(/\p{M}/gu, "")
    .replaceAll(/[^a-z0-9]+/gu, "-")
    .replace(/^[^a-z]+/u, "");
  const name = plain.slice(0, LONGEST).replace(/-+$/u, "");
  return CLUSTER_NAME.test(name) ? name : undefined;
}
