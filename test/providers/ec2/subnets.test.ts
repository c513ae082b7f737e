import type { Subnet } from "@aws-sdk/client-ec2";
import { describe, expect, test } from "vitest";

import { kindNetworks, onePerZone, type PlaceWishes, vpcOf } from "../../../providers/aws/network/network.ts";

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

function wishes(change: Partial<PlaceWishes> = {}): PlaceWishes {
  return { subnets: [], zones: [], zoneOption: "availabilityZone", zonesChoose: false, isPublic: true, ...change };
}

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
  const given = [subnet("s1", "a"), subnet("s2", "b")];

  test("are used unchanged, in the order of each kind of machines", () => {
    const [s1, s2] = [
      { subnetId: "s1", zone: "us-east-1a", stack: "ipv4" },
      { subnetId: "s2", zone: "us-east-1b", stack: "ipv4" },
    ];
    const [both, one] = kindNetworks({ given, all: [] }, [
      wishes({ subnets: ["s2", "s1"] }),
      wishes({ subnets: ["s1"] }),
    ]);
    expect(both).toEqual({
      dns64: false,
      reach: { families: [4], because: "the subnets s2, s1 are IPv4-only" },
      places: [s2, s1],
    });
    expect(one?.places).toEqual([s1]);
  });

  test("of one kind go beside the VPC's for the others", () => {
    const all = [subnet("s3", "c"), ...given];
    const [usual, gpu] = kindNetworks({ given, all }, [wishes({ zones: ["us-east-1c"] }), wishes({ subnets: ["s2"] })]);
    expect([usual, gpu].map((each) => each?.places.map(({ subnetId }) => subnetId))).toEqual([["s3"], ["s2"]]);
  });

  test("are narrowed by a group's own zones", () => {
    const narrowed = wishes({ subnets: ["s1", "s2"], zones: ["us-east-1b"], zonesChoose: true });
    expect(kindNetworks({ given, all: [] }, [narrowed])[0]?.places.map(({ subnetId }) => subnetId)).toEqual(["s2"]);
    const nowhere = { ...narrowed, zones: ["us-east-1c"], zoneOption: "workers.gpu.availabilityZone" };
    expect(() => kindNetworks({ given, all: [] }, [nowhere])).toThrow(
      "The subnet s1 is in the zone us-east-1a, which `workers.gpu.availabilityZone` does not name.",
    );
  });

  test("must fit the other options", () => {
    const strange = [subnet("s1", "a"), subnet("s2", "b", { VpcId: "vpc-2" })];
    expect(() => vpcOf(strange, undefined)).toThrow("several VPCs (vpc-1, vpc-2)");
    expect(() => vpcOf(given, "vpc-3")).toThrow("in vpc-1, not in the VPC vpc-3");
    const wrong = wishes({ subnets: ["s1"], zones: ["us-east-1b"] });
    expect(() => kindNetworks({ given, all: [] }, [wrong])).toThrow("s1 is in the zone us-east-1a");
  });
});
