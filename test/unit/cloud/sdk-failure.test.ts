import { describe, expect, test } from "vitest";

import { sdkFailure } from "../../../src/cloud/errors/sdk-failure.ts";
import { DaskFleetError } from "../../../src/errors.ts";

const SDK = "@aws-sdk/client-ec2";

const missing = (specifier: string): Promise<unknown> => import(specifier);

function failed(message: string, code = "ERR_MODULE_NOT_FOUND"): Error {
  return Object.assign(new Error(message), { code });
}

/** Messages as observed with these versions. */
describe("A missing SDK is reported with the command that installs it", () => {
  test.each([
    ["by Node.js", failed(`Cannot find package '${SDK}' imported from /x/client.js`)],
    ["by require()", failed(`Cannot find module '${SDK}'\nRequire stack:\n- /x/bundle.cjs`, "MODULE_NOT_FOUND")],
    ["by webpack", failed(`Cannot find module '${SDK}'`, "MODULE_NOT_FOUND")],
    ["of a file in it", failed(`Cannot find module '${SDK}/build/x.js'`, "MODULE_NOT_FOUND")],
    ["by Jest", failed(`Cannot find module '${SDK}' from '../dask-fleet/dist/providers/aws/client.js'`)],
    ["by Deno", failed(`Import "${SDK}" not a dependency`)],
    ["by Deno, of a package", failed(`Could not find package '${SDK}' from referrer 'file:///x/client.js'.`)],
    ["by Vite", new Error(`Could not resolve "${SDK}" imported by "dask-fleet". Is it installed?`)],
    ["by older Bun", failed(`Cannot find module "${SDK}" from "/x/client.js"`)],
    [
      "by Yarn, of a peer",
      failed(
        `dask-fleet tried to access ${SDK} (a peer dependency) but it isn't provided by your application; this makes the require call ambiguous and unsound.\n\nRequired package: ${SDK}\nRequired by: dask-fleet@virtual:1#file:/x/dask-fleet.tgz (via /x/)`,
      ),
    ],
    [
      "by Yarn, in an application",
      failed(`Your application tried to access ${SDK}, but it isn't declared in your dependencies; this makes`),
    ],
  ])("%s", (_by, error) => {
    expect(sdkFailure("EC2Cluster", SDK, error)).toMatchObject({
      code: "SDK_MISSING",
      cause: error,
      message: expect.stringMatching(/^EC2Cluster needs .*npm install "@aws-sdk\/client-ec2@\^3\.\d+\.\d+"$/) as string,
    });
  });

  test("by this runtime", async () => {
    const error: unknown = await missing("@aws-sdk/client-ec2-nobody-has").catch((caught: unknown) => caught);
    Object.assign(error as Error, { message: (error as Error).message.replaceAll("-nobody-has", "") });
    expect(sdkFailure("EC2Cluster", SDK, error)).toBeInstanceOf(DaskFleetError);
  });
});

const INSIDE = `/x/node_modules/${SDK}/dist-es/index.js`;

describe("An installed SDK that cannot load is not reported as missing", () => {
  test.each([
    ["one of its dependencies", failed(`Cannot find package '@smithy/core' imported from ${INSIDE}`)],
    ["one of its files", failed(`Cannot find module '${INSIDE}' imported from /x/client.js`)],
    ["a package, for require()", failed(`Cannot find module '@smithy/core'\nRequire stack:\n- ${INSIDE}`)],
    ["a package, for Deno", failed(`Could not find package '@smithy/core' from referrer 'file://${INSIDE}'.`)],
    ["a package, for Vite", new Error(`Could not resolve "@smithy/core" imported by "${SDK}". Is it installed?`)],
    ["a package, for Bun", failed(`Cannot find module "@smithy/core" from "${INSIDE}"`)],
    [
      "a package, for Yarn",
      failed(
        `${SDK} tried to access @smithy/core, but it isn't declared in its dependencies; this makes the require call ambiguous and unsound.\n\nRequired package: @smithy/core\nRequired by: ${SDK}@npm:3.0.0 (via ${INSIDE})`,
      ),
    ],
    ["a package with a longer name", failed(`Cannot find package '${SDK}-node' imported from ${INSIDE}`)],
    ["nothing", new SyntaxError(`Unexpected token in '${SDK}'`)],
    ["a value that is no error", `Cannot find package '${SDK}'`],
  ])("%s", (_what, error) => {
    expect(sdkFailure("EC2Cluster", SDK, error)).toBe(error);
  });
});
