import { describe, expect, it } from "vitest";

import { SimulatedGcp } from "../../src/gcp/simulated-gcp.ts";
import { freshGcp } from "./fresh-gcp.ts";
import { bulk, instance, refusal, Sdk, ZONE } from "./sdk.ts";

describe("lists", () => {
  const fresh = freshGcp({ listLagMs: 0, pageSize: 40 });

  it("come in pages of the requested size or the cloud's", async () => {
    const { cloud, sdk } = fresh;
    await sdk.bulkInsert(bulk(100));
    await sdk.insert(instance("other", {}, "us-east1-c"), { zone: "us-east1-c" });
    const where = { project: sdk.project, zone: ZONE };
    const [all] = await sdk.instances.list(where);
    expect(new Set(all.map(({ name }) => name)).size).toBe(100);
    expect(cloud.calls.count("instances.list")).toBe(3);
    const singly = { autoPaginate: false };
    const [page, , { nextPageToken }] = await sdk.instances.list({ ...where, maxResults: 7 }, singly);
    expect(page).toHaveLength(7);
    const ends = { ...where, maxResults: 500, pageToken: nextPageToken ?? null };
    const [next] = await sdk.instances.list(ends, singly);
    expect(next.map(({ name }) => name)).toEqual(all.slice(7, 47).map(({ name }) => name));
    expect(await refusal(sdk.instances.list({ ...where, maxResults: 501 }))).toMatchObject({ status: 400 });
    const foreign = { ...ends, filter: "status = RUNNING" };
    expect(await refusal(sdk.instances.list(foreign, singly))).toMatchObject({ status: 400 });
  });

  it("of all zones name every zone, with a warning for empty ones", async () => {
    const { sdk } = fresh;
    await sdk.bulkInsert(bulk(60));
    await sdk.insert(instance("other", {}, "us-east1-c"), { zone: "us-east1-c" });
    const found = new Map<string, number>();
    for await (const [place, { instances = [], warning }] of sdk.instances.aggregatedListAsync({
      project: sdk.project,
      maxResults: 500,
    })) {
      found.set(place, (found.get(place) ?? 0) + (instances?.length ?? 0));
      if (instances?.length === 0) expect(warning?.code).toBe("NO_RESULTS_ON_PAGE");
    }
    expect(found.get(`zones/${ZONE}`)).toBe(60);
    expect(found.get("zones/us-east1-c")).toBe(1);
    expect(found.get("zones/europe-west1-b")).toBe(0);
  });

  const filters: [filter: string, names: string][] = [
    ["labels.cluster-name=c1", "a b"],
    ['labels.cluster-name = "c1"', "a b"],
    ["labels.cluster-name:*", "a b c"],
    ["labels.cluster-name=c1 AND labels.role=worker", "b"],
    ["(labels.cluster-name = c1) (labels.role = worker)", "b"],
    ["labels.cluster-name=c2 OR labels.role=scheduler", "a c"],
    ["labels.cluster-name:* AND (labels.role=worker OR name=a)", "a b c"],
    ["NOT labels.cluster-name:*", "d"],
    ["labels.cluster-name!=c1", "c d"],
    ["name eq (a|b)", "a b"],
    ["name ne 'a'", "b c d"],
    ["status=TERMINATED", ""],
    ["scheduling.automaticRestart = true", "a b c d"],
  ];
  it.each(filters)("let %s through", async (filter, names) => {
    const { sdk } = fresh;
    const labelled = [
      ["a", { "cluster-name": "c1", role: "scheduler" }],
      ["b", { "cluster-name": "c1", role: "worker" }],
      ["c", { "cluster-name": "c2", role: "worker" }],
      ["d", {}],
    ] as const;
    for (const [name, labels] of labelled) await sdk.insert(instance(name, { labels }));
    const [found] = await sdk.instances.list({ project: sdk.project, zone: ZONE, filter });
    expect(found.map(({ name }) => name).join(" ")).toBe(names);
  });

  it("give the part that `fields` selects, and refuse a part that there is not", async () => {
    const { cloud, sdk } = fresh;
    await sdk.insert(instance("a", { labels: { x: "1" } }));
    const ask = async (fields: string): Promise<{ status: number; body: string }> => {
      const url = new URL(`${cloud.endpoint}/compute/v1/projects/${sdk.project}/aggregated/instances`);
      url.searchParams.set("fields", fields);
      const reply = await fetch(url, { headers: { authorization: `Bearer ${cloud.tokens.issue()}` } });
      return { status: reply.status, body: await reply.text() };
    };
    const { status, body } = await ask("items/*/instances(name,networkInterfaces/networkIP),items/*/warning/code");
    expect(status).toBe(200);
    const { items } = JSON.parse(body) as { items: Record<string, unknown> };
    const networkIP = (await sdk.get("a")).networkInterfaces?.[0]?.networkIP;
    expect(items[`zones/${ZONE}`]).toEqual({ instances: [{ name: "a", networkInterfaces: [{ networkIP }] }] });
    expect(items["zones/europe-west1-b"]).toEqual({ warning: { code: "NO_RESULTS_ON_PAGE" } });
    for (const wrong of ["items/*/instances(nam)", "items(", "items/*/instances/labels,", "machines"]) {
      expect(await ask(wrong)).toMatchObject({ status: 400, body: expect.stringContaining("Invalid field selection") });
    }
  });

  it("show new labels, which are set only with the current fingerprint", async () => {
    const { sdk } = fresh;
    await sdk.insert(instance("a", { labels: { x: "1" } }));
    const set = async (labelFingerprint: string): Promise<unknown> => {
      const instancesSetLabelsRequestResource = { labels: { x: "2" }, labelFingerprint };
      return await sdk.instances.setLabels({
        project: sdk.project,
        zone: ZONE,
        instance: "a",
        instancesSetLabelsRequestResource,
      });
    };
    expect(await refusal(set("stale"))).toMatchObject({ status: 412 });
    await set((await sdk.get("a")).labelFingerprint ?? "");
    expect((await sdk.get("a")).labels).toEqual({ x: "2" });
  });
});

describe("lists that lag", () => {
  it("miss new resources that get finds", async () => {
    await using cloud = await new SimulatedGcp({ listLagMs: 2_000_000 }).start();
    const sdk = new Sdk(cloud);
    await sdk.insert(instance("vm-1"));
    const where = { project: sdk.project, zone: ZONE };
    expect((await sdk.get("vm-1")).name).toBe("vm-1");
    const [before] = await sdk.instances.list(where);
    expect(before).toEqual([]);
    await cloud.clock.sleep(2_000_000);
    const [after] = await sdk.instances.list(where);
    expect(after.map(({ name }) => name)).toEqual(["vm-1"]);
    expect(cloud.violations).toEqual([]);
  });
});
