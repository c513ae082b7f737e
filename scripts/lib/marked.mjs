import { SetupError } from "./project.mjs";

/** Puts `made` between the comments `<!-- generated: name -->` and `<!-- /generated -->` of a page. */
export function putBetween(page, name, made) {
  const begin = `<!-- generated: ${name} -->`;
  const end = "<!-- /generated -->";
  const from = page.indexOf(begin);
  const to = page.indexOf(end, from);
  if (from === -1 || to === -1) throw new SetupError(`The page lacks ${begin} … ${end}.`);
  return `${page.slice(0, from + begin.length)}\n\n${made}\n\n${page.slice(to)}`;
}
