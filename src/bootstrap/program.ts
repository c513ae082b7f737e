import { leanProgram } from "./lean-program.ts";
import { template } from "./template.ts";

/** A file of `templates/` as a machine is given it. */
export function program(name: string): string {
  return leanProgram(name, template(name));
}
