import { afterAll, afterEach, expect } from "vitest";

import { witnesses } from "../../../packages/simulated-clouds/src/core/witnesses.ts";
import { forgetTold, judgeOfSecrets, takeTold } from "./told-in-tests.ts";

witnesses.add(judgeOfSecrets);
// Test files of a project share a process.
afterAll(() => {
  witnesses.delete(judgeOfSecrets);
  forgetTold();
});

// Where tests run at the same time, the first that ends tells what all were found to send.
afterEach(() => {
  expect(takeTold(), "secrets that simulated clouds were sent").toEqual([]);
});
