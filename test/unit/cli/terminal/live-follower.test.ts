import { expect, test } from "vitest";

import { tellOnStderr } from "../../../../src/process/stderr.ts";
import { FollowedCluster, begins, booting, ends, machine, prints, state, target } from "./followed-cluster.ts";

const warning = (message: string) => ({ type: "warning", message }) as const;

test("a start shows its phases, machines and console, and the usual time where it was measured", async () => {
  const cluster = new FollowedCluster();
  using _ = cluster.live();
  booting(cluster);
  cluster.after(20, { type: "scheduler", change: "booted", id: "i-sched" }, machine("i-2", "booted"));
  cluster.after(0, prints("i-sched", "Unpacking docker.io (24.0.5)"), machine("i-1", "booted"));
  cluster.after(0, { type: "expected", durationMs: 70_000 });
  cluster.after(5);
  expect(await cluster.screen.lines()).toEqual(
    [
      "● demo  starting  28 s, usually 1 min 10 s",
      "  ✓ certificates       0.2 s",
      "  ✓ prepare            1 s",
      "  ✓ scheduler machine  0.8 s",
      "  ✓ worker machines    1 s",
      "  ● scheduler up       26 s         i-sched  booting  | Unpacking docker.io (24.",
      "    workers            0 of 4 joined, 2 booting, 1 pending, 1 not created",
      "      i-1  booting  25 s",
      "      i-2  booting  25 s",
      "      i-3  pending  25 s",
    ].map((line) => (line.length > 79 ? `${line.slice(0, 79)}…` : line)),
  );
});

test("what stays of a start is its phases and its ends; what stays of a close is one row", async () => {
  const cluster = new FollowedCluster();
  using _ = cluster.live();
  booting(cluster);
  cluster.after(30, ends("scheduler up", 31), begins("workers joined"), machine("i-4", "created"));
  cluster.after(2, ...["i-1", "i-2", "i-3", "i-4"].map((id) => machine(id, "joined")), ends("workers joined", 2));
  cluster.after(0, {
    type: "ends",
    message: "ends after 20 min without work",
    idleTimeoutMs: 1_200_000,
    noClientTimeoutMs: undefined,
    expiresAt: undefined,
  });
  cluster.after(0, state("running"));
  const started = [
    "✓ demo  running  4 workers  35 s",
    "  ✓ certificates       0.2 s",
    "  ✓ prepare            1 s",
    "  ✓ scheduler machine  0.8 s",
    "  ✓ worker machines    1 s",
    "  ✓ scheduler up       31 s",
    "  ✓ workers joined     2 s",
    "  ends after 20 min without work",
  ];
  expect(await cluster.screen.lines()).toEqual(started);
  expect(cluster.clock.size).toBe(0);
  cluster.after(100, state("closing"));
  cluster.after(12.4);
  expect(await cluster.screen.lines()).toEqual([...started, "● demo  closing  12 s"]);
  cluster.after(0.1, state("closed"));
  tellOnStderr("not on the terminal any more");
  expect(await cluster.screen.lines()).toEqual([...started, "✓ demo  closed  12.5 s"]);
  expect([cluster.clock.size, await cluster.screen.isAsFound()]).toEqual([0, true]);
});

test("a start that fails leaves where it stood, then says what it does", async () => {
  const cluster = new FollowedCluster();
  using _ = cluster.live();
  booting(cluster);
  cluster.after(60, machine("i-1", "booted"), prints("i-1", "No space left on device"));
  cluster.after(0, { type: "rollback", isWanted: false, message: "TIMEOUT" });
  const left = [
    "✗ demo  start failed  63 s",
    "  ✓ certificates       0.2 s",
    "  ✓ prepare            1 s",
    "  ✓ scheduler machine  0.8 s",
    "  ✓ worker machines    1 s",
    "  ✗ scheduler up       1 min 1 s",
    "    workers            0 of 4 joined, 1 booting, 2 pending, 1 not created",
    "      i-1  booting  1 min        | No space left on device",
    "      i-2  pending  1 min",
    "      i-3  pending  1 min",
  ];
  cluster.after(3);
  expect(await cluster.screen.lines()).toEqual([...left, "● demo  removing what the start created  3 s"]);
  cluster.after(1, state("failed"));
  expect(await cluster.screen.lines()).toEqual(left);
});

test("a start that is ended leaves two rows", async () => {
  const cluster = new FollowedCluster();
  using _ = cluster.live();
  booting(cluster);
  tellOnStderr("SIGINT: closing demo. It may take up to 60 s. Ctrl-C again ends now and lists what is left.");
  cluster.after(1, { type: "rollback", isWanted: true, message: "The cluster was closed." });
  cluster.after(8, state("failed"), state("closing"), state("closed"));
  expect((await cluster.screen.lines()).slice(2)).toEqual(["✗ demo  start ended  4 s", "✓ demo  closed  8 s"]);
});

test("30 machines in 12 rows of 60 columns, with names in Japanese, leave no ghost", async () => {
  const cluster = new FollowedCluster({ columns: 60, rows: 12, name: "日本語の名前".repeat(10) });
  using _ = cluster.live();
  cluster.after(0, state("starting"), target(30), begins("scheduler up"));
  for (let nth = 1; nth <= 30; nth += 1) cluster.after(1, machine(`機械-${nth}`, "created"));
  cluster.after(0, prints("機械-1", "日本語".repeat(40)));
  cluster.after(1);
  const lines = await cluster.screen.lines();
  expect(lines.slice(1)).toEqual([
    "  ● scheduler up       31 s",
    "    workers            0 of 30 joined, 30 pending",
    expect.stringMatching(/^ {6}機械-1 {2}pending {2}30 s {9}\| (?:日本語)+.{0,2}…$/u),
    ...[2, 3, 4, 5, 6, 7].map((nth) => `      機械-${nth}  pending  ${31 - nth} s`),
    "  … and 23 more",
  ]);
});

test("a resize redraws at once, without ghosts", async () => {
  const cluster = new FollowedCluster({ columns: 100, rows: 30 });
  using _ = cluster.live();
  booting(cluster);
  await cluster.screen.resize(30, 30);
  cluster.changed("resized");
  const lines = await cluster.screen.lines();
  expect(lines).toHaveLength(10);
  expect(lines.filter((line) => line.includes("demo"))).toEqual(["● demo  starting  3 s"]);
});

test("warnings and lost machines stay above the rows, which are there once", async () => {
  const cluster = new FollowedCluster();
  using _ = cluster.live();
  cluster.after(0, state("starting"), target(1));
  cluster.after(1, warning("first"), {
    type: "machine",
    change: "lost",
    id: "i-1",
    group: "default",
    reason: "it stopped",
  });
  cluster.after(1, warning("second"));
  expect(await cluster.screen.lines()).toEqual([
    "dask-fleet: demo: warning: first",
    "dask-fleet: demo: machine i-1 lost: it stopped",
    "dask-fleet: demo: warning: second",
    "● demo  starting  2 s",
    "    workers            0 of 1 joined, 1 not created",
  ]);
});

test("while a command has the terminal nothing is drawn, only lines", async () => {
  const cluster = new FollowedCluster();
  using follower = cluster.live();
  cluster.after(0, state("starting"), state("running"));
  const code = await follower.lent(async () => {
    cluster.screen.write("50 %");
    const { length } = cluster.screen.written;
    cluster.after(100, target(2), machine("i-1", "created"), state("closing"));
    expect(cluster.screen.written.slice(length)).not.toContain("\u{1B}");
    return 7;
  });
  expect(code).toBe(7);
  cluster.after(2, state("closed"));
  expect((await cluster.screen.lines()).slice(1)).toEqual([
    "50 %",
    "dask-fleet: demo: target: 2 workers",
    "dask-fleet: demo: closing",
    "✓ demo  closed  2 s",
  ]);
});

test("in the background nothing is drawn, and afterwards the rows come anew", async () => {
  const cluster = new FollowedCluster();
  using _ = cluster.live();
  cluster.after(0, state("starting"));
  cluster.isOurs = false;
  cluster.screen.write("$ \r\n");
  const { length } = cluster.screen.written;
  cluster.after(30);
  expect(cluster.screen.written).toHaveLength(length);
  cluster.isOurs = true;
  cluster.changed("continued");
  cluster.after(1);
  expect(await cluster.screen.lines()).toEqual(["● demo  starting  0 s", "$", "● demo  starting  31 s"]);
});

test("a running cluster that is scaled shows the machines it awaits, and then what has come of it", async () => {
  const cluster = new FollowedCluster();
  using follower = cluster.live();
  cluster.after(0, target(2, "gpu"));
  cluster.after(
    0,
    state("running"),
    target(2, "gpu"),
    machine("i-1", "created", "gpu"),
    machine("i-2", "created", "gpu"),
  );
  cluster.after(5, machine("i-1", "joined", "gpu"));
  cluster.after(1);
  expect(await cluster.screen.lines()).toEqual([
    "● demo  scaling  6 s",
    "    gpu workers        1 of 2 joined, 1 pending",
    "      i-2  pending  6 s",
  ]);
  cluster.after(1, machine("i-2", "joined", "gpu"));
  follower.done();
  expect(await cluster.screen.lines()).toEqual(["✓ demo  scaled  7 s"]);
  expect(cluster.clock.size).toBe(0);
});

test("a console's line and a machine's id cannot move the cursor or colour the terminal", () => {
  const cluster = new FollowedCluster();
  using _ = cluster.live();
  cluster.after(0, state("starting"), target(1), machine("i-\u{1B}[2J\n", "created"), prints("i-\u{1B}[2J\n", "safe"));
  cluster.after(1);
  expect(cluster.screen.written).not.toContain("\u{1B}[2J");
});

test("colours belong to signs and times", () => {
  const cluster = new FollowedCluster();
  const styles = new Set<string>();
  using _ = cluster.live((style, text) => (styles.add(`${style}`), text));
  booting(cluster);
  cluster.after(1);
  expect([...styles].sort()).toEqual(["busy", "faint", "good", "strong"]);
});
