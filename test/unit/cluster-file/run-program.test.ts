import { expect, test } from "vitest";

import { readClusterFile } from "../../../src/cluster-file/index.ts";
import { folderOfTest } from "./folder.ts";

const { write, path, env } = folderOfTest();

async function read(lines: string): ReturnType<typeof readClusterFile> {
  return await readClusterFile(write("jobs/cluster.yaml", `provider: local\n${lines}\n`), { env: env() });
}

test.each([
  ["run: python train.py --n 10", ["python", "train.py", "--n", "10"]],
  ["run: [python, 'train it.py', 10, on]", ["python", "train it.py", "10", "on"]],
  ["run: { command: make all }", ["make", "all"]],
  ["run: python train.py | tee log", ["/bin/sh", "-c", "python train.py | tee log"]],
  ["run: A=1 python train.py", ["/bin/sh", "-c", "A=1 python train.py"]],
  ["run: |\n  python a.py\n  python b.py", ["/bin/sh", "-c", "python a.py\npython b.py"]],
])("%s is a program in the file's folder", async (lines, command) => {
  expect((await read(lines)).run).toEqual({ command, env: {}, where: "here", cwd: path("jobs"), job: undefined });
});

test.each([
  ["python train.py --n 10", { program: "train.py", args: ["--n", "10"] }],
  ["train.py", { program: "train.py", args: [] }],
  ["python3.12 -m pkg.train x", { program: { module: "pkg.train" }, args: ["x"] }],
])("On the cluster, %s is a job", async (command, job) => {
  expect((await read(`run: { command: ${command}, where: cluster }`)).run?.job).toEqual(job);
});

test("Files are sent from the file's folder, and others under their own names", async () => {
  write("jobs/data/a.csv", "");
  write("shared.py", "");
  const { files, notes } = await read("files: [data, ../shared.py]\nrun: { command: train.py, where: cluster }");
  expect(files).toEqual(["data", { path: path("shared.py"), as: "shared.py" }]);
  expect(notes).toEqual([]);
  expect((await read("files: data\nrun: make")).notes).toEqual([
    "files are for a program on the cluster, and run stays on this computer, where they are.",
  ]);
});

test.each([
  ["run: { command: make, where: cluster }", "On the cluster, run starts a Python program"],
  ["run: { where: here }", "Expected the command of run to be a text or a list of words"],
  ["run: []", "Expected the command of run to be a text or a list of words"],
  ["run: { command: x, where: there }", 'Expected run.where to be "here" or "cluster", got `"there"`'],
  ["run: { comand: x }", 'Unknown name "comand" in run from'],
  ["run: { command: x, env: [a] }", "Expected run.env to be a mapping of names to texts"],
  ["run: { command: x, env: { A: [b] } }", "Expected run.env.A to be a text from"],
  ["files: [none.txt]", "There is no file or folder"],
  ["files: { a: b }", "Expected files to be a path or a list of paths"],
])("%s is refused", async (lines, message) => {
  await expect(read(lines)).rejects.toThrow(message);
});
