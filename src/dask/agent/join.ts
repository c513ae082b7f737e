import type { Field } from "../fields.ts";
import type { AgentComm, AskOptions } from "./link.ts";

/** A machine's request for a certificate, as the scheduler has received it. Every text is foreign. */
export interface RelayedRequest {
  /** The relay's own name for it. */
  readonly id: number;
  /** The address that it was sent from. */
  readonly from: string;
  readonly role: string;
  readonly name: string;
  /** The public key (SubjectPublicKeyInfo) in base64. */
  readonly spki: string;
  /** Hexadecimal. */
  readonly mac: string;
  readonly identity: string | undefined;
}

/** The answer to one of them. */
export interface RelayedAnswer {
  readonly id: number;
  readonly cert?: string | undefined;
  /** What the machine gets with its certificate. */
  readonly files?: string | undefined;
  /** Seconds until the machine is to ask again. */
  readonly wait?: number | undefined;
  readonly refused?: string | undefined;
}

const PATIENCE_MS = 15_000;
/** The relay gives no more at a time. */
const MOST_REQUESTS = 256;

/**
 * Opens the relay's listener, and waits for requests.
 *
 * @param waitMs for how long; none may have come then
 * @throws DaskFleetError as {@link AgentComm.ask}
 */
export async function awaitRequests(
  comm: AgentComm,
  { port, waitMs }: { readonly port: number; readonly waitMs: number },
  options: AskOptions = {},
): Promise<readonly RelayedRequest[]> {
  const answer = await comm.ask(
    { op: "fleet_join_wait", port, wait: waitMs / 1000 },
    { timeoutMs: waitMs + PATIENCE_MS, ref: false, ...options },
  );
  return answer.map().get("requests").list().slice(0, MOST_REQUESTS).map(requestIn);
}

/** Answers to requests that are over already are ignored. */
export async function answerRequests(
  comm: Pick<AgentComm, "ask">,
  answers: readonly RelayedAnswer[],
  options: AskOptions = {},
): Promise<void> {
  await comm.ask({ op: "fleet_join_answer", ...onceEach(answers) }, { timeoutMs: PATIENCE_MS, ...options });
}

/** All machines of a group get the same files, ten times as long as a certificate: they are sent once, and answers have their number. */
function onceEach(answers: readonly RelayedAnswer[]): {
  readonly answers: readonly object[];
  readonly files: string[];
} {
  const numbers = new Map<string, number>();
  const short = answers.map(({ files, ...answer }) => {
    if (files === undefined) return answer;
    const number = numbers.get(files) ?? numbers.size;
    numbers.set(files, number);
    return { ...answer, files: number };
  });
  return { answers: short, files: [...numbers.keys()] };
}

function requestIn(field: Field): RelayedRequest {
  const request = field.map();
  return {
    id: request.get("id").number(),
    from: request.get("from").text(),
    role: request.get("role").text(),
    name: request.get("name").text(),
    spki: request.get("spki").text(),
    mac: request.get("mac").text(),
    identity: request.optional("identity")?.text(),
  };
}
