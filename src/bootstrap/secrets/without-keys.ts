import { hiddenText } from "../machine-file.ts";

/** A PEM text for people. A certificate's may carry its key: the two may share one text. */
export function withoutKeys(pem: string): string {
  return pem.replaceAll(/-----BEGIN ([A-Z ]*PRIVATE KEY)-----[\s\S]*?-----END \1-----/gu, (key) => hiddenText(key));
}
