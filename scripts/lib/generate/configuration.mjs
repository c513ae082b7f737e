import { configurationSchema } from "../options/json-schema.ts";
import { template } from "../options/template.ts";
import { readManifests } from "../providers.mjs";

/** The documented configuration, and the JSON Schema by which editors know it. */
export async function generate(root) {
  const manifests = await readManifests(root);
  return {
    "templates/cloudprovider.yaml": template(manifests),
    "docs/schema/cloudprovider.schema.json": JSON.stringify(configurationSchema(manifests)),
  };
}
