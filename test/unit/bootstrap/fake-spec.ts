import type { NodeSpec } from "../../../src/bootstrap/node-spec.ts";
import type { MachineRole } from "../../../src/provider/role.ts";
import type { JoinTls } from "../../../src/security/node-tls.ts";
import type { TlsMaterial } from "../../../src/security/tls-material.ts";

function fakePem(label: string, text: string): string {
  return `-----BEGIN ${label}-----\n${Buffer.from(text).toString("base64")}\n-----END ${label}-----\n`;
}

/** Obviously fake certificates and keys. */
export function fakeTls(role: string): TlsMaterial {
  return {
    ca: fakePem("CERTIFICATE", "not a CA certificate"),
    cert: fakePem("CERTIFICATE", `not a certificate of the ${role}`),
    key: fakePem("PRIVATE KEY", `not a key, but as secret as the ${role}'s`),
  };
}

/** Obviously fake, of a machine that makes its own key. */
export function fakeJoin(role: string): JoinTls {
  const { ca } = fakeTls(role);
  return {
    delivery: "join",
    ca,
    id: "0123456789abcdef",
    token: Buffer.from(`as secret as the ${role}'s`).toString("hex"),
  };
}

/** The minimal spec of a node, with TLS. */
export function fakeSpec(role: MachineRole, more: Partial<NodeSpec> = {}): NodeSpec {
  return {
    clusterName: "quiet-owl-7c1f",
    role,
    security: fakeTls(role),
    nameFrom: "instance-id",
    ...(role === "worker" && { schedulerAddress: "tls://10.0.0.4:8786" }),
    ...more,
  };
}
