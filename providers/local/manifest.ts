import type { ProviderManifest } from "../../src/provider/manifest.ts";
import { schema } from "./options/schema.ts";

export const manifest: ProviderManifest = {
  section: "local",
  command: "local",
  folder: "local",
  name: "Local",
  title: "this computer",
  className: "LocalCluster",
  sdk: [],
  page: "docs/providers/local.md",
  needed: {},
  column: undefined,
  schema,
};
