/* oxlint-disable eslint/no-control-regex -- DER is bytes */
/** How private keys look in one reading, a character for each byte. Each is what no certificate, public key or signature has. */
const LOOKS: readonly (readonly [kind: string, look: RegExp])[] = [
  ["PEM", /-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----/],
  ["OpenSSH's", /openssh-key-v1\0/],
  // PrivateKeyInfo: version 0, an algorithm, an OCTET STRING.
  ["PKCS#8 EC", /\x02\x01\x00\x30[\x0b-\x20]\x06\x07\x2a\x86\x48\xce\x3d\x02\x01/],
  ["PKCS#8 RSA", /\x02\x01\x00\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01\x05\x00\x04/],
  ["PKCS#8 Ed25519 or X25519", /\x02\x01\x00\x30\x05\x06\x03\x2b\x65[\x6e-\x71]\x04/],
  ["PKCS#8, encrypted", /\x30[^]{1,3}\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x05\x0d\x30/],
  // ECPrivateKey: version 1, an OCTET STRING of the curve's length, then [0] or [1].
  ["SEC1 EC", /\x30[^]{1,2}\x02\x01\x01\x04(?:\x20[^]{32}|\x30[^]{48}|\x42[^]{66})[\xa0\xa1]/],
  // RSAPrivateKey: version 0, a long modulus.
  ["PKCS#1 RSA", /\x30[\x81\x82][^]{1,2}\x02\x01\x00\x02[\x81\x82][^]{1,2}\x00/],
  ["JWK", /"d"\s*:\s*"[A-Za-z0-9_-]{40,}"/],
];

/** What kind of private key is in a reading; undefined where there is none. */
export function privateKeyIn(text: string): string | undefined {
  return LOOKS.find(([, look]) => look.test(text))?.[0];
}
