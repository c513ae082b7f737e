import { Ec2Error, Violation } from "../errors.ts";
import { notValidated } from "../state/access.ts";

const CREDENTIAL =
  /^AWS4-HMAC-SHA256 Credential=[\w-]+\/(?<day>\d{8})\/(?<region>[\w-]+)\/(?<service>[\w-]+)\/aws4_request, ?SignedHeaders=(?<headers>[a-z0-9;-]+), ?Signature=[0-9a-f]{64}$/u;
const DATE = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/u;
/** EC2 refuses a request whose time is further off, as if its credentials were wrong. */
const MOST_SKEW_MS = 5 * 60_000;

/**
 * Checks the form of a request's signature (not the signature itself) and that it is for this service, region and time.
 */
export function checkSignature(headers: Readonly<Record<string, string>>, region: string, clockAheadMs: number): void {
  const authorization = headers["authorization"];
  if (authorization === undefined) {
    throw new Violation("MissingParameter", "The request must contain the parameter AWSAccessKeyId");
  }
  const parts = CREDENTIAL.exec(authorization)?.groups;
  if (parts === undefined) {
    throw new Violation(
      "IncompleteSignature",
      "The Authorization header is not of the form of AWS Signature Version 4",
    );
  }
  const signed = (parts["headers"] ?? "").split(";");
  if (!signed.includes("host") || !signed.includes("x-amz-date")) {
    throw new Violation("IncompleteSignature", "The headers host and x-amz-date must be signed");
  }
  const { region: scope, service } = parts;
  if (service !== "ec2")
    throw new Violation("AuthFailure", `Credential should be scoped to ec2, not to ${service}`, 401);
  // A user may have named a wrong region: that is no fault of the program.
  if (scope !== region) {
    throw new Ec2Error("AuthFailure", `Credential should be scoped to a valid region: ${region}, not ${scope}`, 401);
  }
  checkDate(headers["x-amz-date"] ?? "", parts["day"] ?? "", Date.now() + clockAheadMs);
}

function checkDate(stamp: string, day: string, now: number): void {
  const parts = DATE.exec(stamp);
  if (parts === null || !stamp.startsWith(day)) {
    throw new Violation("IncompleteSignature", `X-Amz-Date ${stamp} is no date of the form and day of the signature`);
  }
  const [, year, month, dayOfMonth, hours, minutes, seconds] = parts;
  const time = Date.parse(`${year}-${month}-${dayOfMonth}T${hours}:${minutes}:${seconds}Z`);
  if (Math.abs(now - time) > MOST_SKEW_MS) throw notValidated();
}
