import type { Observation } from "../../../src/provider/checkup.ts";
import type { Ec2Api } from "../api/client.ts";

/** The SDK's marks of where credentials come from, the most telling first. */
const SOURCES: readonly (readonly [mark: RegExp, words: string])[] = [
  [/^CREDENTIALS_ENV_VARS$/, "the variables AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"],
  [/SSO/, "single sign-on"],
  [/LOGIN/, '"aws login"'],
  [/WEB_ID/, "a web identity token"],
  [/PROCESS/, "a credential process"],
  [/ASSUME_ROLE/, "an assumed role"],
  [/_HTTP$/, "the container's role"],
  [/_IMDS$/, "the machine's role"],
  [/PROFILE/, "AWS' configuration files"],
];
const PROFILE = /PROFILE|SSO|PROCESS|ASSUME_ROLE|LOGIN/;
const SHOWN_DIGITS = 4;

/** What the SDK's own chain finds. The secret stays where it is; of the key's id only the end is shown. */
export async function credentials(api: Ec2Api, signal: AbortSignal): Promise<Observation> {
  const { accessKeyId, expiration, $source = {} } = (await api.credentials(signal)) as Marked;
  const marks = Object.keys($source);
  const words = SOURCES.find(([mark]) => marks.some((each) => mark.test(each)))?.[1] ?? "AWS' own chain";
  const profile = marks.some((mark) => PROFILE.test(mark))
    ? `, profile ${process.env["AWS_PROFILE"] ?? "default"}`
    : "";
  const key = `key …${accessKeyId.slice(-SHOWN_DIGITS)}`;
  const ends = expiration === undefined ? "" : `, until ${expiration.toISOString()}`;
  return { state: "good", found: `from ${words}${profile}, ${key}${ends}` };
}

type Marked = Awaited<ReturnType<Ec2Api["credentials"]>> & { readonly $source?: Readonly<Record<string, string>> };

/** The account, by the owner of what is in it: EC2 tells nothing of users and roles. */
export async function account(api: Ec2Api, signal: AbortSignal): Promise<Observation> {
  const { SecurityGroups: [group] = [] } = await api.call("DescribeSecurityGroups", signal, (ec2, options) =>
    ec2.describeSecurityGroups({ MaxResults: 5 }, options),
  );
  const whose = group?.OwnerId ?? "the account has no security group to tell its number";
  return { state: "good", found: `${whose} ("aws sts get-caller-identity" tells the user or role)` };
}
