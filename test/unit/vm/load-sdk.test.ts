import { expect, test } from "vitest";

import { loadSdk } from "../../../src/vm/load-sdk.ts";

const missing = (specifier: string): Promise<unknown> => import(specifier);

test("A missing SDK is told with the command that installs it", async () => {
  const error = Object.assign(new Error("Cannot find package '@aws-sdk/client-ec2' imported from /x/client.js"), {
    code: "ERR_MODULE_NOT_FOUND",
  });
  await expect(loadSdk("EC2Cluster", "@aws-sdk/client-ec2", () => Promise.reject(error))).rejects.toMatchObject({
    code: "SDK_MISSING",
    message: expect.stringMatching(/^EC2Cluster needs .*npm install "@aws-sdk\/client-ec2@\^3\.\d+\.\d+"$/),
  });
});

test("An SDK that is there and cannot be loaded is not called missing", async () => {
  const specifier = "dask-fleet-no-such-package";
  await expect(loadSdk("EC2Cluster", "@aws-sdk/client-ec2", () => missing(specifier))).rejects.toThrow(specifier);
});
