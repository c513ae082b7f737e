import { DaskFleetError, type ErrorCode, messageOf } from "../../src/errors.ts";
import { oneLine } from "../../src/vm/one-line.ts";
import { isOutOfCapacity, isThrottled, wordsFor } from "./error-words.ts";

/** A call of EC2's API that failed, in a plain sentence. It holds nothing of the request, so no credentials either. */
export class Ec2Error extends DaskFleetError {
  /** EC2's own code, such as `InvalidAMIID.NotFound`, or the network's. */
  readonly awsCode: string;
  /** All that EC2 said, where that can be shown. */
  readonly awsMessage: string;
  /** EC2 has answered that it will not do it: nothing was made. */
  readonly refused: boolean;

  constructor(
    code: ErrorCode,
    message: string,
    { awsCode, awsMessage = "", refused }: { awsCode: string; awsMessage?: string; refused: boolean },
  ) {
    super(code, message);
    this.awsCode = awsCode;
    this.awsMessage = awsMessage;
    this.refused = refused;
  }
}

/** What was asked of EC2, and where. */
interface Asked {
  /** The operation, such as `RunInstances`. */
  readonly action: string;
  readonly region: string;
  /** Undefined: the SDK's own. */
  readonly endpoint: string | undefined;
}

/** The part of what the SDK throws that is looked at; the rest holds the request. */
interface Thrown {
  readonly name: string;
  readonly code: string | undefined;
  readonly message: string;
  readonly status: number | undefined;
  readonly attempts: number;
}

/** Turns whatever the SDK has thrown into an error that says what is wrong. */
export function explain(error: unknown, asked: Asked): DaskFleetError {
  if (error instanceof DaskFleetError) return error;
  const thrown = inspected(error);
  const awsCode = thrown.status === undefined ? (thrown.code ?? thrown.name) : thrown.name;
  const { code, sentence, secretive = false } = wordsFor(awsCode, { ...asked, ...thrown });
  const awsMessage = secretive ? "" : thrown.message;
  const said = secretive ? awsCode : `${awsCode}: ${shortened(awsMessage)}`;
  const refused = isRefusal(thrown.status) || isOutOfCapacity(awsCode) || isThrottled(awsCode);
  return new Ec2Error(code, `${sentence} (${asked.action}: ${said})`, { awsCode, awsMessage, refused });
}

/** An answer that is none of EC2's; what was asked for may have been done. */
export function notUnderstood(action: string): Ec2Error {
  const message = `The answer to ${action} is none of EC2's: is there a proxy, or a wrong endpoint, in between?`;
  return new Ec2Error("PROVIDER_FAILED", message, { awsCode: "NotUnderstood", refused: false });
}

/** EC2's parts learn of a new thing one after the other. */
export function notYetKnown(what: string, awsCode: string): Ec2Error {
  const message = `EC2 has just made ${what}, but can not find it yet.`;
  return new Ec2Error("PROVIDER_FAILED", message, { awsCode, refused: true });
}

/** Whether EC2 has answered with one of these codes. */
export function isAws(error: unknown, ...awsCodes: readonly string[]): error is Ec2Error {
  return error instanceof Ec2Error && awsCodes.includes(error.awsCode);
}

function inspected(error: unknown): Thrown {
  const { name, code, $metadata } = (typeof error === "object" && error !== null ? error : {}) as {
    name?: unknown;
    code?: unknown;
    $metadata?: { httpStatusCode?: number; attempts?: number };
  };
  return {
    name: typeof name === "string" ? name : "Error",
    code: typeof code === "string" ? code : undefined,
    message: messageOf(error),
    status: $metadata?.httpStatusCode,
    attempts: $metadata?.attempts ?? 1,
  };
}

function isRefusal(status: number | undefined): boolean {
  return status !== undefined && status >= 400 && status < 500;
}

/** Without the kilobytes that only `aws sts decode-authorization-message` understands. */
function shortened(message: string): string {
  return oneLine(message.replace(/\s*Encoded authorization failure message:.*$/su, ""));
}
