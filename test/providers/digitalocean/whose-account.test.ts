import { expect, test } from "vitest";

import { DropletCluster } from "../../../providers/digitalocean/index.ts";
import { isolatedState } from "../../support/local-state.ts";
import { QUICK } from "../test-cloud.ts";
import { TestAccount } from "./account.ts";

isolatedState();

const OPTIONS = { allowedCidrs: ["127.0.0.1/32"], security: false } as const;

test("A token of another account neither lists nor removes a recorded cluster; another token of the same account does", async () => {
  await using account = await TestAccount.open({ boot: "paper", throttling: false, tokens: ["mine", "renewed"] });
  const cluster = await account.cluster({ ...OPTIONS, token: "mine" }).start();
  const { cloud } = account;
  const { uuid } = cloud.account;
  const names = async (): Promise<string[]> => (await DropletCluster.list()).map(({ name }) => name);

  cloud.account.uuid = "another";
  const removal = DropletCluster.remove(cluster.name, { ...QUICK, token: "renewed" });
  await expect(removal).rejects.toMatchObject({
    code: "CONFIG_INVALID",
    message: expect.stringContaining(`- credentials: recorded account ${uuid}, given account another`),
  });
  // What the list has is found by its tags: the record is not of this account.
  const listed = await DropletCluster.list(QUICK);
  expect(listed).toMatchObject([{ name: cluster.name, launcher: undefined }]);

  cloud.account.uuid = uuid;
  expect(await names()).toEqual([cluster.name]);
  await DropletCluster.remove(cluster.name, { ...QUICK, token: "renewed" });
  expect(cloud.leftovers(cluster.name)).toEqual([]);
  await cluster.close();
});

test("A token that may not read its account still removes a cluster", async () => {
  await using account = await TestAccount.open({ boot: "paper", throttling: false });
  const cluster = await account.cluster(OPTIONS).start();
  account.cloud.forbidden = new Set(["getAccount"]);
  await DropletCluster.remove(cluster.name, QUICK);
  expect(account.cloud.leftovers(cluster.name)).toEqual([]);
  await cluster.close();
});
