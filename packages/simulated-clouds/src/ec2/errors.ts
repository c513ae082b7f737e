/** What EC2 answers to a request that it does not carry out. */
export class Ec2Error extends Error {
  override readonly name = "Ec2Error";
  readonly code: string;
  readonly status: number;

  constructor(code: string, message: string, status = 400) {
    super(message);
    this.code = code;
    this.status = status;
  }
}

export function invalidValue(message: string): Ec2Error {
  return new Ec2Error("InvalidParameterValue", message);
}

export function invalidCombination(message: string): Ec2Error {
  return new Ec2Error("InvalidParameterCombination", message);
}

export function missing(parameter: string): Ec2Error {
  return new Ec2Error("MissingParameter", `The request must contain the parameter ${parameter}`);
}

/** Something that no right program sends: answered like any error, and noted in the cloud's `violations`. */
export class Violation extends Ec2Error {}
