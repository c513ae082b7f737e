import { execFileSync } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import * as fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";

import { certify, pemOf } from "../../../../packages/simulated-clouds/src/identity/certificate.ts";
import { signedMessage } from "../../../../packages/simulated-clouds/src/identity/signed-message.ts";
import { readBer } from "../../../../src/cloud/identity/ber.ts";
import { readSignedMessage } from "../../../../src/cloud/identity/signed-message.ts";

const folder = mkdtempSync(join(tmpdir(), "signed-message-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const signer = certify({ commonName: "signer" });
const other = certify({ commonName: "other" });
const { publicKey } = new X509Certificate(signer.certificate);

function file(name: string, content: string | Buffer): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

/** What OpenSSL signs, in DER. */
function openssl(...args: readonly string[]): Buffer {
  const key = file("key.pem", signer.privateKey.export({ type: "pkcs8", format: "pem" }));
  const cert = file("cert.pem", pemOf(signer.certificate));
  const out = join(folder, "signed.der");
  const text = file("text", '{"a": 1}');
  const common = ["-sign", "-binary", "-in", text, "-signer", cert, "-inkey", key, "-outform", "DER", "-out", out];
  execFileSync("openssl", [...args, ...common], { stdio: "pipe" });
  return readFileSync(out);
}

describe("messages of OpenSSL", () => {
  const kinds: readonly (readonly [string, readonly string[]])[] = [
    ["with attributes", ["smime", "-nodetach", "-md", "sha256"]],
    ["without attributes", ["smime", "-nodetach", "-noattr", "-md", "sha384"]],
    ["without certificates", ["smime", "-nodetach", "-nocerts", "-md", "sha256"]],
    ["in BER, of indefinite length", ["cms", "-nodetach", "-stream", "-md", "sha512"]],
  ];
  test.each(kinds)("%s are read and verified", (kind, args) => {
    const message = readSignedMessage(openssl(...args));
    expect(message.content.toString()).toBe('{"a": 1}');
    expect(message.isSignedBy(publicKey)).toBe(true);
    expect(message.isSignedBy(new X509Certificate(other.certificate).publicKey)).toBe(false);
    expect(message.certificates).toHaveLength(kind === "without certificates" ? 0 : 1);
  });

  test("with SHA-1, without content, or with two signatures are refused", () => {
    const second = ["-signer", file("other.pem", pemOf(other.certificate))];
    const key = ["-inkey", file("other-key.pem", other.privateKey.export({ type: "pkcs8", format: "pem" }))];
    expect(() => readSignedMessage(openssl("smime", "-nodetach", "-md", "sha1"))).toThrow("too weak");
    expect(() => readSignedMessage(openssl("smime", "-md", "sha256"))).toThrow("no PKCS#7 message");
    expect(() => readSignedMessage(openssl("smime", "-nodetach", ...second, ...key))).toThrow("one signature");
  });
});

test("OpenSSL verifies what simulated clouds sign", () => {
  const signed = file("simulated.der", Buffer.from(signedMessage("words", signer, []), "base64"));
  const cert = file("cert.pem", pemOf(signer.certificate));
  const args = ["smime", "-verify", "-inform", "DER", "-in", signed, "-certfile", cert, "-noverify"];
  expect(execFileSync("openssl", args, { stdio: "pipe" }).toString()).toBe("words");
});

test("no byte of a message can be changed unnoticed", () => {
  const signed = Buffer.from(signedMessage('{"a": 1}', signer, []), "base64");
  const position = fc.integer({ min: 0, max: signed.length - 1 });
  fc.assert(
    fc.property(position, fc.integer({ min: 1, max: 255 }), (at, change) => {
      const forged = Buffer.from(signed);
      forged[at] = (forged[at] ?? 0) ^ change;
      try {
        const message = readSignedMessage(forged);
        // What is not signed may change: versions, names, tags of algorithms.
        expect(message.isSignedBy(publicKey) && message.content.toString() !== '{"a": 1}').toBe(false);
      } catch (error) {
        expect(error).toBeInstanceOf(Error);
      }
    }),
  );
});

test("no bytes make the reader fail with anything but an error, or go on for ever", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      try {
        expect(readBer(Buffer.from(bytes)).raw.length).toBeLessThanOrEqual(bytes.length);
      } catch (error) {
        expect(error).toBeInstanceOf(RangeError);
      }
    }),
  );
  expect(() => readBer(Buffer.from("3080".repeat(100_000), "hex"))).toThrow("no BER");
  expect(() => readBer(Buffer.from("3084ffffffff", "hex"))).toThrow("no BER");
});
