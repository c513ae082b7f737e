import { expect, test } from "vitest";

import type { AzureVMClusterOptions } from "../../../providers/azure/index.ts";
import { isolatedState } from "../../support/local-state.ts";
import { anHour, TestSubscription } from "./subscription.ts";

isolatedState();

const GPU = "Standard_NC4as_T4_v3";

function trusted(secureBootEnabled: boolean): object {
  return { securityType: "TrustedLaunch", uefiSettings: { secureBootEnabled, vTpmEnabled: true } };
}

test.each<[string, AzureVMClusterOptions, readonly unknown[]]>([
  ["by default", {}, [trusted(true), trusted(true)]],
  [
    "with GPUs, without Secure Boot, for their driver is unsigned",
    { workerVmSize: GPU },
    [trusted(true), trusted(false)],
  ],
  ["not on a size that cannot", { vmSize: "Standard_D2ps_v5" }, [undefined, undefined]],
  ["not with an image of the first generation", { vmImage: { sku: "server-gen1" } }, [undefined, undefined]],
  [
    "not where the user decides otherwise",
    { extraVmOptions: { securityProfile: { securityType: "Standard" } } },
    [{ securityType: "Standard" }, { securityType: "Standard" }],
  ],
  [
    "with what the user adds",
    { extraVmOptions: { securityProfile: { encryptionAtHost: true, uefiSettings: { secureBootEnabled: false } } } },
    [
      { ...trusted(false), encryptionAtHost: true },
      { ...trusted(false), encryptionAtHost: true },
    ],
  ],
])("machines have Trusted Launch: %s", async (_what, options, expected) => {
  await using subscription = await TestSubscription.open({ listLagMs: 0 });
  const cluster = await subscription.prepared(options);
  for (const role of ["scheduler", "worker"] as const) {
    const { shortfall } = await cluster.verbs.create(cluster.request(role, 1), anHour());
    expect(shortfall).toBeUndefined();
  }
  const { vms } = subscription.cloud.account;
  expect(vms.all.map(({ plan }) => plan.body.properties?.securityProfile)).toEqual(expected);
});
