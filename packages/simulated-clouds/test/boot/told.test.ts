import fc from "fast-check";
import { expect, test } from "vitest";

import { parameterFile } from "../../../../src/bootstrap/env/env-file.ts";
import { parseParameters, UserDataReader } from "../../src/boot/told.ts";
import { ToldCluster } from "../core/user-data-fixture.ts";

const text = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.string({ unit: fc.constantFrom("'", "\\", '"', "\n", "=", "(", ")", " ", "#", "$", "A") }),
);
const names = fc.stringMatching(/^[A-Z][A-Z0-9_]{0,8}$/);
const clean = (value: string): boolean => !/[\0]|\p{Surrogate}/u.test(value);

test("bash assignments are parsed as bash would", () => {
  const values = fc.dictionary(names, fc.oneof(text.filter(clean), fc.array(text.filter(clean))), {
    noNullPrototype: true,
  });
  fc.assert(
    fc.property(values, (written) => {
      const { env, lists } = parseParameters(parameterFile(written));
      expect({ ...env, ...lists }).toEqual(written);
    }),
  );
});

test("anything but a list of assignments is rejected", () => {
  for (const wrong of ["A=b\n", "A='b\n", "A='b'; reboot\n", "A=('b' c)\n", "A=$(reboot)\n"]) {
    expect(() => parseParameters(wrong)).toThrow("cannot be read");
  }
});

test("a machine's files and parameters are parsed once, from the bytes that the cloud received", () => {
  const told = new ToldCluster("toy");
  const reader = new UserDataReader();
  const worker = Buffer.from(told.worker("127.64.0.4", { workerOptions: { nworkers: 2 } }));
  const read = reader.read(worker);
  expect(read.env).toMatchObject({ DASK_FLEET_ROLE: "worker", DASK_FLEET_SCHEDULER: "tls://127.64.0.4:8786" });
  expect(read.lists["DASK_FLEET_ARGS"]).toEqual(["--nworkers=2"]);
  expect(read.files.get("/etc/dask-fleet/tls/key.pem")).toBe(told.security.materialFor("worker").key);
  expect(reader.read(Buffer.from(worker))).toBe(read);
  expect(reader.read(Buffer.from(told.scheduler())).digest).not.toBe(read.digest);
});
