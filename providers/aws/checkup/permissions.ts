import { isOfNamedGroup, kindKey } from "../../../src/cloud/machines/kinds.ts";
import { ownFile } from "../../../src/files/own-file.ts";
import type { Observation } from "../../../src/provider/checkup.ts";
import { clusterTags, machineTags } from "../../../src/provider/tags.ts";
import type { Ec2Api } from "../api/client.ts";
import { Ec2Error } from "../errors/ec2-error.ts";
import { candidatesFor } from "../machines/candidates.ts";
import { discover, foundKind, type Kind } from "../machines/discovery.ts";
import { runInstancesRequest } from "../machines/run-instances.ts";
import type { ResolvedEc2Options } from "../options/resolved-options.ts";
import { specification } from "../tags/tags.ts";
import { allKinds } from "./machines.ts";

/** EC2 asks first whether the caller may, and then whether the thing is there. */
const WOULD_SUCCEED = /^DryRunOperation$|^Invalid(?:InstanceID|Group|GroupId)\.NotFound$/;
const NOBODY = { name: "dask-fleet-doctor", id: "0000000000000000" };
const NO_INSTANCE = "i-00000000000000000";
const NO_GROUP = "sg-00000000000000000";
const NO_RULE = { IpProtocol: "tcp", FromPort: 8786, ToPort: 8786, IpRanges: [{ CidrIp: "192.0.2.1/32" }] };

type DryRun = readonly [action: string, run: () => Promise<unknown>, options?: { readonly isBound: boolean }];

/**
 * What EC2 would let these credentials do, by calls with `DryRun`, which have no effect. A policy may bind what changes or removes
 * something to the tags of that thing: for a thing that does not exist, a refusal proves nothing.
 */
export async function permissions(api: Ec2Api, options: ResolvedEc2Options, signal: AbortSignal): Promise<Observation> {
  const runs = await dryRuns(api, options, signal);
  const answers = await Promise.all(
    runs.map(async ([action, run, { isBound } = { isBound: false }]) => {
      const refusal = await refusalOf(run);
      return { action, refusal, isBound };
    }),
  );
  signal.throwIfAborted();
  const denied = answers.filter(({ refusal, isBound }) => refusal !== undefined && !isBound);
  const [first] = denied;
  const policy = ownFile("docs/providers/aws.md");
  if (first?.refusal !== undefined) {
    return {
      state: isProof(first.refusal) ? "bad" : "unknown",
      found: `refused: ${denied.map(({ action }) => action).join(", ")}`,
      remedy: first.refusal.sentence,
    };
  }
  const doubtful = answers.filter(({ refusal }) => refusal !== undefined).map(({ action }) => action);
  const allowed = answers.filter(({ refusal }) => refusal === undefined).map(({ action }) => action);
  const found = `allowed: ${allowed.join(", ")}`;
  if (doubtful.length === 0) return { state: "good", found };
  return {
    state: "unknown",
    found: `${found}; not known: ${doubtful.join(", ")}`,
    remedy: `A policy may allow these for resources with the tag creator=dask-fleet only. The whole policy is in ${policy}.`,
  };
}

async function dryRuns(api: Ec2Api, options: ResolvedEc2Options, signal: AbortSignal): Promise<readonly DryRun[]> {
  const kinds = allKinds(options);
  const discovery = await discover(api, kinds, signal);
  const tags = clusterTags(NOBODY, undefined, undefined);
  const DryRun = true;
  const launch = (kind: Kind): (() => Promise<unknown>) => {
    const [candidate] = candidatesFor(kind, foundKind(discovery.kinds, kind), { clients: 4 });
    if (candidate === undefined) return async () => undefined;
    const { role, group } = kind;
    const request = {
      role,
      group,
      count: 1,
      userData: Buffer.from("#cloud-config\n{}\n"),
      token: `doctor ${kindKey(kind)}`,
      tags: machineTags(clusterTags(NOBODY, undefined, undefined), role, group?.name),
    };
    const { securityGroups } = options;
    const own = kind.options;
    const asked = runInstancesRequest({
      request,
      candidate,
      options: own,
      securityGroups,
      clients: 4,
      count: 1,
      batch: 0,
    });
    return async () =>
      await api.call("RunInstances", signal, (ec2, how) => ec2.runInstances({ ...asked, DryRun }, how));
  };
  const makesGroups: readonly DryRun[] = [
    [
      "CreateSecurityGroup",
      async () =>
        await api.call("CreateSecurityGroup", signal, (ec2, how) =>
          ec2.createSecurityGroup(
            {
              GroupName: NOBODY.name,
              Description: "A dry run of dask-fleet",
              VpcId: discovery.vpcId,
              TagSpecifications: [specification("security-group", { ...options.tags, ...tags })],
              DryRun,
            },
            how,
          ),
        ),
    ],
    [
      "AuthorizeSecurityGroupIngress",
      async () =>
        await api.call("AuthorizeSecurityGroupIngress", signal, (ec2, how) =>
          ec2.authorizeSecurityGroupIngress({ GroupId: NO_GROUP, IpPermissions: [NO_RULE], DryRun }, how),
        ),
      { isBound: true },
    ],
    [
      "DeleteSecurityGroup",
      async () =>
        await api.call("DeleteSecurityGroup", signal, (ec2, how) =>
          ec2.deleteSecurityGroup({ GroupId: NO_GROUP, DryRun }, how),
        ),
      { isBound: true },
    ],
  ];
  return [
    ...launchesToTry(kinds).map((kind): DryRun => [nameOf(kind), launch(kind)]),
    ...(options.securityGroups.length > 0 ? [] : makesGroups),
    [
      "TerminateInstances",
      async () =>
        await api.call("TerminateInstances", signal, (ec2, how) =>
          ec2.terminateInstances({ InstanceIds: [NO_INSTANCE], DryRun }, how),
        ),
      { isBound: true },
    ],
  ];
}

/** Machines of each group, and the scheduler's unless workers without a group's options are asked for in the same way. */
function launchesToTry([scheduler, ...workers]: readonly Kind[]): readonly Kind[] {
  const isSame = workers.some(({ group, options: { spot } }) => !isOfNamedGroup({ group }) && spot === false);
  return [...workers, ...(scheduler === undefined || isSame ? [] : [scheduler])];
}

/** Such as `RunInstances (gpu, spot)`. */
function nameOf(kind: Kind): string {
  const group = isOfNamedGroup(kind) ? kind.group?.name : undefined;
  const market = kind.role === "worker" && kind.options.spot !== false ? "spot" : undefined;
  const marks = [group, market].filter((mark) => mark !== undefined);
  return marks.length === 0 ? "RunInstances" : `RunInstances (${marks.join(", ")})`;
}

/** Undefined where the call would succeed, or where it fails only because what it is about does not exist. */
async function refusalOf(run: () => Promise<unknown>): Promise<Ec2Error | undefined> {
  try {
    await run();
    return undefined;
  } catch (error) {
    if (!(error instanceof Ec2Error)) throw error;
    return WOULD_SUCCEED.test(error.cloudCode) ? undefined : error;
  }
}

function isProof({ meaning }: Ec2Error): boolean {
  return meaning !== "transient" && meaning !== "throttled" && meaning !== "unknown";
}
