import { describe, expect, test } from "vitest";

import { type Addresses, hasAddresses, withAddresses } from "../../../src/cloud/machines/addresses.ts";
import type { Machine } from "../../../src/provider/machine.ts";

const machine: Machine = { id: "m-1", role: "scheduler", state: "pending" } as Machine;
const NONE: Addresses = { privateAddress: undefined, publicAddress: undefined };
const BOTH: Addresses = { privateAddress: "10.0.0.4", publicAddress: "203.0.113.4" };

describe("A new machine", () => {
  test("is ready with its private address, and its public one if it gets one", () => {
    const isPrivate = { privateAddress: "10.0.0.4", publicAddress: undefined };
    expect([hasAddresses(NONE, false), hasAddresses(isPrivate, false), hasAddresses(isPrivate, true)]).toEqual([
      false,
      true,
      false,
    ]);
    expect(hasAddresses(BOTH, true)).toBe(true);
  });

  test("is polled until it is ready, even while the cloud does not list it", async () => {
    const looks = [undefined, { addresses: NONE, state: "new" }, { addresses: BOTH, state: "new" }];
    const found = await withAddresses(machine, {
      kind: "droplet",
      isPublic: true,
      look: async () => looks.shift(),
      intervalMs: 1,
      signal: new AbortController().signal,
    });
    expect(found).toEqual({ ...machine, ...BOTH });
    expect(looks).toEqual([]);
  });

  test("that terminates meanwhile ends the wait with its own error", async () => {
    const ended = new Error("The droplet m-1 is off.");
    const wait = withAddresses(machine, {
      kind: "droplet",
      isPublic: true,
      look: () => Promise.reject(ended),
      intervalMs: 1,
      signal: new AbortController().signal,
    });
    await expect(wait).rejects.toBe(ended);
  });
});
