// Size of user data in bytes, with TLS and a realistic environment. The baseline is EC2's limit.
import { randomBytes } from "node:crypto";

import type { NodeSpec } from "../src/bootstrap/node-spec.ts";
import { buildUserData } from "../src/bootstrap/user-data.ts";
import type { MachineRole } from "../src/provider/role.ts";
import type { NodeTls } from "../src/security/node-tls.ts";
import { Security } from "../src/security/security.ts";

const EC2_LIMIT_BYTES = 16_384;

const ENVIRONMENT = {
  OMP_NUM_THREADS: "1",
  MALLOC_TRIM_THRESHOLD_: "65536",
  EXTRA_PIP_PACKAGES: "s3fs gcsfs pyarrow pandas scikit-learn xgboost",
  AWS_DEFAULT_REGION: "eu-central-1",
  DATABASE_URL: "postgresql://reader:secret@db.internal.example.org:5432/warehouse?sslmode=verify-full",
};

type Delivery = "join" | "user-data";
type Kind = "scheduler" | "worker" | "single node" | "worker with GPUs";

interface Machine {
  readonly kind: Kind;
  readonly runtime: "docker" | "native";
  readonly delivery: Delivery;
  readonly gzip: boolean;
}

function weigh({ kind, runtime, delivery, gzip }: Machine): Record<string, number | string> {
  const security = Security.temporary({ clusterName: "bench" });
  const role: MachineRole = kind.startsWith("worker") ? "worker" : "scheduler";
  const tlsOf = (of: MachineRole): NodeTls =>
    delivery === "user-data"
      ? security.materialFor(of)
      : { delivery, ca: security.materialFor(of).ca, id: randomBytes(8).toString("hex"), token: randomToken() };
  const spec: NodeSpec = {
    clusterName: "bench",
    role,
    runtime,
    bootstrap: runtime === "docker",
    gpu: kind === "worker with GPUs",
    security: tlsOf(role),
    beside: kind === "single node" ? { security: tlsOf("worker") } : undefined,
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

function randomToken(): string {
  return randomBytes(32).toString("hex");
}

const rows: Record<string, Record<string, number | string>> = {};
for (const delivery of ["join", "user-data"] as const) {
  for (const kind of ["scheduler", "worker", "worker with GPUs", "single node"] as const) {
    for (const runtime of ["docker", "native"] as const) {
      for (const gzip of [true, false]) {
        const name = `${delivery}, ${kind}, ${runtime}, ${gzip ? "gzip'd" : "plain text with packed files"}`;
        rows[name] = weigh({ kind, runtime, delivery, gzip });
      }
    }
  }
}
console.table(rows);
