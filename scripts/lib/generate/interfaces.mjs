// The interfaces of options, with what their schemas say of them, and the proof that they are what the schemas take.
import { formatted } from "../options/formatted.ts";
import { assertionsModule, interfaceModules } from "../options/interfaces.ts";

const PROOF = "test/unit/options/interfaces.ts";

export async function generate(root) {
  return await formatted(root, { ...interfaceModules(root), [PROOF]: assertionsModule(PROOF) });
}
