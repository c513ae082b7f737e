import type { Demand, ResourceDemand, Resources } from "../../dask/demand.ts";
import { WorkerBins, type WorkerShape, canServe, slotsOf } from "./worker-bins.ts";

/** A group that adapts, as it is now. */
export interface AdaptingGroup {
  readonly name: string;
  readonly minimum: number;
  readonly maximum: number;
  /** What each of its workers has. */
  readonly shape: WorkerShape;
  /** Workers (processes) on each machine; undefined until a machine has shown it. */
  readonly workersPerMachine: number | undefined;
  /** Machines that it is to have at present. */
  readonly target: number;
  /** Machines that exist, booting ones included. */
  readonly size: number;
  /** Machines whose workers are all there. */
  readonly joined: number;
  /** Machines that cannot go at present: their workers run something, or hold results that have room nowhere else. */
  readonly busy: number;
  /** Whether the cloud refuses it machines at present. */
  readonly isShort: boolean;
  /** What a machine costs in an hour, in any one currency; undefined where that is not known. */
  readonly price?: number | undefined;
  /** The time in which the work at hand should be done, in seconds. */
  readonly targetSeconds: number;
}

/** Workers that take tasks and belong to no group that adapts. At 0 it is a kind that a group of fixed size could have. */
export interface OtherWorkers extends WorkerShape {
  readonly workers: number;
}

export interface AdaptivePlan {
  /** The machines that each group needs, by its name. */
  readonly machines: Readonly<Record<string, number>>;
  /** Tasks that no worker of any group could run. */
  readonly unserved: readonly ResourceDemand[];
}

/**
 * How many machines each group needs for the work at hand, as a pure function.
 *
 * - A task runs on workers that have the resources that it needs. Of the tasks with the same needs as many run at a time as get them
 *   done within the target duration: no more than there are, each on a thread and with its resources for itself.
 * - They go to the workers that are there (those of other groups, then booting ones too), then to new ones: of the cheapest group that
 *   can serve them where all prices are known, else of the first as written; of the next one where that has its maximum, or the cloud
 *   refuses machines. Of a group that is passed over for a refusal one more machine stays wanted until the others are there: the cloud
 *   is asked again, and paces between its refusals grow.
 * - Plain tasks, which Dask runs anywhere, fill what machines that stay for another reason have left. They neither buy nor keep machines with resources,
 *   unless there are no other workers: then those of the first group.
 * - Data in more than 60 % of the memory of a kind of workers doubles their number, as in Dask, while they have work.
 *
 * Nothing is bought above a maximum, nor for what cannot run.
 */
export function planGroups(
  { sets, crowded }: Pick<Demand, "sets" | "crowded">,
  groups: readonly AdaptingGroup[],
  others: readonly OtherWorkers[],
): AdaptivePlan {
  const rooms = groups.map((group) => new Room(group));
  const fixed = others.map((each) => ({ ...each, bins: new WorkerBins(each, each.workers) }));
  const targetSeconds = Math.min(...groups.map((group) => group.targetSeconds));
  const unserved: ResourceDemand[] = [];
  for (const { set, candidates } of hardestFirst(sets, rooms, others)) {
    const elsewhere = fixed.filter((each) => canServe(each, set.resources));
    if (candidates.length === 0 && elsewhere.length === 0) {
      unserved.push(set);
      continue;
    }
    hold(set, [...elsewhere, ...candidates]);
    const load = new Load(set, targetSeconds);
    for (const { bins } of elsewhere) load.putInto(bins, targetSeconds);
    if (isPlain(set.resources)) for (const room of rooms) room.lend(load);
    for (const { bins, group } of candidates) load.putInto(bins, group.targetSeconds);
    for (const room of candidates) room.buy(load);
    if (load.isPlaced) continue;
    // Where the cloud refuses, and nowhere else is room: it is asked again and again.
    for (const room of candidates) room.insist(load);
  }
  const machines = rooms.map((room): readonly [string, number] => [room.group.name, room.machines]);
  return { machines: withMemory(Object.fromEntries(machines), rooms, crowded), unserved };
}

/** What of a set of tasks has no place yet. */
class Load {
  readonly need: WorkerShape;
  #tasks: number;
  #seconds: number;

  constructor({ resources, waiting, running, seceded, seconds }: ResourceDemand, targetSeconds: number) {
    this.need = { threads: 1, resources };
    this.#tasks = waiting + running - seceded;
    // Tasks that took no time so far still need a worker.
    this.#seconds = Math.max(seconds, LEAST_SHARE * targetSeconds);
  }

  /** How many of the tasks are to run at the same time, so that they are done in time. */
  #at(targetSeconds: number): number {
    return Math.max(0, Math.min(this.#tasks, this.#seconds / targetSeconds));
  }

  get isPlaced(): boolean {
    return this.#tasks < LEAST_LOAD || this.#seconds < LEAST_LOAD;
  }

  putInto(bins: WorkerBins, targetSeconds: number, most?: number): void {
    if (this.isPlaced) return;
    const placed = bins.place(this.#at(targetSeconds), this.need, most);
    this.#tasks -= placed;
    this.#seconds -= placed * targetSeconds;
  }
}

/** Of a thread, for any set. */
const LEAST_SHARE = 0.01;
/** Below this, loads are nothing: sums of shares are not exact. */
const LEAST_LOAD = 1e-6;

/** The machines of a group: those that are there, and those that may be had. */
class Room {
  readonly group: AdaptingGroup;
  readonly bins: WorkerBins;
  readonly #workersPerMachine: number;
  #isOpen = false;
  #wasPassedOver = false;

  constructor(group: AdaptingGroup) {
    this.group = group;
    this.#workersPerMachine = group.workersPerMachine ?? 1;
    this.bins = new WorkerBins(group.shape, this.#there * this.#workersPerMachine);
  }

  /** Machines that are there, or will be in any case. */
  get #there(): number {
    const { size, minimum, maximum } = this.group;
    return Math.min(maximum, Math.max(size, minimum));
  }

  /** Room on machines that stay in any case: as the minimum, or because they cannot go. */
  lend(load: Load): void {
    const machines = Math.max(this.group.minimum, this.group.busy);
    load.putInto(this.bins, this.group.targetSeconds, machines * this.#workersPerMachine);
  }

  /** New machines for what has no place yet, unless the cloud refuses them. */
  buy(load: Load): void {
    if (load.isPlaced) return;
    this.#wasPassedOver ||= this.group.isShort;
    if (!this.group.isShort) this.insist(load);
  }

  /** New machines for what has no place yet. */
  insist(load: Load): void {
    if (!this.#isOpen) this.bins.add((this.group.maximum - this.#there) * this.#workersPerMachine);
    this.#isOpen = true;
    load.putInto(this.bins, this.group.targetSeconds);
  }

  get #needed(): number {
    return Math.ceil(this.bins.used / this.#workersPerMachine - LEAST_LOAD / 10);
  }

  /** Within the bounds. The first machine shows how many workers one has; until then one is enough. */
  get machines(): number {
    const { minimum, maximum, workersPerMachine, target, size } = this.group;
    const asked = this.#wasPassedOver ? Math.max(this.#needed, size + 1) : this.#needed;
    const most = workersPerMachine === undefined ? Math.max(1, minimum, target) : maximum;
    return Math.min(maximum, Math.max(minimum, Math.min(asked, most)));
  }

  /** What a task's place costs; undefined where prices are not known. */
  priceFor(need: WorkerShape): number | undefined {
    const { price, shape } = this.group;
    return price === undefined ? undefined : price / (slotsOf(shape, need) * this.#workersPerMachine);
  }
}

interface Candidacy {
  readonly set: ResourceDemand;
  /** The groups that serve it, in order of preference. */
  readonly candidates: readonly Room[];
}

/** Sets that few groups can serve first, then those whose tasks leave the least of a worker: the others fill what is left. */
function hardestFirst(
  sets: readonly ResourceDemand[],
  rooms: readonly Room[],
  others: readonly OtherWorkers[],
): Candidacy[] {
  const slots = ({ set: { resources }, candidates }: Candidacy): number =>
    Math.min(...candidates.map(({ group: { shape } }) => slotsOf(shape, { threads: 1, resources })));
  return sets
    .map((set) => ({ set, candidates: candidatesFor(set.resources, rooms, others) }))
    .toSorted(
      (a, b) =>
        Number(isPlain(a.set.resources)) - Number(isPlain(b.set.resources)) ||
        a.candidates.length - b.candidates.length ||
        compare(slots(a), slots(b)),
    );
}

function candidatesFor(resources: Resources, rooms: readonly Room[], others: readonly OtherWorkers[]): readonly Room[] {
  const able = rooms.filter(({ group }) => canServe(group.shape, resources));
  if (!isPlain(resources)) return inOrder(able, { threads: 1, resources });
  const plain = able.filter(({ group }) => isPlain(group.shape.resources) && group.maximum > 0);
  if (plain.length > 0) return inOrder(plain, { threads: 1, resources });
  return others.some(({ workers }) => workers > 0) ? [] : able.filter(({ group }) => group.maximum > 0).slice(0, 1);
}

function inOrder(rooms: readonly Room[], need: WorkerShape): readonly Room[] {
  const prices = new Map(rooms.map((room) => [room, room.priceFor(need)]));
  if ([...prices.values()].includes(undefined)) return rooms;
  return rooms.toSorted((a, b) => compare(prices.get(a) ?? 0, prices.get(b) ?? 0));
}

/** Tasks that have left their thread keep their resources on a worker that is there. */
function hold({ resources, seceded }: ResourceDemand, places: readonly { readonly bins: WorkerBins }[]): void {
  let left = isPlain(resources) ? 0 : seceded;
  for (const { bins } of places) if (left > 0) left -= bins.place(left, { threads: 0, resources });
}

/** More machines for groups whose workers' memory is short while they have work. Of several of a kind, the first with room grows. */
function withMemory(
  machines: Readonly<Record<string, number>>,
  rooms: readonly Room[],
  crowded: readonly Resources[],
): Readonly<Record<string, number>> {
  const more: Record<string, number> = { ...machines };
  for (const resources of crowded) {
    const kin = rooms.filter(({ group, bins }) => bins.used > 0 && isSame(group.shape.resources, resources));
    const wanted = ({ group }: Room): number => Math.min(group.maximum, 2 * group.joined);
    const growing = kin.find((room) => wanted(room) > room.group.joined);
    if (growing !== undefined) {
      const { name } = growing.group;
      more[name] = Math.max(more[name] ?? 0, wanted(growing));
    }
  }
  return more;
}

function isPlain(resources: Resources): boolean {
  return Object.values(resources).every((amount) => amount <= 0);
}

function isSame(a: Resources, b: Resources): boolean {
  return canServe({ resources: a }, b) && canServe({ resources: b }, a);
}

function compare(a: number, b: number): number {
  return a === b ? 0 : a - b;
}
