export interface RequestFailureFields {
  /** Undefined where there was no answer. */
  readonly status: number | undefined;
  /** DigitalOcean's own, such as `unprocessable_entity`, or the network's, such as `ECONNRESET`. */
  readonly code: string;
  readonly message: string;
  readonly headers: Headers;
}

/** A request that failed, without what was sent: that holds the token. */
export class RequestFailure extends Error {
  override readonly name = "RequestFailure";
  readonly status: number | undefined;
  readonly code: string;
  readonly headers: Headers;

  constructor({ status, code, message, headers }: RequestFailureFields) {
    super(message);
    this.status = status;
    this.code = code;
    this.headers = headers;
  }
}
