import { type Document, isAlias, isScalar, LineCounter, parseDocument, Scalar, type Tags, visit } from "yaml";

/**
 * The scalars that PyYAML types (yaml/resolver.py): fewer than YAML 1.1, which also reads `y` as true and `1e3` as a number.
 */
const READ_BY_PYTHON: Readonly<Record<string, RegExp>> = {
  "tag:yaml.org,2002:bool": /^(?:yes|Yes|YES|no|No|NO|true|True|TRUE|false|False|FALSE|on|On|ON|off|Off|OFF)$/,
  "tag:yaml.org,2002:int":
    /^(?:[-+]?0b[01_]+|[-+]?0[0-7_]+|[-+]?(?:0|[1-9][\d_]*)|[-+]?0x[\da-fA-F_]+|[-+]?[1-9][\d_]*(?::[0-5]?\d)+)$/,
  "tag:yaml.org,2002:float":
    /^(?:[-+]?\d[\d_]*\.[\d_]*(?:[eE][-+]\d+)?|\.\d[\d_]*(?:[eE][-+]\d+)?|[-+]?\d[\d_]*(?::[0-5]?\d)+\.[\d_]*|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$/,
};

/** One document in two readings: typed as in Python, and with scalars as written. */
export interface YamlReadings {
  /** Mappings are Maps. */
  readonly value: unknown;
  readonly text: unknown;
}

/**
 * Reads YAML as PyYAML does, but for keys: they stay text as written. Python would make `on` and `010` a boolean and a number,
 * which cannot name a tag, a variable or a resource, and on which Dask's own configuration fails.
 *
 * @throws Error if it is malformed, without an excerpt, which might show a secret
 */
export function parsePythonYaml(content: string): YamlReadings {
  const { document } = pythonDocument(content, { uniqueKeys: false });
  const value: unknown = document.toJS({ mapAsMap: true });
  visit(document, {
    Scalar(key, scalar) {
      if (key !== "key" && scalar.value !== null) scalar.value = scalar.source ?? scalar.value;
    },
  });
  return { value, text: document.toJS({ mapAsMap: true }) };
}

/**
 * The nodes of a document that {@link parsePythonYaml} would read, for who needs their places.
 *
 * @throws Error if it is malformed, without an excerpt
 */
export function pythonDocument(
  content: string,
  { uniqueKeys }: { readonly uniqueKeys: boolean },
): { readonly document: Document.Parsed; readonly lineCounter: LineCounter } {
  const lineCounter = new LineCounter();
  const document = parseDocument(content, {
    version: "1.1",
    customTags: narrowed,
    uniqueKeys,
    prettyErrors: false,
    lineCounter,
  });
  const [fault] = document.errors;
  if (fault !== undefined) {
    const { line, col } = lineCounter.linePos(fault.pos[0]);
    // The parser recurses for each level.
    const message = /call stack/i.test(fault.message) ? "it is nested too deeply" : fault.message;
    throw new Error(`${message} at line ${line}, column ${col}`);
  }
  visit(document, {
    Pair(_, pair) {
      const key = isAlias(pair.key) ? pair.key.resolve(document) : pair.key;
      // `<<` is a symbol.
      if (!isScalar(key) || ["string", "symbol"].includes(typeof key.value)) return;
      if (key === pair.key) key.value = key.source ?? String(key.value);
      else pair.key = new Scalar(key.source ?? String(key.value));
    },
  });
  return { document, lineCounter };
}

function narrowed(tags: Tags): Tags {
  return tags.map((tag) => {
    if (typeof tag === "string" || !("test" in tag) || tag.test === undefined) return tag;
    const python = READ_BY_PYTHON[tag.tag];
    return python === undefined ? tag : { ...tag, test: new RegExp(`(?=${python.source})${tag.test.source}`) };
  });
}
