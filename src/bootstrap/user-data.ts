import { inspect } from "node:util";

import { DaskFleetError } from "../errors.ts";
import { cloudConfig, deterministicGzip } from "./cloud-config.ts";
import { guardCommand } from "./guard.ts";
import { tightGzip } from "./gzip/tight-gzip.ts";
import type { MachineFile } from "./machine-file.ts";
import { nodeFiles } from "./node-files.ts";
import type { NodeSpec } from "./node-spec.ts";

/** What a cloud takes as user data. */
export interface UserDataCapabilities {
  /** The limit in bytes, before any base64, as the cloud counts. */
  readonly limitBytes: number;
  /** Whether its cloud-init is given gzip'd bytes as they are. If not, long files are compressed inside the text. */
  readonly gzip: boolean;
  /** Who sets the limit, for messages: `EC2`. */
  readonly where: string;
}

/** A part of the user data, and its size before compression. */
export interface UserDataPart {
  readonly path: string;
  readonly bytes: number;
}

/** The user data of one role's machines. It holds that role's private key: it prints as its size only. */
export class UserData {
  readonly #text: string;
  readonly #bytes: Uint8Array;
  readonly #guard: readonly string[];
  readonly #files: readonly MachineFile[];

  /** @param limitBytes more is only tried to be avoided */
  constructor(
    guard: readonly string[],
    files: readonly MachineFile[],
    { gzip, limitBytes }: Pick<UserDataCapabilities, "gzip" | "limitBytes">,
  ) {
    this.#guard = guard;
    this.#files = files;
    this.#text = cloudConfig(guard, files, !gzip);
    this.#bytes = gzip ? gzipWithin(this.#text, limitBytes) : Buffer.from(this.#text);
  }

  /** The bytes for the cloud. */
  get bytes(): Uint8Array {
    return this.#bytes;
  }

  /** The `#cloud-config` as cloud-init reads it. */
  get text(): string {
    return this.#text;
  }

  /** The command that cloud-init runs first, at every boot. */
  get guard(): readonly string[] {
    return this.#guard;
  }

  /** The files it writes. */
  get files(): readonly MachineFile[] {
    return this.#files;
  }

  get rawBytes(): number {
    return Buffer.byteLength(this.#text);
  }

  get sentBytes(): number {
    return this.#bytes.byteLength;
  }

  /** The files by size, the largest first. */
  get parts(): readonly UserDataPart[] {
    const parts = this.#files.map(({ path, content }) => ({ path, bytes: Buffer.byteLength(content) }));
    return parts.sort((a, b) => b.bytes - a.bytes || a.path.localeCompare(b.path));
  }

  toJSON(): { rawBytes: number; sentBytes: number } {
    return { rawBytes: this.rawBytes, sentBytes: this.sentBytes };
  }

  [inspect.custom](): string {
    return `UserData { ${this.sentBytes} bytes, ${this.rawBytes} uncompressed }`;
  }
}

/**
 * The user data that makes a machine the node `spec`, measured before anything is created. The same spec gives the same bytes.
 *
 * @throws DaskFleetError `CONFIG_INVALID` for a spec that could not work; `USER_DATA_TOO_LARGE` beyond the cloud's limit
 */
export function buildUserData(spec: NodeSpec, capabilities: UserDataCapabilities): UserData {
  const userData = new UserData(guardCommand(spec), nodeFiles(spec), capabilities);
  if (userData.sentBytes > capabilities.limitBytes) throw tooLarge(spec, capabilities, userData);
  return userData;
}

/** The tight one takes half a second: only where it decides. */
function gzipWithin(text: string, limitBytes: number): Buffer {
  const bytes = deterministicGzip(text);
  return bytes.length > limitBytes ? tightGzip(text) : bytes;
}

function tooLarge(
  spec: NodeSpec,
  { limitBytes, gzip, where }: UserDataCapabilities,
  userData: UserData,
): DaskFleetError {
  const heaviest = userData.parts.slice(0, 3).map(({ path, bytes }) => `${path} (${number(bytes)} bytes)`);
  return new DaskFleetError(
    "USER_DATA_TOO_LARGE",
    `The user data of a ${spec.role} is ${number(userData.sentBytes)} bytes${gzip ? " after gzip" : ""}, ` +
      `${number(userData.sentBytes - limitBytes)} more than the ${number(limitBytes)} that ${where} takes. ` +
      `Largest parts${gzip ? " before gzip" : ""}: ${heaviest.join(", ")}. ` +
      "Move large values of envVars and long extraBootstrap commands into the image or into object storage." +
      (spec.beside === undefined || spec.bootstrap === false ? "" : NOTHING_TO_INSTALL),
  );
}

/** Scripts that install Docker, a driver and what they share. */
const NOTHING_TO_INSTALL =
  " A machine with both roles (singleNode) has room with `bootstrap: false` and an image that has Docker, and a GPU's driver.";

function number(value: number): string {
  return value.toLocaleString("en-US");
}

/** The `#cloud-config` for people: nothing compressed, each secret replaced by its length. */
export function previewUserData(userData: UserData): string {
  return cloudConfig(
    userData.guard,
    userData.files.map((file) => ({ ...file, content: file.preview ?? file.content })),
    false,
  );
}
