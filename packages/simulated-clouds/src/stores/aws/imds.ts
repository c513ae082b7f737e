import { randomBytes } from "node:crypto";

import type { WireReply } from "../../core/wire.ts";
import { json, plain, type StoreRequest } from "../answers.ts";
import type { AwsCredentials } from "./signature.ts";

/** What an EC2 instance's metadata service tells of it. */
export interface Instance {
  readonly region: string;
  /** Undefined: launched without an instance profile. */
  readonly role: string | undefined;
  readonly credentials: AwsCredentials;
  /** `AssumeRoleUnauthorizedAccess` where the role does not trust EC2. Default: `Success`. */
  readonly code?: string | undefined;
}

/** EC2's metadata service, version 2 only. */
export class Imds {
  readonly #tokens = new Set<string>();

  answer({ method, url, headers }: StoreRequest, { region, role, credentials, code }: Instance): WireReply | undefined {
    if (!url.pathname.startsWith("/latest/")) return undefined;
    if (url.pathname === "/latest/api/token") return this.#token(method, headers);
    if (!this.#tokens.has(headers["x-aws-ec2-metadata-token"] ?? "")) return plain(401, "Unauthorized");
    const path = url.pathname.slice("/latest/meta-data/".length);
    if (path === "placement/region") return plain(200, region);
    if (path === "services/domain") return plain(200, "amazonaws.com");
    if (role !== undefined && path === "iam/security-credentials/") return plain(200, role);
    if (role !== undefined && path === `iam/security-credentials/${role}`) {
      if (code !== undefined) return json(200, { Code: code, Message: "EC2 cannot assume the role." });
      return json(200, {
        Code: "Success",
        Type: "AWS-HMAC",
        AccessKeyId: credentials.accessKeyId,
        SecretAccessKey: credentials.secretAccessKey,
        Token: credentials.sessionToken,
        Expiration: new Date(Date.now() + 6 * 3_600_000).toISOString(),
      });
    }
    return plain(404, "<html><head><title>404 - Not Found</title></head></html>");
  }

  #token(method: string, headers: Readonly<Record<string, string>>): WireReply {
    if (method !== "PUT") return plain(405, "Method Not Allowed");
    // IMDS refuses what came through a proxy.
    const seconds = Number(headers["x-aws-ec2-metadata-token-ttl-seconds"]);
    if (headers["x-forwarded-for"] !== undefined || !(seconds >= 1 && seconds <= 21_600))
      return plain(400, "Bad Request");
    const token = randomBytes(40).toString("base64");
    this.#tokens.add(token);
    return plain(200, token);
  }
}
