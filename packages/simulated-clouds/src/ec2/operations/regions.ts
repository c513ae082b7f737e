import type {
  DescribeAvailabilityZonesRequest,
  DescribeAvailabilityZonesResult,
  DescribeRegionsRequest,
  DescribeRegionsResult,
} from "@aws-sdk/client-ec2";

import { localZoneOf, REGIONS } from "../catalogue/zones.ts";
import { invalidValue } from "../errors.ts";
import type { Call } from "./call.ts";
import { filtered } from "./filters.ts";

export function describeRegions({ input }: Call<DescribeRegionsRequest>): DescribeRegionsResult {
  const { RegionNames: names, AllRegions: all, Filters } = input;
  const unknown = (names ?? []).find((name) => !REGIONS.some((region) => region.name === name));
  if (unknown !== undefined) throw invalidValue(`Invalid region provided: ${unknown}`);
  const wanted = REGIONS.filter(({ name, optIn }) => names?.includes(name) ?? (all === true || !optIn));
  const shown = filtered(wanted, Filters, {
    endpoint: ({ name }) => endpointOf(name),
    "opt-in-status": ({ optIn }) => optInStatus(optIn),
    "region-name": ({ name }) => name,
  });
  return {
    Regions: shown.map(({ name, optIn }) => ({
      RegionName: name,
      Endpoint: endpointOf(name),
      OptInStatus: optInStatus(optIn),
    })),
  };
}

function endpointOf(region: string): string {
  return `ec2.${region}.amazonaws.com`;
}

function optInStatus(optIn: boolean): string {
  return optIn ? "not-opted-in" : "opt-in-not-required";
}

export function describeAvailabilityZones({
  account,
  input,
}: Call<DescribeAvailabilityZonesRequest>): DescribeAvailabilityZonesResult {
  const { region } = account.setting;
  const own = account.zones.map((zone) => ({
    ...zone,
    group: `${region}-zg-1`,
    type: "availability-zone",
    optIn: false,
  }));
  const local = { ...localZoneOf(region), type: "local-zone", optIn: true };
  const all = input.AllAvailabilityZones === true ? [...own, local] : own;
  const unknownName = input.ZoneNames?.find((name) => !all.some((zone) => zone.name === name));
  if (unknownName !== undefined) throw invalidValue(`Invalid availability zone: [${unknownName}]`);
  const unknownId = input.ZoneIds?.find((id) => !all.some((zone) => zone.id === id));
  if (unknownId !== undefined) throw invalidValue(`Invalid availability zone-id: [${unknownId}]`);
  const named = all.filter(
    ({ name, id }) => (input.ZoneNames?.includes(name) ?? true) && (input.ZoneIds?.includes(id) ?? true),
  );
  const shown = filtered(named, input.Filters, {
    "group-name": ({ group }) => group,
    "opt-in-status": ({ optIn }) => optInStatus(optIn),
    "region-name": () => region,
    state: () => "available",
    "zone-id": ({ id }) => id,
    "zone-name": ({ name }) => name,
    "zone-type": ({ type }) => type,
  });
  return {
    AvailabilityZones: shown.map(({ name, id, group, type, optIn }) => ({
      State: "available",
      OptInStatus: optIn ? "not-opted-in" : "opt-in-not-required",
      RegionName: region,
      ZoneName: name,
      ZoneId: id,
      GroupName: group,
      NetworkBorderGroup: optIn ? group : region,
      ZoneType: type,
      Messages: [],
    })),
  };
}
