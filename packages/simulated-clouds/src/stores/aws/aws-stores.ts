import { randomBytes, randomUUID } from "node:crypto";

import type { WireReply } from "../../core/wire.ts";
import { json, members, type StoreRequest } from "../answers.ts";
import type { StoreClock } from "../store-clock.ts";
import { Imds } from "./imds.ts";
import { type AwsCredentials, type AwsRefusal, refusedSignature } from "./signature.ts";

interface AwsVersion {
  readonly id: string;
  readonly value: string | Buffer;
}

interface AwsSecretState {
  readonly versions: AwsVersion[];
  deleted: boolean;
}

const ACCOUNT = "123456789012";

/** Secrets Manager, Parameter Store and the metadata service of an EC2 instance. */
export class AwsStores {
  /** Of the instance. */
  region = "eu-central-1";
  /** The instance profile's role; undefined: none. */
  role: string | undefined = "dask-node";
  /** What the metadata service says of the role instead of `Success`. */
  roleTrouble: string | undefined;
  /** Names that the role may not read. */
  readonly denied = new Set<string>();
  /** Parameters whose key of KMS the role may not use. */
  readonly keyDenied = new Set<string>();
  readonly credentials: AwsCredentials = {
    accessKeyId: `ASIA${randomBytes(8).toString("hex").toUpperCase()}`,
    secretAccessKey: randomBytes(30).toString("base64"),
    sessionToken: randomBytes(120).toString("base64"),
  };
  readonly #imds = new Imds();
  readonly #secrets = new Map<string, AwsSecretState>();
  readonly #parameters = new Map<string, string[]>();
  readonly #clock: StoreClock;

  constructor(clock: StoreClock) {
    this.#clock = clock;
  }

  /** A new version of a secret, which is the current one. */
  putSecret(
    name: string,
    value: string | Buffer,
    region = this.region,
  ): { readonly arn: string; readonly version: string } {
    const key = `${region}/${name}`;
    const secret = this.#secrets.get(key) ?? { versions: [], deleted: false };
    const id = randomUUID();
    secret.versions.push({ id, value });
    this.#secrets.set(key, secret);
    return { arn: secretArn(region, name), version: id };
  }

  /** Schedules its deletion. */
  deleteSecret(name: string): void {
    const secret = this.#secrets.get(`${this.region}/${name}`);
    if (secret !== undefined) secret.deleted = true;
  }

  /** A new version of a SecureString. */
  putParameter(name: string, value: string): void {
    this.#parameters.set(name, [...(this.#parameters.get(name) ?? []), value]);
  }

  /** Whether this instance has signed a `GetCallerIdentity`, as Vault's login carries it: AWS' STS answers such a question. */
  knowsCaller(proof: Readonly<Record<string, unknown>>): boolean {
    const text = (name: string): string => Buffer.from(String(proof[name]), "base64").toString();
    if (proof["iam_http_request_method"] !== "POST" || text("iam_request_url") !== "https://sts.amazonaws.com/")
      return false;
    const headers = JSON.parse(text("iam_request_headers")) as Record<string, string>;
    const body = Buffer.from(text("iam_request_body"));
    const request = {
      method: "POST",
      host: "sts.amazonaws.com",
      url: new URL("https://sts.amazonaws.com/"),
      headers,
      body,
    };
    const where = { service: "sts", region: "us-east-1", clock: this.#clock };
    return (
      body.includes("Action=GetCallerIdentity") && refusedSignature(request, this.credentials, where) === undefined
    );
  }

  readonly service = (request: StoreRequest): WireReply | undefined => {
    if (request.host === "169.254.169.254") {
      const { region, role, credentials, roleTrouble: code } = this;
      return this.#imds.answer(request, { region, role, credentials, code });
    }
    const { service, region } =
      /^(?<service>secretsmanager|ssm)\.(?<region>[a-z0-9-]+)\.amazonaws\.com$/u.exec(request.host)?.groups ?? {};
    if (service === undefined || region === undefined) return undefined;
    const refused = refusedSignature(request, this.credentials, { service, region, clock: this.#clock });
    if (refused !== undefined) return refusedReply(refused);
    const target = request.headers["x-amz-target"];
    if (target === "secretsmanager.GetSecretValue") return this.#getSecret(members(request), region);
    if (target === "AmazonSSM.GetParameter") return this.#getParameter(members(request), region);
    return refusedReply({ status: 400, code: "UnknownOperationException", message: "" });
  };

  #getSecret(
    { SecretId: id, VersionId: version, VersionStage: stage }: Readonly<Record<string, unknown>>,
    region: string,
  ): WireReply {
    const name = String(id).replace(/^arn:aws:secretsmanager:[^:]+:\d+:secret:(.*)-\w{6}$/u, "$1");
    if (this.denied.has(name)) {
      return this.#denied("secretsmanager:GetSecretValue", secretArn(region, name));
    }
    const secret = this.#secrets.get(`${region}/${name}`);
    if (secret === undefined) return notFound("Secrets Manager can't find the specified secret.");
    if (secret.deleted) {
      const message = "You can't perform this operation on the secret because it was marked for deletion.";
      return refusedReply({ status: 400, code: "InvalidRequestException", message });
    }
    const wanted = stage === "AWSPREVIOUS" ? secret.versions.at(-2) : secret.versions.at(-1);
    const found = version === undefined ? wanted : secret.versions.find((each) => each.id === version);
    if (found === undefined)
      return notFound(`Secrets Manager can't find the specified secret value for VersionId: ${String(version)}`);
    const value =
      typeof found.value === "string"
        ? { SecretString: found.value }
        : { SecretBinary: found.value.toString("base64") };
    return json(200, { ARN: secretArn(region, name), Name: name, VersionId: found.id, ...value });
  }

  #getParameter(
    { Name: wanted, WithDecryption: decrypted }: Readonly<Record<string, unknown>>,
    region: string,
  ): WireReply {
    const given = String(wanted).replace(/^arn:aws:ssm:[^:]+:\d+:parameter/u, "");
    const { name = given, version } = /^(?<name>.*):(?<version>\d+)$/u.exec(given)?.groups ?? {};
    if (this.denied.has(name))
      return this.#denied("ssm:GetParameter", `arn:aws:ssm:${region}:${ACCOUNT}:parameter${name}`);
    if (this.keyDenied.has(name)) {
      // Parameter Store hands on what KMS said, with the id of that request.
      const message = `The ciphertext refers to a customer master key that does not exist, does not exist in this region, or you are not allowed to access. (Service: AWSKMS; Status Code: 400; Error Code: AccessDeniedException; Request ID: ${randomUUID()}; Proxy: null)`;
      return refusedReply({ status: 400, code: "AccessDeniedException", message });
    }
    const versions = region === this.region ? this.#parameters.get(name) : undefined;
    if (versions === undefined) return refusedReply({ status: 400, code: "ParameterNotFound", message: "" });
    const value = versions.at(version === undefined ? -1 : Number(version) - 1);
    if (value === undefined) {
      return refusedReply({
        status: 400,
        code: "ParameterVersionNotFound",
        message: `Systems Manager could not find version ${version} of ${name}.`,
      });
    }
    const Value = decrypted === true ? value : `AQICAHh${Buffer.from("sealed").toString("base64")}`;
    return json(200, {
      Parameter: { Name: name, Type: "SecureString", Value, Version: Number(version ?? versions.length) },
    });
  }

  #denied(action: string, arn: string): WireReply {
    const who = `arn:aws:sts::${ACCOUNT}:assumed-role/${this.role}/i-0123456789abcdef0`;
    const message = `User: ${who} is not authorized to perform: ${action} on resource: ${arn} because no identity-based policy allows the ${action} action`;
    return refusedReply({ status: 400, code: "AccessDeniedException", message });
  }
}

function secretArn(region: string, name: string): string {
  return `arn:aws:secretsmanager:${region}:${ACCOUNT}:secret:${name}-a1B2c3`;
}

function notFound(message: string): WireReply {
  return refusedReply({ status: 400, code: "ResourceNotFoundException", message });
}

/** Some services give the namespace before the code. */
function refusedReply({ status, code, message }: AwsRefusal): WireReply {
  const type = code === "AccessDeniedException" ? `com.amazon.coral.service#${code}` : code;
  return json(status, { __type: type, message });
}
