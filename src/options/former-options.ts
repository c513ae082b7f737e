import { camelCase, didYouMean, withoutUnit } from "./option-names.ts";

/** Options of dask-cloudprovider without a counterpart, and their replacements. */
const FORMER: ReadonlyMap<string, string> = new Map([
  ["asynchronous", "Leave it out: every call is asynchronous."],
  ["loop", "Leave it out: every call is asynchronous."],
  ["debug", "`previewStartupScript(role)` shows the user data, and `onProgress` reports progress."],
  ["silenceLogs", "Leave it out: nothing is logged, and `onProgress` reports progress."],
  ["protocol", "Use `security`: `false` is tcp://, everything else tls://."],
  ["workerCommand", 'Use `workerModule`, such as "dask cuda worker".'],
  ["gpuInstance", "Leave it out: dask-fleet asks the cloud whether a machine has GPUs."],
  ["shutdownOnClose", "Use `detach()` or `closeOnExit: false` to keep the cluster."],
  ["usePrivateIp", "Use `publicIp`, its opposite."],
]);

/** The same option by its names on the clouds. */
const SAME_THING: readonly (readonly string[])[] = [
  ["publicIp", "publicIngress"],
  ["spot", "preemptible"],
  ["instanceType", "machineType", "vmSize", "size"],
  ["ami", "sourceImage", "vmImage", "image"],
  ["filesystemSize", "diskSize"],
];

/**
 * The end of an error about an unknown name: the replacement of an option of dask-cloudprovider's, or the nearest name.
 *
 * @param others names that are options in their own right, such as short forms
 * @param spelled how an option is written where the name stands
 */
export function instead(
  name: string,
  known: readonly string[],
  spelled: (option: string) => string,
  others: readonly string[] = [],
): string {
  const options = [...known, ...others];
  const camel = camelCase(name);
  const former = FORMER.get(camel);
  if (former !== undefined) return former;
  const same = SAME_THING.find((names) => names.includes(camel))?.find((each) => options.includes(each));
  if (same !== undefined) return `Here it is "${spelled(same)}".`;
  const withText = options.filter((option) => withoutUnit(option) !== option && options.includes(withoutUnit(option)));
  const listed = options.filter((option) => !withText.includes(option));
  return didYouMean(name, listed.map(spelled), withText.map(spelled));
}
