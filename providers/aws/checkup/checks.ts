import { accessChecks } from "../../../src/cloud/checkup/access-checks.ts";
import { clockCheck } from "../../../src/cloud/checkup/clock-check.ts";
import { sdkCheck } from "../../../src/cloud/checkup/sdk-check.ts";
import type { Check, Observation } from "../../../src/provider/checkup.ts";
import { type Ec2Api, loadEc2 } from "../api/client.ts";
import { urlOf } from "../errors/failure.ts";
import type { ResolvedEc2Options } from "../options/resolved-options.ts";
import { account, credentials } from "./credentials.ts";
import { image, network, types } from "./machines.ts";
import { permissions } from "./permissions.ts";
import { quota } from "./quota.ts";

type Look = (api: Ec2Api, options: ResolvedEc2Options, signal: AbortSignal) => Promise<Observation>;

/** What an EC2 cluster needs, in the order in which it can be looked at. */
export function ec2Checks(open: () => Promise<Ec2Api>, options: ResolvedEc2Options): readonly Check[] {
  const url = async (): Promise<string> => urlOf(await open());
  const asking = (look: Look) => async (signal: AbortSignal) => await look(await open(), options, signal);
  return [
    sdkCheck(["@aws-sdk/client-ec2"], loadEc2),
    { topic: "place", title: "region", after: ["sdk"], run: asking(region) },
    clockCheck(url, ["place"]),
    {
      topic: "credentials",
      title: "credentials",
      after: ["place"],
      run: asking((api, _, signal) => credentials(api, signal)),
    },
    {
      topic: "account",
      title: "account",
      after: ["credentials"],
      run: asking((api, _, signal) => account(api, signal)),
    },
    { topic: "network", title: "network", after: ["account"], run: asking(network) },
    { topic: "machines", title: "instance types", after: ["account"], run: asking(types) },
    { topic: "image", title: "image", after: ["account"], run: asking(image) },
    { topic: "quota", title: "vCPU quota", after: ["machines"], run: asking(quota) },
    {
      topic: "permissions",
      title: "permissions",
      after: ["network", "machines", "image"],
      run: asking(permissions),
    },
    ...accessChecks(options, url),
  ];
}

/** Whether it exists, and is enabled, the account's line tells: it is the first to ask there. */
const region: Look = async ({ region: name, endpoint }) => {
  const where = endpoint === undefined ? "" : ` at ${new URL(endpoint).host}`;
  return { state: "good", found: `${name}${where}` };
};
