import { invalid } from "../../options/invalid.ts";
import { hiddenText } from "../machine-file.ts";

/** Options of `docker run` that take no value. */
const FLAGS = new Set(
  `--detach --init --interactive --no-healthcheck --oom-kill-disable --privileged --publish-all --quiet --read-only --rm
   --sig-proxy --tty`.split(/\s+/u),
);

/** Options whose values are shown: sizes, names, addresses, paths. Others may be secrets. */
export const SHOWN = new Set(
  `--add-host --attach --blkio-weight --cap-add --cap-drop --cgroup-parent --cgroupns --cpu-period --cpu-quota --cpu-shares
   --cpus --cpuset-cpus --cpuset-mems --device --dns --dns-search --env-file --expose --gpus --group-add --hostname --ip --ip6
   --ipc --isolation --log-driver --memory --memory-reservation --memory-swap --memory-swappiness --name --network
   --oom-score-adj --pid --pids-limit --platform --publish --pull --restart --runtime --security-opt --shm-size --stop-signal
   --stop-timeout --tmpfs --ulimit --user --userns --uts --volume --volumes-from --workdir`.split(/\s+/u),
);

/** Options whose values are `NAME=value`: the name is shown. */
export const NAMED = new Set(["--annotation", "--env", "--label", "--log-opt", "--storage-opt", "--sysctl"]);

const SHORT: Readonly<Record<string, string>> = {
  a: "--attach",
  c: "--cpu-shares",
  d: "--detach",
  e: "--env",
  h: "--hostname",
  i: "--interactive",
  l: "--label",
  m: "--memory",
  P: "--publish-all",
  p: "--publish",
  q: "--quiet",
  t: "--tty",
  u: "--user",
  v: "--volume",
  w: "--workdir",
};

/** An argument of `docker run`, with the option that it belongs to. */
export interface DockerArgument {
  /** The option's long name, with its dashes; empty for a word of no option. */
  readonly name: string;
  /** The text before the value. */
  readonly written: string;
  readonly value?: string | undefined;
}

/** The arguments of `docker run` one by one: `-iteA=1` is `--env` with the value `A=1`, and so is the second of `-e A=1`. */
export function dockerArguments(args: readonly string[]): DockerArgument[] {
  let option: string | undefined;
  return args.map((argument) => {
    // An unknown option may or may not take a value.
    const isValue = option !== undefined && (SHOWN.has(option) || NAMED.has(option) || !argument.startsWith("-"));
    if (isValue || !argument.startsWith("-")) {
      const name = option ?? "";
      option = undefined;
      return { name, written: "", value: argument };
    }
    const parsed = argument.startsWith("--") ? longOption(argument) : shortOptions(argument);
    option = parsed.value === undefined && !FLAGS.has(parsed.name) ? parsed.name : undefined;
    return parsed;
  });
}

function longOption(argument: string): DockerArgument {
  const end = argument.indexOf("=");
  if (end === -1) return { written: argument, name: argument };
  return { written: argument.slice(0, end + 1), name: argument.slice(0, end), value: argument.slice(end + 1) };
}

/** `-it`, `-eA=b`, `-e=A=b`, `-iteA=b`: the first that takes a value has the rest. */
function shortOptions(argument: string): DockerArgument {
  let end = 1;
  let name = "";
  while (end < argument.length) {
    name = SHORT[argument[end] ?? ""] ?? "";
    end += 1;
    if (!FLAGS.has(name)) break;
  }
  if (argument[end] === "=") end += 1;
  const value = end < argument.length ? argument.slice(end) : undefined;
  return { written: argument.slice(0, end), name, value };
}

/** The arguments of `docker run` without what may be a secret, `--env TOKEN=x` and `-iteTOKEN=x` among them. */
export function hiddenDockerArgs(args: readonly string[]): string[] {
  return dockerArguments(args).map(({ name, written, value }) =>
    value === undefined ? written : `${written}${hiddenValue(name, value)}`,
  );
}

function hiddenValue(option: string, value: string): string {
  if (SHOWN.has(option)) return value;
  const end = NAMED.has(option) ? value.indexOf("=") : -1;
  // `--env NAME` takes its value from elsewhere.
  if (NAMED.has(option) && end === -1) return value;
  return `${value.slice(0, end + 1)}${hiddenText(value.slice(end + 1))}`;
}

/**
 * The image reference for a machine. `name:tag@sha256:…` is pulled by its digest alone: the tag is for readers, and older podman takes
 * no reference with both.
 */
export function imageReference(image: string): string {
  const at = image.indexOf("@");
  if (at === -1) return image;
  if (!/^@sha256:[0-9a-f]{64}$/u.test(image.slice(at))) {
    throw invalid(
      `dockerImage ${JSON.stringify(image)}: a digest is "sha256:" and 64 hexadecimal digits in lower case.`,
    );
  }
  // A registry's port is followed by a slash.
  return image.slice(0, at).replace(/:[^:/]*$/u, "") + image.slice(at);
}
