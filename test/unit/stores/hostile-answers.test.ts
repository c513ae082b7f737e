import { describe, expect, it } from "vitest";

import type { VaultSecret } from "../../../src/security/references/secret-reference.ts";
import { fetchSecret } from "../../../src/stores/fetch-secret.ts";
import { until } from "../../support/until.ts";
import { environment, loopbackStore, type Reply } from "./loopback-store.ts";

const CANARY = "canary-4711-value";

/** A secret of a store with these answers, one after another; the last again and again. */
async function readFrom(
  answers: readonly Reply[],
  signal = new AbortController().signal,
): Promise<{ readonly read: Promise<string>; readonly count: () => number }> {
  let at = 0;
  const store = await loopbackStore(() => answers[Math.min(at++, answers.length - 1)]);
  environment({ VAULT_TOKEN: "hvs.token" });
  const secret: VaultSecret = { store: "vault", url: `${store.url}/v1/kv/a`, field: "token", auth: "aws", role: "r" };
  const read = fetchSecret(secret, "value", signal);
  read.catch(() => undefined);
  return { read, count: () => store.asked.length };
}

async function errorOf(read: Promise<string>): Promise<Error> {
  return await read.then(
    () => {
      throw new Error("Nothing was thrown.");
    },
    (error: unknown) => error as Error,
  );
}

describe("A store's answer", () => {
  it("that is busy is asked for again", async () => {
    const { read, count } = await readFrom([
      { status: 503, body: "" },
      { status: 429, body: "" },
      { body: { data: { token: "t" } } },
    ]);
    await expect(read).resolves.toBe("t");
    expect(count()).toBe(3);
  });

  it("that refuses for good is not asked for again", async () => {
    const { read, count } = await readFrom([{ status: 403, body: { errors: ["no"] } }]);
    await expect(read).rejects.toMatchObject({ code: "AUTH_FAILED" });
    expect(count()).toBe(1);
  });

  it("that redirects is not followed: the token is not for others", async () => {
    const { read, count } = await readFrom([{ status: 307, headers: { location: "/v1/elsewhere" }, body: "" }]);
    await expect(read).rejects.toMatchObject({ code: "PROVIDER_FAILED" });
    expect(count()).toBe(1);
  });

  it.each<[string, unknown]>([
    ["no JSON", `<html>${CANARY}</html>`],
    ["a list", [CANARY]],
    ["another shape", { token: CANARY }],
    ["nothing", ""],
    ["no such field", { data: { other: CANARY } }],
    ["a field that is no text", { data: { token: { nested: CANARY } } }],
  ])("with %s fails without a word of it", async (_what, body) => {
    const { read } = await readFrom([{ body }]);
    const error = await errorOf(read);
    expect(error).toMatchObject({ name: "DaskFleetError" });
    expect(`${error.message}${error.stack}${JSON.stringify(error)}${String(error.cause)}`).not.toContain(CANARY);
  });

  it("with controls is quoted printable and short", async () => {
    const { read } = await readFrom([{ status: 404, body: { errors: ["\u001B]0;x\u0007\u202Eevil\n".repeat(1000)] } }]);
    expect((await errorOf(read)).message).toMatch(/^[^\p{Cc}\p{Cf}]{1,500}$/u);
  });

  it("without an end is cut off", async () => {
    const { read } = await readFrom([{ body: "x".repeat(600 * 1024) }]);
    await expect(read).rejects.toMatchObject({ message: expect.stringContaining("larger than 512 KiB") });
  });

  it("that never comes ends with the caller's signal", async () => {
    const store = await loopbackStore(() => undefined);
    environment({ VAULT_TOKEN: "hvs.token" });
    const controller = new AbortController();
    const secret: VaultSecret = { store: "vault", url: `${store.url}/v1/kv/a`, field: "t", auth: "aws", role: "r" };
    const read = fetchSecret(secret, "value", controller.signal);
    const reason = new Error("enough");
    read.catch(() => undefined);
    await until("a request", () => store.asked.length > 0);
    controller.abort(reason);
    await expect(read).rejects.toBe(reason);
  });
});
