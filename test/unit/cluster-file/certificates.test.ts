import { expect, test } from "vitest";

import { readClusterFile } from "../../../src/cluster-file/index.ts";
import { Security } from "../../../src/security/security.ts";
import { folderOfTest } from "./folder.ts";
import { valuesOf } from "./values.ts";

const { write, path, env } = folderOfTest();

const OWN = `provider: ec2
security:
  ca: \${CERTIFICATES}/ca.pem
  cert: aws-sm:dask/cert
  key: aws-sm:dask/key
  client: { cert: certs/client.pem, key: /keys/client.pem }
  locations: { cert: /opt/dask/cert.pem }
`;

test("A cluster file takes certificates by reference, and paths from its folder", async () => {
  const file = await readClusterFile(write("cluster.yaml", OWN), {
    env: { ...env(), CERTIFICATES: "tls" },
    set: ["security.server-name=scheduler.example.com"],
  });
  expect(file.notes).toEqual([]);
  const expected = Security.from({
    ca: path("tls/ca.pem"),
    cert: "aws-sm:dask/cert",
    key: "aws-sm:dask/key",
    client: { cert: path("certs/client.pem"), key: "/keys/client.pem" },
    locations: { cert: "/opt/dask/cert.pem" },
    serverName: "scheduler.example.com",
  });
  const { security } = await valuesOf(file);
  expect(security).toBeInstanceOf(Security);
  expect(JSON.parse(JSON.stringify(security))).toEqual(JSON.parse(JSON.stringify(expected)));
});

test("A misspelt store is an error with its line, not a path", async () => {
  const file = await readClusterFile(write("cluster.yaml", OWN.replace("aws-sm:dask/key", "aws_sm:dask/key")), {
    env: { ...env(), CERTIFICATES: "/tls" },
  });
  await expect(valuesOf(file)).rejects.toThrow(
    /^Expected the `security\.key` option to be .*Did you mean aws-sm:\?\).*cluster\.yaml:5 \(security\.key\)$/u,
  );
});

test("A private key in the file itself is noted, and not shown", async () => {
  const { cert, key } = Security.temporary().materialFor("client");
  const block = (text: string): string => `|\n    ${text.trimEnd().replaceAll("\n", "\n    ")}`;
  const content = `provider: ec2\nsecurity:\n  ca: ca.pem\n  cert: ${block(cert)}\n  key: ${block(key)}\n`;
  const file = await readClusterFile(write("cluster.yaml", content), { env: env() });
  expect(file.notes).toEqual([
    expect.stringMatching(/^security from .* \(security\.key\) has a private key in a file: write its path, or/u),
  ]);
  expect(file.notes.join()).not.toContain(key.slice(40, 60));
  const security = (await valuesOf(file))["security"] as Security;
  expect(JSON.stringify(security)).not.toContain(key.slice(40, 60));
  expect(JSON.stringify(security)).toContain(path("ca.pem"));
});
