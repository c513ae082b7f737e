import type { SecretReference } from "./secret-reference.ts";
import type { Tail } from "./tail.ts";

const REGION = /^[a-z]{2,4}(?:-[a-z]+){1,3}-\d{1,2}$/;
const SECRET_ARN = /^arn:aws[a-z-]{0,20}:secretsmanager:([a-z0-9-]{1,30}):\d{12}:secret:[\w/+=.@!-]{1,519}$/;
const PARAMETER_ARN = /^arn:aws[a-z-]{0,20}:ssm:([a-z0-9-]{1,30}):\d{12}:parameter\/[\w/.-]{1,1011}$/;

/** Names that services give to the secrets that they manage have a `!`: `rds!db-1234`. */
export function readAwsSecret(body: string, tail: Tail): SecretReference | string {
  const place = placeOf(body, { arn: SECRET_ARN, name: /^[\w/+=.@!-]{1,512}$/, kind: "a secret" }, tail);
  if (typeof place === "string") return place;
  const version = tail.parameters.get("version");
  if (version !== undefined && !/^[\w-]{8,64}$/.test(version)) return "has no id of a version";
  return { store: "aws-sm", id: body, ...place, ...(version === undefined ? {} : { version }) };
}

export function readAwsParameter(body: string, tail: Tail): SecretReference | string {
  const place = placeOf(body, { arn: PARAMETER_ARN, name: /^[\w/.-]{1,1011}$/, kind: "a parameter" }, tail);
  if (typeof place === "string") return place;
  const version = tail.parameters.get("version");
  if (version !== undefined && !/^\d{1,9}$/.test(version)) return "has no number of a version";
  return { store: "aws-ssm", id: body, ...place, ...(version === undefined ? {} : { version }) };
}

interface Names {
  readonly arn: RegExp;
  readonly name: RegExp;
  readonly kind: string;
}

function placeOf(
  body: string,
  { arn, name, kind }: Names,
  { field, parameters }: Tail,
): { readonly region?: string; readonly field?: string } | string {
  const region = parameters.get("region");
  if (region !== undefined && !REGION.test(region)) return "has no region of AWS's, such as eu-central-1";
  const isArn = body.startsWith("arn:");
  const match = (isArn ? arn : name).exec(body);
  if (match === null) return `has no ${isArn ? "ARN" : "name"} of ${kind}`;
  if (isArn && region !== undefined && match[1] !== region) return "has an ARN of another region than its ?region";
  return { ...(region === undefined ? {} : { region }), ...(field === undefined ? {} : { field }) };
}

/** The region of a reference: its own, or its ARN's. Undefined: that of who asks. */
export function regionOf({
  id,
  region,
}: {
  readonly id: string;
  readonly region?: string | undefined;
}): string | undefined {
  return region ?? (id.startsWith("arn:") ? id.split(":")[3] : undefined);
}
