import { beforeEach, expect, test, vi } from "vitest";

import { EC2Cluster } from "../../../../providers/aws/index.ts";
import { AzureVMCluster } from "../../../../providers/azure/index.ts";
import { DropletCluster } from "../../../../providers/digitalocean/index.ts";
import { GCPCluster } from "../../../../providers/gcp/index.ts";
import { LocalCluster } from "../../../../providers/local/index.ts";
import { OCICluster } from "../../../../providers/oci/index.ts";
import { secretChecks } from "../../../../src/cluster/checkup/secret-check.ts";
import type { ClusterManager } from "../../../../src/cluster/cluster-manager.ts";
import { openProvider } from "../../../../src/provider/provider-definition.ts";
import { Security } from "../../../../src/security/security.ts";
import { isolatedState } from "../../../support/local-state.ts";
import { environment, loopbackStore } from "../../stores/loopback-store.ts";

isolatedState();
beforeEach(() => {
  for (const name of Object.keys(process.env)) {
    if (/^(?:AWS|AZURE|GOOGLE|CLOUDSDK|DIGITALOCEAN|DASK)_/u.test(name)) vi.stubEnv(name, undefined);
  }
});

const EVERY_API = "https://www.googleapis.com/auth/cloud-platform";
const IDENTITY =
  "/subscriptions/0b1f6471-1bf0-4dda-aec3-cb9272f09590/resourceGroups/dask/providers/Microsoft.ManagedIdentity/userAssignedIdentities/lab";
const OCID = "oci-vault:ocid1.vaultsecret.oc1.eu-frankfurt-1.abc";
const vaultBy = (login: string): string => `vault:https://vault.test:8200/v1/secret/data/a?auth=${login}&role=dask#t`;
const token = (from: string): object => ({ envVars: { TOKEN: { from } } });

const ec2 = (options: object): ClusterManager => new EC2Cluster({ region: "us-east-1", runtime: "native", ...options });
const gcp = (options: object): ClusterManager => new GCPCluster({ projectId: "lab-1234", ...options });
const azure = (options: object): ClusterManager =>
  new AzureVMCluster({ location: "eastus", resourceGroup: "dask", ...options });
const digitalocean = (options: object): ClusterManager => new DropletCluster(options);
const oci = (options: object): ClusterManager =>
  new OCICluster({ region: "eu-frankfurt-1", compartmentId: "ocid1.compartment.oc1..a", ...options });

const REFUSED: readonly [string, () => ClusterManager, string | RegExp][] = [
  [
    "EC2 without an instance profile",
    () => ec2(token("aws-sm:dask/token")),
    "The scheduler and the workers cannot fetch aws-sm:dask/token: their machines have no instance profile. Set `iamInstanceProfile`.",
  ],
  [
    "a group on EC2 whose profile is taken away",
    () =>
      ec2({
        ...token("aws-ssm:/dask/token"),
        iamInstanceProfile: "dask",
        workers: { cpu: {}, gpu: { iamInstanceProfile: {} } },
      }),
    /^The workers of gpu cannot fetch aws-ssm:\/dask\/token: .* Set `iamInstanceProfile`\.$/u,
  ],
  [
    "a login by AWS without an instance profile",
    () => ec2(token(vaultBy("aws"))),
    /their machines have no instance profile/u,
  ],
  [
    "GCP without a service account",
    () => gcp(token("gcp-sm:projects/lab-1234/secrets/t")),
    /: their machines have no service account\. Set `serviceAccount`, and `instanceScopes: \["https:.*cloud-platform"\]`\.$/u,
  ],
  [
    "GCP without the scope",
    () => gcp({ ...token("gcp-sm:projects/lab-1234/secrets/t"), serviceAccount: "default" }),
    /the scopes of their service account do not suffice\. Set `instanceScopes: \["https:.*cloud-platform"\]`\.$/u,
  ],
  ["Azure without an identity", () => azure(token("azure-kv:lab/token")), /Set `managedIdentity`\.$/u],
  [
    "another cloud's store",
    () => ec2({ ...token("gcp-sm:projects/lab-1234/secrets/t"), iamInstanceProfile: "dask" }),
    /: their machines are known to stores by aws alone, and gcp-sm: needs an identity of gcp\.$/u,
  ],
  ["another cloud's login", () => oci(token(vaultBy("gcp"))), /by oci alone, and a login by gcp needs/u],
  ["a cloud without identities", () => digitalocean(token(vaultBy("aws"))), /^The scheduler and the workers cannot/u],
];

test.each(REFUSED)("%s is refused by a plan and a start", async (_, make, message) => {
  const refusal = {
    code: "CONFIG_INVALID",
    message: typeof message === "string" ? message : expect.stringMatching(message),
  };
  await expect(make().plan()).rejects.toMatchObject(refusal);
  const cluster = make();
  await expect(cluster.start()).rejects.toMatchObject(refusal);
  expect(cluster.state).not.toBe("running");
});

test("the doctor tells which option is missing, whatever the store says", async () => {
  const store = await loopbackStore(() => ({ status: 404, body: { errors: [] } }));
  environment({ VAULT_TOKEN: "hvs.token" });
  const options = { region: "us-east-1", ...token(`vault:${store.url}/v1/kv/data/a?auth=aws&role=dask#t`) };
  const { provider, options: resolved } = openProvider(EC2Cluster.definition.resolve(options));
  const [check] = secretChecks(resolved, provider);
  expect(await check?.run(new AbortController().signal)).toMatchObject({
    state: "bad",
    found: "the machines cannot fetch them",
    remedy: expect.stringMatching(
      /^The scheduler and the workers cannot fetch vault:.* Set `iamInstanceProfile`\.\nThere is no secret/u,
    ) as string,
  });
});

test.each<[string, () => ClusterManager]>([
  ["EC2 with a profile", () => ec2({ ...token("aws-sm:dask/token"), iamInstanceProfile: "dask" })],
  [
    "EC2 with a profile among EC2's own parameters",
    () => ec2({ ...token("aws-sm:t"), runInstances: { IamInstanceProfile: { Name: "dask" } } }),
  ],
  [
    "EC2 with a launch template, which may have one",
    () => ec2({ ...token("aws-sm:t"), runInstances: { LaunchTemplate: { LaunchTemplateName: "lab" } } }),
  ],
  [
    "GCP with an account and the scope",
    () =>
      gcp({
        ...token("gcp-sm:projects/lab-1234/secrets/t"),
        serviceAccount: "dask@lab-1234.iam.gserviceaccount.com",
        instanceScopes: [EVERY_API],
      }),
  ],
  ["a login by GCP, which needs no scope", () => gcp({ ...token(vaultBy("gcp")), serviceAccount: "default" })],
  ["Azure with an identity", () => azure({ ...token("azure-kv:lab/token"), managedIdentity: IDENTITY })],
  ["OCI, where each instance has one", () => oci(token(OCID))],
  ["this computer, which may be any cloud's", () => new LocalCluster(token("aws-sm:dask/token"))],
  [
    "a client's own certificate in another cloud's store, which the launcher fetches",
    () => {
      const made = Security.temporary();
      const { ca, ...scheduler } = made.materialFor("scheduler");
      const { ca: _, ...worker } = made.materialFor("worker");
      return ec2({ security: { ca, scheduler, worker, client: { cert: "gcp-sm:projects/lab-1234/secrets/c" } } });
    },
  ],
])("%s is planned", async (_, make) => {
  await expect(make().plan()).resolves.toMatchObject({ machines: expect.any(Array) as unknown });
});
