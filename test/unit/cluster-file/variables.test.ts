import { expect, test } from "vitest";

import { readClusterFile } from "../../../src/cluster-file/index.ts";
import { folderOfTest } from "./folder.ts";
import { valuesOf } from "./values.ts";

const { write, env } = folderOfTest();
const SECRET = "hunter2";

async function read(
  content: string,
  variables: Readonly<Record<string, string>> = {},
): Promise<Readonly<Record<string, unknown>>> {
  const file = await readClusterFile(write("cluster.yaml", content), { env: { ...env(), ...variables } });
  return { ...(await valuesOf(file)), run: file.run };
}

async function fault(content: string): Promise<string> {
  return await read(content, { SECRET, MY_TOKEN: SECRET }).then(
    () => "no fault",
    ({ message }: Error) => message,
  );
}

test("Variables stand in places, names, sizes, lists and tags", async () => {
  const content = `
provider: \${CLOUD:-ec2}
name: job-\${USER}
region: "\${REGION:-eu-west-1}"
workers: \${N}
allowed-cidrs: ["\${CIDR}", 10.0.0.0/8]
tags: { owner: "\${USER}", verbatim: "$\${USER}" }
`;
  expect(await read(content, { USER: "ada", N: "3", CIDR: "10.1.0.0/16", REGION: "" })).toMatchObject({
    name: "job-ada",
    region: "eu-west-1",
    nWorkers: 3,
    allowedCidrs: ["10.1.0.0/16", "10.0.0.0/8"],
    tags: { owner: "ada", verbatim: "${USER}" },
  });
});

test("A credential, which no record keeps, and the program's environment may name a secret", async () => {
  const content = "provider: digitalocean\ntoken: ${MY_TOKEN}\nrun: { command: x, env: { T: '${MY_TOKEN}' } }\n";
  expect(await read(content, { MY_TOKEN: SECRET })).toMatchObject({ token: SECRET, run: { env: { T: SECRET } } });
});

test("A credential in the file itself is noted, and not shown", async () => {
  const content = `provider: digitalocean\ntoken: ${SECRET}\n`;
  const { notes } = await readClusterFile(write("cluster.yaml", content), { env: env() });
  expect(notes).toEqual([expect.stringMatching(/^token from .*:2 \(token\) is a credential in a file/u)]);
  write("cluster.yaml", "provider: digitalocean\ntoken: ${T}\n");
  expect(
    (await readClusterFile(write("cluster.yaml", "provider: digitalocean\ntoken: ${T}\n"), { env: { T: SECRET } }))
      .notes,
  ).toEqual([]);
});

test("No record keeps a credential", async () => {
  const { DropletCluster } = await import("../../../providers/digitalocean/index.ts");
  const { options } = DropletCluster.definition.resolve({ token: SECRET, region: "nyc3" });
  expect(JSON.stringify(options)).not.toContain(SECRET);
  const { GCPCluster } = await import("../../../providers/gcp/index.ts");
  const given = { projectId: "abc-123", serviceAccountCredentials: { client_email: "a@b.c", private_key: SECRET } };
  expect(JSON.stringify(GCPCluster.definition.resolve(given).options)).not.toContain(SECRET);
});

test.each([
  ["env-vars: { A: '${SECRET}' }", "${SECRET} cannot stand in env-vars"],
  ["proxy: { http: 'http://${SECRET}@p' }", "${SECRET} cannot stand in proxy"],
  ["docker-args: ['-e', 'A=${SECRET}']", "${SECRET} cannot stand in docker-args"],
  ["worker-options: { preload: '${SECRET}' }", "${SECRET} cannot stand in worker-options"],
  ["run-instances: { UserData: '${SECRET}' }", "${SECRET} cannot stand in run-instances"],
  ["region: ${MY_TOKEN}", "${MY_TOKEN} cannot stand in region"],
  ["run: [python, '${SECRET}']", "A list of words has no variables"],
])("A variable that could put a secret into the record is refused: %s", async (line, message) => {
  const said = await fault(`provider: ec2\n${line}\n`);
  expect(said).toContain(message);
  expect(said).not.toContain(SECRET);
});

test("An unset variable is named", async () => {
  expect(await fault("provider: ec2\nregion: ${REGOIN}\n")).toMatch(
    /^The variable REGOIN in region from .*:2 \(region\) is not set\. Set it, or write \$\{REGOIN:-default\}\.$/u,
  );
});

test("A machine's shell commands keep their variables, and so does a command line", async () => {
  const content = "provider: ec2\nextra-bootstrap: ['echo ${HOME}']\nrun: echo ${HOME}\n";
  expect(await read(content)).toMatchObject({
    extraBootstrap: ["echo ${HOME}"],
    run: { command: ["/bin/sh", "-c", "echo ${HOME}"] },
  });
});
