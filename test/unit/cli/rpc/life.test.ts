import { expect, test } from "vitest";

import { until } from "../../../support/until.ts";
import { FakeCloud } from "../../cluster/fake-cloud.ts";
import { ownStateDirectory } from "../../cluster/fake-cluster.ts";
import { served } from "./served.ts";

const { files } = ownStateDirectory();
const FAKE = { provider: "fake" };
const options = (given: object = {}): object => ({ ...FAKE, options: { n_workers: 1, ...given } });

test("a client starts, uses and closes a cluster; closed is its last event", async () => {
  await using cloud = await FakeCloud.open();
  const { client } = served(cloud);
  const cluster = await client.ask("start", options({ name: "lab" }));
  expect(cluster).toMatchObject({ cluster: "c1", name: "lab", provider: "fake", security: null });
  expect(cluster["scheduler_address"]).toMatch(/^tcp:/u);
  const { workers } = await client.ask("workers", { cluster: "c1" });
  expect(workers).toMatchObject([
    { machine_id: expect.any(String), group: "default", memory_limit: expect.any(Number) },
  ]);
  await client.ask("scale", { cluster: "c1", workers: 2 });
  const { machines } = await client.ask("machines", { cluster: "c1" });
  expect(machines).toHaveLength(3);
  expect(await client.ask("status", { cluster: "c1" })).toMatchObject({ state: "running", name: "lab" });
  expect(await client.ask("client_env", { cluster: "c1" })).toMatchObject({
    variables: { DASK_SCHEDULER_ADDRESS: cluster["scheduler_address"] },
  });

  expect(await client.ask("close", { cluster: "c1" })).toEqual({});
  expect(client.states()).toEqual(["starting", "running", "closing", "closed"]);
  expect(client.events().at(-1)).toMatchObject({ type: "state", state: "closed" });
  expect(client.events().map(({ seq }) => seq)).toEqual(client.events().map((_, index) => index + 1));
  expect(client.events().filter(({ request }) => request === 1)).not.toEqual([]);
  expect(client.events().at(-1)?.["request"]).toBeUndefined();
  expect(await client.refused("scale", { cluster: "c1", workers: 1 })).toBe("CLOSED");
  expect(await client.ask("close", { cluster: "c1" })).toEqual({});
  expect(await client.ask("status", { cluster: "c1" })).toMatchObject({ state: "closed", name: "lab" });
  expect(cloud.empty).toBe(true);
});

test("two clusters live side by side, and answers come in any order", async () => {
  await using cloud = await FakeCloud.open();
  const { client } = served(cloud);
  const ids = ["one", "two"].map((name) => client.send("start", options({ name, n_workers: 0 })));
  const ping = client.send("ping");
  await Promise.all(ids.map((id) => client.answer(id)));
  const answers = client.messages.filter((message) => "id" in message).map(({ id }) => id);
  expect(answers[0]).toBe(ping);
  await client.ask("close", { cluster: "c1" });
  expect(await client.ask("status", { cluster: "c2" })).toMatchObject({ state: "running", name: "two" });
});

test("a cancelled start answers CANCELLED after its rollback", async () => {
  await using cloud = await FakeCloud.open();
  cloud.dud = () => true;
  const { client } = served(cloud);
  const id = client.send("start", options());
  await until("the workers' machine", () => cloud.workers.length === 1);
  client.input.write(`${JSON.stringify({ method: "cancel", params: { id } })}\n`);
  expect((await client.answer(id)).error).toMatchObject({ code: "CANCELLED", left: [] });
  expect(cloud.empty).toBe(true);
  expect(client.states().at(-1)).toBe("failed");
  expect(await client.ask("cancel", { id })).toEqual({ cancelled: false });
});

test("a close during the start ends it; closed is the last event", async () => {
  await using cloud = await FakeCloud.open();
  cloud.dud = () => true;
  const { client } = served(cloud);
  const id = client.send("start", options());
  await until("the workers' machine", () => cloud.workers.length === 1);
  expect(await client.ask("close", { cluster: "c1" })).toEqual({});
  expect((await client.answer(id)).error?.code).toBe("CLOSED");
  expect(client.states().at(-1)).toBe("closed");
  expect(cloud.empty).toBe(true);
});

test("what a cancelled start has left is in its answer, and its handle can still be closed", async () => {
  await using cloud = await FakeCloud.open();
  cloud.dud = () => true;
  cloud.fault = (verb) => (verb === "destroy" ? "forget" : undefined);
  const { client } = served(cloud);
  const id = client.send("start", options({ close_timeout_ms: 300 }));
  await until("the workers' machine", () => cloud.workers.length === 1);
  client.send("cancel", { id });
  const { error } = await client.answer(id);
  expect(error).toMatchObject({ code: "TEARDOWN_INCOMPLETE", cluster: "c1" });
  expect(error?.left).not.toEqual([]);
  cloud.fault = () => undefined;
  expect(await client.ask("close", { cluster: "c1" })).toEqual({});
  expect(client.states().at(-1)).toBe("closed");
  expect(cloud.empty).toBe(true);
});

test("the end of the input closes what was started, at every stage; left alone goes on", async () => {
  await using cloud = await FakeCloud.open();
  const { client, end } = served(cloud);
  await client.ask("start", options({ name: "closes" }));
  await client.ask("start", options({ name: "stays", close_on_exit: false }));
  cloud.dud = () => true;
  client.send("start", options({ name: "starting" }));
  client.input.end();
  expect(await end).toEqual({ isClean: true, isRead: true });
  expect([...cloud.networks.keys()]).toEqual(["stays"]);
  expect(client.states("c2").at(-1)).toBe("detached");
  const again = served(cloud);
  const attached = await again.client.ask("attach", { ...FAKE, name: "stays" });
  expect(attached).toMatchObject({ cluster: "c1", name: "stays" });
  expect(again.client.states()).toEqual(["running"]);
  again.client.input.end();
  await again.end;
  expect([...cloud.networks.keys()]).toEqual(["stays"]);
  const last = served(cloud);
  await last.client.ask("remove", { ...FAKE, name: "stays" });
  expect(cloud.empty).toBe(true);
  expect(await files()).toEqual([]);
});

test("detach leaves the cluster, and is the handle's last event", async () => {
  await using cloud = await FakeCloud.open();
  const { client, end } = served(cloud);
  await client.ask("start", options({ name: "stays", close_on_exit: true }));
  expect(await client.ask("detach", { cluster: "c1" })).toEqual({});
  expect(await client.refused("workers", { cluster: "c1" })).toBe("CLOSED");
  client.input.end();
  await end;
  expect(client.states()).toEqual(["starting", "running", "detached"]);
  expect(client.events().at(-1)).toMatchObject({ state: "detached" });
  expect(cloud.empty).toBe(false);
  const other = served(cloud);
  const { clusters } = await other.client.ask("list", FAKE);
  expect(clusters).toMatchObject([{ name: "stays", provider: "fake", powered_off: false }]);
  await other.client.ask("remove", { ...FAKE, name: "stays" });
});

test("shutdown closes everything, answers, and ends", async () => {
  await using cloud = await FakeCloud.open();
  const { client, end } = served(cloud);
  await client.ask("start", options());
  expect(await client.ask("shutdown")).toEqual({ closed: ["c1"] });
  expect(await end).toMatchObject({ isClean: true });
  expect(cloud.empty).toBe(true);
});

test("leftovers of a tear-down are in its answer, and on standard error when the client is gone", async () => {
  await using cloud = await FakeCloud.open();
  const { client, end, told } = served(cloud);
  await client.ask("start", options({ name: "lab", close_timeout_ms: 300 }));
  cloud.fault = (verb) => (verb === "destroy" ? "forget" : undefined);
  const { error } = await client.answer(client.send("close", { cluster: "c1" }));
  expect(error).toMatchObject({ code: "TEARDOWN_INCOMPLETE" });
  expect(error?.left.map(({ kind }) => kind)).toEqual(["machine", "machine", "network"]);
  client.input.end();
  expect(await end).toMatchObject({ isClean: false });
  expect(told.join()).toContain("could not be removed completely");
  cloud.fault = () => undefined;
  const other = served(cloud);
  await other.client.ask("remove", { ...FAKE, name: "lab" });
  expect(cloud.empty).toBe(true);
});

test("a cluster that ends by itself says why, and its handle is over", async () => {
  await using cloud = await FakeCloud.open();
  const { client } = served(cloud);
  await client.ask("start", options());
  cloud.kill("m1");
  await cloud.dask.end();
  await until("the end", () => client.states().at(-1) === "closed");
  expect(client.events().at(-1)).toMatchObject({ closed_because: expect.any(String) });
  expect(await client.refused("workers", { cluster: "c1" })).toBe("CLOSED");
  expect(cloud.empty).toBe(true);
});

test("a stop closes as the end of the input does", async () => {
  await using cloud = await FakeCloud.open();
  const { client, end, stop } = served(cloud);
  await client.ask("start", options());
  stop();
  expect(await end).toMatchObject({ isClean: true });
  expect(client.states().at(-1)).toBe("closed");
  expect(cloud.empty).toBe(true);
});

test("a scale that nobody waits for answers at once, and its failure is a warning", async () => {
  await using cloud = await FakeCloud.open();
  const { client } = served(cloud);
  await client.ask("start", options());
  cloud.dud = () => true;
  expect(await client.ask("scale", { cluster: "c1", workers: 2, wait: false, timeout_ms: 200 })).toEqual({});
  await until("the warning", () =>
    client.events().some(({ type, message }) => type === "warning" && String(message).includes("Timed out")),
  );
  await client.ask("adapt", { cluster: "c1", minimum: 0, maximum: 1 });
  await client.ask("stop_adapting", { cluster: "c1" });
  expect(await client.refused("adapt", { cluster: "c1", minimum: 3, maximum: 1 })).toBe("CONFIG_INVALID");
  expect(await client.refused("wait_for_workers", { cluster: "c1", workers: 9, timeout_ms: 50 })).toBe("TIMEOUT");
});

test("a plan says what a start would create, and creates nothing", async () => {
  await using cloud = await FakeCloud.open();
  const { client } = served(cloud);
  const { plan, brief } = await client.ask("plan", options({ name: "lab" }));
  expect(plan).toMatchObject({ name: "lab" });
  expect(brief).toMatch(/^1 \+ 1 machines/u);
  expect([cloud.empty, await files()]).toEqual([true, []]);
});
