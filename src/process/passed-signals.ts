import { readFileSync } from "node:fs";
import { isatty } from "node:tty";

const SIGNALS = ["SIGTERM", "SIGHUP", "SIGINT"] as const;

/** A command that runs. */
export interface SignalReceiver {
  /** Whether it reads what this process would: then a Ctrl-C in the terminal is its own, as in a shell. */
  readonly hasTerminal: boolean;
  /** Told of a signal to this process that the command has not had. */
  readonly pass: (signal: NodeJS.Signals) => void;
  /** Told of a Ctrl-C that the terminal has sent to the command, too. */
  readonly interrupted: () => void;
}

const receivers = new Set<SignalReceiver>();

/** Passes signals to this process on to a command, with one subscription for all commands. Returns a function that ends it. */
export function passSignals(receiver: SignalReceiver): () => void {
  if (receivers.size === 0) for (const signal of SIGNALS) process.on(signal, onSignal);
  receivers.add(receiver);
  return () => {
    if (!receivers.delete(receiver) || receivers.size > 0) return;
    for (const signal of SIGNALS) process.off(signal, onSignal);
  };
}

/** Whether a SIGINT that arrives now is a command's: it was typed, and a command has the terminal. */
export function isCommandsInterrupt(): boolean {
  return [...receivers].some(({ hasTerminal }) => hasTerminal) && isInForeground();
}

function onSignal(signal: NodeJS.Signals): void {
  const isTyped = signal === "SIGINT" && isInForeground();
  for (const receiver of receivers) {
    if (isTyped) receiver.interrupted();
    else receiver.pass(signal);
  }
}

const STDIN = 0;

/** Whether what is typed in a terminal, such as Ctrl-C, reaches this process, and with it what it has started. */
export function isInForeground(): boolean {
  try {
    const stat = readFileSync("/proc/self/stat", "utf8");
    // Behind the command's name, in brackets: the state, the parent, our group, the session, the terminal and its group (proc(5)).
    const [, , group, , , foreground] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return group === foreground;
  } catch {
    // `process.stdin` would open it.
    return isatty(STDIN);
  }
}
