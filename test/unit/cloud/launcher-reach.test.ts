import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

import { describe, expect, test } from "vitest";

import type { Reach } from "../../../src/cloud/network/address-family.ts";
import { clientFamily } from "../../../src/cloud/network/address-family.ts";
import { assertIpv6Way, launcherRangeFor, sourceTowards } from "../../../src/cloud/network/launcher-reach.ts";

const NEVER = new AbortController().signal;
/** On loopback: every computer has a route there. */
const NEAR = "::ffff:127.0.0.1";
const IPV6_ONLY: Reach = { families: [6], because: "the subnet s6 is IPv6-only", ipv6Target: NEAR };
const IPV4_ONLY: Reach = { families: [4], because: "the subnet s4 is IPv4-only" };
const BOTH: Reach = { families: [4, 6], because: "the subnet s is dual-stack", ipv6Target: NEAR };

/** The range that the firewall would admit for this answer of the address service. */
async function range(answer: string, reach: Reach | Error): Promise<string> {
  const server = createServer((_request, response) => response.end(answer));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  try {
    const service = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    return await launcherRangeFor(
      service,
      async () => {
        if (reach instanceof Error) throw reach;
        return reach;
      },
      NEVER,
    );
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

describe("this computer's address for the firewall", () => {
  test.each<[string, Reach, string]>([
    ["203.0.113.7", IPV4_ONLY, "203.0.113.7/32"],
    ["203.0.113.7", BOTH, "203.0.113.7/32"],
    ["2001:db8::7", BOTH, "2001:db8::7/128"],
    ["2001:db8::7", IPV6_ONLY, "2001:db8::7/128"],
    // The service saw the other family: use the address that this computer would send from.
    ["203.0.113.7", IPV6_ONLY, "::ffff:127.0.0.1/128"],
    ["no address", IPV6_ONLY, "::ffff:127.0.0.1/128"],
  ])("for the service's answer %s", async (answer, reach, admitted) => {
    expect(await range(answer, reach)).toBe(admitted);
  });

  test("of a family that the scheduler lacks ends the start, and names it", async () => {
    await expect(range("2001:db8::7", IPV4_ONLY)).rejects.toMatchObject({
      code: "CONFIG_INVALID",
      message: expect.stringMatching(/IPv4 address only \(the subnet s4 is IPv4-only\).*2001:db8::7, an IPv6 address/u),
    });
  });

  test("does not switch families when the service is unreachable", async () => {
    await expect(range("no address", BOTH)).rejects.toThrow("Could not detect this computer's public IP");
  });

  test("reports an undetectable network", async () => {
    const reason = new Error("no such subnet");
    await expect(range("203.0.113.7", reason)).rejects.toBe(reason);
  });
});

describe("the route to an IPv6 network", () => {
  test("is looked up without sending anything", async () => {
    expect(await sourceTowards("127.0.0.9")).toBe("127.0.0.1");
    expect(await sourceTowards("::1")).toBe("::1");
  });

  test("ends the start if missing", async () => {
    // No address of this computer reaches a link that it does not name.
    const nowhere: Reach = { ...IPV6_ONLY, ipv6Target: "fe80::1%no-such-link" };
    await expect(assertIpv6Way(nowhere)).rejects.toMatchObject({
      code: "CONFIG_INVALID",
      message: expect.stringMatching(/no way to IPv6 addresses.*subnet with IPv4/u),
    });
  });
});

test.each<[readonly string[], Reach, 4 | 6]>([
  [["203.0.113.7/32", "2001:db8::/32"], BOTH, 4],
  [["2001:db8::/32"], BOTH, 6],
  [["2001:db8::/32", "203.0.113.7/32"], IPV6_ONLY, 6],
  [["2001:db8::/32", "203.0.113.7/32"], IPV4_ONLY, 4],
])("clients from %j receive an address of their family", (cidrs, reach, family) => {
  expect(clientFamily(cidrs, reach)).toBe(family);
});

test.each<[string, Reach, RegExp]>([
  ["2001:db8::/32", IPV4_ONLY, /IPv4 address only \(the subnet s4 is IPv4-only\).*203\.0\.113\.7\/32/u],
  ["203.0.113.7/32", IPV6_ONLY, /IPv6 address only \(the subnet s6 is IPv6-only\).*2001:db8:1:2::\/64/u],
])("%s alone is refused if no client from there could connect", (cidr, reach, words) => {
  expect(() => clientFamily([cidr], reach)).toThrow(words);
});
