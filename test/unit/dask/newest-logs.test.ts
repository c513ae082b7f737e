import { describe, expect, it } from "vitest";

import { Field } from "../../../src/dask/fields.ts";
import { newestLogs } from "../../../src/dask/newest-logs.ts";

type Line = [time: number, level: string, message: string];

/** `get_logs` of one node, as Dask before 2023.1.1 or since answers it. */
function getLogs(kind: "old" | "new", lines: readonly Line[], n: number | undefined): Field {
  const ordered = kind === "old" ? lines : lines.toReversed();
  return new Field(n === undefined ? ordered : ordered.slice(0, n), "get_logs");
}

async function newest(kind: "old" | "new", lines: readonly Line[], n?: number): Promise<string> {
  const logs = await newestLogs(n, async (args) => [["node", getLogs(kind, lines, args.n)]]);
  return (logs.get("node") ?? []).map(({ message }) => message).join("");
}

const lines: Line[] = ["a", "b", "c", "d", "e", "f"].map((message, index) => [1_800_000_000 + index, "INFO", message]);

describe.each(["old", "new"] as const)("newestLogs, with a Dask that answers the %s way", (kind) => {
  it.each([
    [undefined, "abcdef"],
    [0, ""],
    [1, "f"],
    [2, "ef"],
    [5, "bcdef"],
    [6, "abcdef"],
    [100, "abcdef"],
  ])("returns the newest %s, oldest first", async (n, expected) => {
    expect(await newest(kind, lines, n)).toBe(expected);
  });

  it("keeps the order of simultaneous lines", async () => {
    const burst: Line[] = [[1, "INFO", "a"], ...["b", "c", "d", "e"].map((message): Line => [2, "INFO", message])];
    expect(await newest(kind, burst)).toBe("abcde");
  });

  it("accepts an empty log and a single line", async () => {
    expect(await newest(kind, [], 3)).toBe("");
    expect(await newest(kind, lines.slice(0, 1), 3)).toBe("a");
  });
});

describe("newestLogs", () => {
  it("asks again only the nodes that returned their oldest lines", async () => {
    const asked: unknown[] = [];
    const logs = await newestLogs(2, async ({ n }, nodes) => {
      asked.push({ n, nodes });
      const all = (["old", "new"] as const).map((kind): [string, Field] => [kind, getLogs(kind, lines, n)]);
      return all.filter(([node]) => nodes?.includes(node) ?? true);
    });
    expect(asked).toEqual([
      { n: 2, nodes: undefined },
      { n: undefined, nodes: ["old"] },
    ]);
    const texts = [...logs].map(([node, log]) => [node, log.map(({ message }) => message).join("")]);
    expect(Object.fromEntries(texts)).toEqual({ old: "ef", new: "ef" });
  });

  it("refuses lines of another shape", async () => {
    for (const line of [null, [1, "INFO"], ["now", "INFO", "x"], [1e300, "INFO", "x"], [1, 2, 3]]) {
      await expect(newestLogs(1, async () => [["node", new Field([line], "get_logs")]])).rejects.toThrow(
        expect.objectContaining({ code: "PROTOCOL_VIOLATION" }),
      );
    }
  });
});
