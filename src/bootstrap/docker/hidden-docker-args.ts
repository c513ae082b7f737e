import { hiddenText } from "../redact.ts";
import { dockerArguments, NAMED, SHOWN } from "./docker-args.ts";

/** The arguments of `docker run` without what may be a secret, `--env TOKEN=x` and `-iteTOKEN=x` among them. */
export function hiddenDockerArgs(args: readonly string[]): string[] {
  return dockerArguments(args).map(({ name, written, value }) =>
    value === undefined ? written : `${written}${hiddenValue(name, value)}`,
  );
}

function hiddenValue(option: string, value: string): string {
  if (SHOWN.has(option)) return value;
  const end = NAMED.has(option) ? value.indexOf("=") : -1;
  // `--env NAME` takes its value from elsewhere.
  if (NAMED.has(option) && end === -1) return value;
  return `${value.slice(0, end + 1)}${hiddenText(value.slice(end + 1))}`;
}
