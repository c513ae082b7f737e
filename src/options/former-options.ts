import { camelCase, didYouMean } from "./option-names.ts";

/** What dask-cloudprovider's clusters take and ours do not, and what to do instead. */
const FORMER: ReadonlyMap<string, string> = new Map([
  ["asynchronous", "Leave it out: every call is asynchronous."],
  ["loop", "Leave it out: every call is asynchronous."],
  ["debug", "`previewStartupScript(role)` shows what a machine is told, and `onProgress` what happens."],
  ["silenceLogs", "Leave it out: nothing is logged, and `onProgress` tells what happens."],
  ["protocol", "`security` decides: with `false` it is tcp://, otherwise tls://."],
  ["workerCommand", 'Use `workerModule`, such as "dask cuda worker".'],
  ["gpuInstance", "Leave it out: the cloud is asked whether a machine has GPUs."],
  ["shutdownOnClose", "Use `detach()` for a cluster that is to go on, or `closeOnExit: false`."],
  ["usePrivateIp", "Use `publicIp`, which is its opposite."],
]);

/** What one cloud's cluster calls like this is that in another's. */
const SAME_THING: readonly (readonly string[])[] = [
  ["publicIp", "publicIngress"],
  ["spot", "preemptible"],
  ["instanceType", "machineType", "vmSize", "size"],
  ["ami", "sourceImage", "vmImage", "image"],
  ["filesystemSize", "diskSize"],
];

/**
 * The end of an error about an unknown name: what to do instead of an option of dask-cloudprovider's, or which one was likely meant.
 *
 * @param spelled how an option is written where the name stands
 */
export function instead(name: string, options: readonly string[], spelled: (option: string) => string): string {
  const camel = camelCase(name);
  const former = FORMER.get(camel);
  if (former !== undefined) return former;
  const same = SAME_THING.find((names) => names.includes(camel))?.find((each) => options.includes(each));
  return same === undefined ? didYouMean(name, options.map(spelled)) : `Here it is "${spelled(same)}".`;
}
