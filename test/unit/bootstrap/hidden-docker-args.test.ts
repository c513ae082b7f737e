import { expect, test } from "vitest";

import { hiddenDockerArgs } from "../../../src/bootstrap/docker/docker-args.ts";

const HIDDEN = "(hidden, 6 bytes)";

test.each([
  [
    ["-e", "TOKEN=secret"],
    ["-e", `TOKEN=${HIDDEN}`],
  ],
  [
    ["--env", "TOKEN=secret"],
    ["--env", `TOKEN=${HIDDEN}`],
  ],
  [["--env=TOKEN=secret"], [`--env=TOKEN=${HIDDEN}`]],
  [["-eTOKEN=secret"], [`-eTOKEN=${HIDDEN}`]],
  [["-e=TOKEN=secret"], [`-e=TOKEN=${HIDDEN}`]],
  [
    ["-ite", "TOKEN=secret"],
    ["-ite", `TOKEN=${HIDDEN}`],
  ],
  [["-iteTOKEN=secret"], [`-iteTOKEN=${HIDDEN}`]],
  [
    ["--label", "a=secret"],
    ["--label", `a=${HIDDEN}`],
  ],
  [["--log-opt=splunk-token=secret"], [`--log-opt=splunk-token=${HIDDEN}`]],
  [
    ["--health-cmd", "secret"],
    ["--health-cmd", HIDDEN],
  ],
  [["--mount=secret"], [`--mount=${HIDDEN}`]],
  [
    ["--not-known-yet", "secret"],
    ["--not-known-yet", HIDDEN],
  ],
  [
    ["--not-known-yet=secret", "--rm"],
    [`--not-known-yet=${HIDDEN}`, "--rm"],
  ],
  [["-xsecret"], [`-x${HIDDEN}`]],
  [
    ["--rm", "secret"],
    ["--rm", HIDDEN],
  ],
  [
    ["-e", "-secret=secret"],
    ["-e", `-secret=${HIDDEN}`],
  ],
])("%j is shown as %j", (args, shown) => {
  expect(hiddenDockerArgs(args)).toEqual(shown);
});

test("Arguments that cannot be secrets are shown", () => {
  const args = [
    "--shm-size",
    "1g",
    "--gpus=all",
    "-it",
    "--rm",
    "-p",
    "80:80",
    "-v/a:/b",
    "--env",
    "FROM_OUTSIDE",
    "-u",
    "0",
  ];
  expect(hiddenDockerArgs(args)).toEqual(args);
});
