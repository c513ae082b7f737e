import { spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

import { expect, test } from "vitest";

import { AddressSpace } from "../../src/core/address-space.ts";
import { cidrContains, parseCidr, Subnet } from "../../src/core/subnet.ts";

test("a subnet allocates each address once, except its first four and its last", () => {
  const subnet = new Subnet("127.64.0.16/28");
  expect(subnet.free).toBe(11);
  const taken = Array.from({ length: 11 }, () => subnet.take());
  expect(taken).toEqual(Array.from({ length: 11 }, (_, index) => `127.64.0.${20 + index}`));
  expect(taken.every((address) => subnet.contains(address))).toBe(true);
  expect(() => subnet.take()).toThrow("has no free address");
});

test("released addresses are reused only after the unused ones", () => {
  const subnet = new Subnet("127.64.0.0/28");
  const first = subnet.take();
  subnet.release(first);
  expect(subnet.take()).not.toBe(first);
  for (let taken = 0; subnet.free > 1; taken++) subnet.take();
  expect([subnet.take(), subnet.free]).toEqual([first, 0]);
  subnet.release("127.64.9.9");
  subnet.release(first);
  subnet.release(first);
  expect(subnet.free).toBe(1);
});

test("a range contains exactly its addresses", () => {
  expect(cidrContains("127.0.0.1/32", "127.0.0.1")).toBe(true);
  expect(cidrContains("127.0.0.1/32", "127.0.0.2")).toBe(false);
  expect(cidrContains("0.0.0.0/0", "127.0.0.2")).toBe(true);
  expect(cidrContains("127.64.16.0/20", "127.64.31.255")).toBe(true);
  expect(cidrContains("127.64.16.0/20", "127.64.32.0")).toBe(false);
  for (const wrong of ["127.64.16.1/20", "127.64.0.0", "127.64.0.0/33", "a.b.c.d/8", "1.2.3.256/32"]) {
    expect(() => parseCidr(wrong)).toThrow(/Not an IPv4|does not begin/);
  }
});

test("a cloud without free addresses waits until another releases some", async () => {
  const spaces: AddressSpace[] = [];
  try {
    const takeAll = async (): Promise<never> => {
      for (;;) spaces.push(await AddressSpace.claim({ withinMs: 0 }));
    };
    await expect(takeAll()).rejects.toThrow("No addresses are free for a simulated cloud");
    const waiting = AddressSpace.claim();
    await sleep(300);
    await Promise.all(spaces.splice(0).map((space) => space.release()));
    spaces.push(await waiting);
  } finally {
    await Promise.all(spaces.map((space) => space.release()));
  }
});

test("clouds never share addresses, not even between processes", async () => {
  const program = `
    import { AddressSpace } from ${JSON.stringify(fileURLToPath(new URL("../../src/core/address-space.ts", import.meta.url)))};
    const spaces = await Promise.all(Array.from({ length: 20 }, () => AddressSpace.claim()));
    console.log(JSON.stringify(spaces.map((space) => space.privateCidr)));
    process.stdin.on("end", () => process.exit()).resume();`;
  const other = spawn(process.execPath, ["--input-type=module", "--eval", program], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const spaces: AddressSpace[] = [];
  try {
    const theirs = JSON.parse(String((await once(other.stdout, "data"))[0])) as string[];
    for (let claimed = 0; claimed < 20; claimed++) spaces.push(await AddressSpace.claim());
    const all = [...theirs, ...spaces.map(({ privateCidr }) => privateCidr)];
    expect(new Set(all).size).toBe(40);
  } finally {
    other.stdin.end();
    await Promise.all(spaces.map((space) => space.release()));
  }
});

test("a cloud's networks, and the launcher in them, lie inside its range", async () => {
  const space = await AddressSpace.claim();
  try {
    const third = space.subnetCidr(2, 20);
    expect(third).toBe(space.privateCidr.replace(".0.0/16", ".32.0/20"));
    expect(cidrContains(space.privateCidr, space.launcherInside)).toBe(true);
    expect(cidrContains("127.64.0.0/10", space.launcherInside)).toBe(true);
    expect(cidrContains("127.192.0.0/10", space.publicCidr.replace("/16", ""))).toBe(true);
    expect(() => space.subnetCidr(16, 20)).toThrow("has no range 16");
  } finally {
    await space.release();
  }
});
