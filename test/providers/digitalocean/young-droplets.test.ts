import { expect, test } from "vitest";

import { isolatedState } from "../../support/local-state.ts";
import { until } from "../../support/until.ts";
import { anHour, TestAccount } from "./account.ts";

isolatedState();

const YOUNG = { pendingMs: 1_000_000, bootMs: 1_000_000 };

test.each(["done", "refused", "ignored"] as const)(
  "a close leaves nothing, even if no list shows the new droplets and their deletion is %s",
  async (youngDeletions) => {
    await using account = await TestAccount.open({ boot: "paper", throttling: false, ...YOUNG, listLagMs: 100_000 });
    const options = { nWorkers: 1, security: false, allowedCidrs: ["127.0.0.1/32"] } as const;
    const cluster = await account.cluster(options).start();
    account.cloud.account.youngDeletions = youngDeletions;
    const growing = cluster.scale(3).catch((error: unknown) => error);
    await until("the new droplets", () => account.cloud.machines.length === 4);
    await cluster.close();
    expect(await growing).toMatchObject({ code: "CLOSED" });
    expect([account.cloud.machines, account.cloud.leftovers(cluster.name)]).toEqual([[], []]);
    expect(account.cloud.violations).toEqual([]);
  },
);

test("a busy droplet does not block the others and is retried", async () => {
  await using account = await TestAccount.open({ throttling: false, ...YOUNG, listLagMs: 0, stoppingMs: 0 });
  const cluster = account.cluster();
  const { cloud } = account;
  const old = await cluster.verbs.create(cluster.request("worker", 3, "old"), anHour());
  await until("them to run", () => cloud.machines.every(({ status }) => status === "active"));
  const young = await cluster.verbs.create(cluster.request("worker", 1, "young"), anHour());
  cloud.account.youngDeletions = "refused";
  await cluster.verbs.list(anHour());
  const all = [...old.machines, ...young.machines];
  await expect(cluster.verbs.destroy(all, anHour())).rejects.toMatchObject({
    meaning: "transient",
    message: expect.stringMatching(/busy with an earlier action.*pending event/),
  });
  await until("the others to go", () => cloud.machines.length === 1);
  expect(cloud.machines.map(({ id }) => id)).toEqual(young.machines.map(({ id }) => id));
  await until("it to run", () => cloud.machines[0]?.status === "active");
  await cluster.verbs.destroy(young.machines, anHour());
  await until("it to go", () => cloud.machines.length === 0);
});
