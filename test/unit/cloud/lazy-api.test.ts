import { expect, test } from "vitest";

import { LazyApi } from "../../../src/cloud/api/lazy-api.ts";

class Api {
  closed = false;
  close(): void {
    this.closed = true;
  }
}

test("A lazy API opens once for all callers, and reopens after a close", async () => {
  const lazy = new LazyApi(async () => new Api());
  const [first, again] = await Promise.all([lazy.get(), lazy.get()]);
  expect(again).toBe(first);
  lazy.close();
  const next = await lazy.get();
  expect([next === first, first.closed, next.closed]).toEqual([false, true, false]);
});

test("A lazy API that fails to open can be opened later", async () => {
  let tries = 0;
  const lazy = new LazyApi(async () => {
    tries += 1;
    if (tries === 1) throw new Error("no credentials");
    return new Api();
  });
  const both = await Promise.allSettled([lazy.get(), lazy.get()]);
  expect(both.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  await expect(lazy.get()).resolves.toBeInstanceOf(Api);
  expect(tries).toBe(2);
});

test("A lazy API closed while it opens is closed once open, and no caller waits for it", async () => {
  const opening = Promise.withResolvers<Api>();
  const lazy = new LazyApi(() => opening.promise);
  const got = lazy.get();
  lazy.close();
  const api = new Api();
  opening.resolve(api);
  await got;
  expect(api.closed).toBe(true);
});
