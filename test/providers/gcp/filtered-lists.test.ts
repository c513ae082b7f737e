import { expect, test } from "vitest";

import { selectFields } from "../../../providers/gcp/api/partial-lists.ts";
import { isolatedState } from "../../support/local-state.ts";
import { patient } from "../../support/patience.ts";
import { anHour, TestProject } from "./project.ts";

isolatedState();

const NOT_RUNNING = { notRunning: true };

test("a list of machines that do not run has neither booting nor running ones", async () => {
  await using project = await TestProject.open({ listLagMs: 0, pageSize: 4 });
  const cluster = await project.cluster().prepared();
  const { machines } = await cluster.verbs.create(cluster.request("worker", 10), anHour());
  expect(await cluster.verbs.list(anHour(), NOT_RUNNING)).toEqual([]);
  const stopped = machines.slice(0, 6).map(({ id }) => id);
  for (const id of stopped) project.cloud.kill(id);
  const listed = async (): Promise<readonly string[]> =>
    (await cluster.verbs.list(anHour(), NOT_RUNNING)).map(({ id, state }) => `${id} ${state}`).toSorted();
  await expect.poll(listed, { timeout: patient(5000) }).toEqual(stopped.map((id) => `${id} stopped`).toSorted());
  expect(project.cloud.violations).toEqual([]);
});

test("lists of machines and disks ask for the fields that are read, and other calls for all", () => {
  const fieldsOf = (path: string): string | null => {
    const url = new URL(`https://compute.googleapis.com/compute/v1/projects/p${path}?filter=x`);
    selectFields(url);
    expect(url.searchParams.get("filter")).toBe("x");
    return url.searchParams.get("fields");
  };
  expect(fieldsOf("/aggregated/instances")).toContain("labels");
  expect(fieldsOf("/aggregated/instances")).not.toContain("metadata");
  expect(fieldsOf("/aggregated/disks")).toContain("users");
  expect(fieldsOf("/zones/us-east1-c/instances/vm-1")).toBeNull();
  expect(fieldsOf("/zones/us-east1-c/instances")).toBeNull();
});
