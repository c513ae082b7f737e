import { Writable } from "node:stream";

import { expect, test, vi } from "vitest";

import { Outbox } from "../../../../src/cli/rpc/outbox.ts";

/** A reader that reads when it is told to. */
function reader() {
  const read: string[] = [];
  const waiting: (() => void)[] = [];
  const output = new Writable({
    decodeStrings: false,
    write: (chunk: string, _encoding, done) => {
      read.push(...chunk.split("\n").filter((line) => line !== ""));
      waiting.push(done);
    },
  });
  const go = async (): Promise<void> => {
    for (let done = waiting.shift(); done !== undefined; done = waiting.shift()) {
      done();
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  return { output, go, lines: () => read.map((line) => JSON.parse(line) as unknown) };
}

const event = (cluster: string, seq: number, isKept = false) => [{ n: seq }, { cluster, seq, isKept }] as const;

test("events that were dropped are counted where they were, for each cluster; the newest and those to keep are written", async () => {
  const { output, go, lines } = reader();
  const outbox = new Outbox(output, () => undefined);
  outbox.answer({ hello: 1 });
  for (let seq = 1; seq <= 3; seq += 1) outbox.event(...event("c1", seq));
  outbox.event(...event("c2", 1, true));
  for (let seq = 2; seq <= 1001; seq += 1) outbox.event(...event("c2", seq));
  outbox.answer({ id: 1 });
  const finished = outbox.finish(10_000);
  await go();
  expect(await finished).toBe(true);
  const [first, kept, gap, next, ...others] = lines();
  expect([first, kept, gap, next]).toEqual([
    { hello: 1 },
    { n: 1 },
    { event: "dropped", cluster: "c2", count: 1, first_seq: 2, last_seq: 2 },
    { n: 3 },
  ]);
  expect(others.at(-2)).toEqual({ id: 1 });
  expect(others.at(-1)).toEqual({ event: "dropped", cluster: "c1", count: 3, first_seq: 1, last_seq: 3 });
  expect(others).toHaveLength(1000);
});

test("whoever reads no answers counts as gone, once, and nothing more is kept", async () => {
  const onGone = vi.fn();
  const { output, lines } = reader();
  const outbox = new Outbox(output, onGone);
  const text = "x".repeat(1024 * 1024);
  for (let id = 0; id < 70; id += 1) outbox.answer({ id, text });
  expect(onGone).toHaveBeenCalledOnce();
  expect(await outbox.finish(1000)).toBe(false);
  expect(lines()).toHaveLength(1);
});

test("a reader that stands still does not keep the process", async () => {
  const { output } = reader();
  const outbox = new Outbox(output, () => undefined);
  outbox.answer({ id: 1 });
  expect(await outbox.finish(20)).toBe(false);
});

test("an output that is closed or fails is a client that is gone", async () => {
  for (const end of [new Error("EPIPE"), undefined]) {
    const onGone = vi.fn();
    const { output } = reader();
    const outbox = new Outbox(output, onGone);
    output.destroy(end);
    await vi.waitFor(() => expect(onGone).toHaveBeenCalledOnce());
    outbox.answer({ id: 1 });
    expect(await outbox.finish(20)).toBe(true);
  }
});
