import { expect, test } from "vitest";

import { SinglePass } from "../../../src/fleet/single-pass.ts";

/** Work whose passes the test ends by hand. */
function handWork(): { readonly passes: PromiseWithResolvers<void>[]; readonly single: SinglePass } {
  const passes: PromiseWithResolvers<void>[] = [];
  const single = new SinglePass(() => {
    const pass = Promise.withResolvers<void>();
    passes.push(pass);
    return pass.promise;
  });
  return { passes, single };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test("Passes never overlap, and all requests during one share the next", async () => {
  const { passes, single } = handWork();
  const settled: string[] = [];
  const ask = (name: string): Promise<number> => single.run().then(() => settled.push(name));
  const all = [ask("first"), ask("second"), ask("third")];
  await turn();
  expect(passes).toHaveLength(1);
  passes[0]?.resolve();
  await turn();
  expect(settled).toEqual(["first"]);
  expect(passes).toHaveLength(2);
  all.push(ask("late"));
  passes[1]?.resolve();
  await turn();
  expect(settled).toEqual(["first", "second", "third"]);
  expect(passes).toHaveLength(3);
  passes[2]?.resolve();
  await Promise.all(all);
});

test("A failed pass rejects only its own callers", async () => {
  const { passes, single } = handWork();
  const first = single.run();
  const second = single.run();
  passes[0]?.reject(new Error("first"));
  await expect(first).rejects.toThrow("first");
  await turn();
  passes[1]?.resolve();
  await expect(second).resolves.toBeUndefined();
  const third = single.run();
  passes[2]?.reject(new Error("third"));
  await expect(third).rejects.toThrow("third");
});

test("Waiting for idle never rejects with a pass's failure", async () => {
  const { passes, single } = handWork();
  await single.settled();
  const asked = single.run();
  const resting = single.settled();
  passes[0]?.reject(new Error("trouble"));
  await expect(asked).rejects.toThrow("trouble");
  await expect(resting).resolves.toBeUndefined();
});
