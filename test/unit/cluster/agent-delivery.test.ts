import { expect, test } from "vitest";

import { AgentDelivery } from "../../../src/cluster/scheduler/agent-delivery.ts";
import { UnknownOperation } from "../../../src/dask/answer.ts";
import { Field } from "../../../src/dask/fields.ts";
import { DaskFleetError } from "../../../src/errors.ts";

/** A delivery to a scheduler that answers in that way, and its warnings. */
function deliveryTo(answer: () => Field): { delivery: AgentDelivery; warnings: string[] } {
  const warnings: string[] = [];
  const link = {
    ask: async () => await Promise.resolve().then(answer),
    open: async () => await Promise.reject(new Error("not asked for")),
  };
  const delivery = new AgentDelivery({
    link: () => link,
    settings: { cluster: "test" },
    ends: { idleMs: undefined, noClientMs: undefined, expiresAt: undefined },
    warn: (message) => warnings.push(message),
  });
  return { delivery, warnings };
}

test("A part of the agent that failed to start is not used, and one warning names it with Python's reason", async () => {
  const { delivery, warnings } = deliveryTo(
    () => new Field({ failed: { calls: "ImportError('no\u001B[2J msgpack')" } }, ""),
  );
  await delivery.deliver();
  await delivery.deliver();
  expect([delivery.isThere, delivery.has("calls"), delivery.has("jobs")]).toEqual([true, false, true]);
  expect(warnings).toEqual([
    expect.stringMatching(
      /^The agent's part calls failed to start on the scheduler: ImportError\('no msgpack'\)\. The cluster works/,
    ),
  ]);
  expect(warnings[0]).not.toContain("\u001B");
});

test("A scheduler without the loader, and one that cannot load the agent, work without it, with one warning each", async () => {
  const without = deliveryTo(() => {
    throw new UnknownOperation("fleet_agent");
  });
  await without.delivery.deliver();
  await without.delivery.deliver();
  expect([without.delivery.isThere, without.delivery.has("calls")]).toEqual([false, false]);
  expect(without.warnings).toEqual([expect.stringContaining("did not load dask-fleet's preload")]);

  const broken = deliveryTo(() => {
    throw new DaskFleetError("REMOTE_ERROR", 'The scheduler failed at "fleet_agent": SyntaxError');
  });
  await broken.delivery.deliver();
  expect(broken.delivery.isThere).toBe(false);
  expect(broken.warnings).toEqual([expect.stringContaining("SyntaxError")]);
});
