import { invalid } from "../../options/invalid.ts";
import { ETC } from "../machine-file.ts";
import type { NodeSpec } from "../node-spec.ts";

/** Hosts that a machine reaches without a proxy: itself, and its cloud's metadata. */
const NEVER = [
  "localhost",
  "127.0.0.1",
  "::1",
  "169.254.169.254",
  "fd00:ec2::254",
  "168.63.129.16",
  "metadata.google.internal",
];

/** proxy.env, for bash and for systemd. */
export function proxyFile(values: Readonly<Record<string, string>>): string {
  return `${Object.entries(values)
    .map(([name, value]) => `${name}='${value}'`)
    .join("\n")}\n`;
}

/** For Docker's daemon, which pulls; systemd reads the file as root. */
export const DOCKER_DROP_IN = `[Service]\nEnvironmentFile=-${ETC}/proxy.env\n`;

/**
 * The variables by which programs find the proxy, in both cases: curl reads only `http_proxy`, others only `HTTP_PROXY`. Empty
 * without a proxy. They can hold a password.
 */
export function proxyEnv({ proxy, schedulerAddress }: NodeSpec): Readonly<Record<string, string>> {
  if (proxy === undefined) return {};
  for (const text of [proxy.http, proxy.https, ...(proxy.noProxy ?? [])]) {
    // bash and systemd (EnvironmentFile=) read the same lines, so nothing may need quotes.
    if (text !== undefined && !/^[^\s'"\\`$]+$/u.test(text)) {
      throw invalid("proxy: write blanks, quotes, $ and backslashes of a user name or password as %20, %27, ….");
    }
  }
  const scheduler = schedulerAddress === undefined ? null : /^\w+:\/\/\[?([^\]]+?)\]?:\d+$/u.exec(schedulerAddress);
  const without = [...NEVER, ...(scheduler === null ? [] : [String(scheduler[1])]), ...(proxy.noProxy ?? [])];
  const values = { http_proxy: proxy.http, https_proxy: proxy.https, no_proxy: [...new Set(without)].join(",") };
  return Object.fromEntries(
    Object.entries(values).flatMap(([name, value]) =>
      value === undefined
        ? []
        : [
            [name, value],
            [name.toUpperCase(), value],
          ],
    ),
  );
}
