import type { Check } from "../../provider/checkup.ts";
import { proxyFor } from "../api/proxy.ts";
import type { ResolvedVmOptions } from "../cloud-options.ts";
import { launcherRange } from "../network/launcher-address.ts";

type AccessOptions = Pick<ResolvedVmOptions, "allowedCidrs" | "publicIp" | "addressService">;

/**
 * How this computer reaches the cloud, and later the scheduler.
 *
 * @param url of the cloud's API
 */
export function accessChecks(options: AccessOptions, url: () => Promise<string>): readonly Check[] {
  return [launcherCheck(options), proxyCheck(url)];
}

function launcherCheck({ allowedCidrs, publicIp, addressService }: AccessOptions): Check {
  return {
    topic: "address",
    title: "launcher address",
    run: async (signal) => {
      if (allowedCidrs !== undefined) {
        return { state: "good", found: `not needed: \`allowedCidrs\` is ${allowedCidrs.join(", ")}` };
      }
      if (!publicIp) return { state: "good", found: "not needed: the network's own addresses are admitted" };
      const range = await launcherRange(addressService, signal);
      return { state: "good", found: `${range.split("/")[0]}, by ${new URL(addressService).host}` };
    },
  };
}

function proxyCheck(url: () => Promise<string>): Check {
  return {
    topic: "proxy",
    title: "proxy",
    run: async () => {
      const proxy = proxyFor(await url());
      if (proxy === undefined) return { state: "good", found: "none for the cloud's API" };
      return {
        state: "good",
        found: `${proxy.origin}, for calls to the cloud. Dask's connections go past it: port 8786 must be open outwards`,
      };
    },
  };
}
