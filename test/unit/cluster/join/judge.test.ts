import { randomBytes } from "node:crypto";

import { describe, expect, test } from "vitest";

import { judge, type Known } from "../../../../src/cluster/join/judge.ts";
import { keyHash } from "../../../../src/cluster/join/request.ts";
import { worker } from "../machines.ts";
import { asked, MACHINE, MachineKey, offered, TOKEN } from "./asking.ts";

const SCHEDULER = worker("i-0", { role: "scheduler", privateAddress: "10.0.0.4" });

function known(request: { readonly spki: Buffer }, more: Partial<Known> = {}): Known {
  const tokens = [
    { bytes: randomBytes(32), files: undefined },
    { bytes: TOKEN, files: "{}" },
  ];
  return {
    tokens,
    machine: MACHINE,
    isBeside: false,
    addressesListed: true,
    signedFor: undefined,
    key256: keyHash(request.spki),
    ...more,
  };
}

describe("A request for a certificate", () => {
  test("is signed for one of our machines that proves a living token from its own address", () => {
    const request = asked();

    expect(judge(request, known(request))).toEqual({ act: "sign", token: { bytes: TOKEN, files: "{}" } });
    expect(judge({ ...request, from: "::ffff:10.0.0.7" }, known(request))).toMatchObject({ act: "sign" });
  });

  test("of the same key is signed again, and that of another key is an alarm", () => {
    const [first, second] = [asked(), asked()];
    const signedFor = keyHash(first.spki);

    expect(judge(first, known(first, { signedFor }))).toMatchObject({ act: "sign" });
    expect(judge(second, known(second, { signedFor }))).toEqual({
      act: "alarm",
      why: "a second key asks for the certificate of worker i-1",
    });
  });

  test("waits while no list shows its machine, or its address", () => {
    const request = asked();

    expect(judge(request, known(request, { machine: undefined }))).toMatchObject({ act: "wait" });
    expect(judge(request, known(request, { machine: worker("i-1") }))).toMatchObject({ act: "wait" });
  });

  test("waits for no address where no list has addresses, and is held to one that is known otherwise", () => {
    const [request, elsewhere] = [asked(), asked({ from: "10.0.0.8" })];
    const unlisted = { addressesListed: false };

    expect(judge(request, known(request, { ...unlisted, machine: worker("i-1") }))).toMatchObject({ act: "sign" });
    expect(judge(elsewhere, known(elsewhere, unlisted))).toMatchObject({ act: "refuse" });
  });

  test("comes from the machine's IPv6 address, however the cloud writes it", () => {
    const request = asked({ from: "2600:1900:4000:318:0:7::" });
    const machine = (privateAddress: string): Known => known(request, { machine: worker("i-1", { privateAddress }) });

    // Google Cloud spells all zeros out.
    expect(judge(request, machine("2600:1900:4000:318:0:7:0:0"))).toMatchObject({ act: "sign" });
    expect(judge(request, machine("2600:1900:4000:318:0:7:0:1"))).toMatchObject({ act: "refuse" });
  });

  test.each([
    ["another token", asked({}, { token: randomBytes(32) }), {}, "it does not prove a token"],
    ["a token that is dead", asked(), { tokens: [] }, "it does not prove a token"],
    ["a MAC for another name", asked({ mac: asked({ name: "i-2" }).mac }), {}, "it does not prove a token"],
    ["a MAC for another key", asked({ mac: asked().mac }), {}, "it does not prove a token"],
    ["a MAC that is cut", asked({ mac: Buffer.alloc(0) }), {}, "it does not prove a token"],
    ["another address: a replay, or a foreign machine", asked({ from: "10.0.0.8" }), {}, "it comes from 10.0.0.8"],
    ["an address that is none", asked({ from: "10.0.0.7\n" }), {}, String.raw`it comes from 10.0.0.7\u{a}`],
    ["a worker's loopback", asked({ from: "127.0.0.1" }), {}, "it comes from 127.0.0.1"],
    ["a machine that has stopped", asked(), { machine: worker("i-1", { state: "stopped" }) }, "the machine is stopped"],
    ["the scheduler's machine", asked(), { machine: SCHEDULER }, "the machine is a scheduler's"],
    ["the scheduler's role, through the relay", asked({ role: "scheduler" }), {}, "this role does not ask here"],
    ["the client's role", asked({ role: "client" }), {}, "this role does not ask here"],
    ["a key of another curve", asked({}, { key: new MachineKey("P-384") }), {}, "its key is not one of P-256"],
    ["nonsense instead of a key", asked({ spki: randomBytes(91) }), {}, "its key is not one of P-256"],
    ["a point that is not on the curve", asked({ spki: offCurve() }), {}, "its key is not one of P-256"],
  ] as const)("is refused from %s", (_what, request, more, why) => {
    const verdict = judge(request, known(request, more));

    expect(verdict).toMatchObject({ act: "refuse", why: expect.stringContaining(why) as string });
  });

  test("of a worker beside its scheduler comes from that machine, or from its loopback", () => {
    const request = asked({ name: "i-0", from: "127.0.0.1" });
    const beside = known(request, { machine: SCHEDULER, isBeside: true });

    expect(judge(request, beside)).toMatchObject({ act: "sign" });
    expect(judge({ ...request, from: "10.0.0.4" }, beside)).toMatchObject({ act: "sign" });
    expect(judge({ ...request, from: "10.0.0.7" }, beside)).toMatchObject({ act: "refuse" });
  });

  test("of a scheduler proves its token over the launcher's challenge, and over no other", () => {
    const [key, nonce] = [new MachineKey(), randomBytes(32)];
    const mac = offered("i-0", key, nonce, TOKEN);
    const request = asked({ role: "scheduler", name: "i-0", mac, nonce, from: undefined }, { key });
    const known0 = known(request, { machine: SCHEDULER });

    expect(judge(request, known0)).toMatchObject({ act: "sign" });
    expect(judge({ ...request, nonce: randomBytes(32) }, known0)).toMatchObject({ act: "refuse" });
    expect(judge({ ...request, spki: new MachineKey().spki }, known0)).toMatchObject({ act: "refuse" });
  });
});

function offCurve(): Buffer {
  const { spki } = new MachineKey();
  spki.writeUInt8(spki.readUInt8(90) ^ 1, 90);
  return spki;
}
