import { expect, test } from "vitest";

import { asVariables, parseCommandLine } from "../../../src/cli/command-line.ts";

test("Words, options in every spelling, and what stands behind -- are told apart", () => {
  const { words, options, rest } = parseCommandLine([
    "run",
    "ec2",
    "--n-workers=2",
    "--region",
    "us-east-1",
    "--spot",
    "--no-public-ip",
    "--env-vars",
    '{"A": "--b"}',
    "--worker-options.nthreads=-1",
    "--",
    "python",
    "train.py",
    "--",
    "--n-workers=9",
  ]);
  expect(words).toEqual(["run", "ec2"]);
  expect([...options]).toEqual([
    ["n-workers", "2"],
    ["region", "us-east-1"],
    ["spot", "True"],
    ["public-ip", "False"],
    ["env-vars", '{"A": "--b"}'],
    ["worker-options.nthreads", "-1"],
  ]);
  expect(rest).toEqual(["python", "train.py", "--", "--n-workers=9"]);
});

test("A flag at the end, before another option or before -- is True, and takes no word that follows a negated one", () => {
  expect([...parseCommandLine(["start", "--spot", "--gpu", "--", "x"]).options]).toEqual([
    ["spot", "True"],
    ["gpu", "True"],
  ]);
  expect(parseCommandLine(["list", "--no-bootstrap", "ec2"])).toMatchObject({ words: ["list", "ec2"] });
});

test.each([
  [["start", "-n", "2"], /"-n" is not understood/],
  [["start", "--n-workers=2", "--n-workers=3"], /--n-workers is given twice/],
  [["start", "--spot", "--no-spot"], /--spot is given twice/],
])("%j is refused", (args, message) => {
  expect(() => parseCommandLine(args)).toThrow(message);
});

test("Options become the variables that the configuration reads", () => {
  const options = new Map([
    ["n-workers", "2"],
    ["nWorkers", "3"],
    ["allowed_cidrs", "['10.0.0.0/8']"],
    ["worker-options.memory_limit", "4GiB"],
  ]);
  expect(asVariables("ec2", options)).toEqual({
    DASK_CLOUDPROVIDER__EC2__N_WORKERS: "3",
    DASK_CLOUDPROVIDER__EC2__ALLOWED_CIDRS: "['10.0.0.0/8']",
    DASK_CLOUDPROVIDER__EC2__WORKER_OPTIONS__memory_limit: "4GiB",
  });
});
