import { version } from "../../own-package.inlined.ts";
import { LIMITS } from "./limits.ts";
import { METHODS } from "./params.ts";
import type { RpcProvider } from "./providers.ts";

/** Raised only when an older client would misread something. */
const PROTOCOL = 1;

/** The first line: what the client may ask for. */
export function hello(providers: readonly RpcProvider[]): object {
  return {
    hello: {
      protocol: PROTOCOL,
      version,
      pid: process.pid,
      methods: METHODS,
      events: ["progress", "dropped"],
      providers: providers.map(({ command, section, folder, className, title }) => ({
        command,
        section,
        folder,
        class_name: className,
        title,
      })),
      limits: { line_bytes: LIMITS.lineBytes, requests: LIMITS.requests },
    },
  };
}
