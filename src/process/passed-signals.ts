import { isInForeground } from "./foreground.ts";

const SIGNALS = ["SIGTERM", "SIGHUP", "SIGINT"] as const;

/** A command that runs. */
export interface SignalReceiver {
  /** Whether it has this process's standard input: then a Ctrl-C in the terminal is its own, as in a shell. */
  readonly hasTerminal: boolean;
  /** Called for a signal to this process that the command did not get. */
  readonly pass: (signal: NodeJS.Signals) => void;
  /** Called for a Ctrl-C that the terminal sent to the command, too. */
  readonly interrupted: () => void;
}

const receivers = new Set<SignalReceiver>();

/** Passes signals to this process on to a command; all commands share one subscription. Returns a function that ends it. */
export function passSignals(receiver: SignalReceiver): () => void {
  if (receivers.size === 0) for (const signal of SIGNALS) process.on(signal, onSignal);
  receivers.add(receiver);
  return () => {
    if (!receivers.delete(receiver) || receivers.size > 0) return;
    for (const signal of SIGNALS) process.off(signal, onSignal);
  };
}

/** Whether a SIGINT that arrives now is meant for a command: it was typed, and a command has the terminal. */
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
