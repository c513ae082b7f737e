import { createHash } from "node:crypto";

import { CallOperations, LOST, PIECE_BYTES } from "../../../dask/agent/calls.ts";
import type { AgentLink } from "../../../dask/agent/link.ts";
import { violation } from "../../../dask/dask-errors.ts";
import { SteadyComm } from "../steady-comm.ts";
import { codeFiles } from "./code-files.ts";
import { zip } from "./zip.ts";

interface Archive {
  readonly digest: string;
  readonly bytes: Uint8Array;
}

/** The code that this process uploaded last. It is kept, for a scheduler that restarts without it. */
export class UploadedCode {
  readonly #link: () => AgentLink;
  readonly #closed: AbortSignal;
  #archive: Archive | undefined;

  constructor(link: () => AgentLink, closed: AbortSignal) {
    this.#link = link;
    this.#closed = closed;
  }

  get digest(): string | undefined {
    return this.#archive?.digest;
  }

  /** Puts files on the path of imports of all workers, in place of what was uploaded before. */
  async upload(paths: readonly string[], signal: AbortSignal | undefined): Promise<void> {
    const bytes = zip(await codeFiles(paths, signal));
    const archive = { digest: createHash("sha256").update(bytes).digest("hex"), bytes };
    await this.#send(archive, signal);
    this.#archive = archive;
  }

  /** Uploads it again. */
  async restore(): Promise<void> {
    if (this.#archive !== undefined) await this.#send(this.#archive, undefined);
  }

  async #send({ digest, bytes }: Archive, signal: AbortSignal | undefined): Promise<void> {
    const comm = new SteadyComm(this.#link, this.#closed);
    try {
      const operations = new CallOperations(comm.ask, "");
      const name = `code-${digest}`;
      for (let have = 0; have < bytes.byteLength;) {
        const piece = bytes.subarray(have, have + PIECE_BYTES);
        const answer = await operations.put(name, have, bytes.byteLength, piece, { signal });
        if (answer === LOST || answer <= have) throw violation("The scheduler does not take the uploaded code");
        have = answer;
      }
      const used = await operations.use(digest, { signal });
      if (used === LOST) throw violation("The scheduler does not keep the uploaded code");
    } finally {
      await comm.close();
    }
  }
}
