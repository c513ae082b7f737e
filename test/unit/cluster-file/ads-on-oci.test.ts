import { expect, test } from "vitest";

import type { ClusterFile } from "../../../src/cluster-file/cluster-file.ts";
import { readClusterFile } from "../../../src/cluster-file/index.ts";
import { adsText } from "./ads-text.ts";
import { folderOfTest } from "./folder.ts";
import { valuesOf } from "./values.ts";

const { write, env } = folderOfTest();
const TLS = ["--tls-ca-file /code/none-ca.pem", "--tls-cert /code/none.pem", "--tls-key /code/none.key"];

async function read(content: string): Promise<ClusterFile> {
  write("fit.py", "");
  return await readClusterFile(write("train.yaml", content), { env: env() });
}

test("Without a word about a provider it is for OCI: place, shape and disk are the document's", async () => {
  const place = `shapeConfigDetails: { ocpus: 2, memoryInGBs: 32 }
      definedTags: { Operations: { CostCenter: "42" } }
      freeformTags: { team: ml }
      jobInfrastructureType: STANDALONE`;
  const file = await read(adsText({ place, replicas: 3 }));
  expect(file.provider).toBe("oci");
  expect(await valuesOf(file)).toMatchObject({
    compartmentId: "ocid1.compartment.oc1..a",
    subnetId: "ocid1.subnet.oc1.iad.a",
    instanceType: "VM.Standard.E4.Flex",
    ocpus: 2,
    memoryInGBs: 32,
    diskSize: 60,
    definedTags: { Operations: { CostCenter: "42" } },
    tags: { team: "ml" },
    dockerImage: "registry.example/team/dask:1",
    nWorkers: 3,
    security: true,
  });
  expect(file.run).toMatchObject({ where: "cluster", job: { program: "fit.py" } });
});

test("What a Data Science job has besides is said", async () => {
  const { notes } = await read(adsText({ place: 'storageMount: [{ src: "10.0.0.1:/a", dest: a }]' }));
  for (const said of [
    /^projectId is a project of OCI's Data Science/u,
    /^logGroupId gets no lines: `dask-fleet logs` shows/u,
    /^logId gets no lines/u,
    /^workDir oci:\/\/bucket@tenancy\/run is not used/u,
    /^storageMount is not mounted/u,
  ]) {
    expect(notes).toContainEqual(expect.stringMatching(said));
  }
  expect(notes.join("\n")).not.toMatch(/shapeName|compartmentId|subnetId/u);
});

test("What costs money after the entry point is said, and on OCI that powering off does not end it", async () => {
  const { notes } = await read(adsText());
  expect(notes).toContain(
    "The cluster stays when the entryPoint has ended, and OCI charges for its machines until `dask-fleet down fit-trees`, also once they are idle and have powered off.",
  );
});

test("An image of OCI's own registry needs a login, which Data Science does by itself", async () => {
  const text = adsText().replace("registry.example/team/dask:1", "iad.ocir.io/tenancy/dask:1");
  const { notes } = await read(text);
  expect(notes).toContain(
    "The machines log in to iad.ocir.io only with a login in registries: a private image cannot be pulled without.",
  );
  expect((await read(adsText())).notes.join("\n")).not.toContain("registries");
});

test("A certificate by OCID is a reference, which the machines put to its locations", async () => {
  const { options, notes, ...file } = await read(adsText({ certificate: true, scheduler: TLS, worker: TLS }));
  const { security } = await valuesOf({ options, notes, ...file });
  expect(JSON.parse(JSON.stringify(security))).toMatchObject({
    tlsCaFile: "oci-cert-authority:ocid1.certificateauthority.oc1.iad.x",
    tlsClientCert: "oci-cert:ocid1.certificate.oc1.iad.x",
    tlsClientKey: "oci-cert:ocid1.certificate.oc1.iad.x",
    locations: { ca: "/code/none-ca.pem", cert: "/code/none.pem", key: "/code/none.key" },
  });
  expect(notes.join("\n")).not.toMatch(/TLS files|startOptions|certificate/u);
});

test("Start options that look elsewhere are said", async () => {
  const { notes } = await read(adsText({ certificate: true, worker: ["--tls-cert /other.pem"] }));
  expect(notes).toContain(
    "startOptions look for /other.pem, and certificate downloads it to /code/none.pem: Dask finds it all the same.",
  );
});

test.each([
  [
    "caCert: { id: ocid1.certificateauthority.oc1.iad.x }",
    /^certificate needs cert\.id, .* from .*train\.yaml:\d+ \(/mu,
  ],
  [
    "caCert: { id: ocid1.certificateauthority.oc1.iad.x }\n        cert: { id: ocid1.certificateauthority.oc1.iad.x }",
    /^Expected certificate\.cert\.id to be an OCID such as ocid1\.certificate\.oc1.*\(spec\.cluster\.spec\.certificate\.cert\.id\)/mu,
  ],
  [
    "caCert: { id: ocid1.certificateauthority.oc1.iad.x, downloadLocation: ca.pem }\n        cert: { id: ocid1.certificate.oc1.iad.x }",
    /absolute path.* from .*train\.yaml:\d+ \(spec\.cluster\.spec\.certificate\.caCert\.downloadLocation\)/mu,
  ],
])("A faulty certificate is refused with its line: %#", async (lines, message) => {
  await expect(read(adsText({ certificate: `\n      certificate:\n        ${lines}` }))).rejects.toThrow(message);
});

test("A placeholder is refused with its line", async () => {
  const text = adsText().replace("ocid1.compartment.oc1..a", "oci.xxxx.<compartment_ocid>");
  await expect(read(text).then(valuesOf)).rejects.toThrow(
    /compartmentId.*an OCID such as.*train\.yaml:10 \(spec\.infrastructure\.spec\.compartmentId\)/u,
  );
});
