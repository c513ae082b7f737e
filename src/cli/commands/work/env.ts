import { shellQuote } from "../../../text/shell-quote.ts";
import { attached } from "../../clusters.ts";
import type { Command } from "../../command.ts";

export const env: Command = {
  name: "env",
  summary: "print the variables that connect a Client(), for a shell's eval",
  details: ["TLS files are named by their paths, and are there while the cluster is. Only this user can read them."],
  examples: [
    ['eval "$(dask-fleet env demo)"', "bash, zsh: then Client() connects in this shell"],
    ["dask-fleet env demo --shell fish | source", "fish"],
  ],
  group: "Work",
  cluster: "known",
  options: [{ flags: "--shell <shell>", help: "whose syntax", choices: ["sh", "fish", "powershell"] }],
  run: async (call) => {
    const line = LINES[call.own.text("shell") ?? "sh"] ?? posix;
    return await attached(call, async (cluster) => {
      const variables = cluster.clientEnv();
      call.out.result({ text: Object.entries(variables).map(line).join("\n"), data: variables });
      return await Promise.resolve(0);
    });
  },
};

type Line = (variable: readonly [name: string, value: string]) => string;

const posix: Line = ([name, value]) => `export ${name}=${shellQuote(value)}`;
const LINES: Readonly<Record<string, Line>> = {
  sh: posix,
  fish: ([name, value]) => `set -gx ${name} '${value.replaceAll(/['\\]/g, "\\$&")}'`,
  powershell: ([name, value]) => `$Env:${name} = '${value.replaceAll("'", "''")}'`,
};
