// Size of user data in bytes, with TLS and a realistic environment. The baseline is EC2's limit.
import type { NodeSpec } from "../src/bootstrap/node-spec.ts";
import { buildUserData } from "../src/bootstrap/user-data.ts";
import type { MachineRole } from "../src/provider/role.ts";
import { Security } from "../src/security/security.ts";

const EC2_LIMIT_BYTES = 16_384;

const ENVIRONMENT = {
  OMP_NUM_THREADS: "1",
  MALLOC_TRIM_THRESHOLD_: "65536",
  EXTRA_PIP_PACKAGES: "s3fs gcsfs pyarrow pandas scikit-learn xgboost",
  AWS_DEFAULT_REGION: "eu-central-1",
  DATABASE_URL: "postgresql://reader:secret@db.internal.example.org:5432/warehouse?sslmode=verify-full",
};

function weigh(
  role: MachineRole | "single node",
  runtime: "docker" | "native",
  gzip: boolean,
): Record<string, number | string> {
  const security = Security.temporary({ clusterName: "bench" });
  const spec: NodeSpec = {
    clusterName: "bench",
    role: role === "worker" ? role : "scheduler",
    runtime,
    bootstrap: runtime === "docker",
    security: security.materialFor(role === "worker" ? role : "scheduler"),
    beside: role === "single node" ? { security: security.materialFor("worker") } : undefined,
    daskSettings: security.daskSettings(),
    schedulerAddress: role === "worker" ? "tls://10.0.0.4:8786" : undefined,
    nameFrom: "instance-id",
    envVars: ENVIRONMENT,
    workerOptions: { nworkers: 4, nthreads: 2, memoryLimit: "auto" },
  };
  const { rawBytes, sentBytes } = buildUserData(spec, {
    limitBytes: gzip ? EC2_LIMIT_BYTES : 65_536,
    gzip,
    where: "bench",
  });
  return { raw: rawBytes, sent: sentBytes, "of EC2's limit": `${Math.round((100 * sentBytes) / EC2_LIMIT_BYTES)} %` };
}

const rows: Record<string, Record<string, number | string>> = {};
for (const role of ["scheduler", "worker", "single node"] as const) {
  for (const runtime of ["docker", "native"] as const) {
    rows[`${role}, ${runtime}, gzip'd`] = weigh(role, runtime, true);
    rows[`${role}, ${runtime}, plain text with packed files`] = weigh(role, runtime, false);
  }
}
console.table(rows);
