import type { WireRequest } from "../core/http-cloud.ts";

/** What `http://169.254.169.254` is on a machine is on a simulated cloud `<endpoint>/imds/<machine>`. */
export function ofMachine({
  url,
}: Pick<WireRequest, "url">): { readonly machine: string; readonly path: string } | undefined {
  const { machine, path } = /^\/imds\/(?<machine>[^/]+)(?<path>\/.*)$/u.exec(url.pathname)?.groups ?? {};
  return machine === undefined || path === undefined ? undefined : { machine, path };
}
