import type { Observation } from "../../provider/checkup.ts";
import { regionOf } from "../../security/references/read-aws.ts";
import type { AwsParameter, AwsSecret } from "../../security/references/secret-reference.ts";
import { awsAccess } from "../credentials/aws.ts";
import { ask } from "../http/ask.ts";
import { membersOf, textIn, within } from "../http/json.ts";
import { noCredentials, notUnderstood, refusal, type Refused, refusedBy } from "../refusals.ts";
import type { SecretStore } from "../secret-store.ts";
import { signed } from "./sign.ts";

type Reference = AwsSecret | AwsParameter;

const SERVICES = {
  "aws-sm": { service: "secretsmanager", prefix: "secretsmanager", variable: "AWS_ENDPOINT_URL_SECRETS_MANAGER" },
  "aws-ssm": { service: "ssm", prefix: "AmazonSSM", variable: "AWS_ENDPOINT_URL_SSM" },
} as const;

/** What AWS' types of errors mean, besides their status. */
const MEANINGS: readonly (readonly [pattern: RegExp, refused: Refused])[] = [
  [/AccessDenied|NotAuthorized/, "permission"],
  [
    /UnrecognizedClient|InvalidClientTokenId|ExpiredToken|InvalidSignature|IncompleteSignature|MissingAuthentication/,
    "credentials",
  ],
  [/ResourceNotFound|ParameterNotFound|ParameterVersionNotFound/, "gone"],
  [/InvalidRequest/, "disabled"],
];

/** AWS throttles with HTTP 400. */
const BUSY = /"__type"\s*:\s*"[^"]*(?:Throttl|TooManyRequests|RequestLimitExceeded)/;

export const awsSecrets: SecretStore<AwsSecret> = {
  async read(reference, _use, signal) {
    const { id, version } = reference;
    const which = isStage(version) ? { VersionStage: version } : { VersionId: version };
    const answer = await call(reference, "GetSecretValue", { SecretId: id, ...which }, signal);
    const binary = textIn(answer, "SecretBinary");
    const text = textIn(answer, "SecretString") ?? (binary && Buffer.from(binary, "base64").toString());
    if (text === undefined) throw notUnderstood(reference);
    return text;
  },
  async look(reference, signal): Promise<Observation> {
    const { id, version } = reference;
    const answer = await call(reference, "DescribeSecret", { SecretId: id }, signal);
    if (textIn(answer, "ARN") === undefined) throw notUnderstood(reference);
    if (answer["DeletedDate"] !== undefined) return { state: "bad", found: "marked for deletion" };
    const versions = Object.entries(within(answer, "VersionIdsToStages"));
    const stage = version ?? "AWSCURRENT";
    const isThere = isStage(stage)
      ? versions.some(([, stages]) => Array.isArray(stages) && stages.includes(stage))
      : versions.some(([each]) => each === version);
    return isThere ? { state: "good", found: "there" } : { state: "bad", found: "has no such version" };
  },
};

export const awsParameters: SecretStore<AwsParameter> = {
  async read(reference, _use, signal) {
    const { id, version } = reference;
    const name = version === undefined ? id : `${id}:${version}`;
    const answer = await call(reference, "GetParameter", { Name: name, WithDecryption: true }, signal);
    const text = textIn(within(answer, "Parameter"), "Value");
    if (text === undefined) throw notUnderstood(reference);
    return text;
  },
  async look(reference, signal): Promise<Observation> {
    const filter = { Key: "Name", Option: "Equals", Values: namesOf(reference.id) };
    const answer = await call(reference, "DescribeParameters", { ParameterFilters: [filter] }, signal);
    const { Parameters: found, NextToken: more } = answer;
    if (!Array.isArray(found)) throw notUnderstood(reference);
    // AWS may give an empty page before the one that has it.
    if (found.length === 0 && more !== undefined)
      return { state: "unknown", found: "AWS has not looked at all of them" };
    if (found.length === 0) throw refusal(reference, "gone");
    return { state: "good", found: "there" };
  },
};

/** A stage of a secret's rotation, which AWS names, not the id of a version. */
function isStage(version: string | undefined): boolean {
  return version?.startsWith("AWS") === true;
}

/** An ARN does not tell `token` from `/token`. */
function namesOf(id: string): readonly string[] {
  if (!id.startsWith("arn:")) return [id];
  const path = id.replace(/^arn:[^/]*:parameter/, "");
  return path.lastIndexOf("/") === 0 ? [path, path.slice(1)] : [path];
}

async function call(
  reference: Reference,
  action: string,
  input: object,
  signal: AbortSignal,
): Promise<Readonly<Record<string, unknown>>> {
  const { service, prefix, variable } = SERVICES[reference.store];
  const { credentials, region: own } = await awsAccess(reference, signal);
  const region = regionOf(reference) ?? own;
  if (region === undefined) throw noCredentials(reference, "no region is known: add ?region=, or set AWS_REGION");
  const url = endpointOf(service, region, variable);
  const body = JSON.stringify(input);
  const headers = { "content-type": "application/x-amz-json-1.1", "x-amz-target": `${prefix}.${action}` };
  const question = { url, method: "POST" as const, body };
  const { status, text } = await ask(
    { ...question, busy: BUSY, headers: signed({ url, service, region, headers, body }, credentials) },
    signal,
  );
  const members = membersOf(text);
  if (status === 200) return members;
  const type = textIn(members, "__type") ?? "";
  const refused = MEANINGS.find(([pattern]) => pattern.test(type))?.[1] ?? refusedBy(status);
  const code = type.split("#").at(-1) ?? "";
  throw refusal(
    reference,
    refused,
    [code, textIn(members, "message") ?? textIn(members, "Message") ?? ""].filter(Boolean).join(": "),
  );
}

/** AWS' own variables lead elsewhere, as they lead its SDKs. */
function endpointOf(service: string, region: string, variable: string): string {
  const given = process.env[variable] ?? process.env["AWS_ENDPOINT_URL"];
  if (given !== undefined && URL.canParse(given)) return new URL("/", given).href;
  return `https://${service}.${region}.amazonaws.com${region.startsWith("cn-") ? ".cn" : ""}/`;
}
