/** `nWorkers` as Dask's configuration writes it: `n_workers`. */
export function snakeCase(option: string): string {
  return option.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** `nWorkers` as the command line writes it: `n-workers`. */
export function kebabCase(option: string): string {
  return snakeCase(option).replaceAll("_", "-");
}

/** `memory_limit` or `memory-limit` as the constructor writes it: `memoryLimit`. */
export function camelCase(key: string): string {
  return key.replaceAll(/[-_]([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

/** The option that a configuration key stands for; `n_workers` and `n-workers` are the same. */
export function optionFor(key: string, options: readonly string[]): string | undefined {
  const snake = key.replaceAll("-", "_");
  return options.find((option) => snakeCase(option) === snake);
}

/** An issue's path as it reads in an error: `envVars.HOME`, `allowedCidrs[1]`. */
export function dotted(path: readonly PropertyKey[]): string {
  return path.reduce<string>((name, key) => {
    if (typeof key === "number") return `${name}[${key}]`;
    return name === "" ? String(key) : `${name}.${String(key)}`;
  }, "");
}

/** The environment variable that sets an option. */
export function variableFor(section: string, option: string): string {
  const path = ["cloudprovider", ...section.split("."), snakeCase(option)];
  return `DASK_${path.join("__").replaceAll("-", "_").toUpperCase()}`;
}
