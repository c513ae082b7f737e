// The documented configuration, and the JSON Schema by which editors know it.
import { formatted } from "../options/formatted.ts";
import { configurationSchema } from "../options/json-schema.ts";
import { template } from "../options/template.ts";

export async function generate(root) {
  return await formatted(root, {
    "templates/cloudprovider.yaml": template(),
    "docs/schema/cloudprovider.schema.json": JSON.stringify(configurationSchema(), undefined, 2),
  });
}
