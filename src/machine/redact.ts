/** Stands for a text that may be a secret. */
export function hiddenText(text: string): string {
  return `(hidden, ${Buffer.byteLength(text)} bytes)`;
}

/** The arguments of `docker run` without the values of environment variables: `--env TOKEN=x`, `--env=TOKEN=x`, `-eTOKEN=x`. */
export function hiddenDockerArgs(args: readonly string[]): string[] {
  return args.map((argument, index) => {
    const [option = ""] = /^(?:--env=|-e(?!n))/u.exec(argument) ?? [];
    const isValue = ["--env", "-e"].includes(args[index - 1] ?? "");
    if (option === "" && !isValue) return argument;
    const [name = "", ...value] = argument.slice(option.length).split("=");
    return value.length === 0 ? argument : `${option}${name}=${hiddenText(value.join("="))}`;
  });
}
