import * as fc from "fast-check";
import { describe, expect, test } from "vitest";

import { settleName } from "../../../src/cluster/start/second-look.ts";
import { Deadline } from "../../../src/deadline.ts";
import { DaskFleetError } from "../../../src/errors.ts";
import type { TaggedResource } from "../../../src/provider/machine.ts";

const LIST_LAG_MS = 3000;

interface Launcher {
  readonly id: string;
  /** When the cloud creates its scheduler's machine, and how long its answer takes. */
  readonly madeAt: number;
  readonly answerMs: number;
  /** The delay until lists show it. */
  readonly lagMs: number;
}

/** Whether the launcher's cluster continues, by the lists at the moment of its look. */
async function goesOn({ id }: Pick<Launcher, "id">, found: readonly TaggedResource[]): Promise<boolean | string> {
  const verbs = {
    capabilities: { listLagMs: LIST_LAG_MS, pollIntervalMs: 1 } as never,
    find: async () => found,
  };
  const madeAt = performance.now() - 2 * LIST_LAG_MS;
  return await settleName({ name: "lab", id, verbs, madeAt }, new Deadline(1000)).then(
    () => true,
    (error: unknown) => (error instanceof DaskFleetError ? error.message : String(error)),
  );
}

function scheduler(id: string, createdAt: Date | undefined, change: Partial<TaggedResource> = {}): TaggedResource {
  return {
    kind: "machine",
    id: `m-${id}`,
    clusterName: "lab",
    clusterId: id,
    role: "scheduler",
    createdAt,
    stopped: false,
    ...change,
  };
}

const launcher = fc.record({
  id: fc.stringMatching(/^[0-9a-f]{16}$/),
  madeAt: fc.integer({ min: 0, max: 6000 }),
  answerMs: fc.integer({ min: 0, max: 4000 }),
  lagMs: fc.integer({ min: 0, max: LIST_LAG_MS }),
});

describe("Attack by a same-named neighbour: a second look", () => {
  test.each([1, 1000])(
    "leaves exactly one of any number, whenever they start, on a cloud with timestamps of %i ms",
    async (stepMs) => {
      await fc.assert(
        fc.asyncProperty(
          fc.uniqueArray(launcher, { selector: ({ id }) => id, minLength: 1, maxLength: 4 }),
          async (all) => {
            const survivors = await Promise.all(
              all.map(async (one) => {
                const lookAt = one.madeAt + one.answerMs + LIST_LAG_MS + 1000;
                const shown = all.filter(({ madeAt, lagMs }) => madeAt + lagMs <= lookAt);
                return await goesOn(
                  one,
                  shown.map(({ id, madeAt }) => scheduler(id, new Date(Math.floor(madeAt / stepMs) * stepMs))),
                );
              }),
            );
            expect(survivors.filter((each) => each === true)).toHaveLength(1);
          },
        ),
      );
    },
  );

  const [own, other] = ["0000000000000002", "0000000000000001"];
  const [early, late] = [new Date(1_790_000_000_000), new Date(1_790_000_001_000)];

  test("reports the other's id and resources", async () => {
    const found = [scheduler(own, late), scheduler(other, early)];
    expect(await goesOn({ id: own }, found)).toBe(
      `A cluster named "lab" already exists (id ${other}: machine m-${other}): remove it, or choose another name.`,
    );
  });

  test.each<[string, TaggedResource]>([
    ["is being deleted", { ...scheduler(other, early), stopped: undefined }],
    ["has no scheduler yet", scheduler(other, early, { role: "worker" })],
    ["is younger", scheduler(other, new Date(late.getTime() + 1))],
  ])("does not yield to another that %s", async (_what, theirs) => {
    expect(await goesOn({ id: own }, [scheduler(own, late), theirs])).toBe(true);
  });

  test("waits until its own machine is listed, and fails if it never is", async () => {
    expect(await goesOn({ id: own }, [scheduler(other, early)])).toContain("Timed out");
  });
});
