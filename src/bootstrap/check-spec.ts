import { invalid } from "../options/invalid.ts";
import { DEFAULT_NODE_PORTS, DEFAULT_START_TIMEOUT_MS } from "./node-spec.ts";
import type { NodeSpec } from "./node-spec.ts";
import { checkText } from "./shell/check-text.ts";

/** Refuses a spec from which no node could be started. Environment and command line options are checked where they are used. */
export function checkSpec(spec: NodeSpec): void {
  const scheme = spec.security === undefined ? "tcp" : "tls";
  if (spec.role === "worker") {
    const address = /^(tls|tcp):\/\/(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+):(\d{1,5})$/u.exec(spec.schedulerAddress ?? "");
    if (address === null) throw invalid(`schedulerAddress of a worker must look like ${scheme}://10.0.0.4:8786.`);
    if (address[1] !== scheme) {
      throw invalid(
        `schedulerAddress ${spec.schedulerAddress} does not fit security: it must begin with ${scheme}://.`,
      );
    }
  }
  for (const [name, port] of Object.entries(spec.ports ?? DEFAULT_NODE_PORTS)) checkPort(`ports.${name}`, port);
  for (const name of ["workerPort", "nannyPort"] as const) {
    const range = spec[name];
    if (range === undefined) continue;
    const [first, last = first] = range.split(":").map(Number);
    checkPort(name, first);
    checkPort(name, last);
    if (Number(last) < Number(first)) throw invalid(`${name}: ${range} ends before it begins.`);
  }
  checkWord("host", spec.host, /^[0-9A-Za-z.:-]+$/u);
  checkWord("dockerImage", spec.dockerImage, /^[A-Za-z0-9][^\s\0]*$/u);
  checkWord("python", spec.python, /^[^-\s][^\n\0]*$/u);
  checkWord("workerModule", spec.workerModule, /^[A-Za-z_][\w.]*( [\w.-]+)*$/u);
  checkWord("workerClass", spec.workerClass, /^[\w.]+$/u);
  checkDuration("idleTimeoutMs", spec.idleTimeoutMs);
  checkDuration("startTimeoutMs", spec.startTimeoutMs ?? DEFAULT_START_TIMEOUT_MS);
  if (spec.expiresAt !== undefined && !Number.isFinite(spec.expiresAt.getTime()))
    throw invalid("expiresAt is no date.");
  for (const argument of spec.dockerArgs ?? []) checkText("dockerArgs", argument);
  for (const name of ["preBootstrap", "extraBootstrap"] as const) {
    for (const command of spec[name] ?? []) checkText(name, command);
  }
}

function checkPort(name: string, port: number | undefined): void {
  if (port === undefined || !Number.isInteger(port) || port < 1 || port > 65_535) {
    throw invalid(`${name} must be a port, 1 to 65535.`);
  }
}

function checkWord(name: string, value: string | undefined, form: RegExp): void {
  if (value !== undefined && !form.test(value)) throw invalid(`${name} cannot be ${JSON.stringify(value)}.`);
}

function checkDuration(name: string, ms: number | undefined): void {
  if (ms !== undefined && !(Number.isFinite(ms) && ms > 0)) throw invalid(`${name} must be longer than nothing.`);
}
