/** The SDK's description of the API, as far as it is read here. */
interface Definition {
  readonly fields?: Readonly<Record<string, { readonly type: string }>>;
  readonly nested?: Readonly<Record<string, Definition>>;
  readonly methods?: Readonly<Record<string, { readonly requestType: string; readonly responseType: string }>>;
}

type Definitions = Readonly<Record<string, Definition>>;

const WHERE = ["google", "cloud", "compute", "v1"];

/** The services whose clients are used, as the description calls them. */
const SERVICES: ReadonlySet<string> = new Set([
  "Disks",
  "Firewalls",
  "GlobalOperations",
  "Images",
  "Instances",
  "MachineTypes",
  "Networks",
  "Subnetworks",
  "ZoneOperations",
]);

/**
 * The description without the services that are not used, and without what only they need: a seventh of its two thousand messages. The
 * SDK makes objects of all, which takes half a second and 50 MB. The description itself, which is the whole process's, stays as it is.
 * Any other description is returned.
 */
export function leanProtos(json: object): object {
  const definitions = definitionsIn(json);
  return definitions === undefined ? json : withDefinitions(json, WHERE, neededOf(definitions));
}

function definitionsIn(json: object): Definitions | undefined {
  let definition: Definition | undefined = json;
  for (const name of WHERE) definition = definition?.nested?.[name];
  const found = definition?.nested;
  return found !== undefined && [...SERVICES].every((service) => service in found) ? found : undefined;
}

function neededOf(definitions: Definitions): Definitions {
  const needed: Record<string, Definition> = {};
  const need = (type: string): void => {
    // A name may be a whole path, of a message or of one inside it.
    for (const name of type.split(".")) {
      const definition = Object.hasOwn(definitions, name) ? definitions[name] : undefined;
      if (definition === undefined || Object.hasOwn(needed, name)) continue;
      needed[name] = definition;
      visit(definition);
    }
  };
  const visit = ({ fields = {}, nested = {}, methods = {} }: Definition): void => {
    for (const { type } of Object.values(fields)) need(type);
    for (const each of Object.values(nested)) visit(each);
    for (const { requestType, responseType } of Object.values(methods)) {
      need(requestType);
      need(responseType);
    }
  };
  for (const service of SERVICES) need(service);
  return needed;
}

function withDefinitions(definition: Definition, path: readonly string[], definitions: Definitions): Definition {
  const [name, ...rest] = path;
  if (name === undefined) return { ...definition, nested: definitions };
  const { nested = {} } = definition;
  return { ...definition, nested: { ...nested, [name]: withDefinitions(nested[name] ?? {}, rest, definitions) } };
}
