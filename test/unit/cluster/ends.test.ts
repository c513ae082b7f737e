import { describe, expect, test } from "vitest";

import { assertDeadline } from "../../../src/cluster/ends.ts";
import { AgentDelivery } from "../../../src/cluster/scheduler/agent-delivery.ts";
import type { AgentLink } from "../../../src/dask/agent/link.ts";
import { UnknownOperation } from "../../../src/dask/answer.ts";
import { Field } from "../../../src/dask/fields.ts";
import { endsInWords, endsOf } from "../../../src/ends.ts";
import { parsePrometheus } from "../../support/prometheus-text.ts";
import { until } from "../../support/until.ts";

const TIMEOUTS = { idleTimeoutMs: 1_200_000, noClientTimeoutMs: 90_500 };
const AT = new Date("2026-12-01T00:00:00Z");

test.each([
  [TIMEOUTS, undefined, "ends after 20 min without work, after 90.5 s without a client"],
  [{ idleTimeoutMs: 0, noClientTimeoutMs: 0 }, AT, "ends at 2026-12-01T00:00:00.000Z"],
  [{ noClientTimeoutMs: 0 }, undefined, undefined],
])("%j, %s: %s", (options, expiresAt, words) => {
  expect(endsInWords(endsOf(options, expiresAt))).toBe(words);
});

test("A deadline is a time to come, within the machines' lifetime", () => {
  const ends = endsOf({}, new Date(Date.now() + 60_000));
  assertDeadline(new Date(Date.now() + 30_000), ends);
  expect(() => assertDeadline(new Date(Number.NaN), ends)).toThrow("a valid Date");
  expect(() => assertDeadline(new Date(Date.now() - 1), ends)).toThrow("a time that is not over");
  expect(() => assertDeadline(new Date(Date.now() + 61_000), ends)).toThrow("(maxLifetimeMs)");
});

describe("a scheduler", () => {
  /** Answers by operation; others are unknown. */
  class Link implements AgentLink {
    readonly asked: string[] = [];
    readonly answers: Readonly<Record<string, unknown>>;

    constructor(answers: Readonly<Record<string, unknown>>) {
      this.answers = answers;
    }

    async ask({ op }: { readonly op: string }): Promise<Field> {
      this.asked.push(op);
      if (!Object.hasOwn(this.answers, op)) throw new UnknownOperation(op);
      return new Field(this.answers[op], op);
    }

    async open(): Promise<never> {
      throw new Error("not here");
    }
  }

  test.each<[string, Readonly<Record<string, unknown>>]>([
    ["without the agent", {}],
    ["whose agent has no such part", { fleet_agent: { digest: "x", failed: { ends: "RuntimeError('no')" } } }],
  ])("%s warns of what does not end the cluster, and does not promise it", async (_what, answers) => {
    const warnings: string[] = [];
    const link = new Link(answers);
    const warn = (message: string): unknown => warnings.push(message);
    const delivery = new AgentDelivery({
      link: () => link,
      settings: { cluster: "c" },
      ends: endsOf(TIMEOUTS),
      warn,
    });
    await delivery.deliver();
    expect(warnings).toEqual([
      expect.stringMatching(
        /`noClientTimeoutMs` does not end it\. Dask's own idle time-out still does, after 20 min without tasks\.$/u,
      ),
    ]);
    expect(delivery.ends).toMatchObject({ idleMs: TIMEOUTS.idleTimeoutMs, noClientMs: undefined });
    await delivery.touch();
    await delivery.leave();
    expect(link.asked).toEqual(["fleet_agent"]);
  });

  test("with the agent hears again and again that the launcher is there, and at the end that it is not", async () => {
    const link = new Link({ fleet_agent: { digest: "x", failed: {} }, fleet_present: {}, fleet_touch: {} });
    const ends = endsOf({ noClientTimeoutMs: 3 });
    const warn = (): never => expect.fail("no warning");
    const delivery = new AgentDelivery({ link: () => link, settings: { cluster: "c" }, ends, warn });
    await delivery.deliver();
    await until("the third time", () => link.asked.filter((op) => op === "fleet_present").length >= 3);
    expect(delivery.ends).toEqual(ends);
    await delivery.leave();
    const { length } = link.asked;
    await delivery.deliver();
    expect(link.asked.slice(length).includes("fleet_present")).toBe(false);
  });
});

test.each([
  ["no end", "# HELP a b\n# TYPE a gauge\na 1"],
  ["a family twice", "# HELP a b\n# TYPE a gauge\na 1\n# HELP a b\n# TYPE a gauge\na 2\n"],
  ["a series twice", '# HELP a b\n# TYPE a gauge\na{x="1"} 1\na{x="1"} 2\n'],
  ["a counter's name", "# HELP a b\n# TYPE a counter\na 1\n"],
  ["a quote", '# HELP a b\n# TYPE a gauge\na{x="1"2"} 1\n'],
  ["a backslash", '# HELP a b\n# TYPE a gauge\na{x="\\q"} 1\n'],
  ["a value", "# HELP a b\n# TYPE a gauge\na None\n"],
  ["a sample without a family", "a 1\n"],
])("The parser that judges metrics refuses %s", (_what, text) => {
  expect(() => parsePrometheus(text)).toThrow(Error);
});
