import type { Subnet } from "@aws-sdk/client-ec2";
import { describe, expect, test } from "vitest";

import { givenSubnets, onePerZone } from "../../../providers/aws/network/network.ts";

function subnet(SubnetId: string, letter: string, change: Partial<Subnet> = {}): Subnet {
  return {
    SubnetId,
    VpcId: "vpc-1",
    AvailabilityZone: `us-east-1${letter}`,
    AvailabilityZoneId: `use1-az${letter}`,
    MapPublicIpOnLaunch: true,
    AvailableIpAddressCount: 100,
    ...change,
  };
}

const BOTH = { scheduler: true, worker: true };

describe("one subnet in each zone", () => {
  const subnets = [
    subnet("private-b", "b", { MapPublicIpOnLaunch: false, AvailableIpAddressCount: 4000 }),
    subnet("public-b", "b"),
    subnet("public-b-large", "b", { AvailableIpAddressCount: 200 }),
    subnet("private-a", "a", { MapPublicIpOnLaunch: false }),
  ];
  const ids = (zones: readonly string[], isPublic: boolean): unknown[] =>
    onePerZone(subnets, zones, isPublic).map(({ SubnetId }) => SubnetId);

  test("is the public or private one with the most free addresses", () => {
    expect(ids([], true)).toEqual(["private-a", "public-b-large"]);
    expect(ids([], false)).toEqual(["private-a", "private-b"]);
  });

  test("keeps the order of the requested zones, by name or id", () => {
    expect(ids(["us-east-1b", "us-east-1a"], true)).toEqual(["public-b-large", "private-a"]);
    expect(ids(["use1-azb"], false)).toEqual(["private-b"]);
  });

  test("a zone without one is refused, with the zones that have one", () => {
    expect(() => ids(["us-east-1f"], true)).toThrow(
      "The zone us-east-1f has no subnet. The VPC has subnets in us-east-1a, us-east-1b.",
    );
  });
});

describe("given subnets", () => {
  test("are used unchanged", () => {
    const places = [
      { subnetId: "s2", zone: "us-east-1b", stack: "ipv4" },
      { subnetId: "s1", zone: "us-east-1a", stack: "ipv4" },
    ];
    const found = givenSubnets([subnet("s2", "b"), subnet("s1", "a")], {
      vpc: undefined,
      zones: [],
      isPublic: BOTH,
    });
    expect(found).toEqual({
      vpcId: "vpc-1",
      dns64: false,
      reach: { families: [4], because: "the subnets s2, s1 are IPv4-only" },
      places: { scheduler: places, worker: places },
    });
  });

  test.each([
    [[subnet("s1", "a"), subnet("s2", "b", { VpcId: "vpc-2" })], undefined, [], "several VPCs (vpc-1, vpc-2)"],
    [[subnet("s1", "a")], "vpc-3", [], "in vpc-1, not in the VPC vpc-3"],
    [[subnet("s1", "a")], "vpc-1", ["us-east-1b"], "s1 is in the zone us-east-1a"],
  ])("must fit the other options", (subnets, vpc, zones, words) => {
    expect(() => givenSubnets(subnets, { vpc, zones, isPublic: BOTH })).toThrow(words);
  });
});
