import type { Call, Command } from "../../command.ts";
import type { LoadedProvider } from "../../providers.ts";

export const doctor: Command = {
  name: "doctor",
  summary: "check SDK, credentials, quotas, permissions, network and versions",
  details: [
    "Creates nothing and costs nothing. Permissions are tested by dry runs, or by what the cloud tells of them. Each line is ✓ (good), ✗ (a cluster would fail) or ? (not known), with the step that mends it.",
    "With the options of a cluster it says whether that cluster fits: quotas for its workers, its image, its network. Without PROVIDER it checks all; those that are not set up are one line each. Exits with 1 if anything is ✗.",
  ],
  examples: [
    ["dask-fleet doctor", "everything that is set up here"],
    ["dask-fleet doctor ec2 --region us-east-1 --n-workers 50", "whether that cluster could start"],
    ["dask-fleet doctor gcp --json", "the findings for a program"],
  ],
  group: "Before the start",
  cluster: "places",
  run: async (call) => (call.provider === undefined ? await ofAll(call) : await ofOne(call, call.provider)),
};

async function ofOne(call: Call, provider: LoadedProvider): Promise<number> {
  const { out } = call;
  const [{ findingsAt, findingsHere, isLocal }, { findingLines }] = await Promise.all([
    import("../../checkup/checkups.ts"),
    import("../../checkup/checkup-lines.ts"),
  ]);
  const checkups: { provider: string; findings: object[] }[] = [];
  let isWell = true;
  const sections = [
    ...(isLocal(provider) ? [] : [["local", "this computer", findingsHere()] as const]),
    [provider.facts.command, provider.facts.title, findingsAt(provider, call.clusterOptions())] as const,
  ];
  for (const [name, title, findings] of sections) {
    const checkup = { provider: name, findings: [] as object[] };
    checkups.push(checkup);
    if (!out.json) out.line({ text: title, data: undefined });
    for await (const finding of findings) {
      checkup.findings.push(finding);
      isWell &&= finding.state !== "bad";
      if (!out.json) out.line({ text: findingLines(finding), data: undefined });
    }
  }
  if (out.json) out.result({ text: "", data: { ok: isWell, checkups } });
  return isWell ? 0 : 1;
}

async function ofAll({ out }: Call): Promise<number> {
  const [{ allProviders, findingsAt, notSetUp }, { findingLines, notSetUpLine }] = await Promise.all([
    import("../../checkup/checkups.ts"),
    import("../../checkup/checkup-lines.ts"),
  ]);
  const looking = (await allProviders()).map(async (provider) => {
    const findings = [];
    for await (const finding of findingsAt(provider, {})) findings.push(finding);
    return { facts: provider.facts, findings };
  });
  for (const each of looking) each.catch(() => undefined);
  const checkups: object[] = [];
  let isWell = true;
  for (const each of looking) {
    const { facts, findings } = await each;
    const why = notSetUp(findings);
    checkups.push({ provider: facts.command, setUp: why === undefined, findings });
    isWell &&= why !== undefined || findings.every(({ state }) => state !== "bad");
    const lines = why === undefined ? [facts.title, ...findings.map(findingLines)] : [notSetUpLine(facts.title, why)];
    if (!out.json) out.line({ text: lines.join("\n"), data: undefined });
  }
  if (out.json) out.result({ text: "", data: { ok: isWell, checkups } });
  return isWell ? 0 : 1;
}
