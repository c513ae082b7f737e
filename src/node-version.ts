// Older versions of Node.js read this file too: it and its imports must not use newer syntax.
import { engines } from "./own-package.inlined.ts";

/** The message about an unsupported version of Node.js; undefined for a supported one. */
export function nodeProblem(version: string = process.versions.node): string | undefined {
  const oldest = engines.node.replace(/^>=/, "");
  const [wanted, found] = [numbers(oldest), numbers(version)];
  const isOld = found[0] === wanted[0] ? found[1] < wanted[1] : found[0] < wanted[0];
  return isOld ? `dask-fleet needs Node.js ${oldest} or newer; this is v${version}.` : undefined;
}

function numbers(version: string): readonly [number, number] {
  const [major = "", minor = ""] = version.split(".");
  return [Number(major), Number(minor)];
}
