import { assertionsModule, interfaceModules } from "../options/interfaces.ts";
import { readManifests } from "../providers.mjs";

const PROOF = "test/unit/options/interfaces.ts";

/** The interfaces of options, with what their schemas say of them, and the proof that they are what the schemas take. */
export async function generate(root) {
  const manifests = await readManifests(root);
  return { ...interfaceModules(root, manifests), [PROOF]: assertionsModule(PROOF, manifests) };
}
