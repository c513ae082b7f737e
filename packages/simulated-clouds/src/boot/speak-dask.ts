import type { Socket } from "node:net";

import { FrameReader, atOnce, decodeMessage, encodeMessage } from "../dask-fleet.ts";

type Message = Readonly<Record<string, unknown>>;

/** What Dask says first on every connection. */
export const SERVER_HANDSHAKE: Buffer = encodeMessage({
  compression: null,
  python: [3, 11, 7],
  "pickle-protocol": 5,
});

/** Shakes hands as Dask does, after a while if asked to, then hands every request over. */
export function speakDask(socket: Socket, answer: (request: Message) => void, greetAfterMs = 0): void {
  const reader = new FrameReader();
  let greeted = false;
  if (greetAfterMs === 0) socket.write(SERVER_HANDSHAKE);
  else setTimeout(() => socket.write(SERVER_HANDSHAKE), greetAfterMs);
  socket.on("data", (chunk) => {
    for (const message of messagesIn(reader, chunk, socket)) {
      if (!greeted) greeted = true;
      else if (message["op"] === "close") socket.end();
      else answer(message);
    }
  });
}

/** As Dask, it hangs up on whoever speaks another protocol. */
function messagesIn(reader: FrameReader, chunk: Uint8Array, socket: Socket): readonly Message[] {
  try {
    return reader.push(chunk).map((frames) => atOnce(decodeMessage(frames)) as Message);
  } catch {
    socket.destroy();
    return [];
  }
}
