import { describe, expect, it } from "vitest";

import { freshGcp, sharedGcp } from "./fresh-gcp.ts";
import { instance, refusal, type Sdk } from "./sdk.ts";

function rule(name: string, more: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    name,
    network: "global/networks/default",
    direction: "INGRESS",
    sourceRanges: ["127.0.0.1/32"],
    targetTags: ["c1-scheduler"],
    allowed: [{ IPProtocol: "tcp", ports: ["8786", "8788"] }],
    ...more,
  };
}

describe("firewall rules", () => {
  const fresh = freshGcp({ listLagMs: 0 });
  const admitted = (name: string, source = "127.0.0.1", port = 8786): boolean | undefined => {
    return fresh.cloud.account.vms.all.find((vm) => vm.name === name)?.machine.input.admits(source, port);
  };
  const remove = async (sdk: Sdk, firewall: string): Promise<unknown> => {
    return await sdk.firewalls.delete({ project: sdk.project, firewall }, { retry: { retryCodes: [] } });
  };

  it("keep Dask's ports of the default network closed, except to the network's own members", async () => {
    const { sdk } = fresh;
    await sdk.insert(instance("a", { tags: { items: ["c1-scheduler"] } }));
    await sdk.insert(instance("b"));
    expect(admitted("a")).toBe(false);
    expect(admitted("a", "127.0.0.1", 22)).toBe(true);
    expect(admitted("a", (await sdk.get("b")).networkInterfaces?.[0]?.networkIP ?? "")).toBe(true);
  });

  it("open their ports to their sources, on VMs with their tags, from the end of insert to the end of delete", async () => {
    const { cloud, sdk } = fresh;
    await sdk.insert(instance("a", { tags: { items: ["c1-scheduler"] } }));
    await sdk.insert(instance("b", { tags: { items: ["c1"] } }));
    const operation = await sdk.insertFirewall(rule("c1-ingress", { description: "cluster c1" }));
    expect(await sdk.done(operation)).toEqual([]);
    expect([admitted("a"), admitted("a", "127.0.0.1", 8788), admitted("b")]).toEqual([true, true, false]);
    expect([admitted("a", "127.0.0.2"), admitted("a", "127.0.0.1", 8787)]).toEqual([false, false]);
    expect(cloud.leftovers("c1")).toEqual([
      { kind: "firewall", id: `projects/${sdk.project}/global/firewalls/c1-ingress` },
    ]);
    const denied = { targetTags: [], allowed: [], denied: [{ IPProtocol: "all" }], sourceRanges: ["0.0.0.0/0"] };
    await sdk.done(await sdk.insertFirewall(rule("closed", { ...denied, priority: 1000 })));
    expect(admitted("a")).toBe(false);
    const firewallResource = { priority: 1001 };
    await sdk.firewalls.patch({ project: sdk.project, firewall: "closed", firewallResource });
    await cloud.clock.sleep(9000);
    expect(admitted("a")).toBe(true);
    await remove(sdk, "c1-ingress");
    await cloud.clock.sleep(9000);
    expect(admitted("a")).toBe(false);
    expect(cloud.leftovers("c1")).toEqual([]);
    expect(await refusal(remove(sdk, "c1-ingress"))).toMatchObject({ status: 404 });
  });

  it("admit sources by tag", async () => {
    const { sdk } = fresh;
    await sdk.insert(instance("a", { tags: { items: ["c1"] } }));
    await sdk.insert(instance("b", { tags: { items: ["c1"] } }));
    await sdk.insert(instance("c"));
    const deny = { denied: [{ IPProtocol: "tcp" }], allowed: [], sourceRanges: ["127.64.0.0/10"], targetTags: ["c1"] };
    await sdk.done(await sdk.insertFirewall(rule("c1-closed", deny)));
    const members = { sourceRanges: [], sourceTags: ["c1"], targetTags: ["c1"], priority: 10 };
    await sdk.done(await sdk.insertFirewall(rule("c1-members", members)));
    const address = async (name: string): Promise<string> =>
      (await sdk.get(name)).networkInterfaces?.[0]?.networkIP ?? "";
    expect([admitted("a", await address("b")), admitted("a", await address("c"))]).toEqual([true, false]);
  });

  it("are locked while an operation is under way", async () => {
    const { sdk } = fresh;
    await sdk.insertFirewall(rule("c1"));
    const [{ name }] = await sdk.firewalls.get({ project: sdk.project, firewall: "c1" });
    expect(name).toBe("c1");
    expect(await refusal(sdk.insertFirewall(rule("c1")))).toMatchObject({ status: 409 });
    const [rules] = await sdk.firewalls.list({ project: sdk.project, filter: "name eq c1.*" });
    expect(rules).toHaveLength(1);
  });
});

describe("the fields of a firewall rule", () => {
  const shared = sharedGcp();
  const refused: [what: string, more: Record<string, unknown>, message: RegExp][] = [
    ["no range", { sourceRanges: ["here"] }, /CIDR/u],
    ["host bits", { sourceRanges: ["10.0.0.1/8"] }, /CIDR/u],
    ["33 bits", { sourceRanges: ["10.0.0.0/33"] }, /CIDR/u],
    ["a tag with capitals", { targetTags: ["C1"] }, /regex/u],
    ["no protocol", { allowed: [{ ports: ["8786"] }] }, /IPProtocol/u],
    ["an unknown protocol", { allowed: [{ IPProtocol: "http" }] }, /protocol is unknown/u],
    ["ports of icmp", { allowed: [{ IPProtocol: "icmp", ports: ["1"] }] }, /Ports may only/u],
    ["a bad port", { allowed: [{ IPProtocol: "tcp", ports: ["87860"] }] }, /must be a port/u],
    ["neither allowed nor denied", { allowed: [] }, /Exactly one/u],
    ["sources of egress", { direction: "EGRESS" }, /EGRESS/u],
    ["an unknown network", { network: "global/networks/nope" }, /cannot be found/u],
    ["a priority beyond", { priority: 65_536 }, /between 0 and 65535/u],
    ["no name", { name: "C1" }, /regex/u],
  ];
  it.each(refused)("refuses %s", async (_, more, message) => {
    const answer = await refusal(shared.sdk.insertFirewall(rule("c1", more)));
    expect(answer).toEqual({ status: 400, message: expect.stringMatching(message) as string });
  });
});
