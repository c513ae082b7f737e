import { expect, test } from "vitest";

import { FollowedCluster, booting, ends, machine, prints, state } from "./followed-cluster.ts";

test("in a pipe each phase is a line, and nothing moves a cursor", () => {
  const cluster = new FollowedCluster();
  using _ = cluster.inLines();
  booting(cluster);
  cluster.after(20, ends("scheduler up", 21), state("running"));
  expect(cluster.lines).toEqual([
    "starting",
    "certificates: 0.2 s",
    "prepare: 1 s",
    "scheduler machine: 0.8 s",
    "target: 4 workers",
    "worker machines: 1 s",
    "scheduler up: 21 s",
    "running",
  ]);
});

test("in a pipe a start is never mute for long: what it waits for, who has joined, what a machine prints", () => {
  const cluster = new FollowedCluster();
  using _ = cluster.inLines();
  booting(cluster);
  cluster.lines.length = 0;
  cluster.after(60, prints("i-1", "Unpacking docker.io"), machine("i-2", "joined"));
  cluster.after(30);
  expect(cluster.lines).toEqual([
    "still starting: scheduler up (43 s); workers 0 of 4 joined, 3 pending, 1 not created",
    "still starting: scheduler up (1 min 13 s); workers 1 of 4 joined, 2 pending, 1 not created; i-1 prints: Unpacking docker.io",
  ]);
});

test("a running cluster says nothing of itself, and a follower that is done has no timer", () => {
  const cluster = new FollowedCluster();
  const follower = cluster.inLines();
  cluster.after(0, state("running"));
  cluster.after(1000);
  expect(cluster.lines).toEqual(["running"]);
  follower.done();
  follower.done();
  cluster.after(0, state("closing"));
  expect([cluster.lines, cluster.clock.size]).toEqual([["running"], 0]);
});

test("a rollback has a line", () => {
  const cluster = new FollowedCluster();
  using _ = cluster.inLines();
  cluster.after(
    0,
    { type: "rollback", isWanted: false, message: "x" },
    { type: "rollback", isWanted: true, message: "x" },
  );
  expect(cluster.lines).toEqual(["start failed: removing what it created", "start ended: removing what it created"]);
});
