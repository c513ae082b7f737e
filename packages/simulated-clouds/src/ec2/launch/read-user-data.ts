import { invalidValue } from "../errors.ts";

const MOST_BYTES = 16_384;

/** User data without the base64 of the wire. */
export function readUserData(encoded: string | undefined): Buffer | undefined {
  if (encoded === undefined) return undefined;
  const compact = encoded.replaceAll(/\s/gu, "");
  if (!/^[A-Za-z0-9+/]*={0,2}$/u.test(compact) || compact.length % 4 !== 0) {
    throw invalidValue("Invalid BASE64 encoding of user data.");
  }
  const data = Buffer.from(compact, "base64");
  if (data.length > MOST_BYTES) throw invalidValue(`User data is limited to ${MOST_BYTES} bytes`);
  return data;
}
