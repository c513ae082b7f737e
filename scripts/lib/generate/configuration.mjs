import { clusterFileSchema } from "../options/cluster-file-schema.ts";
import { configurationSchema } from "../options/json-schema.ts";
import { template } from "../options/template.ts";
import { readManifests } from "../providers.mjs";

/** The documented configuration, and the JSON Schemas by which editors know it and cluster files. */
export async function generate(root) {
  const manifests = await readManifests(root);
  return {
    "templates/cloudprovider.yaml": template(manifests),
    "docs/schema/cluster.schema.json": JSON.stringify(clusterFileSchema(manifests)),
    "docs/schema/cloudprovider.schema.json": JSON.stringify(configurationSchema(manifests)),
  };
}
