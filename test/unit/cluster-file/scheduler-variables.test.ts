import { expect, test } from "vitest";

import { schedulerVariables } from "../../../src/cluster-file/ads/scheduler-variables.ts";

test.each([
  ["tls://10.0.0.4:8786", { SCHEDULER_IP: "tls://10.0.0.4", SCHEDULER_PORT: "8786" }],
  ["tcp://10.0.0.4:8786", { SCHEDULER_IP: "10.0.0.4", SCHEDULER_PORT: "8786" }],
  ["tls://[fd00::4]:8786", { SCHEDULER_IP: "tls://[fd00::4]", SCHEDULER_PORT: "8786" }],
])("A program finds the scheduler at %s", (address, variables) => {
  expect(schedulerVariables(address)).toEqual(variables);
});
