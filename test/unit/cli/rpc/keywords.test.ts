import { expect, test } from "vitest";

import { EC2Cluster } from "../../../../providers/aws/index.ts";
import { AzureVMCluster } from "../../../../providers/azure/index.ts";
import { DropletCluster } from "../../../../providers/digitalocean/index.ts";
import { GCPCluster } from "../../../../providers/gcp/index.ts";
import { fromKeywords } from "../../../../src/cli/rpc/keywords.ts";
import { Security } from "../../../../src/security/security.ts";

type Keywords = Readonly<Record<string, unknown>>;

const AZURE = { location: "eastus", resource_group: "dask" };
const GCP = { projectid: "p", zone: "us-east1-c" };
const IDENTITY = "/subscriptions/s/resourcegroups/g/providers/Microsoft.ManagedIdentity/userAssignedIdentities/me";

/** The options that a class resolves. */
function resolved(
  { definition }: { readonly definition: { resolve(options: object): { readonly options: object } } },
  keywords: Keywords,
): object {
  return definition.resolve(fromKeywords(keywords).options).options;
}

// Kinds of calls in the tests, docstrings and pages of dask-cloudprovider 2025.9.0.
test.each<[string, Parameters<typeof resolved>[0], Keywords, object]>([
  ["EC2Cluster()", EC2Cluster, {}, { nWorkers: 0 }],
  ["EC2Cluster(asynchronous=True)", EC2Cluster, { asynchronous: true, loop: null, silence_logs: 30, debug: true }, {}],
  [
    "EC2Cluster(env_vars=…)",
    EC2Cluster,
    { env_vars: { AWS_A: "x", aB_c: "y" } },
    { envVars: { AWS_A: "x", aB_c: "y" } },
  ],
  [
    "EC2Cluster(worker_class=CUDAWorker, worker_options=…)",
    EC2Cluster,
    {
      ami: "ami-06d62d1d8e9d1a5e9",
      docker_image: "rapidsai/rapidsai:cuda10.1-runtime-ubuntu18.04-py3.8",
      instance_type: "p3.2xlarge",
      bootstrap: false,
      filesystem_size: 120,
      worker_class: "dask_cuda.CUDAWorker",
      worker_options: { rmm_pool_size: "15GB" },
    },
    { workerModule: "dask cuda worker", workerOptions: { rmmPoolSize: "15GB" }, bootstrap: false },
  ],
  [
    "AzureVMCluster(security=True, docker_args=…)",
    AzureVMCluster,
    { ...AZURE, vm_size: "Standard_NC12s_v3", docker_image: "x/y:z", docker_args: "--shm-size=256m", security: true },
    { location: "eastus", security: true },
  ],
  [
    "AzureVMCluster(extra_vm_options={'identity': …})",
    AzureVMCluster,
    {
      ...AZURE,
      extra_vm_options: { identity: { type: "UserAssigned", user_assigned_identities: { [IDENTITY]: {} } } },
    },
    { managedIdentity: IDENTITY },
  ],
  ["GCPCluster(ngpus=…)", GCPCluster, { ...GCP, ngpus: 2, gpu_type: "nvidia-tesla-t4", n_workers: 1 }, { nWorkers: 1 }],
  [
    "DropletCluster(asynchronous=True)",
    DropletCluster,
    { token: "t", asynchronous: true, n_workers: 1 },
    { nWorkers: 1 },
  ],
])("a call of dask-cloudprovider's is understood: %s", (_call, Cluster, keywords, expected) => {
  expect(resolved(Cluster, keywords)).toMatchObject(expected);
});

test("debug asks for the preview", () => {
  expect([{ debug: true }, { debug: false }, {}].map((each) => fromKeywords(each).wantsPreview)).toEqual([
    true,
    false,
    false,
  ]);
});

test("an unsupported identity is refused, and the error names `managedIdentity`", () => {
  const identity = { type: "SystemAssigned" };
  expect(() => resolved(AzureVMCluster, { ...AZURE, extra_vm_options: { identity } })).toThrow("managedIdentity");
});

test("the fields of distributed.Security make certificates of one's own, and no key is in an error", () => {
  const { tlsCaFile, ...material } = pems();
  const security = {
    tls_ca_file: tlsCaFile,
    tls_client_cert: material.cert,
    tls_client_key: material.key,
    tls_min_version: "1.2",
  };
  const options = resolved(EC2Cluster, { security: { ...security, tls_ciphers: null, extra_conn_args: {} } });
  expect((options as { security: Security }).security.materialFor("client").cert).toBe(material.cert);
  const wrong = (): unknown =>
    fromKeywords({ security: { ...security, tls_client_kee: material.key, require_encryption: material.key } });
  expect(wrong).toThrow(
    expect.objectContaining({ code: "SECURITY_INVALID", message: expect.not.stringContaining("PRIVATE") }),
  );
});

function pems(): { readonly tlsCaFile: string; readonly cert: string; readonly key: string } {
  const { ca, cert, key } = Security.temporary().materialFor("client");
  return { tlsCaFile: ca, cert, key };
}
