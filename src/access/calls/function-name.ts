import { DaskFleetError } from "../../errors.ts";
import { printableName } from "../../text/printable.ts";

const NAME =
  /^[\p{ID_Start}_]\p{ID_Continue}*(?:\.[\p{ID_Start}_]\p{ID_Continue}*)*:[\p{ID_Start}_]\p{ID_Continue}*(?:\.[\p{ID_Start}_]\p{ID_Continue}*)*$/u;

/** @throws DaskFleetError `CONFIG_INVALID` unless it is `module:function`, each perhaps with dots. */
export function checkFunctionName(name: unknown): asserts name is string {
  if (typeof name === "string" && name.length <= 500 && NAME.test(name)) return;
  const got = typeof name === "string" ? `"${printableName(name)}"` : `a ${typeof name}`;
  throw new DaskFleetError("CONFIG_INVALID", `A Python function is named as in "package.module:function", got ${got}.`);
}
