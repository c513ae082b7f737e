import type { Resource } from "../../src/provider/machine.ts";
import type { ProviderUnderTest } from "./provider-under-test.ts";
import type { RaceOutcome } from "./race-program.ts";
import { Racer } from "./racer.ts";
import { World } from "./world.ts";

/** Lists are as late as a cluster believes them to be at the most. */
const LIST_LAG_MS = 300;
const WORKERS = 2;

/** The outcomes of races. */
export interface Races {
  readonly races: number;
  /** Violated expectations, if any. */
  readonly problems: readonly string[];
  /** What both launchers have left when all was over. */
  readonly left: readonly Resource[];
}

/** Two launchers in two processes, each as on a computer of its own, start clusters of the same names at the same moment. */
export async function race(provider: ProviderUnderTest, names: readonly string[]): Promise<Races> {
  await using world = await World.open(provider, { listLagMs: LIST_LAG_MS * 1000 * 0.9 });
  await using one = await Racer.open(provider);
  await using other = await Racer.open(provider);
  const racers = [one, other];
  await Promise.all(racers.map((racer) => racer.ready()));
  const { endpoint } = world.cloud.cloud;
  for (const name of names) {
    const options = { name, nWorkers: WORKERS, security: false, listLagMs: LIST_LAG_MS };
    for (const racer of racers) racer.order({ endpoint, options });
  }
  const outcomes = (await Promise.all(racers.map((racer) => racer.settled(names.length)))).flat();
  const problems = names.flatMap((name) =>
    troubleIn(
      world,
      outcomes.filter((outcome) => outcome.name === name),
    ).map((problem) => `${name}: ${problem}`),
  );
  const winners = new Set(outcomes.filter(({ state }) => state === "running").map(({ id }) => id));
  for (const { name, id } of await world.statics.list()) {
    if (!winners.has(id ?? "")) problems.push(`${name}: something of the id ${id} was left`);
  }
  for (const racer of racers) racer.order({ endpoint });
  const closed = (await Promise.all(racers.map((racer) => racer.settled(names.length)))).flat();
  for (const { name, message } of closed) if (message !== undefined) problems.push(`${name}: ${message}`);
  const records = (await Promise.all(racers.map((racer) => racer.records()))).flat();
  problems.push(...records.map((record) => `${record}: a record was left`), ...world.cloud.cloud.violations);
  return { races: names.length, problems, left: names.flatMap((name) => world.leftovers({ name })) };
}

/** One runs on with all of its machines; the other names the owner. */
function troubleIn(world: World, outcomes: readonly RaceOutcome[]): readonly string[] {
  const [winner, ...others] = outcomes.filter(({ state }) => state === "running");
  const loser = outcomes.find(({ state }) => state === "failed");
  if (winner === undefined || loser === undefined || others.length > 0) {
    return [`not one winner: ${outcomes.map(({ state, message }) => `${state} ${message ?? ""}`).join(" | ")}`];
  }
  const problems: string[] = [];
  const { name, id } = winner;
  const said = `A cluster named "${name}" already exists (id ${id}`;
  if (loser.code !== "CONFIG_INVALID" || loser.message?.startsWith(said) !== true) {
    problems.push(`the loser says: ${loser.code} ${loser.message}`);
  }
  const deleted = new Set(world.cloud.recorder.requests.flatMap((request) => world.provider.deletionsOf(request)));
  const machines = world.cloud.machines.filter(
    ({ tags }) => tags["cluster-name"] === name && tags["cluster-id"] === id,
  );
  if (machines.length !== 1 + WORKERS || machines.some((machine) => !machine.alive || deleted.has(machine.id))) {
    problems.push(`the winner has lost something: ${machines.map((machine) => machine.id).join(", ")}`);
  }
  if (winner.workers !== WORKERS) problems.push(`the winner has ${winner.workers} workers`);
  return problems;
}
