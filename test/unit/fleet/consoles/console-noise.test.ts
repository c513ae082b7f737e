import * as fc from "fast-check";
import { expect, test } from "vitest";

import { gaveUpIn, isHopeless } from "../../../../src/fleet/consoles/gave-up.ts";
import { silentEndIn } from "../../../../src/fleet/consoles/silent-boot.ts";

// Noise between a machine and the reader of its console: stamps, colours, CRLF, eighty columns, kernel messages within a
// line, lines before and after, and an earlier boot.

const word = fc.stringMatching(/^[a-zA-Z0-9_.,:()'"/=-]{1,14}$/u);
const reason = fc
  .array(word, { minLength: 1, maxLength: 30 })
  .map((words) => words.join(" ").slice(0, 300).trim())
  .filter((text) => text !== "");
const outcome = fc.constantFrom("; the machine is powered off", "; autoShutdown is off, so the machine stays on");
const stamp = fc.constantFrom(
  "",
  "[   12.345] cloud-init[812]: ",
  "[ 1012.345678] dask-node[1]: ",
  "cloud-init[9]: ",
  "bash[4]: ",
);
const line = fc.constantFrom(
  "[    3.141592] EXT4-fs (vda1): mounted filesystem",
  "\u001B[0;32m[  OK  ]\u001B[0m Reached target \u001B[0;1;39mtimers.target\u001B[0m - Timer Units.",
  "cloud-init[91]: ci-info: |   1   |   10.77.0.0   |",
  "dask-fleet: bootstrap: bootstrap-docker.sh",
  "",
  "Ünïcödé \u0007 bell",
  "#".repeat(79),
);
const lines = fc.array(line, { maxLength: 8 });
const kernel = fc.constantFrom(
  "[   21.400000] random: crng init done",
  "[  OK  ] Started getty@tty1.service - Getty on tty1.",
);

interface Noise {
  readonly before: readonly string[];
  readonly after: readonly string[];
  readonly stamp: string;
  readonly colour: boolean;
  readonly wrap: boolean;
  readonly intruder: string | undefined;
  /** The position of the interruption, as a fraction of the line's length. */
  readonly at: number;
  readonly crlf: boolean;
}

const noise: fc.Arbitrary<Noise> = fc.record({
  before: lines,
  after: lines,
  stamp,
  colour: fc.boolean(),
  wrap: fc.boolean(),
  intruder: fc.option(kernel, { nil: undefined }),
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  crlf: fc.boolean(),
});

function shown(said: string, { before, after, stamp, colour, wrap, intruder, at, crlf }: Noise): string {
  let text = `${stamp}${said}`;
  if (wrap) text = text.replaceAll(/[^\n]{80}(?=[^\n])/gu, "$&\n");
  if (intruder !== undefined) {
    const place = Math.floor(at * text.length);
    text = `${text.slice(0, place)}${intruder}\n${text.slice(place)}`;
  }
  if (colour) text = `\u001B[1m${text}\u001B[0m`;
  return [...before, text, ...after].join("\n").replaceAll("\n", crlf ? "\r\n" : "\n");
}

test("A gave-up marker is read completely, whatever the console does to its line", () => {
  fc.assert(
    fc.property(reason, outcome, noise, (why, what, around) => {
      const said = `dask-fleet: this machine's part in dask-1 is over: ${why}${what}`;
      const log = shown(said, around);
      expect(gaveUpIn(log, "dask-1")?.reason).toBe(why);
      expect(gaveUpIn(log, "dask-2")).toBeUndefined();
      expect(silentEndIn(`Cloud-init v. 24.1 finished at Sun\n${log}`)).toBeUndefined();
    }),
    { numRuns: 2000 },
  );
});

test("A marker of permanent failure is read too", () => {
  fc.assert(
    fc.property(noise, (around) => {
      expect(isHopeless(shown("dask-fleet: another machine would fail in the same way", around), "dask-1")).toBe(true);
    }),
    { numRuns: 500 },
  );
});

test("Noise alone is no marker", () => {
  fc.assert(
    fc.property(lines, noise, (more, around) => {
      const log = shown(more.join("\n"), around);
      expect([gaveUpIn(log, "dask-1"), isHopeless(log, "dask-1")]).toEqual([undefined, false]);
    }),
  );
});

test("Another launcher's output shown on this machine's console is not this machine's marker", () => {
  const quoted = "Console output (last lines):\n  | dask-fleet: another machine would fail in the same way\n";
  expect(isHopeless(quoted, "dask-1")).toBe(false);
});

test("A restart after a gave-up marker cancels it", () => {
  const over = "dask-fleet: this machine's part in dask-1 is over: no disk; the machine is powered off\n";
  const again = "[    0.000000] Linux version 6.1.0\n[    1.0] usb 1-1: new device\n";
  expect(gaveUpIn(over, "dask-1")?.reason).toBe("no disk");
  expect(gaveUpIn(`${over}${again}`, "dask-1")).toBeUndefined();
});
