import { type CountedKind, countedKinds } from "../../../src/cloud/checkup/quota.ts";
import { kindInWords } from "../../../src/cloud/machines/kinds.ts";
import { type CapacityType, capacityTypesOf } from "../../../src/cloud/machines/placement.ts";
import type { Observation } from "../../../src/provider/checkup.ts";
import type { Ec2Api } from "../api/client.ts";
import { quotaPage } from "../errors/failure.ts";
import type { ResolvedEc2Options } from "../options/resolved-options.ts";
import { knownTypes } from "./machines.ts";

/** A quota of vCPUs is one for several families of instance types, and another for their spot machines. */
interface Family {
  readonly types: RegExp;
  readonly name: string;
  readonly codes: Readonly<Record<CapacityType, string>>;
}

const FAMILIES: readonly Family[] = [
  {
    types: /^(?:[acdhimrtz]\d|im4|is4)/,
    name: "Standard",
    codes: { "on-demand": "L-1216C47A", spot: "L-34B43A08" },
  },
  { types: /^(?:gr?|vt)\d/, name: "G and VT", codes: { "on-demand": "L-DB2E81BA", spot: "L-3819A6DF" } },
  { types: /^p\d/, name: "P", codes: { "on-demand": "L-417A185B", spot: "L-7212CCBC" } },
  { types: /^x\d/, name: "X", codes: { "on-demand": "L-7295265B", spot: "L-E3A00192" } },
];

interface Need {
  readonly quota: string;
  readonly code: string | undefined;
  readonly vcpus: number;
}

/** EC2's API has no quotas: AWS' Service Quotas has, which is another SDK. */
export async function quota(api: Ec2Api, options: ResolvedEc2Options, signal: AbortSignal): Promise<Observation> {
  const kinds = countedKinds(options);
  const types = await knownTypes(api, kinds, signal);
  const needs = kinds.flatMap((kind, nth): Need[] => {
    const [type] = types[nth] ?? [];
    if (type === undefined) return [];
    const [market = "on-demand"] = capacityTypesOf(kind.role, kind.options.spot);
    const family = FAMILIES.find((each) => each.types.test(type.name));
    const quotaName = `${family?.name ?? type.name} (${market})`;
    return [{ quota: quotaName, code: family?.codes[market], vcpus: kind.count * type.vcpus }];
  });
  const byQuota = [...Map.groupBy(needs, (need) => need.quota)].map(([name, same]) => ({
    name,
    code: same[0]?.code,
    vcpus: sumOf(same),
  }));
  const region = { region: api.region, endpoint: api.endpoint };
  const page = quotaPage({ ...region, action: "", codes: [], status: undefined, message: "", attempts: 1 });
  const commands = byQuota.flatMap(({ name, code }) =>
    code === undefined
      ? []
      : [
          `"aws service-quotas get-service-quota --service-code ec2 --quota-code ${code} --region ${api.region}" for ${name}`,
        ],
  );
  const each = byQuota.length === 1 ? "" : `: ${byQuota.map(({ name, vcpus }) => `${vcpus} of ${name}`).join(", ")}`;
  return {
    state: "unknown",
    found: `${sumOf(needs)} vCPUs needed for ${machinesInWords(kinds)}${each}; EC2 does not tell the quota`,
    remedy: `Compare with the quota of ${byQuota.map(({ name }) => name).join(", ")} at ${page}${commands.length === 0 ? "" : `, or run ${commands.join(", ")}`}.`,
  };
}

function sumOf(needs: readonly Pick<Need, "vcpus">[]): number {
  return needs.reduce((sum, { vcpus }) => sum + vcpus, 0);
}

/** Such as `a scheduler, 4 cpu workers and 1 gpu worker`. */
function machinesInWords(kinds: readonly CountedKind<ResolvedEc2Options>[]): string {
  const words = kinds.map((kind) => {
    if (kind.role === "scheduler") return "a scheduler";
    return `${kind.count} ${kindInWords(kind)}${kind.count === 1 ? "" : "s"}`;
  });
  return new Intl.ListFormat("en", { style: "long" }).format(words).replace(", and ", " and ");
}
