import { expect, test } from "vitest";

import { until } from "../../../../test/support/until.ts";
import type { BootedMachine } from "../../src/core/boot.ts";
import { freshOci } from "./fresh-oci.ts";
import { refusal } from "./sdk.ts";

const LINES = Array.from({ length: 120_000 }, (_, nth) => `line ${nth}`).join("\n");

/** Machines with much to say. */
const given = freshOci({
  boot: {
    boot: async (): Promise<BootedMachine> => ({
      listens: [],
      ended: new Promise(() => undefined),
      console: async () => LINES,
      powerOff: async () => undefined,
    }),
  },
});

async function capture(instanceId: string): Promise<string> {
  const { consoleHistory } = await given.sdk.compute.captureConsoleHistory({
    captureConsoleHistoryDetails: { instanceId },
  });
  return consoleHistory.id;
}

/** The SDK takes the text for JSON, which it is not. */
async function content(id: string, query = ""): Promise<string> {
  const reply = await given.sdk.get(`/20160918/instanceConsoleHistories/${id}/data${query}`);
  return `${reply.status} ${await reply.text()}`;
}

test("a console history is captured after a while, and has the last megabyte", async () => {
  const { cloud, sdk } = given;
  const { id } = await sdk.launch();
  await sdk.untilState(id, "RUNNING");
  await until("the machine to boot", async () => (await cloud.account.instances.get(id).machine?.console()) !== "");
  const history = await capture(id);
  const seen = new Set<string>();
  await until("the capture", async () => {
    const { consoleHistory } = await sdk.compute.getConsoleHistory({ instanceConsoleHistoryId: history });
    const state: string = consoleHistory.lifecycleState;
    seen.add(state);
    return state === "SUCCEEDED";
  });
  expect(["REQUESTED", "GETTING-HISTORY", "SUCCEEDED"]).toEqual(expect.arrayContaining([...seen]));
  const last = LINES.slice(-1_048_576);
  expect(await content(history, "?length=1048576")).toBe(`200 ${last}`);
  // Not more than 10 KiB where no length is asked for.
  expect(await content(history)).toBe(`200 ${last.slice(0, 10_240)}`);
  expect(await content(history, "?offset=1048570")).toBe(`200 ${last.slice(-6)}`);
  await sdk.compute.deleteConsoleHistory({ instanceConsoleHistoryId: history });
  expect(await content(history)).toMatch(/^404 /u);
});

test("a terminated instance has no console history", async () => {
  const { sdk } = given;
  const { id } = await sdk.launch();
  await sdk.terminate(id);
  await sdk.untilState(id, "TERMINATED");
  expect(await refusal(capture(id))).toMatch(/^404 NotAuthorizedOrNotFound: /u);
});
