import { DaskFleetError, type ErrorCode, type Meaning } from "../../errors.ts";

/** What a {@link CloudError} is made of. */
export interface CloudErrorParts {
  /** What went wrong, for programs. */
  readonly code: ErrorCode;
  /** What it means for the next try. */
  readonly meaning: Meaning;
  /** Whether another zone, machine type or capacity type may succeed where this one failed. */
  readonly elsewhere: boolean;
  /** What it means to the user, and the next step: whole sentences. */
  readonly sentence: string;
  /** What the cloud itself said, on one line. */
  readonly said: string;
  /** The cloud's own code, such as `InsufficientInstanceCapacity`. */
  readonly cloudCode: string;
  /** Whether the cloud answered that it will not do it: nothing was made. */
  readonly refused: boolean;
}

/** A call of a cloud's API that failed. It holds nothing of the request, so no credentials and no user data either. */
export class CloudError extends DaskFleetError {
  /** Whether another zone, type or market may succeed where this one failed. */
  readonly elsewhere: boolean;
  /** What it means to the user, and the next step: whole sentences. */
  readonly sentence: string;
  /** The cloud's own code, such as `InsufficientInstanceCapacity`. */
  readonly cloudCode: string;
  /** Whether the cloud answered that it will not do it: nothing was made. */
  readonly refused: boolean;

  /** @param parts the message is the sentence, with what the cloud said in brackets */
  constructor({ code, meaning, elsewhere, sentence, said, cloudCode, refused }: CloudErrorParts) {
    super(code, said === "" ? sentence : `${sentence} (${said})`, { meaning });
    this.elsewhere = elsewhere;
    this.sentence = sentence;
    this.cloudCode = cloudCode;
    this.refused = refused;
  }
}
