import { invalid } from "../invalid.ts";
import type { FileOption, SecurityOptions } from "../security-options.ts";

/** A certificate and its key: each a path, a PEM text or a reference to a secret. */
export interface PairOptions {
  /** The certificate, then its intermediates. */
  readonly cert: string;
  /** Its private key. Default: the key in `cert`. */
  readonly key?: string | undefined;
}

/**
 * Certificates of the user's own. Each file is a path, a PEM text, or a reference such as `gcp-sm:projects/lab/secrets/dask-key`, which
 * the machines fetch through their own identity.
 */
export interface OwnCertificates extends Omit<SecurityOptions, FileOption | "extraConnArgs"> {
  /** The CA certificates that every peer must lead to. */
  readonly ca: string;
  /** The certificate of every role without a pair of its own. */
  readonly cert?: string | undefined;
  /** Its private key. Default: the key in `cert`. */
  readonly key?: string | undefined;
  /** The scheduler's own pair. Default: `cert` and `key`. */
  readonly scheduler?: PairOptions | undefined;
  /** The workers' own pair. Default: `cert` and `key`. */
  readonly worker?: PairOptions | undefined;
  /** The client's own pair, which the launcher reads with its own credentials. Default: `cert` and `key`. */
  readonly client?: PairOptions | undefined;
}

/** The options of `Security.from`. */
export interface SecurityFromOptions extends OwnCertificates, Pick<SecurityOptions, "extraConnArgs"> {}

const NAMES: ReadonlySet<string> = new Set(["ca", "cert", "key", "scheduler", "worker", "client"]);
const ROLE_OPTIONS = {
  scheduler: { cert: "tlsSchedulerCert", key: "tlsSchedulerKey" },
  worker: { cert: "tlsWorkerCert", key: "tlsWorkerKey" },
  client: { cert: "tlsClientCert", key: "tlsClientKey" },
} as const;

/**
 * The options of a `Security` with Python's names.
 *
 * @throws DaskFleetError `SECURITY_INVALID` for a pair that is no object, or has other names
 */
export function optionsFrom(input: unknown): SecurityOptions {
  if (!isRecord(input)) throw invalid("Expected the options of Security.from to be an object.");
  const all: PairInput = { cert: input["cert"], key: input["key"] };
  const pairs = {
    scheduler: pairOf(input, "scheduler"),
    worker: pairOf(input, "worker"),
    client: pairOf(input, "client"),
  };
  if (pairs.client !== undefined && all.cert !== undefined) {
    pairs.scheduler ??= all;
    pairs.worker ??= all;
  }
  pairs.client ??= all;
  const files = Object.entries(ROLE_OPTIONS).flatMap(([role, { cert, key }]) => {
    const pair = pairs[role as keyof typeof pairs];
    return pair === undefined
      ? []
      : ([
          [cert, pair.cert],
          [key, pair.key],
        ] as const);
  });
  const rest = Object.entries(input).filter(([name]) => !NAMES.has(name));
  return Object.fromEntries([["tlsCaFile", input["ca"]], ...files, ...rest].filter(([, value]) => value !== undefined));
}

interface PairInput {
  readonly cert?: unknown;
  readonly key?: unknown;
}

function pairOf(input: Readonly<Record<string, unknown>>, role: keyof typeof ROLE_OPTIONS): PairInput | undefined {
  const pair = input[role] ?? undefined;
  if (pair === undefined) return undefined;
  if (!isRecord(pair)) throw invalid(`Expected the \`${role}\` option to be an object of \`cert\` and \`key\`.`);
  if (Object.keys(pair).some((name) => name !== "cert" && name !== "key")) {
    throw invalid(`The \`${role}\` option knows \`cert\` and \`key\`, and nothing else.`);
  }
  return pair;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
