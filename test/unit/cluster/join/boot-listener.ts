import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { createServer, type Server, type TLSSocket } from "node:tls";

import { issueCertificate } from "../../../../src/security/certificates/issue-certificate.ts";
import { MachineKey, offered } from "./asking.ts";

export interface BootListenerOptions {
  readonly token: Buffer;
  readonly name?: string;
  readonly key?: MachineKey;
  /** What it does with the launcher's first line. Default: what a machine does. */
  readonly answer?: (socket: TLSSocket, line: string, machine: BootListener) => void;
  /** Whether its last word is lost. */
  readonly losesLast?: boolean;
}

/** A scheduler's machine that waits for its certificate. */
export class BootListener implements AsyncDisposable {
  readonly key: MachineKey;
  readonly name: string;
  readonly certificates: string[] = [];
  readonly refusals: string[] = [];
  /** Names in the certificates of those who came. */
  readonly callers: (string | undefined)[] = [];
  readonly #options: BootListenerOptions;
  readonly #server: Server;

  constructor(options: BootListenerOptions) {
    this.#options = options;
    const { key = new MachineKey(), name = "i-0" } = options;
    [this.key, this.name] = [key, name];
    const self = {
      issuer: { commonName: "dask-fleet" },
      subject: { commonName: "dask-fleet" },
      use: { dnsName: "boot", server: true },
      notBefore: new Date(Date.now() - 60_000),
      notAfter: new Date(Date.now() + 600_000),
    };
    this.#server = createServer(
      { key: pem(key), cert: selfSigned(key, self), requestCert: true, rejectUnauthorized: false },
      (socket) => this.#talk(socket),
    );
  }

  async listen(): Promise<number> {
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
    return (this.#server.address() as AddressInfo).port;
  }

  #talk(socket: TLSSocket): void {
    this.callers.push(socket.getPeerX509Certificate()?.subjectAltName);
    socket.on("error", () => undefined);
    let text = "";
    socket.on("data", (chunk: Buffer) => {
      text += chunk.toString();
      for (let end = text.indexOf("\n"); end !== -1; end = text.indexOf("\n")) {
        const line = text.slice(0, end);
        text = text.slice(end + 1);
        this.#hear(socket, line);
      }
    });
  }

  #hear(socket: TLSSocket, line: string): void {
    const said = JSON.parse(line) as Record<string, string>;
    if (said["nonce"] !== undefined) {
      const { answer = BootListener.offer } = this.#options;
      answer(socket, said["nonce"], this);
    } else if (said["refused"] !== undefined) this.refusals.push(said["refused"]);
    else {
      this.certificates.push(said["cert"] ?? "");
      if (this.#options.losesLast === true && this.certificates.length === 1) socket.destroy();
      else socket.write('{"ok":true}\n');
    }
  }

  static offer(this: void, socket: TLSSocket, nonce: string, machine: BootListener): void {
    const { name, key } = machine;
    const mac = offered(name, key, Buffer.from(nonce, "hex"), machine.token).toString("hex");
    socket.write(`${JSON.stringify({ name, mac, identity: null })}\n`);
  }

  get token(): Buffer {
    return this.#options.token;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close();
    await Promise.resolve();
  }
}

function pem({ privateKey }: MachineKey): string {
  return privateKey.export({ type: "pkcs8", format: "pem" }).toString();
}

type SelfSigned = Omit<Parameters<typeof issueCertificate>[0], "publicKey" | "issuerPublicKey" | "issuerPrivateKey">;

function selfSigned(key: MachineKey, wanted: SelfSigned): string {
  const publicKey = key.publicKey;
  return issueCertificate({
    ...wanted,
    publicKey,
    issuerPublicKey: publicKey,
    issuerPrivateKey: key.privateKey,
  }).toString();
}
