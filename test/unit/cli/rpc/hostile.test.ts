import fc from "fast-check";
import { expect, test } from "vitest";

import { LineReader } from "../../../../src/cli/rpc/lines.ts";
import { parseRequest } from "../../../../src/cli/rpc/parse-request.ts";
import { HOSTILE_OUTPUTS, problemsIn } from "../../../support/hostile-output.ts";
import { until } from "../../../support/until.ts";
import { FakeCloud } from "../../cluster/fake-cloud.ts";
import { ownStateDirectory } from "../../cluster/fake-cluster.ts";
import { served } from "./served.ts";

ownStateDirectory();
const MIB = 1024 * 1024;

function cutInto(bytes: Uint8Array, cuts: readonly number[]): readonly Uint8Array[] {
  const places = [0, ...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length].sort((a, b) => a - b);
  return places.slice(1).map((end, index) => bytes.subarray(places[index], end));
}

test("lines are the same however their bytes arrive", () => {
  const text = fc.string({ unit: "binary" }).map((each) => each.replaceAll("\n", " "));
  fc.assert(
    fc.property(fc.array(text), fc.array(fc.nat()), (texts, cuts) => {
      const reader = new LineReader();
      const parts = cutInto(Buffer.from(texts.map((each) => `${each}\n`).join("")), cuts);
      expect(parts.flatMap((part) => [...reader.take(part)])).toEqual(texts.map((each) => ({ text: each })));
    }),
  );
});

test("any bytes give a line for each line end, and never an exception", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 500 }), fc.array(fc.nat()), (bytes, cuts) => {
      const reader = new LineReader();
      const lines = cutInto(bytes, cuts).flatMap((part) => [...reader.take(part)]);
      expect(lines).toHaveLength(bytes.filter((byte) => byte === 10).length);
    }),
  );
});

test("any JSON is a request or refused without being quoted", () => {
  fc.assert(
    fc.property(fc.oneof(fc.json(), fc.string()), (text) => {
      try {
        expect(typeof parseRequest(text).method).toBe("string");
      } catch (error) {
        expect(error).toMatchObject({
          code: "PARSE_ERROR",
          message: expect.stringMatching(/^A line is no request: [\w `,.-]+$/u),
        });
      }
    }),
  );
});

test.each([
  ["broken JSON", '{"id":1,"method":"ping","params":{"key":"SECRET'],
  ["no object", '["ping"]'],
  ["no method", '{"id":1}'],
  ["params that are a list", '{"id":1,"method":"ping","params":[]}'],
  ["an id that is an object", '{"id":{},"method":"ping"}'],
  ["an id that is no whole number", '{"id":1.5,"method":"ping"}'],
  ["an id that is too long", JSON.stringify({ id: "x".repeat(201), method: "ping" })],
  ["deep JSON", `{"method":"ping","params":{"a":${"[".repeat(5_000_000)}`],
  ["invalid UTF-8", Buffer.from([0x7b, 0xff, 0x7d])],
  ["a line that is too long", Buffer.alloc(16 * MIB + 1, "x")],
])("the connection goes on after a line with %s", async (_what, line) => {
  await using cloud = await FakeCloud.open();
  const { client } = served(cloud);
  client.input.write(line);
  client.input.write("\n");
  const { error } = await client.answer(null);
  expect(error).toMatchObject({ code: "PARSE_ERROR", retryable: false, left: [] });
  expect(JSON.stringify(error)).not.toContain("SECRET");
  expect(await client.ask("ping")).toEqual({});
});

test("a request of exactly the longest line is answered, and unknown fields are ignored", async () => {
  await using cloud = await FakeCloud.open();
  const { client } = served(cloud);
  const request = { id: "long", method: "ping", more: true, params: { pad: "" } };
  const pad = "x".repeat(16 * MIB - JSON.stringify(request).length);
  client.input.write(`${JSON.stringify({ ...request, params: { pad } })}\n\n   \n`);
  expect(await client.answer("long")).toEqual({ id: "long", result: {} });
});

test("unknown methods and unfit parameters are refused without quoting a value", async () => {
  await using cloud = await FakeCloud.open();
  const { client } = served(cloud);
  expect(await client.refused("no_such_method")).toBe("METHOD_UNKNOWN");
  expect(await client.refused("toString")).toBe("METHOD_UNKNOWN");
  for (const params of [
    {},
    { provider: 7 },
    { provider: "fake", options: "hunter2" },
    { provider: "fake", spelling: "hunter2" },
  ]) {
    const { error } = await client.answer(client.send("start", params));
    expect(error?.code).toBe("PARAMS_INVALID");
    expect(error?.message).not.toContain("hunter2");
  }
  expect(await client.refused("start", { provider: "nowhere" })).toBe("PARAMS_INVALID");
  expect(await client.refused("status", { cluster: "c9" })).toBe("CLUSTER_NOT_FOUND");
  expect(await client.refused("preview", { role: "worker" })).toBe("PARAMS_INVALID");
});

test.each(Object.entries(HOSTILE_OUTPUTS))("an error that quotes a name is printable: %s", async (_kind, name) => {
  await using cloud = await FakeCloud.open();
  const { client } = served(cloud);
  const ids = [
    client.send(name),
    client.send("status", { cluster: name }),
    client.send("start", { provider: name }),
    client.send("start", { provider: "fake", options: { [name]: name } }),
  ];
  for (const id of ids) {
    const problems = problemsIn((await client.answer(id)).error?.message ?? "");
    // How long a name is, is its writer's own affair.
    expect(problems.filter((problem) => !/^\d+ (?:long|lines)/u.test(problem))).toEqual([]);
  }
});

test("options are checked as keyword arguments, and secrets are not quoted", async () => {
  await using cloud = await FakeCloud.open();
  const { client } = served(cloud);
  const options = { n_workrs: 1, password: "hunter2", min_workers: "many" };
  const { error } = await client.answer(client.send("start", { provider: "FakeCluster", options }));
  expect(error?.code).toBe("CONFIG_INVALID");
  expect(error?.message).toContain('Unknown option "n_workrs" from a keyword argument. Did you mean "n_workers"?');
  expect(error?.message).toContain("`min_workers`");
  expect(error?.message).not.toContain("hunter2");
});

test("an id that is under way is not answered twice", async () => {
  await using cloud = await FakeCloud.open();
  cloud.dud = () => true;
  const { client } = served(cloud);
  const id = client.send("start", { provider: "fake", options: { n_workers: 1 } });
  client.input.write(`${JSON.stringify({ id, method: "ping" })}\n`);
  expect((await client.answer(null)).error?.code).toBe("PARSE_ERROR");
  client.send("cancel", { id });
  expect((await client.answer(id)).error?.code).toBe("CANCELLED");
});

test("more requests than can be under way are refused, and the rest is answered", async () => {
  await using cloud = await FakeCloud.open();
  const { client } = served(cloud);
  const ids = Array.from({ length: 1100 }, () => client.send("list", { provider: "fake" }));
  const answers = await Promise.all(ids.map((id) => client.answer(id)));
  const codes = Map.groupBy(answers, ({ error }) => error?.code ?? "answered");
  expect([...codes].map(([code, { length }]) => [code, length])).toEqual([
    ["answered", 1024],
    ["BUSY", 76],
  ]);
});

test("a reader that stops reading loses the oldest events, no answer and no state; the cluster is cared for", async () => {
  await using cloud = await FakeCloud.open();
  const { client, output, end } = served(cloud);
  await client.ask("start", { provider: "fake", options: { n_workers: 1 } });
  output.pause();
  const scale = client.send("scale", { cluster: "c1", workers: 1500 });
  await until("the machines", () => cloud.workers.length === 1500);
  const back = client.send("scale", { cluster: "c1", workers: 0 });
  await until("the machines to go", () => cloud.workers.length === 0, 120_000);
  const close = client.send("close", { cluster: "c1" });
  await until("the close", () => cloud.empty);
  output.resume();
  for (const id of [scale, back, close]) expect(await client.answer(id)).toMatchObject({ id });
  const dropped = client.events().flatMap(({ event, count }) => (event === "dropped" ? [Number(count)] : []));
  expect(dropped).not.toEqual([]);
  expect(client.states()).toEqual(["starting", "running", "closing", "closed"]);
  const seqs = client.events().flatMap(({ event, seq }) => (event === "progress" ? [Number(seq)] : []));
  expect(seqs).toEqual(seqs.toSorted((a, b) => a - b));
  expect(seqs.length + dropped.reduce((sum, each) => sum + each, 0)).toBe(Math.max(...seqs));
  client.input.end();
  expect(await end).toEqual({ isClean: true, isRead: true });
}, 300_000);
