import { textOfLine } from "./screen.mjs";

/** What is recorded. `train.py` is examples/train.py. */
export const COMMAND = "dask-fleet run local --n-workers 4 -- python train.py";

const BLOCK = /(?<=<!-- recorded -->\n\n```console\n)[^]*?(?=```\n\n<!-- \/recorded -->)/u;

/** As it is seen in a terminal. */
export function textOf(command, lines) {
  return [`$ ${command}`, ...lines.map(textOfLine), ""].join("\n");
}

/** The recorded block of a page. */
export function textIn(page) {
  const [block] = BLOCK.exec(page) ?? [];
  if (block === undefined) throw new Error("The page has no place for the recording.");
  return block;
}

/** The page with another block. */
export function withText(page, text) {
  textIn(page);
  return page.replace(BLOCK, () => text);
}
